"""The schedule of retention, and what a person decides about one student's record."""

from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import end_before, newest_row
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.legal_holds.queries import is_student_held
from wss_cases.records.retention.core.models import RecordReview, RetentionRule
from wss_cases.records.retention.core.queries import get_looked, still_open
from wss_cases.records.retention.core.rules import latest_keep
from wss_cases.records.retention.core.states import FLOORS, MOST, Decision, Part
from wss_cases.records.retention.deletion.actions import add_to_deletion
from wss_cases.roster.directory.models import Student


@use_case
def change_rule(
    uow: UnitOfWork, code: str, *, keep: int, source: str, is_confirmed: bool, starts_on: date, seen_id: int | None
) -> int:
    """Put a new row of the schedule in force from a day on. It deletes nothing. Returns the new row's id.

    Raises NotFound for a kind that there is none of, Refused below the floor of its part, for a day that is past or
    not after the newest row's, and when somebody changed it since.
    """
    newest: RetentionRule = newest_row(uow, RetentionRule, code, Permission.RETENTION_EDIT, starts_on, seen_id)
    _check(newest.part, keep, source)
    end_before(uow, newest, starts_on, "retention.rule_ended")
    row = uow.add(
        RetentionRule(
            code=code, part=newest.part, keep=keep, unit=newest.unit, counted_from=newest.counted_from,
            source=source.strip(), is_confirmed=is_confirmed, starts_on=starts_on, ends_on=None,
        )
    )  # fmt: skip
    uow.record(row, "retention.rule_changed", code=code, day=starts_on.isoformat())
    return row.id


def _check(part: Part, keep: int, source: str) -> None:
    if keep < FLOORS[part]:
        words = {
            Part.TEMPORARY: _("A temporary record is kept at least 5 years after the student left."),
            Part.PERMANENT: _("A permanent record is kept at least 60 years after the student left."),
            Part.RUNNING: _("Enter at least one day."),
        }
        raise Refused("keep", words[part])
    if keep > MOST[part]:
        raise Refused("keep", _("Enter at most %(most)d.", most=MOST[part]))
    refuse_blank("source", source, _("Enter where this comes from."))


@use_case
def decide(uow: UnitOfWork, student_id: int, *, decision: Decision, reason: str, keep_until: date | None) -> int:
    """Keep a student's record until a day, with a reason, or propose that it is deleted. Returns the review's id.

    Raises NotFound for who does not decide about it; Refused to delete what may not go yet, what a hold keeps, and
    what is not at its end; to keep without a reason, or for longer than until the next look.
    """
    uow.session.get(Student, student_id, with_for_update=True)
    today = today_at(None, uow.now)
    looked = get_looked(uow.actor, student_id, today)
    row = RecordReview(
        student_id=student_id, school_id=looked.school_id, why=looked.why, decision=decision,
        reason=reason.strip(), keep_until=keep_until if decision is Decision.KEEP else None,
        decided_on=today, decided_at=uow.now, decided_by_id=uow.actor.user_id,
    )  # fmt: skip
    if decision is Decision.KEEP:
        _check_keeping(row, today)
    else:
        part = looked.due.part_on(today)
        _check_deleting(student_id, part)
        assert part is not None
        add_to_deletion(uow, looked.school_id, student_id, part)
    uow.add(row)
    changes = {
        "decision": [None, decision.value],
        "why": [None, row.why.value],
        "keep_until": [None, row.keep_until.isoformat() if row.keep_until else None],
    }
    uow.audit("record.reviewed", "student", student_id, changes)
    return row.id


def _check_keeping(row: RecordReview, today: date) -> None:
    if not row.reason:
        raise Refused("reason", _("Enter the reason it is kept."))
    if row.keep_until is None or not today < row.keep_until <= latest_keep(today):
        raise Refused("keep_until", _("Choose a day to come, at most four years ahead."))


def _check_deleting(student_id: int, part: Part | None) -> None:
    if part is None:
        raise Refused("decision", _("It may not be deleted yet. Keep it until a date."))
    if is_student_held(student_id):
        raise Refused("decision", _("A hold is open: nothing in this record is deleted until it is released."))
    if still_open(student_id):
        raise Refused("decision", _("A report, a case or a legal duty of this student is still open."))
