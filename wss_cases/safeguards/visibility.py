"""What of the safeguards keeps a report, and its case, in view when years have passed (clean slate by age)."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from wss_cases.access.visibility import finds_any
from wss_cases.cases.case.models import CaseIncident
from wss_cases.journal.rooms import Room
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, DisciplineAppeal
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, PERSONAL, LegalDuty
from wss_cases.safeguards.police.review.models import OPEN as OPEN_REVIEW
from wss_cases.safeguards.police.review.models import PoliceReview


def keeps_report(ids: Any, first: date) -> ColumnElement[bool]:
    """An open duty of the school, an open police review, a running appeal or a later removal keeps its report in view.

    A mandated-reporter duty does not: a report that stays in view would tell that there is one. Its owner sees it.
    """
    duty, review = aliased(LegalDuty), aliased(PoliceReview)
    action, appeal = aliased(DisciplineAction), aliased(DisciplineAppeal)
    due = select(duty.id).where(duty.incident_id == ids, duty.state.in_(OPEN_DUTY), duty.code.not_in(sorted(PERSONAL)))
    open_review = select(review.id).where(review.incident_id == ids, review.state.in_(OPEN_REVIEW))
    runs = select(appeal.id).join(action, action.id == appeal.action_id)
    return or_(
        finds_any(due),
        finds_any(open_review),
        finds_any(runs.where(action.incident_id == ids, appeal.outcome.is_(None))),
        finds_any(select(action.id).where(action.incident_id == ids, action.starts_on >= first)),
    )


def keeps_case(ids: Any, first: date) -> ColumnElement[bool]:
    """What keeps a report in view keeps the cases that were opened from it in view."""
    link = aliased(CaseIncident)
    return finds_any(select(link.id).where(link.case_id == ids, keeps_report(link.incident_id, first)))


ROOM = Room(exemptions={"incident": (keeps_report,), "case_record": (keeps_case,)})
