"""Reading links: how many there are, those still to be handed out, and the one that a code opens."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select

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


def waiting_slips(round_id: int, group: SurveyGroup) -> Sequence[SurveyLink]:
    """Return the slips of a group whose sheet was not shown yet, by grade. The caller has checked the round."""
    waiting = select(SurveyLink).where(*unused_slips(round_id, group), SurveyLink.nonce.is_not(None))
    return list(db.session.scalars(waiting.order_by(SurveyLink.grade, SurveyLink.digest)))


def count_unused_slips(round_id: int, group: SurveyGroup) -> int:
    """Return how many slips of a group no one has used, shown or not. The caller has checked the round."""
    counted = select(func.count()).select_from(SurveyLink).where(*unused_slips(round_id, group))
    return db.session.scalar(counted) or 0


def unused_slips(round_id: int, group: SurveyGroup) -> list[ColumnElement[bool]]:
    """Return the conditions on slips of a group that no one has used: links to nobody by name."""
    return [
        SurveyLink.round_id == round_id, SurveyLink.audience == group, SurveyLink.used.is_(False),
        SurveyLink.guardian_id.is_(None), SurveyLink.staff_id.is_(None),
    ]  # fmt: skip
