"""Pages of the routing rules: versions, the table in sentences, drafts, their check, publishing."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import DateField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, might
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, Unavailable
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, apply_refusal
from wss_cases.foundation.i18n import _, _l, locale_code
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words, today_at
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.routing import rule_sets as routing_rule_sets
from wss_cases.routing.drafts import actions
from wss_cases.routing.drafts.actions import WAITS, findings_of
from wss_cases.routing.drafts.presenters import difference_words, differences, facts_words, table_words
from wss_cases.routing.engine.check import Finding
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.replay.models import ReplayState
from wss_cases.routing.replay.queries import digest_of, newest_replay, stands_for
from wss_cases.routing.rule_sets import RuleSet, load_rule_set
from wss_cases.routing.signs import sign_difference, sign_words

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
    """Why a published version is withdrawn before its first day."""

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
    """Make a draft of a rule set."""
    return redirect(_address_of(actions.draft_from(submitted(BaseForm()), rule_set_id)), 303)


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
        actions.save_note(actor, rule_set_id, form.seen_version, form.note.data or "", clock.now())
        flash(_("The note is saved."))
        return redirect(_address_of(rule_set_id), 303)
    if not only_note and form.validate_on_submit() and (starts_on := form.starts_on.data):
        proposal = actions.Proposal(form.note.data or "", starts_on, form.why_not_replayed.data or "")
        try:
            actions.propose(actor, rule_set_id, form.seen_version, proposal, clock.now())
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
        actions.publish(current_actor(), rule_set_id, BaseForm().seen_version, clock.now())
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
            actions.withdraw(actor, rule_set_id, form.reason.data or "", clock.now())
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
        actions.drop_draft(current_actor(), rule_set_id, BaseForm().seen_version, clock.now())
    except Refused as refusal:
        return refused_page(rule_set_id, refusal)
    flash(_("The draft is deleted."))
    return redirect(url_for("routing.rule_sets"), 303)


ROOM = Room(pages=(blueprint,), messages=MESSAGES)
