"""Keeping the district's requirements: add one from a day on, end one; what was in force before does not change."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from wss_cases.access.actor import STAFF, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import FURTHEST
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.training.requirements.models import TrainingRequirement
from wss_cases.training.requirements.rules import MOST_MONTHS, MOST_PEOPLE
from wss_cases.training.requirements.states import Shape
from wss_cases.training.topics import names_in_both, offered


@dataclass(frozen=True)
class Asked:
    """What a requirement asks: of a shape, its role and months, or its minimum."""

    topic: str
    shape: Shape
    role: Role | None
    months: int | None
    minimum: int | None
    source: str
    is_confirmed: bool


@use_case
def add_requirement(uow: UnitOfWork, asked: Asked, starts_on: date) -> int:
    """Put a requirement in force from a day on. Returns its id.

    Raises Refused for what its shape does not ask, for a past day, and beside another one of the same kind.
    """
    row = TrainingRequirement(starts_on=starts_on, ends_on=None, **vars(asked))
    require(uow.actor, Permission.TRAINING_EDIT, row)
    today = today_at(None, uow.now)
    if asked.topic not in offered(max(starts_on, today)):
        raise Refused("topic", _("Choose the training."))
    _check(asked)
    if not today <= starts_on <= today + FURTHEST:
        raise Refused("starts_on", _("Choose today or a later day, at most two years ahead."))
    same = select(TrainingRequirement.id).where(
        TrainingRequirement.topic == asked.topic,
        TrainingRequirement.shape == asked.shape,
        TrainingRequirement.role.is_(None) if asked.role is None else TrainingRequirement.role == asked.role,
        or_(TrainingRequirement.ends_on.is_(None), TrainingRequirement.ends_on >= starts_on),
    )
    if uow.session.scalar(same) is not None:
        raise Refused("topic", _("There is already a requirement like this. End it first."))
    uow.record(row, "training_requirement.added", topic=names_in_both(asked.topic))
    return row.id


def _check(asked: Asked) -> None:
    if asked.shape is Shape.EVERY_PERSON:
        if asked.role not in STAFF:
            raise Refused("role", _("Choose the role."))
        if asked.months is None or not 1 <= asked.months <= MOST_MONTHS:
            raise Refused("months", _("Enter the months as a number from 1 to %(most)d.", most=MOST_MONTHS))
        if asked.minimum is not None:
            raise Refused("minimum", _("Leave this blank for a requirement of every person."))
    else:
        if asked.minimum is None or not 1 <= asked.minimum <= MOST_PEOPLE:
            raise Refused("minimum", _("Enter the people as a number from 1 to %(most)d.", most=MOST_PEOPLE))
        if asked.role is not None or asked.months is not None:
            raise Refused("role", _("Leave role and months blank for a requirement of each school."))


@use_case
def end_requirement(uow: UnitOfWork, requirement_id: int, ends_on: date) -> int:
    """Say until when a requirement is in force. Returns its id. Raises Refused for a day that is past, NotFound."""
    row = uow.load(TrainingRequirement, requirement_id, Permission.TRAINING_EDIT)
    if ends_on < max(today_at(None, uow.now), row.starts_on):
        raise Refused("ends_on", _("Choose today or a later day."))
    row.ends_on = ends_on
    uow.record(row, "training_requirement.ended", day=ends_on.isoformat())
    return row.id
