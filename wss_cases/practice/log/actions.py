"""Logging what was held, putting it right with a trace, and taking it back."""

from dataclasses import asdict, dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.practice.log.models import PracticeEntry
from wss_cases.practice.log.queries import plans_to_follow
from wss_cases.practice.log.states import Leader, PracticeKind, Purpose
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.queries import names_at_school
from wss_cases.training.records.queries import staff_of


@dataclass(frozen=True)
class Held:
    """What was held, as somebody says it: no student, no story."""

    held_on: date
    kind: PracticeKind
    purpose: Purpose | None
    grade: int | None
    place: str
    leader: Leader
    led_by_id: int | None
    students: int
    adults: int
    minutes: int
    plan_id: int | None = None


@use_case
def log_practice(uow: UnitOfWork, school_id: int, held: Held) -> int:
    """Log what was held at a school. Raises Refused for a day to come, nobody there, or a name of a student."""
    return write_entry(uow, school_id, held).id


def write_entry(uow: UnitOfWork, school_id: int, held: Held) -> PracticeEntry:
    """Write an entry inside a use case."""
    require(uow.actor, Permission.PRACTICE_LOG, existing(get_school(school_id)))
    _check(uow, school_id, held, None)
    entry = uow.add(
        PracticeEntry(school_id=school_id, logged_by_id=uow.actor.user_id, logged_at=uow.now, **asdict(held))
    )
    uow.record(entry, "practice.logged")
    return entry


@use_case
def correct(uow: UnitOfWork, practice_id: int, held: Held) -> int:
    """Put an entry right; what stood there before stays in the audit log. Raises Refused as logging does."""
    entry = _standing(uow, practice_id)
    _check(uow, entry.school_id, held, entry)
    for name, value in asdict(held).items():
        setattr(entry, name, value)
    uow.record(entry, "practice.corrected")
    return entry.id


@use_case
def take_back(uow: UnitOfWork, practice_id: int) -> int:
    """Take an entry out of every total; the line stays in the list, and says so."""
    entry = _standing(uow, practice_id)
    entry.taken_back_at = uow.now
    uow.record(entry, "practice.taken_back")
    return entry.id


def _standing(uow: UnitOfWork, practice_id: int) -> PracticeEntry:
    entry = uow.load(PracticeEntry, practice_id, Permission.PRACTICE_WORK, uow.version)
    if entry.taken_back_at is not None:
        raise Refused("", _("It was already withdrawn."))
    return entry


def _check(uow: UnitOfWork, school_id: int, held: Held, before: PracticeEntry | None) -> None:
    today = today_at(school_id, uow.now)
    if held.held_on > today:
        raise Refused("held_on", _("Choose today or an earlier day."))
    if not held.students + held.adults:
        raise Refused("students", _("Enter how many were there."))
    as_it_was = before is not None and before.led_by_id == held.led_by_id
    if held.led_by_id is not None and not as_it_was and held.led_by_id not in staff_of(school_id, today):
        raise Refused("led_by", _("Choose someone from this school."))
    kept_plan = before is not None and before.plan_id == held.plan_id
    if held.plan_id is not None and not kept_plan and held.plan_id not in plans_to_follow(uow.actor, school_id):
        raise Refused("plan", _("Choose a plan from the list."))
    if (before is None or before.place != held.place) and names_at_school(school_id, held.place):
        raise Refused("place", _("Leave out student names."))
