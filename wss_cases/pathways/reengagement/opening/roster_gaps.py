"""The daily check of the roster: a student who is enrolled again after a gap gets a return plan."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.settings.stored import number_setting
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.reengagement.opening.actions import Away, open_for_student
from wss_cases.pathways.reengagement.plan.queries import Stay, opened_by, stays_begun
from wss_cases.pathways.reengagement.plan.rules import is_return
from wss_cases.pathways.reengagement.plan.states import AwayCause
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days

RETURN_GAP = number_setting("reengagement.gap_school_days", "RETURN_GAP_SCHOOL_DAYS")
LOOKS_BACK = timedelta(days=21)
"""How long after an enrolment began it still counts as a return; an older one is history."""


def returns_found(school_ids: Sequence[int], today: date) -> list[Stay]:
    """Return the enrolments that began again after a gap and have no return yet."""
    gap = RETURN_GAP.on(today)
    stays = stays_begun(school_ids, today - LOOKS_BACK, today)
    days = {number: school_days(number) for number in {stay.school_id for stay in stays}}
    return [
        stay
        for stay in stays
        if is_return(stay.starts_on, stay.earlier_ends, days[stay.school_id], gap) and not opened_by(key_of(stay))
    ]


def key_of(stay: Stay) -> str:
    """Return the name of an enrolment as the cause of a return."""
    return f"enrolment:{stay.enrolment_id}"


def open_returns(school_ids: Sequence[int], today: date, now: datetime) -> int:
    """Open the return of each student of these schools who is enrolled again after a gap; returns how many.

    Each enrolment opens one, however often this runs; each return is a unit of work of its own.
    """
    opened = 0
    for stay in returns_found(school_ids, today):
        student_id = stay.student.id
        with unit_of_work(SYSTEM, now) as uow:
            student = uow.session.get_one(Student, student_id, with_for_update=True, populate_existing=True)
            last = max(day for day in stay.earlier_ends if day is not None)
            away = Away(AwayCause.PLACEMENT, key_of(stay), last + timedelta(days=1), stay.starts_on)
            uow.no_audit()
            opened += open_for_student(uow, student, stay.school_id, away) is not None
    return opened
