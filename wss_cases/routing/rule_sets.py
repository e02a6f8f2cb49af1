"""Stored rule sets, and the answer that routed each person of each incident."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, false, select, true
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation.code_tables import HeldRows
from wss_cases.foundation.db import Base, CodeTable, Id, Versioned, db, named_enum
from wss_cases.foundation.errors import Unavailable, existing
from wss_cases.foundation.i18n import _
from wss_cases.journal.rooms import Room
from wss_cases.routing.engine.table import DecisionTable, read_table
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.signs import Signs, read_signs


class RuleSet(CodeTable, Versioned, Base):
    """One version of the decision table, in force between two dates once published."""

    __tablename__ = "routing_rule_set"
    __table_args__ = (UniqueConstraint("name", "number"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    state: Mapped[RuleSetState] = mapped_column(named_enum(RuleSetState, "state"))
    table_rows: Mapped[dict[str, Any]]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    drafted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(String(600), default="", server_default="")
    """What it changes and why, in its author's words."""
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """Who handed the draft, as it is now, to a second person; nobody once it was changed after."""
    proposed_at: Mapped[datetime | None]
    why_not_replayed: Mapped[str] = mapped_column(String(600), default="", server_default="")


class RuleSetWithdrawal(CodeTable, Base):
    """A published rule set that was withdrawn before its first day; the rule set itself stays as published."""

    __tablename__ = "rule_set_withdrawal"
    __table_args__ = (UniqueConstraint("rule_set_id"),)

    id: Mapped[Id]
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("routing_rule_set.id"))
    withdrawn_at: Mapped[datetime]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(String(600))


class RoutingAnswer(Base):
    """Rule set, facts and recommendation that routed one person's part; never changed."""

    __tablename__ = "routing_answer"
    __table_args__ = (Index("ix_routing_answer_incident", "incident_id", "id"),)

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    incident_person_id: Mapped[int | None] = mapped_column(ForeignKey("incident_person.id"))
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("routing_rule_set.id"))
    created_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    answer: Mapped[dict[str, Any]]


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The rule sets the actor may see: all, or none."""
    return true() if might(actor, Permission.RULES_READ) else false()


def rule_sets(actor: Actor) -> Sequence[Any]:
    """Return id, name, number, state and dates of every rule set, newest first."""
    columns = (RuleSet.id, RuleSet.name, RuleSet.number, RuleSet.state, RuleSet.starts_on, RuleSet.published_at)
    told = select(*columns, RuleSet.proposed_at, RuleSetWithdrawal.withdrawn_at).outerjoin(
        RuleSetWithdrawal, RuleSetWithdrawal.rule_set_id == RuleSet.id
    )
    return db.session.execute(told.where(visible_to(actor)).order_by(RuleSet.id.desc())).all()


def withdrawal_of(rule_set_id: int) -> RuleSetWithdrawal | None:
    return db.session.scalar(select(RuleSetWithdrawal).where(RuleSetWithdrawal.rule_set_id == rule_set_id))


def get_rule_set(actor: Actor, rule_set_id: int) -> RuleSet:
    """Return one rule set. Raises NotFound when it is missing or not for this actor."""
    return existing(db.session.scalar(select(RuleSet).where(RuleSet.id == rule_set_id, visible_to(actor))))


def load_rule_set(rule_set_id: int) -> RuleSet | None:
    return db.session.get(RuleSet, rule_set_id)


_PUBLISHED: HeldRows[RuleSet] = HeldRows(
    lambda: db.session.scalars(
        select(RuleSet)
        .where(RuleSet.state == RuleSetState.PUBLISHED, RuleSet.id.not_in(select(RuleSetWithdrawal.rule_set_id)))
        .order_by(RuleSet.starts_on.desc(), RuleSet.id.desc())
    )
)


def rule_set_in_force(on: date) -> RuleSet:
    """The published rule set that routes incidents reported on a date: of those in force, the one that began last;
    read-only.

    Raises Unavailable when there is none.
    """
    in_force = (one for one in _PUBLISHED.rows() if one.ends_on is None or one.ends_on >= on)
    rule_set = next((one for one in in_force if one.starts_on is not None and one.starts_on <= on), None)
    if rule_set is None:
        raise Unavailable(_("No routing rule set is in force on %(day)s.", day=on.isoformat()), "flask db upgrade")
    return rule_set


def table_of(rule_set: RuleSet) -> DecisionTable:
    """The decision table of a rule set, cached for the same rows. Raises Refused for broken rows."""
    return _read(rule_set.name, rule_set.number, json.dumps(rule_set.table_rows["rows"]))


@lru_cache(maxsize=16)
def _read(name: str, number: int, rows: str) -> DecisionTable:
    return read_table(name, number, json.loads(rows))


def signs_of(rule_set: RuleSet) -> Signs:
    """The signs of a rule set, cached for the same rows; versions before the third have none."""
    return _read_signs(json.dumps(rule_set.table_rows.get("signs", [])))


def signs_on(day: date) -> Signs:
    """The signs for reports of a day. Raises Unavailable when no rule set is in force."""
    return signs_of(rule_set_in_force(day))


@lru_cache(maxsize=16)
def _read_signs(rows: str) -> Signs:
    return read_signs(json.loads(rows))


ROOM = Room(loaders={"routing_rule_set": load_rule_set})
