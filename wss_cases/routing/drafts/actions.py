"""What is found in a rule set, tried once for the same rows: it costs seconds, and anybody who reads rules may ask."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from threading import Lock

from sqlalchemy import func, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.routing.engine.check import Finding, check_table
from wss_cases.routing.engine.evaluation import Recommendation, recommend
from wss_cases.routing.engine.explain import as_stored
from wss_cases.routing.engine.facts import Facts
from wss_cases.routing.engine.reading import read_table
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.replay.actions import forget_replays
from wss_cases.routing.replay.queries import newest_replay, stands_for
from wss_cases.routing.replay.replayer import Tally
from wss_cases.routing.rule_sets import (
    RoutingAnswer,
    RuleSet,
    RuleSetWithdrawal,
    get_rule_set,
    rule_set_in_force,
    signs_of,
    table_of,
    withdrawal_of,
)

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


def propose(actor: Actor, rule_set_id: int, version: int | None, proposal: Proposal, now: datetime) -> None:
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


def publish(actor: Actor, rule_set_id: int, version: int | None, now: datetime) -> None:
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


def withdraw(actor: Actor, rule_set_id: int, reason: str, now: datetime) -> None:
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
