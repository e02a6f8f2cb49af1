"""Reviews of a mentoring plan, and the follow-up that asks for the next one."""

from datetime import date, timedelta

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.cases.progress import open_only
from wss_cases.followups.making import cancel_row
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.follow_ups import close_open, follow, open_follow_ups
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import PathwayState
from wss_cases.pathways.mentoring.plan.models import MentoringPlan, MentoringReview
from wss_cases.pathways.mentoring.plan.states import STANDS_LABELS, GoesOn

REVIEW = "mentoring_review"
FURTHEST = timedelta(days=400)
"""How far ahead a plan may look."""


def ask_for_review(uow: UnitOfWork, row: Pathway, on: date | None) -> None:
    """Move the open follow-up of a plan's next review to this day, or make one; cancel it for None."""
    waiting = open_follow_ups(uow, row.id, REVIEW)
    if on is None:
        for follow_up in waiting:
            cancel_row(uow, follow_up, _("No review is scheduled anymore."))
    elif waiting:
        waiting[0].due_on = on
        uow.record(waiting[0], "followup.moved", what=REVIEW, due_on=on.isoformat(), reason="other")
    else:
        follow(uow, row, REVIEW, on)


@use_case
def review(uow: UnitOfWork, pathway_id: int, *, stands: str, goes_on: GoesOn, note: str, next_on: date | None) -> int:
    """Record a review: how the goal stands, and how it goes on; the next one is planned unless it ends.

    Ending the mentoring is a use case of its own. Raises Refused naming the field.
    """
    row = uow.load(Pathway, pathway_id, Permission.CASE_WORK, uow.version)
    open_only(row.case)
    plan = existing(
        uow.session.scalar(select(MentoringPlan).where(MentoringPlan.pathway_id == row.id).with_for_update())
    )
    if row.state is not PathwayState.ACTIVE:
        raise Refused("", _("Mentoring is reviewed while it is active."))
    _check(uow, row, stands, goes_on, note, next_on)
    today = today_at(row.school_id, uow.now)
    plan.next_review_on = next_on if goes_on is not GoesOn.ENDS else None
    uow.audit("mentoring.next_review", "mentoring_plan", plan.id, changes_of(plan))
    record = uow.add(
        MentoringReview.of(row, on_day=today, goal_stands=stands,
            goes_on=goes_on.value, note=note, reviewed_by_id=uow.actor.user_id,
        )
    )  # fmt: skip
    uow.record(record, "mentoring.reviewed", stands=stands, goes_on=goes_on.value)
    close_open(uow, row.id, REVIEW, stands, note)
    if plan.next_review_on is not None:
        follow(uow, row, REVIEW, plan.next_review_on)
    return row.id


def _check(uow: UnitOfWork, row: Pathway, stands: str, goes_on: GoesOn, note: str, next_on: date | None) -> None:
    if stands not in STANDS_LABELS:
        raise Refused("stands", _("Answer how the goal is going."))
    if goes_on is GoesOn.CHANGES and not note.strip():
        raise Refused("note", _("Write what changes."))
    today = today_at(row.school_id, uow.now)
    if goes_on is not GoesOn.ENDS and (next_on is None or not today < next_on <= today + FURTHEST):
        raise Refused("next_on", _("Choose the day of the next review, after today and within a year."))
