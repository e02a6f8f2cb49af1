"""Reading who may keep circles of a school, by their roles and trainings, and what it decides about its circles."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import holders_of
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.pathways.circles.circle.keepers import coordinators_of, decide
from wss_cases.pathways.circles.circle.models import CircleSetting
from wss_cases.pathways.circles.circle.rules import DECIDE
from wss_cases.roster.directory.models import School
from wss_cases.training.records.queries import TrainingRecord, keeping_counts_on


@dataclass(frozen=True)
class Keepers:
    """Who may keep circles of a school on a day; id to name."""

    coordinators: dict[int, str]
    """Those with and without a training on record; none of them decides discipline there."""
    trained: dict[int, str]
    """Coordinators with one, wherever it was recorded."""
    staff: dict[int, str]
    """Who else of the staff has one: they lead a circle beside a coordinator who keeps it."""


def keepers_at(school_id: int, day: date) -> Keepers:
    """Return who may keep circles of a school on a day, in two statements."""
    people = holders_of((Role.COORDINATOR, Role.REPORTER, *DECIDE), school_id, day)
    coordinators, deciding = coordinators_of(people), decide(people)
    others = {
        key: name for key, name in people[Role.REPORTER].items() if key not in deciding and key not in coordinators
    }
    trained = _trained([*coordinators, *others], day)
    return Keepers(
        coordinators,
        {key: name for key, name in coordinators.items() if key in trained},
        {key: name for key, name in others.items() if key in trained},
    )


def trained_keepers(school_id: int, day: date) -> dict[int, str]:
    """Return who may keep a circle of a school on a day: trained, and a coordinator there; id to name.

    A person is trained wherever it was recorded.
    """
    return keepers_at(school_id, day).trained


def _trained(people: Collection[int], day: date) -> set[int]:
    statement = select(TrainingRecord.user_id).where(TrainingRecord.user_id.in_(sorted(people)), keeping_counts_on(day))
    return set(db.session.scalars(statement))


def trained_elsewhere(school_id: int, day: date) -> list[tuple[str, str]]:
    """Return (name, school) of the trained coordinators of other schools of the network, whom one may ask to keep."""
    here = existing(db.session.get(School, school_id))
    if here.network is None:
        return []
    statement = (
        select(UserAccount.name, School.name)
        .join(TrainingRecord, TrainingRecord.user_id == UserAccount.id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .join(School, School.id == RoleGrant.school_id)
        .where(
            keeping_counts_on(day),
            RoleGrant.role == Role.COORDINATOR,
            RoleGrant.starts_on <= day,
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= day),
            UserAccount.state == AccountState.ACTIVE,
            School.id != school_id,
            School.network == here.network,
        )
    )
    return sorted({(row[0], row[1]) for row in db.session.execute(statement)})


def setting_of(school_id: int) -> CircleSetting | None:
    """Return what a school decided about its circles; None while it decided nothing."""
    return db.session.scalar(select(CircleSetting).where(CircleSetting.school_id == school_id))
