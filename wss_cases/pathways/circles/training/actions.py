"""What a school decides about its circles."""

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Stale
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.models import CircleSetting
from wss_cases.pathways.circles.training.queries import setting_of


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
