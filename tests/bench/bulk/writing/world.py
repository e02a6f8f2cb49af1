"""What every step of the generator reads: catalogues, the decision table, the calendar, the store."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from tests.bench.bulk.district.partners import Organisation
from tests.bench.bulk.writing.acts import Somebody
from tests.bench.bulk.writing.store import Store
from tests.support.behaviors import GROUP_WEIGHTS, PROFILES
from wss_cases.demo.calendar import Calendar, moment
from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import BehaviorCode, LocationCode
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_stored
from wss_cases.routing.engine.facts import parse_facts
from wss_cases.routing.engine.table import DecisionTable
from wss_cases.routing.rule_sets import rule_set_in_force, table_of
from wss_cases.safeguards.duties.duty.models import LegalDutyKind
from wss_cases.safeguards.duties.table import steps_of_kinds

__all__ = ["World", "later", "load_world", "moment"]

MOST_ANSWERS = 150_000


@dataclass(frozen=True)
class Behavior:
    """One code of the catalogue, as facts and rows need it."""

    id: int
    code: str
    code_set: str
    behavior_group: int | None
    is_attendance: bool
    tile: str


@dataclass(frozen=True)
class Template:
    """A follow-up template: who owns what it makes, and whether it sends a mail of its own."""

    id: int
    owner_role: str
    single_mail: bool


@dataclass
class World:
    """Everything that does not change while the district is made, and where it is written."""

    store: Store
    calendar: Calendar
    table: DecisionTable
    rule_set_id: int
    behaviors: dict[str, list[Behavior]]
    locations: dict[str, Any]
    templates: dict[str, Template]
    duty_steps: dict[int, list[int]]
    duty_kinds: dict[str, tuple[int, int | None]]
    keeps_every_answer: bool
    partners: list[Organisation]
    approver: Somebody
    _answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The instant up to which things have happened."""
        return self.calendar.now

    @property
    def days(self) -> SchoolDays:
        """School-day arithmetic."""
        return self.calendar.school_days

    def answer(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return what the rules in force recommend, worked out once for the same facts."""
        key = json.dumps(facts)
        found = self._answers.get(key)
        if found is None:
            found = as_stored(recommend(self.table, parse_facts(facts)))
            if len(self._answers) < MOST_ANSWERS:
                self._answers[key] = found
        return found

    def draw_behavior(self, rng: Random, code_set: str) -> Behavior:
        """Draw a behaviour as often as published figures say."""
        group = rng.choices(list(GROUP_WEIGHTS), list(GROUP_WEIGHTS.values()))[0]
        known = self.behaviors["prek2" if code_set == "prek2" else f"groups{group}"]
        return rng.choices(known, [PROFILES[one.code].weight for one in known])[0]

    def behavior_of_tile(self, code_set: str, tile: str) -> Behavior | None:
        names = [name for name in self.behaviors if name.startswith(code_set)]
        return next((one for name in names for one in self.behaviors[name] if one.tile == tile), None)


def load_world(
    store: Store, calendar: Calendar, incidents: int, partners: list[Organisation], approver: Somebody
) -> World:
    """Read the catalogues as they stand. Raises Unavailable without a rule set in force."""
    rule_set = rule_set_in_force(calendar.today)
    behaviors: dict[str, list[Behavior]] = {}
    for row in db.session.scalars(select(BehaviorCode).order_by(BehaviorCode.id)):
        if row.code in PROFILES and row.ends_on is None:
            one = Behavior(row.id, row.code, row.code_set, row.behavior_group, row.is_attendance, row.tile)
            behaviors.setdefault(f"{row.code_set}{row.behavior_group or ''}", []).append(one)
    templates: dict[str, Template] = {}
    for made in db.session.scalars(select(FollowUpTemplate).order_by(FollowUpTemplate.id)):
        templates.setdefault(made.kind, Template(made.id, made.owner_role, made.single_mail))
    return World(
        store=store,
        calendar=calendar,
        table=table_of(rule_set),
        rule_set_id=rule_set.id,
        behaviors=behaviors,
        locations={row.code: row.place for row in db.session.scalars(select(LocationCode))},
        templates=templates,
        duty_kinds={
            row.code: (row.id, row.clock_hours)
            for row in db.session.scalars(select(LegalDutyKind))
            if row.ends_on is None
        },
        duty_steps={kind_id: [step.id for step in steps] for kind_id, steps in steps_of_kinds().items()},
        keeps_every_answer=incidents <= 20_000,
        partners=partners,
        approver=approver,
    )


def later(instant: datetime, minutes: int) -> datetime:
    return instant + timedelta(minutes=minutes)
