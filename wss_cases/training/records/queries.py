"""Reading trainings on record: one's own, those of a school's staff, and which of them count."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, or_, select, table

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import holders_of
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.ids import id_in
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.topics import KnownTopic

KEEPERS = (Role.ADMINISTRATOR, Role.DISTRICT)
"""Who answers for the trainings of a school, each in their own scope."""

PARTNER = table("partner", column("id"), column("name"), column("is_active"))
"""The partners' directory is a room above; these columns are all that trainings need of it."""


def school_asked(actor: Actor, arguments: Mapping[str, str]) -> int | None:
    """Return the school of a page or list: the one in its address where the actor answers for it, else the chosen one.

    None where a district actor chose none, and for who answers for no school.
    """
    asked = id_in(arguments.get("school"))
    return asked if asked is not None and actor.covers(asked, *KEEPERS) else chosen_school_id(actor, *KEEPERS)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of trainings to one's own and those recorded at schools for whose trainings one answers."""
    of_schools = in_schools(TrainingRecord.school_id, actor, *KEEPERS)
    if not actor.has(*STAFF):
        return statement.where(of_schools)
    return statement.where(or_(TrainingRecord.user_id == actor.user_id, of_schools))


def get_record(actor: Actor, training_id: int) -> TrainingRecord:
    """Return a training that the actor may correct. Raises NotFound."""
    wanted = select(TrainingRecord).where(TrainingRecord.id == training_id)
    record: TrainingRecord = existing(db.session.scalar(visible_to(wanted, actor)))
    require(actor, Permission.TRAINING_MANAGE, record)
    return record


def own_records(actor: Actor) -> list[TrainingRecord]:
    """Return what the actor has on record, the newest first, also what was taken back."""
    statement = visible_to(select(TrainingRecord), actor).where(TrainingRecord.user_id == actor.user_id)
    return list(db.session.scalars(statement.order_by(TrainingRecord.completed_on.desc(), TrainingRecord.id.desc())))


def records_of(people: Collection[int]) -> list[TrainingRecord]:
    """Return every training of these people, wherever recorded, the newest first. The caller has checked them."""
    statement = select(TrainingRecord).where(TrainingRecord.user_id.in_(sorted(people)))
    return list(db.session.scalars(statement.order_by(TrainingRecord.completed_on.desc(), TrainingRecord.id.desc())))


def counts_on(day: date) -> ColumnElement[bool]:
    """Trainings that count on a day; `rules.in_force` says the same of one."""
    return and_(
        TrainingRecord.taken_back_at.is_(None),
        TrainingRecord.completed_on <= day,
        or_(TrainingRecord.valid_until.is_(None), TrainingRecord.valid_until >= day),
    )


def keeping_counts_on(day: date) -> ColumnElement[bool]:
    """Trainings in keeping circles that count on a day."""
    return and_(TrainingRecord.topic == KnownTopic.CIRCLE_KEEPING, counts_on(day))


def staff_of(school_id: int, day: date) -> dict[int, str]:
    """Return everybody who works at a school on a day: id to name, by name."""
    people = {key: name for held in holders_of(STAFF, school_id, day).values() for key, name in held.items()}
    return dict(sorted(people.items(), key=lambda item: (item[1], item[0])))


def names_of(user_ids: Collection[int]) -> dict[int, str]:
    """Return the names of staff by id."""
    statement = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(sorted(user_ids)))
    return {row[0]: row[1] for row in db.session.execute(statement)}


def partner_names(active: bool = True) -> dict[int, str]:
    """Return the partners of the directory, by name; without `active`, also those with whom the work has ended."""
    statement = select(PARTNER.c.id, PARTNER.c.name).order_by(PARTNER.c.name)
    if active:
        statement = statement.where(PARTNER.c.is_active)
    return {row[0]: row[1] for row in db.session.execute(statement)}
