"""Loading a return with its plan, moving its day with a removal, and the forms of returns."""

from datetime import date

from sqlalchemy import select
from wtforms import BooleanField, DateField, TimeField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.errors import NotFound, Stale
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import load_live
from wss_cases.pathways.common.rules import Pathway
from wss_cases.pathways.reengagement.plan import rules
from wss_cases.pathways.reengagement.plan.queries import plan_of
from wss_cases.pathways.reengagement.plan.rules import AwayCause, MeetingMissed, ReengagementPlan, ReviewAnswer
from wss_cases.routing.engine.pages import Pathway as Family

MEETING, WORK = "reentry_meeting", "work_missed"


def load_return(uow: UnitOfWork, pathway_id: int, version: int | None) -> tuple[Pathway, ReengagementPlan]:
    """Lock a live return with its plan, or a new plan. `version` is the plan's.

    Raises Refused, NotFound, Stale.
    """
    row = load_live(uow, pathway_id, None, Family.REENGAGEMENT)
    plan = plan_of(row.id)
    if plan is not None and version is not None and plan.version != version:
        raise Stale
    if plan is None:
        student_id = row.participant.student_id if row.participant is not None else None
        plan = ReengagementPlan.of(row, student_id=student_id)
    return row, plan


def meeting_day(uow: UnitOfWork, plan: ReengagementPlan) -> date:
    """The school-local date of the planned meeting. Raises NotFound without a meeting."""
    if plan.meeting_at is None:
        raise NotFound
    return local_date(plan.meeting_at, zone_of(plan.school_id))


def expect_back(uow: UnitOfWork, cause_key: str, was: date | None, away_from: date, on: date | None) -> None:
    """Move the day of return when its removal was corrected, shortened or reversed.

    Nothing changes when the student is back already, or when another removal or a person has set another day since.
    """
    wanted = select(ReengagementPlan).where(ReengagementPlan.cause_key == cause_key)
    plan = uow.session.scalars(wanted.with_for_update()).one_or_none()
    if plan is None or plan.returned_on is not None or plan.return_on != was:
        return
    on = max(on, away_from) if on is not None else None
    if (plan.meeting_at is not None and on is None) or (plan.away_from, plan.return_on) == (away_from, on):
        return
    plan.away_from, plan.return_on = away_from, on
    uow.record(plan, "reengagement.return_moved", on=on.isoformat() if on is not None else "")


DAY = _l("Choose a day.")
HELD = "held"


class PlanForm(BaseForm):
    """The plan made with the student."""

    return_on = DateField(_l("First day back"), [Optional()], description=_l("Leave it blank while it is not known."))
    supporters = ShortText(
        _l("Who the student wants with them"),
        [Optional()],
        description=_l("Chosen by the student: family, a friend, a teacher, someone from outside."),
        limit=500,
    )
    supports = LongText(
        _l("Support for the first days"),
        [Optional()],
        description=_l("A person to go to, a calm place, a changed schedule."),
        limit=4000,
    )
    work_missed = LongText(
        _l("Missed work"),
        [Optional()],
        description=_l("What work to make up, and who brings it. It becomes a follow-up."),
        limit=4000,
    )
    agreed = BooleanField(_l("The student went through it and says yes"))


class MeetingForm(BaseForm):
    """When and where the re-entry meeting is."""

    day = DateField(_l("Day"), validators=[InputRequired(DAY)])
    time = TimeField(_l("Time"), validators=[InputRequired(_l("Choose a time."))])
    place = ShortText(_l("Place"), [NotBlank(_l("Enter where it is."))], limit=80)


class AnswerForm(BaseForm):
    happened = radio(
        _l("Did it take place?"),
        [(HELD, _l("Yes, it took place")), *MeetingMissed.labels().items()],
        _l("Choose what happened."),
    )


class BackForm(BaseForm):
    on = DateField(_l("First day back"), validators=[InputRequired(DAY)])


class ReviewForm(BaseForm):
    """How the return is going."""

    answer = radio(_l("How is it going?"), ReviewAnswer.labels(), _l("Choose how it is going."))
    note = LongText(
        _l("Note"), [Optional()], description=_l("Required if more is needed, or the student is not back."), limit=2000
    )


class OpenForm(BaseForm):
    """A return that is opened by hand."""

    cause = radio(
        _l("Where is the student returning from?"),
        [(cause, AwayCause(cause).label) for cause in (AwayCause.LONG_ABSENCE, AwayCause.PLACEMENT)],
        _l("Choose where from."),
    )
    away_from = DateField(_l("First day away"), [Optional()])
    return_on = DateField(_l("First day back"), [Optional()])


ROOM = Room(sentences=rules.SENTENCES)
