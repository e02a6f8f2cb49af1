"""Trainings on record: their tables, and reading one's own, a school's, and those that count."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    column,
    false,
    or_,
    select,
    table,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import STAFF, Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import holders_of
from wss_cases.foundation.db import Base, Id, Versioned, db, where
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.ids import id_in
from wss_cases.training.topics import KnownTopic

RECORDED, ENDS, TAKEN_BACK = "training.recorded", "training.ends", "training.taken_back"
CORRECTED, TAKEN_OFF = "training.corrected", "training_session.taken_off"
SENTENCES: Final = {
    # as they were written while only keepers of circles had trainings on record
    "circle.training_recorded": (_l("Training recorded: %(training)s"), {"training": KnownTopic.labels()}),
    "circle.training_ends": (_l("Training end date set: %(training)s"), {"training": KnownTopic.labels()}),
    RECORDED: _l("Training recorded: %(training)s"),
    CORRECTED: _l("Corrected with its session: %(training)s"),
    ENDS: _l("Training end date set: %(training)s"),
    TAKEN_BACK: _l("Training taken back: %(training)s"),
    TAKEN_OFF: _l("Taken off the list: %(number)s"),
    # written until sessions could no longer be canceled and put back
    "training.counts_again": _l("Counts again, with its session: %(training)s"),
}


class TrainingSession(Versioned, Base):
    """A training on one day, `minutes` long: of a school, or of the district (no school), by a partner or by whom
    `provider` names. Who was there has a TrainingRecord of it."""

    __tablename__ = "training_session"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("partner_id is null or provider = ''", name="provider"),
        Index("ix_training_session_school", "school_id", "held_on"),
    )

    id: Mapped[Id]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    topic: Mapped[str] = mapped_column(String(40), ForeignKey("training_topic.code"))
    held_on: Mapped[date]
    minutes: Mapped[int]
    provider: Mapped[str] = mapped_column(String(200), default="", server_default="")
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class TrainingRecord(Base):
    """A training of one member of staff; it counts wherever they work, and the school that recorded it corrects it.

    `minutes`: how long it took, None where nobody said. `valid_until` None: it does not run out. What was entered in
    error is taken back with a reason, never deleted, and counts no more.
    """

    __tablename__ = "training_record"
    __table_args__ = (
        Index("ix_training_record_user", "user_id"),
        Index("ix_training_record_school", "school_id", "topic"),
        Index(
            "uq_training_record_session", "session_id", "user_id", unique=True,
            **where("session_id IS NOT NULL AND taken_back_at IS NULL"),
        ),
        CheckConstraint("valid_until is null or valid_until >= completed_on", name="dates"),
        CheckConstraint("minutes is null or minutes > 0", name="minutes"),
        CheckConstraint("(taken_back_at is null) = (taken_back_reason = '')", name="taken_back"),
        CheckConstraint("taken_back_at is not null or not taken_back_with_session", name="with_session"),
    )  # fmt: skip
    PRIVATE = frozenset({"taken_back_reason"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    topic: Mapped[str] = mapped_column(String(40), ForeignKey("training_topic.code"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("training_session.id"))
    provider: Mapped[str] = mapped_column(String(200), default="", server_default="")
    completed_on: Mapped[date]
    minutes: Mapped[int | None]
    certificate: Mapped[str] = mapped_column(String(120), default="", server_default="")
    valid_until: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_back_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    taken_back_with_session: Mapped[bool] = mapped_column(server_default=false(), deferred=True)
    """Nothing reads or writes it. Circle pages of the release before still select it, so the next release drops it."""


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
    statement = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(sorted(user_ids)))
    return {row[0]: row[1] for row in db.session.execute(statement)}


def partner_names(active: bool = True) -> dict[int, str]:
    """Return the partners of the directory, by name; without `active`, also those with whom the work has ended."""
    statement = select(PARTNER.c.id, PARTNER.c.name).order_by(PARTNER.c.name)
    if active:
        statement = statement.where(PARTNER.c.is_active)
    return {row[0]: row[1] for row in db.session.execute(statement)}
