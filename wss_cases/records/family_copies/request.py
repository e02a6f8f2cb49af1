"""A family asks for a copy of a record: the request with its clock, and its end without a copy.

The functions that take the unit of work are for use cases, here and in `draft`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import close_row, make_for_event
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.intake.unfiled import remind_writers
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.records.family_copies.copy.contents import cases_with
from wss_cases.records.family_copies.copy.models import OPEN, TRANSITIONS, Asker, FamilyRelease, Part, ReleaseState
from wss_cases.records.family_copies.copy.pages import held_back, reports_about
from wss_cases.records.family_copies.copy.rules import is_eligible
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import guardians_of
from wss_cases.roster.names.queries import COLUMNS, finder_beside, students_named

EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Asked:
    """Who asked for what: `who` is a guardian's id, or 'student'; `reports` and `parts` are what goes in."""

    who: str
    asked_on: date
    purpose: str
    language: str
    reports: Sequence[int]
    parts: Sequence[str]
    note: str = ""
    orders_checked: bool = False


@use_case
def ask(uow: UnitOfWork, student_id: int, wanted: Asked) -> int:
    """Write down that a family asks for a copy, with its clock; returns its id. Raises NotFound, or Refused."""
    student = uow.load(Student, student_id, Permission.FAMILY_COPY_PREPARE)
    assert student.school_id is not None
    today = today_at(student.school_id, uow.now)
    if not EARLIEST <= wanted.asked_on <= today:
        raise Refused("asked_on", _("Choose today or an earlier day."))
    who, guardian_id, name = whose_right(student, wanted.who, today)
    if who is Asker.GUARDIAN and not wanted.orders_checked:
        raise Refused("orders_checked", _("Check the student’s file for a court order first."))
    _check_reports(uow.actor, student, wanted.reports)
    row = FamilyRelease(
        school_id=student.school_id, student_id=student.id, asked_by=who, guardian_id=guardian_id,
        asked_name=name, asked_on=wanted.asked_on, orders_checked=wanted.orders_checked,
        purpose=wanted.purpose.strip(), language=wanted.language, incident_ids=sorted(wanted.reports),
        parts=[part for part in Part if part in wanted.parts],
        note=wanted.note, prepared_by_id=uow.actor.user_id, prepared_at=uow.now,
    )  # fmt: skip
    waiting = make_for_event(
        uow, "family_copy_asked", school_id=row.school_id, owner_id=uow.actor.user_id,
        from_day=wanted.asked_on, incident_id=row.incident_ids[0],
    )  # fmt: skip
    if waiting:
        row.follow_up_id, row.due_on = waiting[0].id, waiting[0].due_on
    uow.add(row)
    record(uow, row, "asked")
    # what is not filed yet is in no record: whoever wrote of the student without network is asked to file it now
    named = finder_beside((), students_named(select(*COLUMNS).where(Student.id == student.id)))
    remind_writers(uow, student.id, named, f"copy:{row.id}")
    return row.id


def whose_right(student: Student, who: str, today: date) -> tuple[Asker, int | None, str]:
    """Return who asks, the guardian's id and the name. Raises Refused for whoever has no right to it."""
    eligible = is_eligible(student.birth_date, today)
    if who == Asker.STUDENT and eligible:
        return Asker.STUDENT, None, student.shown_name
    if eligible:
        words = _("The student is 18 or older, so the right is theirs. Others need their written consent.")
        raise Refused("who", words)
    guardian = next((each for each in guardians_of(student.id) if str(each.id) == who), None)
    if guardian is None:
        raise Refused("who", _("Choose who asked."))
    if guardian.may_receive_records is False:
        raise Refused("who", _("This person may not receive records of this student."))
    return Asker.GUARDIAN, guardian.id, guardian.name


def _check_reports(actor: Actor, student: Student, reports: Sequence[int]) -> None:
    known = {incident.id for incident in reports_about(actor, student)}
    if not reports or not set(reports) <= known:
        raise Refused("reports", _("Choose at least one report of this student."))
    check_held_back(actor, "reports", list(reports))


def check_held_back(actor: Actor, field: str, incident_ids: list[Any]) -> None:
    """Raise Refused for reports that never go to a family from here."""
    held = ", ".join(held_back(actor, incident_ids))
    if held:
        words = _(
            "%(reports)s cannot go to a family from here: abuse or neglect may be suspected. Ask the district’s"
            " counsel first.",
            reports=held,
        )
        raise Refused(field, words)


@use_case
def withdraw(uow: UnitOfWork, release_id: int, why: str) -> int:
    """End a request without a copy, with a reason. Raises NotFound, Stale, or Refused."""
    row = open_release(uow, release_id, Permission.FAMILY_COPY_PREPARE, uow.version)
    allow(row, ReleaseState.WITHDRAWN)
    row.state, row.withdrawn_why = ReleaseState.WITHDRAWN, why.strip()
    record(uow, row, "withdrawn")
    close_follow_up(uow, row, "not_possible", row.withdrawn_why)
    return row.id


def open_release(uow: UnitOfWork, release_id: int, permission: Permission, version: int | None) -> FamilyRelease:
    """Return a locked request that has not ended. Raises NotFound, Stale or Refused."""
    row = uow.load(FamilyRelease, release_id, permission, version)
    if row.state not in OPEN:
        raise Refused("", _("This request has ended. What was released stays as it is."))
    return row


def allow(row: FamilyRelease, state: ReleaseState) -> None:
    """Raise Refused where a request cannot become this."""
    if state in TRANSITIONS[row.state]:
        return
    if state is ReleaseState.RELEASED:
        raise Refused("", _("It has not been fully reviewed yet."))
    raise Refused("", _("It is already waiting for a second person."))


def close_follow_up(uow: UnitOfWork, row: FamilyRelease, outcome: str, note: str = "") -> None:
    """Close the follow-up that reminds of a request."""
    waiting = uow.session.get(FollowUp, row.follow_up_id, with_for_update=True) if row.follow_up_id else None
    if waiting is not None and waiting.state is FollowUpState.OPEN:
        close_row(uow, waiting, outcome, note)


def record(uow: UnitOfWork, row: FamilyRelease, act: str) -> None:
    """Write the timeline and audit row of one act on a request, in the history of its case too."""
    cases = cases_with(row.student_id, row.incident_ids)
    uow.record(row, f"family_release.{act}", case_id=cases[0][0].id if cases else None)
