"""Reading links: how many there are, those still to be handed out, and the one that a code opens."""

from collections.abc import Sequence

from sqlalchemy import func, select

from wss_cases.foundation.db import db
from wss_cases.foundation.ids import token_digest
from wss_cases.surveys.instrument.states import SurveyGroup
from wss_cases.surveys.links.models import SurveyLink


def link_by(code: str) -> SurveyLink | None:
    """Return the link of a code, used or not; None for one that was guessed or whose round is over."""
    return db.session.scalar(select(SurveyLink).where(SurveyLink.digest == token_digest(code)))


def made_by_grade(round_id: int, group: SurveyGroup) -> dict[int | None, int]:
    """Return how many links of a group there are, by grade. The caller has checked the round."""
    counted = select(SurveyLink.grade, func.count()).where(
        SurveyLink.round_id == round_id, SurveyLink.audience == group
    )
    return {row[0]: row[1] for row in db.session.execute(counted.group_by(SurveyLink.grade))}


def invited_people(round_id: int) -> tuple[set[int], set[int]]:
    """Return the guardians and the staff who have a link in a round. The caller has checked the round."""
    people = select(SurveyLink.guardian_id, SurveyLink.staff_id).where(SurveyLink.round_id == round_id)
    rows = db.session.execute(people).all()
    return {row[0] for row in rows if row[0]}, {row[1] for row in rows if row[1]}


def slips_of(round_id: int, group: SurveyGroup) -> Sequence[SurveyLink]:
    """Return the slips of a group that no one has used, by grade. The caller has checked the round."""
    on_paper = select(SurveyLink).where(
        SurveyLink.round_id == round_id, SurveyLink.audience == group, SurveyLink.used.is_(False),
        SurveyLink.guardian_id.is_(None), SurveyLink.staff_id.is_(None),
    )  # fmt: skip
    return list(db.session.scalars(on_paper.order_by(SurveyLink.grade, SurveyLink.digest)))
