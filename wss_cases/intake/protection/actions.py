"""Follow-ups that do not wait for a decision: made at each routing, and closed when nothing asks for them any more."""

from collections import Counter

from sqlalchemy import ColumnElement, or_, select

from wss_cases.accounts.grants import holders
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import GUARDIAN_CALLS
from wss_cases.followups.making import cancel_row, close_if_reached, make
from wss_cases.followups.templates.queries import template_in_force
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import READERS, open_to
from wss_cases.incidents.incident.states import UNDECIDED, UNFOUNDED, WITHDRAWN, IncidentState
from wss_cases.intake.assignment.queries import assignee_of
from wss_cases.intake.protection.rules import KINDS, Wanted, may_protect, wanted_now
from wss_cases.intake.recommendation.calls import CALLS, waits_for
from wss_cases.intake.recommendation.queries import situation
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.queries import school_days


def protect_new(uow: UnitOfWork, incident: Incident) -> None:
    """Make them for a report that was just written; most ask for none. Reaction to its first routing."""
    if may_protect(incident):
        protect(uow, incident)


def protect(uow: UnitOfWork, incident: Incident) -> None:
    """Bring the follow-ups of an undecided report to what its newest answers ask for. Reaction to its routing.

    What was made and settled stays; an open one that nothing asks for any more is closed with the reason.
    """
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
    """Close the open follow-ups of a report that was withdrawn, merged or found not to have happened. Reaction to its
    new state."""
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
    """Let the open follow-ups of a report that was filed at another school go there with it. For use cases."""
    owner_id = _owner(uow, incident)
    for row in _made(uow, incident):
        if row.state is FollowUpState.OPEN:
            row.school_id, row.owner_id = incident.school_id, owner_id
            uow.audit("followup.school_corrected", "follow_up", row.id, changes_of(row))


def move_to_reviewer(uow: UnitOfWork, incident: Incident) -> None:
    """Give the open follow-ups of an undecided report to whoever reviews it now. Reaction to another reviewer.

    One that a person gave to its owner by hand stays there.
    """
    owner_id = _owner(uow, incident)
    open_rows = [row for row in _made(uow, incident) if row.state is FollowUpState.OPEN and row.incident_id is not None]
    theirs = [row for row in open_rows if row.given_by_id is None and row.owner_id != owner_id]
    if owner_id is None or not theirs:
        return
    name = user_names([owner_id]).get(owner_id, "")
    for row in theirs:
        row.owner_id = owner_id
        row.snoozed_until = None  # whoever gets it is told of what is due already
        uow.record(row, "followup.reassigned", what=row.kind, owner=name)


def _made(uow: UnitOfWork, incident: Incident) -> list[FollowUp]:
    """Return what routing or an earlier decision made for a report, locked."""
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
    row.rules = []  # no rule asks for it any more; if one does again, a new one is made
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
    """Return a kind, both calls home as one: a family is called once."""
    return GUARDIAN_CALLS[0] if kind in GUARDIAN_CALLS else kind


def _owner(uow: UnitOfWork, incident: Incident) -> int | None:
    """Return who has them: whoever reviews the report, else a dean, else an administrator, of those who may know."""
    today = today_at(incident.school_id, uow.now)
    people = [number for role in READERS for number, _name in holders(role, incident.school_id, today)]
    able = open_to(incident, dict.fromkeys(people, ""), uow.now)
    assignee = assignee_of(incident.id)
    return assignee if assignee in able else next(iter(able), None)
