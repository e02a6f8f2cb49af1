"""The days a replay may cover, and what may be shown of groups. Pure.

Shares come in steps of five percent, without counts, and not for a small group: counts or exact shares could be
subtracted from those of a replay that is a day longer, and reveal one child.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, cast, exists, func, or_, select, true

from wss_cases.access.actor import CASE_TEAM, Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation.db import among, db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import day_words_with_year, district_zone, local_date
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import visible_to
from wss_cases.journal.rooms import SmallestGroups
from wss_cases.roster.directory.models import School, Student
from wss_cases.routing.replay.models import Replay, ReplayChange, ReplayState
from wss_cases.routing.replay.rules import Part, RoutedIncident
from wss_cases.routing.rule_sets import RoutingAnswer, RuleSet

FIRST_DAY: Final = date(2000, 8, 1)
"""No report is older, and no school year before it has figures of the groups that are too small to show."""
STEP: Final = 5


def check_days(
    first: date | None, last: date | None, today: date, names: tuple[str, str] = ("first_day", "last_day")
) -> None:
    """Raise Refused, with the field's name, for days before FIRST_DAY or in the future and for an end before the start.

    A day that is None is open.
    """
    for name, day in zip(names, (first, last), strict=True):
        if day is not None and not FIRST_DAY <= day <= today:
            words = {"first": day_words_with_year(FIRST_DAY), "last": day_words_with_year(today)}
            raise Refused(name, _("Choose a day from %(first)s to %(last)s.", **words))
    if first is not None and last is not None and last < first:
        raise Refused(names[1], _("The last day must not be before the first."))


def shares(parts: Mapping[str, Sequence[int]], fewest: SmallestGroups) -> dict[str, int | None]:
    """The share of each group that would be routed differently, in percent; None: withheld.

    A group is withheld when it has too few parts, or too few of them changed or unchanged. It is never the only one,
    because the total is known: then the smallest of the others is withheld too. When nothing changed at all, nothing is
    withheld.
    """
    if not any(changed for _all, changed in parts.values()):
        return dict.fromkeys(parts, 0)
    held = {
        value
        for value, (every, changed) in parts.items()
        if every < fewest.group or min(changed, every - changed) < fewest.cell
    }
    if len(held) == 1:
        others = sorted((every, value) for value, (every, _changed) in parts.items() if value not in held)
        held |= {value for _every, value in others[:1]}
    return {
        value: None if value in held else STEP * round(100 * changed / every / STEP)
        for value, (every, changed) in parts.items()
    }


BATCH = 2000
"""Incidents read at once: some ten megabytes."""
GROUPS = ("race_ethnicity", "sex", "has_iep", "has_504", "is_english_learner")
"""What the roster tells students apart by. A value that is not known is a group of its own, ''."""
READERS = (*CASE_TEAM, Role.DISTRICT)
"""Roles whose schools a reader of a replay sees."""


@dataclass(frozen=True)
class Period:
    """Incidents of these days, of one school or of all; an end that is None is open."""

    starts_on: date | None = None
    ends_on: date | None = None
    school_id: int | None = None


def _in(period: Period) -> ColumnElement[bool]:
    """The incidents of a period that were routed, whatever became of them."""
    return and_(
        exists().where(RoutingAnswer.incident_id == Incident.id),
        Incident.local_date >= period.starts_on if period.starts_on else true(),
        Incident.local_date <= period.ends_on if period.ends_on else true(),
        Incident.school_id == period.school_id if period.school_id is not None else true(),
    )


def count_routed(period: Period) -> int:
    return db.session.scalar(select(func.count()).select_from(Incident).where(_in(period))) or 0


def routed_after(period: Period, incident_id: int, limit: int = BATCH) -> list[RoutedIncident]:
    """The next incidents of a period by id, each with the parts of the act that routed it last."""
    following = select(Incident.id).where(_in(period), Incident.id > incident_id).order_by(Incident.id)
    ids = list(db.session.scalars(following.limit(limit)))
    return _with_parts(ids) if ids else []


def all_routed(period: Period) -> Iterator[list[RoutedIncident]]:
    """Yield every routed incident of a period, batch by batch."""
    last = 0
    while batch := routed_after(period, last):
        last = batch[-1].id
        yield batch


def _with_parts(ids: Sequence[int]) -> list[RoutedIncident]:
    without_signs = [
        row.id for row in db.session.execute(select(RuleSet.id, RuleSet.table_rows)) if "signs" not in row[1]
    ]
    statement = (
        select(
            Incident.id,
            Incident.reference,
            Incident.school_id,
            RoutingAnswer.id,
            RoutingAnswer.incident_person_id,
            RoutingAnswer.created_at,
            RuleSet.name,
            RuleSet.number,
            cast(RoutingAnswer.facts, Text),
            cast(RoutingAnswer.answer, Text),
            case((RoutingAnswer.rule_set_id.in_(without_signs), Incident.tile), else_=""),
            *(getattr(Student, name) for name in GROUPS),
        )
        .join(RoutingAnswer, RoutingAnswer.incident_id == Incident.id)
        .join(RuleSet, RuleSet.id == RoutingAnswer.rule_set_id)
        .outerjoin(IncidentPerson, IncidentPerson.id == RoutingAnswer.incident_person_id)
        .outerjoin(Student, Student.id == IncidentPerson.student_id)
        .where(among(Incident.id, ids))
        .order_by(Incident.id, RoutingAnswer.id)
    )
    rows = db.session.execute(statement)
    return [_incident(list(rows_of)) for _id, rows_of in groupby(rows, key=lambda row: row[0])]


def _incident(rows: list[Any]) -> RoutedIncident:
    """The newest answers of the last act, without those for people since removed."""
    last = max(row[5] for row in rows)
    newest = {row[4]: row for row in rows if row[5] == last}
    return RoutedIncident(rows[0][0], rows[0][1], rows[0][2], tuple(_part(row) for row in newest.values()))


def _part(row: Any) -> Part:
    groups = {name: _group(value) for name, value in zip(GROUPS, row[11:], strict=True)}
    return Part(row[3], row[4], f"{row[6]} v{row[7]}", row[8], row[9], groups, row[10])


def _group(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or ""


def digest_of(rule_set: RuleSet) -> str:
    """A digest that identifies the rows of a rule set."""
    # signs as well, if any: they decide which facts are unknown
    held = rule_set.table_rows if rule_set.table_rows.get("signs") else rule_set.table_rows["rows"]
    return sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()


def newest_replay(rule_set_id: int) -> Replay | None:
    """Return the replay of a rule set; the caller has checked it."""
    newest = select(Replay).where(Replay.rule_set_id == rule_set_id).order_by(Replay.id.desc()).limit(1)
    return db.session.scalars(newest).first()


def stands_for(replay: Replay, rule_set: RuleSet) -> bool:
    """Whether a replay is about the rule set as it is now: it is complete, used these rows, and had some incidents."""
    return replay.state is ReplayState.DONE and replay.done > 0 and replay.rows_digest == digest_of(rule_set)


def get_replay(actor: Actor, replay_id: int) -> tuple[Replay, RuleSet]:
    """A replay with its rule set. Raises NotFound when it is missing or not for this actor."""
    wanted = select(Replay, RuleSet).join(RuleSet, RuleSet.id == Replay.rule_set_id).where(Replay.id == replay_id)
    replay, rule_set = existing(db.session.execute(wanted).first() if might(actor, Permission.RULES_READ) else None)
    return replay, rule_set


def reported_until(row: Replay) -> date:
    """The last day of a replay on which anything can have been reported: older replays have unchecked days."""
    return max(FIRST_DAY, min(row.ends_on, local_date(row.asked_at, district_zone())))


def schools_seen(actor: Actor) -> list[int] | None:
    """The schools whose part of a replay the actor sees; None: all."""
    if actor.is_system or actor.everywhere(*READERS):
        return None
    return sorted(actor.school_ids(*READERS))


def named(school_ids: Sequence[int]) -> list[tuple[int, str]]:
    schools = select(School.id, School.name).where(among(School.id, school_ids)).order_by(School.name)
    return [(row[0], row[1]) for row in db.session.execute(schools)]


@dataclass(frozen=True)
class ReplayedIncident:
    """One incident of a replay for a reader; `reference` is '' for people who may not open the report."""

    id: int
    incident_id: int
    reference: str
    school: str
    changes: list[Any]
    broken: list[str]
    is_read: bool


def incidents_after(
    actor: Actor, replay_id: int, after: int, limit: int | None, only_broken: bool = False
) -> list[ReplayedIncident]:
    """The next incidents of a replay: for the district without a name, for a case team those of its own."""
    readable = visible_to(select(Incident.id), actor)
    seen = or_(in_schools(ReplayChange.school_id, actor, Role.DISTRICT), ReplayChange.incident_id.in_(readable))
    statement = (
        select(ReplayChange, Incident.reference, School.name, ReplayChange.incident_id.in_(readable))
        .join(Incident, Incident.id == ReplayChange.incident_id)
        .join(School, School.id == ReplayChange.school_id)
        .where(ReplayChange.replay_id == replay_id, ReplayChange.id > after, seen)
        .order_by(ReplayChange.id)
        .limit(limit)
    )
    if only_broken:
        statement = statement.where(cast(ReplayChange.broken, Text) != "[]")
    return [
        ReplayedIncident(
            row.id, row.incident_id, reference if named else "", school, row.changes, row.broken, row.is_read
        )
        for row, reference, school, named in db.session.execute(statement)
    ]
