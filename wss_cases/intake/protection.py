"""Follow-ups that do not wait for a decision: made at each routing, closed when nothing calls for them any more."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from wss_cases.accounts.grants import holders
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import GUARDIAN_CALLS
from wss_cases.followups.making import cancel_row, close_if_reached, make
from wss_cases.followups.templates.queries import template_in_force
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import READERS, open_to
from wss_cases.incidents.incident.rules import SUFFERED
from wss_cases.incidents.incident.states import (
    MOVED,
    ROUTED_AGAIN,
    ROUTED_FIRST,
    UNDECIDED,
    UNFOUNDED,
    WITHDRAWN,
    IncidentState,
    PersonKind,
    Tile,
)
from wss_cases.intake.assignment import REVIEWER_CHANGED, assignee_of
from wss_cases.intake.recommendation import (
    CALLS,
    PlanHold,
    Situation,
    calls_family_of_harmed,
    is_call_to_harmed,
    situation,
    waits_for,
)
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.facts import UNKNOWN
from wss_cases.routing.engine.vocabulary import AppliesTo, FollowUpKind, HoldState

COUNSELOR: Final = "counselor_harmed"
"""The follow-up that brings a counselor to a student who was harmed."""
KINDS: Final = frozenset(
    {
        COUNSELOR,
        FollowUpKind.CONTACT_PERSON_HARMED.value,
        FollowUpKind.GUARDIAN_CONTACT.value,
        FollowUpKind.GUARDIAN_CONTACT_HARMED.value,
        FollowUpKind.SAFETY_PLAN.value,
        FollowUpKind.THREAT_TEAM.value,
    }
)
_THREATS: Final = ("weapon", "gun_violence_threat", "fire_or_bomb")
_AT_ONCE: Final = frozenset({FollowUpKind.CONTACT_PERSON_HARMED, FollowUpKind.SAFETY_PLAN, FollowUpKind.THREAT_TEAM})

Wanted = Mapping[tuple[str, int | None], tuple[int, tuple[str, ...]]]
"""By kind and person: school days until due, and the rules that call for it."""


def may_protect(incident: Incident) -> bool:
    """Whether a report may call for such follow-ups, by its own content; saves reading the answers of most new ones."""
    facts = [incident.facts or {}, *(person.facts or {} for person in incident.people)]
    stated = any(value not in (None, False, "none", UNKNOWN) for each in facts for value in each.values())
    return stated or incident.tile == Tile.BULLYING or any(person.role in SUFFERED for person in incident.people)


def wanted_now(incident: Incident, now: Situation) -> Wanted:
    """What is to be done for a report before anyone decides on it."""
    wanted: dict[tuple[str, int | None], tuple[int, tuple[str, ...]]] = {}
    family = calls_family_of_harmed(now.answers, now.people)
    for one in now.plan.follow_ups:
        if one.kind in _AT_ONCE or (family and is_call_to_harmed(one, now.plan.harmed)):
            wanted[one.kind.value, one.person_id] = (one.days, one.rules)
    if any(_asked_in_vain(answered.facts) for answered in now.answers):
        wanted.setdefault((FollowUpKind.THREAT_TEAM.value, None), (0, ("F10",)))
    rules = tuple(dict.fromkeys(rule for hold in now.plan.holds if _brings_counselor(hold, now) for rule in hold.rules))
    if rules:
        wanted |= {(COUNSELOR, person.id): (0, rules) for person in _students_harmed(now)}
    if incident.part_of_id is not None:
        wanted.pop((FollowUpKind.THREAT_TEAM.value, None), None)  # the team meets where it happened
    return wanted


def _brings_counselor(hold: PlanHold, now: Situation) -> bool:
    """Whether a hold is H1, H6 or H7 and certain, known or sent on."""
    apart = hold.applies_to in (AppliesTo.SHARED_AND_CONVERSATION, AppliesTo.CAUSED_HARM_AND_CIRCLES)
    certain = hold.state is HoldState.HOLDS or any(answered.facts.get("sent_on") for answered in now.answers)
    return certain and (apart or "H7" in hold.rules)


def _students_harmed(now: Situation) -> Iterable[IncidentPerson]:
    return (one for one in now.people if one.id in now.plan.harmed and one.kind is PersonKind.STUDENT)


def _asked_in_vain(facts: Mapping[str, Any]) -> bool:
    return any(name in facts.get("asked", ()) and facts.get(name) == UNKNOWN for name in _THREATS)


def protect_new(uow: UnitOfWork, incident: Incident) -> None:
    """Make the follow-ups of a new report. Reaction to its first routing."""
    if may_protect(incident):
        protect(uow, incident)


def protect(uow: UnitOfWork, incident: Incident) -> None:
    """Match the follow-ups of an undecided report to its newest answers. Finished ones stay; open ones that nothing
    calls for are closed with the reason. Reaction to its routing."""
    if incident.state not in UNDECIDED:
        return
    now = situation(incident.id)
    wanted, event = wanted_now(incident, now), waits_for(now.answers)
    rows = _made(uow, incident)
    for row in rows:
        if row.state is FollowUpState.OPEN and row.incident_id is not None and _gone(row, wanted):
            _let_go(uow, row, _("The person's part in the report, or what is known of it, was corrected."))
    _make_missing(uow, incident, wanted, event, [row for row in rows if row.rules])


def let_go_of_report(uow: UnitOfWork, incident: Incident) -> None:
    """Close the open follow-ups of a report that was withdrawn, merged or found not to have happened. Reaction to
    its new state."""
    if incident.state is IncidentState.DUPLICATE:
        why = _("The report was merged into another one.")
    elif incident.outcome_reason == WITHDRAWN:
        why = _("The report was withdrawn.")
    elif incident.outcome_reason == UNFOUNDED:
        why = _("It did not happen as reported.")
    else:
        return
    for row in _made(uow, incident):
        if row.state is FollowUpState.OPEN:
            _let_go(uow, row, why)


def move_to_school(uow: UnitOfWork, incident: Incident) -> None:
    """Move the open follow-ups of a report along to another school. For use cases."""
    owner_id = _owner(uow, incident)
    for row in _made(uow, incident):
        if row.state is FollowUpState.OPEN:
            row.school_id, row.owner_id = incident.school_id, owner_id
            uow.audit("followup.school_corrected", "follow_up", row.id, changes_of(row))


def move_to_reviewer(uow: UnitOfWork, incident: Incident) -> None:
    """Give the open follow-ups of an undecided report to its new reviewer; those assigned by hand stay. Reaction to
    another reviewer."""
    owner_id = _owner(uow, incident)
    open_rows = [row for row in _made(uow, incident) if row.state is FollowUpState.OPEN and row.incident_id is not None]
    theirs = [row for row in open_rows if row.given_by_id is None and row.owner_id != owner_id]
    if owner_id is None or not theirs:
        return
    name = user_names([owner_id]).get(owner_id, "")
    for row in theirs:
        row.owner_id = owner_id
        row.snoozed_until = None  # the new owner is reminded even if it was snoozed
        uow.record(row, "followup.reassigned", what=row.kind, owner=name)


def _made(uow: UnitOfWork, incident: Incident) -> list[FollowUp]:
    """The locked follow-ups that routing or an earlier decision made for a report."""
    rows = select(FollowUp).where(_of(incident), FollowUp.kind.in_(sorted(KINDS)))
    return [row for row in uow.session.scalars(rows.order_by(FollowUp.id).with_for_update()) if row.rules]


def _of(incident: Incident) -> ColumnElement[bool]:
    """Follow-ups of a report, or of a case that an earlier decision opened."""
    cases = [case.id for case in cases_of_incident(incident.id)] if incident.reviewed_at is not None else []
    return or_(FollowUp.incident_id == incident.id, FollowUp.case_id.in_(cases))


def _gone(row: FollowUp, wanted: Wanted) -> bool:
    kinds = GUARDIAN_CALLS if row.kind in GUARDIAN_CALLS else (row.kind,)
    return all((kind, row.incident_person_id) not in wanted for kind in kinds)


def _let_go(uow: UnitOfWork, row: FollowUp, why: str) -> None:
    row.rules = []  # a rule that calls for it again makes a new one
    cancel_row(uow, row, why)


def _make_missing(uow: UnitOfWork, incident: Incident, wanted: Wanted, event: str, before: list[FollowUp]) -> None:
    there = Counter((_whose(row.kind), row.incident_person_id) for row in before)
    missing = {whose: what for whose, what in wanted.items() if not there[_whose(whose[0]), whose[1]]}
    if not missing:
        return
    today, owner_id = today_at(incident.school_id, uow.now), _owner(uow, incident)
    days = school_days(incident.school_id)
    for (kind, person_id), (due, rules) in missing.items():
        row = make(
            uow,
            school_id=incident.school_id,
            kind=kind,
            owner_id=owner_id,
            due_on=days.add(today, due),
            incident_id=incident.id,
            incident_person_id=person_id,
            rules=rules,
            template=template_in_force(kind, incident.school_id, today, event if kind in CALLS else ""),
        )
        close_if_reached(uow, row)


def _whose(kind: str) -> str:
    """The kind; both calls home count as one, because a family is called once."""
    return GUARDIAN_CALLS[0] if kind in GUARDIAN_CALLS else kind


def _owner(uow: UnitOfWork, incident: Incident) -> int | None:
    """The owner of the follow-ups: the report's reviewer, otherwise a dean, otherwise an administrator who may see
    it."""
    today = today_at(incident.school_id, uow.now)
    people = [number for role in READERS for number, _name in holders(role, incident.school_id, today)]
    able = open_to(incident, dict.fromkeys(people, ""), uow.now)
    assignee = assignee_of(incident.id)
    return assignee if assignee in able else next(iter(able), None)


ROOM = Room(
    reactions={
        ROUTED_FIRST: protect_new,
        ROUTED_AGAIN: protect,
        MOVED: let_go_of_report,
        REVIEWER_CHANGED: move_to_reviewer,
    }
)
