"""Who was trained in what at a school, and what the school decides about its circles."""

from datetime import date

from wss_cases.access.actor import STAFF
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.grants.queries import holders
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.models import CircleSetting, KeeperTraining
from wss_cases.pathways.circles.circle.states import TrainingKind
from wss_cases.pathways.circles.training.queries import setting_of


def staff_of(school_id: int, day: date) -> dict[int, str]:
    """Return everybody who works at a school on a day: id to name, by name."""
    people = {user_id: name for role in STAFF for user_id, name in holders(role, school_id, day)}
    return dict(sorted(people.items(), key=lambda item: item[1]))


@use_case
def record_training(
    uow: UnitOfWork,
    school_id: int,
    *,
    user_id: int,
    kind: TrainingKind,
    provider: str,
    completed_on: date,
    valid_until: date | None,
) -> int:
    """Put a training on record. Returns its id. Raises Refused for somebody elsewhere or days that cannot be."""
    training = KeeperTraining(
        school_id=school_id, user_id=user_id, kind=kind, provider=provider, completed_on=completed_on,
        valid_until=valid_until, recorded_at=uow.now, recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    require(uow.actor, Permission.CIRCLE_SETTINGS, training)
    today = today_at(school_id, uow.now)
    if user_id not in staff_of(school_id, today):
        raise Refused("user", _("Choose someone from this school."))
    if completed_on > today:
        raise Refused("completed_on", _("Choose today or an earlier day."))
    if valid_until is not None and valid_until < completed_on:
        raise Refused("valid_until", _("Choose a day after the training."))
    uow.record(training, "circle.training_recorded", training=kind.value)
    return training.id


@use_case
def end_training(uow: UnitOfWork, training_id: int, valid_until: date) -> int:
    """Say until when a training counts, e.g. after a mistake. Returns the school's id. Raises Refused, NotFound."""
    training = uow.load(KeeperTraining, training_id, Permission.CIRCLE_SETTINGS)
    if valid_until < training.completed_on:
        raise Refused("valid_until", _("Choose a day after the training."))
    training.valid_until = valid_until
    uow.record(training, "circle.training_ends", training=training.kind.value)
    return training.school_id


@use_case
def save_setting(uow: UnitOfWork, school_id: int, guardian_consent: bool) -> int:
    """Decide whether a school's circles need a guardian's consent from every party. Returns the school's id."""
    row = setting_of(school_id) or CircleSetting(school_id=school_id)
    require(uow.actor, Permission.CIRCLE_SETTINGS, row)
    if row.id is not None and uow.version is not None and row.version != uow.version:
        raise Stale
    row.guardian_consent = guardian_consent
    uow.record(row, "circle.setting_changed")
    return school_id
