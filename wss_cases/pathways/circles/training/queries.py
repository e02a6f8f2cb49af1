"""Reading who was trained in what at a school, and what the school decides about its circles."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants.queries import holders_of
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.pathways.circles.circle.keepers import coordinators_of, decide
from wss_cases.pathways.circles.circle.models import CircleSetting, KeeperTraining
from wss_cases.pathways.circles.circle.rules import DECIDE, in_force
from wss_cases.pathways.circles.circle.states import TrainingKind
from wss_cases.roster.directory.models import School


def trainings_at(school_id: int, people: Collection[int]) -> list[KeeperTraining]:
    """Return every training recorded at a school, and those of these people from elsewhere, the newest first.

    The caller has checked the school.
    """
    statement = select(KeeperTraining).where(
        or_(KeeperTraining.school_id == school_id, KeeperTraining.user_id.in_(sorted(people)))
    )
    return list(db.session.scalars(statement.order_by(KeeperTraining.completed_on.desc(), KeeperTraining.id.desc())))


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
    statement = select(KeeperTraining).where(
        KeeperTraining.user_id.in_(sorted(people)), KeeperTraining.kind == TrainingKind.CIRCLE_KEEPING
    )
    return {row.user_id for row in db.session.scalars(statement) if in_force(row, day)}


def trained_elsewhere(school_id: int, day: date) -> list[tuple[str, str]]:
    """Return (name, school) of the trained coordinators of other schools of the network, whom one may ask to keep."""
    here = existing(db.session.get(School, school_id))
    statement = (
        select(KeeperTraining, UserAccount.name, School.name)
        .join(UserAccount, UserAccount.id == KeeperTraining.user_id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .join(School, School.id == RoleGrant.school_id)
        .where(
            KeeperTraining.kind == TrainingKind.CIRCLE_KEEPING,
            RoleGrant.role == Role.COORDINATOR,
            RoleGrant.starts_on <= day,
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= day),
            UserAccount.state == AccountState.ACTIVE,
            School.id != school_id,
            School.network == here.network,
        )
    )
    return sorted({(name, school) for row, name, school in db.session.execute(statement) if in_force(row, day)})


def names_of(user_ids: set[int]) -> dict[int, str]:
    """Return the names of staff by id."""
    statement = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(sorted(user_ids)))
    return {row[0]: row[1] for row in db.session.execute(statement)}


def get_training(actor: Actor, training_id: int) -> KeeperTraining:
    """Return a training on record at a school that the actor administers. Raises NotFound."""
    statement = select(KeeperTraining).where(KeeperTraining.id == training_id)
    return existing(db.session.scalar(statement.where(in_schools(KeeperTraining.school_id, actor, Role.ADMINISTRATOR))))


def setting_of(school_id: int) -> CircleSetting | None:
    """Return what a school decided about its circles; None while it decided nothing."""
    return db.session.scalar(select(CircleSetting).where(CircleSetting.school_id == school_id))
