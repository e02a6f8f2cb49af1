"""Pages of the routing rules: versions, the table in sentences, drafts, their check, handing over and publishing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from wtforms import DateField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, might, require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import user_names
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, Unavailable, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, apply_refusal
from wss_cases.foundation.i18n import _, _l, locale_code, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words, today_at
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.routing import rule_sets as routing_rule_sets
from wss_cases.routing.drafts.presenters import difference_words, differences, facts_words, table_words
from wss_cases.routing.engine.check import Finding, check_table
from wss_cases.routing.engine.evaluation import Recommendation, recommend
from wss_cases.routing.engine.explain import as_stored
from wss_cases.routing.engine.facts import Facts
from wss_cases.routing.engine.table import read_table
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.replay.actions import forget_replays
from wss_cases.routing.replay.models import ReplayState
from wss_cases.routing.replay.queries import digest_of, newest_replay, stands_for
from wss_cases.routing.replay.rules import Tally
from wss_cases.routing.rule_sets import (
    RoutingAnswer,
    RuleSet,
    RuleSetWithdrawal,
    get_rule_set,
    load_rule_set,
    rule_set_in_force,
    signs_of,
    table_of,
    withdrawal_of,
)
from wss_cases.routing.signs import sign_difference, sign_words

_ONE_AT_A_TIME = Lock()


def findings_of(rule_set: RuleSet) -> tuple[Finding, ...]:
    """Return what trying a rule set's table finds, blocking findings first. Raises Refused for broken rows."""
    table_of(rule_set)
    signs_of(rule_set)
    # who asks while it is tried waits for the same answer and does not try it as well
    with _ONE_AT_A_TIME:
        return _tried(rule_set.name, rule_set.number, json.dumps(rule_set.table_rows["rows"]))


@lru_cache(maxsize=16)
def _tried(name: str, number: int, rows: str) -> tuple[Finding, ...]:
    return tuple(check_table(read_table(name, number, json.loads(rows))))


WAITS = "rules.waiting"


@dataclass(frozen=True)
class Proposal:
    """What is said of a draft when it is handed over."""

    note: str
    starts_on: date
    why_not_replayed: str = ""


def route(
    uow: UnitOfWork, incident_id: int, incident_person_id: int | None, facts: Facts, on: date
) -> tuple[RoutingAnswer, Recommendation]:
    """Step: answer with the rule set in force on a date, and keep version, facts and answer with the incident.

    It notifies nobody and decides nothing. Raises Unavailable when no rule set is in force.
    """
    rule_set = rule_set_in_force(on)
    recommendation = recommend(table_of(rule_set), facts)
    about = {"incident_id": incident_id, "incident_person_id": incident_person_id, "rule_set_id": rule_set.id}
    routed = {"facts": facts.as_json(), "answer": as_stored(recommendation)}
    answer = uow.add(RoutingAnswer(**about, **routed, created_at=uow.now))
    uow.audit("routing.answered", "routing_answer", answer.id, {"rule_set_id": [None, rule_set.id]})
    return answer, recommendation


@use_case
def draft_from(uow: UnitOfWork, source_id: int) -> int:
    """Copy a rule set into a new draft, the next version of the same name; return its id."""
    source = uow.load(RuleSet, source_id, Permission.RULES_EDIT)
    latest = uow.session.execute(select(func.max(RuleSet.number)).where(RuleSet.name == source.name)).scalar_one()
    draft = uow.add(
        RuleSet(
            name=source.name,
            number=latest + 1,
            state=RuleSetState.DRAFT,
            table_rows=dict(source.table_rows),
            drafted_by_id=uow.actor.user_id,
        )
    )
    uow.record(draft, "rules.drafted", number=draft.number, source=source.number)
    return draft.id


def save_note(actor: Actor, rule_set_id: int, version: int | None, note: str, now: datetime) -> None:
    """Write what a draft changes and why. Raises Refused, Stale."""
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, version)
        if draft.note != note.strip():
            draft.note = note.strip()
            take_back(draft)
            uow.record(draft, "rules.noted")


def propose_act(actor: Actor, rule_set_id: int, version: int | None, proposal: Proposal, now: datetime) -> None:
    """Hand a draft as it is now to a second person, to be in force from a day on.

    Raises Refused when the check finds what stands in the way, without a replay of just these rows or a reason, and
    where that replay broke a promise.
    """
    seen = _refuse_findings(actor, rule_set_id, version)
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, seen)
        draft.note, draft.starts_on = proposal.note.strip(), proposal.starts_on
        draft.why_not_replayed = proposal.why_not_replayed.strip()
        draft.proposed_by_id, draft.proposed_at = actor.user_id, now
        _refuse_unready(draft, now)
        uow.record(draft, "rules.proposed", number=draft.number, starts_on=proposal.starts_on.isoformat())
        for user_id, _name in holders_anywhere(Role.DISTRICT, today_at(None, now)):
            if user_id != actor.user_id:
                uow.notify(user_id, WAITS, draft, f"{WAITS}:{user_id}:{draft.id}:{now.isoformat()}")


def publish_act(actor: Actor, rule_set_id: int, version: int | None, now: datetime) -> None:
    """Publish a draft that another person handed over. Raises Refused for one person, and for what stops a proposal."""
    seen = _refuse_findings(actor, rule_set_id, version)
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, seen)
        if draft.proposed_by_id is None or draft.starts_on is None:
            raise Refused("", _("No one has handed over this draft as it is now."))
        refuse_one_person("", actor.user_id, [draft.proposed_by_id], now)
        _refuse_unready(draft, now)
        if not _is_replayed(draft):
            uow.record(draft, "rules.not_replayed", reason=draft.why_not_replayed)
        draft.state = RuleSetState.PUBLISHED
        draft.published_at = now
        draft.published_by_id = actor.user_id
        uow.record(draft, "rules.published", number=draft.number, starts_on=draft.starts_on.isoformat())


def withdraw_act(actor: Actor, rule_set_id: int, reason: str, now: datetime) -> None:
    """Let a published rule set never come into force. Raises Refused from its first day on, and without a reason."""
    refuse_blank("reason", reason, _("Explain why it is withdrawn."))
    with unit_of_work(actor, now) as uow:
        rule_set = uow.load(RuleSet, rule_set_id, Permission.RULES_EDIT)
        begins = rule_set.starts_on
        if rule_set.state is not RuleSetState.PUBLISHED or begins is None or begins <= today_at(None, now):
            raise Refused("reason", _("Only a version that is published and not yet in force can be withdrawn."))
        if withdrawal_of(rule_set_id) is not None:
            raise Refused("reason", _("It is already withdrawn."))
        by = actor.user_id
        uow.add(RuleSetWithdrawal(rule_set_id=rule_set_id, withdrawn_at=now, withdrawn_by_id=by, reason=reason.strip()))
        uow.record(rule_set, "rules.withdrawn", number=rule_set.number, reason=reason.strip())


def _refuse_findings(actor: Actor, rule_set_id: int, version: int | None) -> int:
    """Try a draft outside of any unit of work; return the version that was tried."""
    draft = get_rule_set(actor, rule_set_id)
    require(actor, Permission.RULES_EDIT, draft)
    seen = draft.version if version is None else version
    blocking = [finding.sentence() for finding in findings_of(draft) if finding.blocks]
    if blocking and draft.state is RuleSetState.DRAFT:
        raise Refused("", _("This draft cannot be published yet. %(found)s", found=" ".join(blocking)))
    return seen


def _refuse_unready(draft: RuleSet, now: datetime) -> None:
    if draft.starts_on is None or draft.starts_on < today_at(None, now):
        raise Refused("starts_on", _("The first day must be today or later."))
    replay = newest_replay(draft.id)
    if not _is_replayed(draft):
        if not draft.why_not_replayed:
            words = _("Replay this draft over past incidents first, or explain why it is published without a replay.")
            raise Refused("why_not_replayed", words)
    elif replay and (broken := Tally.of_json(replay.counts).of().broken):
        words = ngettext(
            "The replay found %(num)d incident in which a promise of the engine would be broken.",
            "The replay found %(num)d incidents in which a promise of the engine would be broken.",
            broken,
        )
        raise Refused("", words)


def _is_replayed(draft: RuleSet) -> bool:
    replay = newest_replay(draft.id)
    return replay is not None and stands_for(replay, draft)


def drop_draft(actor: Actor, rule_set_id: int, version: int | None, now: datetime) -> None:
    """Delete a draft. Raises Refused for a published rule set."""
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, version)
        uow.record(draft, "rules.dropped", number=draft.number)
        forget_replays(uow, draft.id)
        uow.session.delete(draft)


def draft_to_edit(uow: UnitOfWork, rule_set_id: int, version: int | None = None) -> RuleSet:
    """Return a draft, locked. Raises Refused for what is published, NotFound, Stale."""
    draft = uow.load(RuleSet, rule_set_id, Permission.RULES_EDIT, version)
    if draft.state is not RuleSetState.DRAFT:
        raise Refused("", _("A published rule set never changes. Make a draft of it instead."))
    return draft


def take_back(draft: RuleSet) -> None:
    """Step: a draft that is changed waits for no second person any more; whoever changed it hands it over again."""
    draft.proposed_by_id = draft.proposed_at = draft.starts_on = None


_SAYS = leads_to(
    "/rules/{id}",
    _l("A draft of the rules waits for a second person"),
    _l(
        "Someone handed over a draft of the rules by which reports are routed. Look at what it changes, and publish it "
        "or talk with its author. Until then the rules stay as they are."
    ),
)


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    draft = load_rule_set(message.object_id)
    if draft is None or draft.state is not RuleSetState.DRAFT or draft.proposed_by_id in (None, actor.user_id):
        return False
    return can(actor, Permission.RULES_EDIT, draft)


MESSAGES = (MessageKind(WAITS, _SAYS, _waits),)


MOST_CHARACTERS = 600


class ProposalForm(BaseForm):
    """What a draft changes and its first day; the reason is asked for where no replay stands for the draft."""

    note = LongText(
        _l("What this draft changes, and why"), [NotBlank(_l("Write what it changes, and why."))], MOST_CHARACTERS
    )
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])
    why_not_replayed = LongText(_l("Why it is published without a replay"), limit=MOST_CHARACTERS)


class WithdrawalForm(BaseForm):
    reason = LongText(_l("Why it is withdrawn"), [NotBlank(_l("Explain why it is withdrawn."))], MOST_CHARACTERS)


class ReplayForm(BaseForm):
    """Over which incidents a rule set is replayed."""

    first_day = DateField(_l("Incidents from"), [InputRequired(_l("Enter the first day."))])
    last_day = DateField(_l("Incidents to"), [InputRequired(_l("Enter the last day."))])


blueprint = Blueprint("routing", __name__, url_prefix="/rules")


@blueprint.get("")
@gate(Permission.RULES_READ)
def rule_sets() -> Page:
    """Every rule set, newest first."""
    actor, in_force = current_actor(), _in_force(today_at(None, clock.now()))
    return render_template(
        "routing/drafts/list.html",
        rows=routing_rule_sets.rule_sets(actor),
        in_force=in_force.id if in_force else None,
        may_edit=might(actor, Permission.RULES_EDIT),
        new_key=BaseForm(formdata=None).request_key.data,
        day_words=day_words_with_year,
        state_labels=RuleSetState.labels(),
    )


def _address_of(rule_set_id: int) -> str:
    return url_for("routing.rule_set", rule_set_id=rule_set_id)


def _in_force(today: date) -> RuleSet | None:
    try:
        return routing_rule_sets.rule_set_in_force(today)
    except Unavailable:
        return None


@blueprint.get("/<int:rule_set_id>")
@gate(Permission.RULES_READ)
def rule_set(rule_set_id: int) -> Page:
    """One rule set: its table in sentences, and what a draft changes of the one in force."""
    return rule_set_page(routing_rule_sets.get_rule_set(current_actor(), rule_set_id), 200)


def refused_page(rule_set_id: int, refusal: Refused) -> Page:
    """Return the page of a rule set with what was refused, above or at the rows where the check found it."""
    rule_set = routing_rule_sets.get_rule_set(current_actor(), rule_set_id)
    form = _proposal_form(rule_set)
    apply_refusal(form, refusal)
    return rule_set_page(rule_set, 400, form)


def _proposal_form(rule_set: RuleSet) -> ProposalForm:
    said = {name: getattr(rule_set, name) for name in ("version", "note", "starts_on", "why_not_replayed")}
    return ProposalForm(formdata=None, data=said)


def rule_set_page(
    rule_set: RuleSet,
    code: int,
    form: ProposalForm | None = None,
    findings: Sequence[Finding] | None = None,
    ask_form: ReplayForm | None = None,
    withdrawal_form: WithdrawalForm | None = None,
) -> Page:
    """Return the page of a rule set, with a form that was refused or what a check has found."""
    may_edit = might(current_actor(), Permission.RULES_EDIT)
    editable = rule_set.state is RuleSetState.DRAFT and may_edit
    today = today_at(None, clock.now())
    year_before = {"first_day": today - timedelta(days=365), "last_day": today}
    page = render_template(
        "routing/drafts/rule_set.html",
        rule_set=rule_set,
        sections=table_words(routing_rule_sets.table_of(rule_set), locale_code()),
        signs=[sign_words(row, locale_code()) for row in rule_set.table_rows.get("signs", [])],
        editable=editable,
        may_edit=may_edit,
        form=form or _proposal_form(rule_set),
        findings=findings,
        facts_words=facts_words,
        new_key=BaseForm(formdata=None).request_key.data,
        day_words=day_words_with_year,
        ask_form=ask_form or ReplayForm(formdata=None, data=year_before),
        withdrawal_form=withdrawal_form or WithdrawalForm(formdata=None),
        **_standing(rule_set, today),
        **_replay_words(rule_set),
        entries=entry_rows(history("routing_rule_set", rule_set.id), district_zone()),
    )
    return page, code


def _standing(rule_set: RuleSet, today: date) -> dict[str, Any]:
    """Where a rule set stands: in force, withdrawn, or a draft, its people and what it changes."""
    in_force, withdrawal = _in_force(today), routing_rule_sets.withdrawal_of(rule_set.id)
    is_draft = rule_set.state is RuleSetState.DRAFT
    names = user_names([rule_set.drafted_by_id, rule_set.proposed_by_id])
    standing: dict[str, Any] = {
        "in_force": in_force is not None and in_force.id == rule_set.id,
        "withdrawal": withdrawal,
        "may_be_withdrawn": not is_draft and withdrawal is None and (rule_set.starts_on or today) > today,
        "state": _state_words(rule_set, withdrawal),
        "author": names.get(rule_set.drafted_by_id or 0),
        "proposer": names.get(rule_set.proposed_by_id or 0) if is_draft else None,
        "proposed_by_me": rule_set.proposed_by_id == current_actor().user_id,
        "proposed_when": moment_words(rule_set.proposed_at, district_zone()) if rule_set.proposed_at else "",
        "base": None,
        "changed_rows": [],
        "changed_signs": [],
    }
    if is_draft and in_force is not None:
        found = differences(in_force.table_rows["rows"], rule_set.table_rows["rows"])
        signs = differences(in_force.table_rows.get("signs", []), rule_set.table_rows.get("signs", []))
        standing |= {
            "base": in_force,
            "changed_rows": [(one, difference_words(one)) for one in found],
            "changed_signs": [(one, sign_difference(one.before, one.after)) for one in signs],
        }
    return standing


def _state_words(rule_set: RuleSet, withdrawal: Any) -> Any:
    if withdrawal:
        return _("Withdrawn")
    waits = rule_set.state is RuleSetState.DRAFT and rule_set.proposed_at
    return _("Waiting for a second person") if waits else rule_set.state.label


def _replay_words(rule_set: RuleSet) -> dict[str, Any]:
    """The replay of a rule set, if there is one: its state in words, and whether it stands for the rows as they are."""
    replay = newest_replay(rule_set.id)
    if replay is None:
        return {"replay": None, "replayed": False}
    stale = replay.rows_digest != digest_of(rule_set)
    state = _("The rules have been changed since") if stale else ReplayState(replay.state).label
    return {"replay": replay, "replay_state": state, "replayed": stands_for(replay, rule_set)}


@blueprint.post("/<int:rule_set_id>/draft")
@gate(Permission.RULES_EDIT)
def draft(rule_set_id: int) -> Page:
    return redirect(_address_of(draft_from(submitted(BaseForm()), rule_set_id)), 303)


@blueprint.get("/<int:rule_set_id>/check")
@gate(Permission.RULES_READ)
def check(rule_set_id: int) -> Page:
    """Try the table on facts for every row and on random ones; show what was found."""
    rule_set = routing_rule_sets.get_rule_set(current_actor(), rule_set_id)
    return rule_set_page(rule_set, 200, findings=findings_of(rule_set))


@blueprint.post("/<int:rule_set_id>/propose")
@gate(Permission.RULES_EDIT)
def propose(rule_set_id: int) -> Page:
    """Keep the note of a draft, or check it and hand it to a second person with the day on which it is to begin."""
    actor, form = current_actor(), ProposalForm()
    rule_set = routing_rule_sets.get_rule_set(actor, rule_set_id)
    only_note = "keep" in request.form
    if only_note and form.note.validate(form):
        save_note(actor, rule_set_id, form.seen_version, form.note.data or "", clock.now())
        flash(_("The note is saved."))
        return redirect(_address_of(rule_set_id), 303)
    if not only_note and form.validate_on_submit() and (starts_on := form.starts_on.data):
        proposal = Proposal(form.note.data or "", starts_on, form.why_not_replayed.data or "")
        try:
            propose_act(actor, rule_set_id, form.seen_version, proposal, clock.now())
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            flash(_("The draft is waiting for a second person to publish it."))
            return redirect(_address_of(rule_set_id), 303)
    return rule_set_page(routing_rule_sets.get_rule_set(actor, rule_set_id), 400, form, _found_in(rule_set))


def _found_in(rule_set: RuleSet) -> Sequence[Finding] | None:
    found = findings_of(rule_set) if rule_set.state is RuleSetState.DRAFT else ()
    return found if any(finding.blocks for finding in found) else None


@blueprint.post("/<int:rule_set_id>/publish")
@fresh_within(FRESH_MINUTES)
@gate(Permission.RULES_EDIT)
def publish(rule_set_id: int) -> Page:
    """Put in force what another person handed over."""
    try:
        publish_act(current_actor(), rule_set_id, BaseForm().seen_version, clock.now())
    except Refused as refusal:
        return refused_page(rule_set_id, refusal)
    flash(_("The rule set is published."))
    return redirect(_address_of(rule_set_id), 303)


@blueprint.post("/<int:rule_set_id>/withdraw")
@gate(Permission.RULES_EDIT)
def withdraw(rule_set_id: int) -> Page:
    """Withdraw a published version before its first day."""
    actor, form = current_actor(), WithdrawalForm()
    rule_set = routing_rule_sets.get_rule_set(actor, rule_set_id)
    if form.validate_on_submit():
        try:
            withdraw_act(actor, rule_set_id, form.reason.data or "", clock.now())
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            flash(_("This version is withdrawn. It will not come into force."))
            return redirect(_address_of(rule_set_id), 303)
    return rule_set_page(rule_set, 400, withdrawal_form=form)


@blueprint.post("/<int:rule_set_id>/drop")
@gate(Permission.RULES_EDIT)
def drop(rule_set_id: int) -> Page:
    """Delete a draft."""
    try:
        drop_draft(current_actor(), rule_set_id, BaseForm().seen_version, clock.now())
    except Refused as refusal:
        return refused_page(rule_set_id, refusal)
    flash(_("The draft is deleted."))
    return redirect(url_for("routing.rule_sets"), 303)


ROOM = Room(pages=(blueprint,), messages=MESSAGES)
