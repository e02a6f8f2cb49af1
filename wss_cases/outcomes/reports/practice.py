"""Restorative practice in a period: the practice log, circles of cases, trained keepers, and requests."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import extract, func, select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import at_local, district_zone, local_date, month_words, zone_of
from wss_cases.outcomes.counting.scope.pages import shown, years_of
from wss_cases.outcomes.counting.scope.queries import within, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.reports.charts import month_label
from wss_cases.outcomes.reports.pathways import figures_of_pathways, said_rows
from wss_cases.pathways.circles.circle.models import CircleAttendance, CircleMeeting, CircleOutsideKeeper
from wss_cases.pathways.common.models import Pathway
from wss_cases.practice.log import Leader, PracticeEntry, PracticeKind, tier_of
from wss_cases.practice.requests.models import Became, CircleRequest
from wss_cases.roster.directory.queries import school_days
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.records.pages import in_force
from wss_cases.training.topics import KnownTopic

SOON = timedelta(days=60)
"""How long before it expires a training should be renewed."""


@dataclass(frozen=True)
class Held:
    """The log's meetings: times, students, adults and minutes by kind; times by month, by tier and by leader."""

    by_kind: dict[PracticeKind, Counter[str]]
    months: Counter[date]
    tiers: Counter[int]
    leaders: Counter[Leader]

    @property
    def total(self) -> Counter[str]:
        return sum(self.by_kind.values(), Counter[str]())


@dataclass(frozen=True)
class CaseCircle:
    """A meeting of a circle held for a case. `kept_by` are its keepers: always staff, and helpers from outside who
    came."""

    day: date
    tier: int
    kept_by: frozenset[Leader]


@dataclass(frozen=True)
class Keepers:
    """The people with a circle-keeper training in force today, and those whose training expires within two months."""

    trained: int
    run_out_soon: int


@dataclass(frozen=True)
class Asked:
    """Requests for a circle: how many wait now, how many of these report danger, and the results of the period's
    requests."""

    waiting: int
    in_danger: int
    became: Counter[Became]


def held_in(actor: Actor, scope: Scope) -> Held:
    """The meetings in the practice log of a scope, in one query. Withdrawn entries are not counted."""
    entry = PracticeEntry
    parts = (extract("year", entry.held_on), extract("month", entry.held_on), entry.kind, entry.purpose, entry.leader)
    sums = (func.count(), func.sum(entry.students), func.sum(entry.adults), func.sum(entry.minutes))
    logged = select(*parts, *sums).where(
        *within(actor, scope, entry.school_id, entry.held_on), entry.taken_back_at.is_(None)
    )
    log = Held({kind: Counter() for kind in PracticeKind}, Counter(), Counter(), Counter())
    for year, month, kind, purpose, leader, times, students, adults, minutes in db.session.execute(
        logged.group_by(*parts)
    ):
        log.by_kind[kind].update(times=times, students=int(students), adults=int(adults), minutes=int(minutes))
        log.months[date(int(year), int(month), 1)] += times
        log.tiers[tier_of(kind, purpose)] += times
        log.leaders[leader] += times
    return log


def case_circles(actor: Actor, scope: Scope) -> list[CaseCircle]:
    """Each meeting of a circle held for a case in the period."""
    zone = zone_of(scope.school_id) if scope.school_id is not None else district_zone()
    statement = (
        select(
            CircleMeeting.starts_at,
            CircleMeeting.school_id,
            Pathway.tier,
            _came(CircleOutsideKeeper.partner_id),
            _came(CircleOutsideKeeper.adult_id),
        )
        .join(Pathway, Pathway.id == CircleMeeting.pathway_id)
        .where(
            *within_schools(actor, scope, CircleMeeting.school_id),
            CircleMeeting.happened.is_(True),
            CircleMeeting.starts_at >= at_local(scope.first, 0, 0, zone),
            CircleMeeting.starts_at < at_local(scope.last + timedelta(days=1), 0, 0, zone),
        )
    )
    return [
        CaseCircle(
            local_date(at, zone_of(school)), tier,
            frozenset(filter(None, (Leader.STAFF, partner and Leader.OUTSIDE, student and Leader.STUDENTS))),
        )
        for at, school, tier, partner, student in db.session.execute(statement)
    ]  # fmt: skip


def _came(beside: Any) -> Any:
    """Condition: a keeper without an account attended the meeting; `beside` is the column of a partner or of a
    student."""
    came = (
        select(CircleAttendance.id)
        .join(CircleOutsideKeeper, CircleOutsideKeeper.id == CircleAttendance.outside_keeper_id)
        .where(CircleAttendance.meeting_id == CircleMeeting.id, CircleAttendance.attended, beside.is_not(None))
    )
    return came.correlate(CircleMeeting).exists()


def keepers_of(actor: Actor, scope: Scope) -> Keepers:
    """How many people have a circle-keeper training in force today, by the records of a scope's schools."""
    recorded = select(TrainingRecord).where(
        *within_schools(actor, scope, TrainingRecord.school_id), TrainingRecord.topic == KnownTopic.CIRCLE_KEEPING
    )
    counting = [record for record in db.session.scalars(recorded) if in_force(record, scope.today)]
    later = {record.user_id for record in counting if in_force(record, scope.today + SOON)}
    trained = {record.user_id for record in counting}
    return Keepers(len(trained), len(trained - later))


def asked_in(actor: Actor, scope: Scope) -> Asked:
    """The requests to a scope's schools, in two queries. Their text is not read."""
    schools = within_schools(actor, scope, CircleRequest.school_id)
    now = select(CircleRequest.in_danger, func.count()).where(*schools, CircleRequest.answered_at.is_(None))
    waiting: Any = db.session.execute(now.group_by(CircleRequest.in_danger)).all()
    answered = select(CircleRequest.became, func.count()).where(
        *schools,
        CircleRequest.answered_at >= at_local(scope.first, 0, 0, district_zone()),
        CircleRequest.answered_at < at_local(scope.last + timedelta(days=1), 0, 0, district_zone()),
    )
    became: Any = db.session.execute(answered.group_by(CircleRequest.became)).all()
    return Asked(sum(row[1] for row in waiting), dict(waiting).get(True, 0), Counter(dict(became)))


TIERS = (1, 2, 3)


@dataclass(frozen=True)
class Table:
    """One table: its title, its column heads, and rows that begin with their label."""

    title: str
    heads: tuple[str, ...]
    rows: list[list[Any]]


def tables_of(scope: Scope, log: Held, of_cases: Sequence[CaseCircle], requests: Asked) -> list[Table]:
    """Meetings of a scope by kind, month, tier and keeper, beside the circles of cases, and the results of requests.
    Empty tables are left out."""
    months = Counter(circle.day.replace(day=1) for circle in of_cases)
    tiers = Counter(circle.tier for circle in of_cases)
    keepers = Counter(leader for circle in of_cases for leader in circle.kept_by)
    beside = (_("Practice log"), _("Circles in cases"))
    tables = [
        Table(
            _("By kind"),
            (_("Kind"), _("Times"), _("Students"), _("Adults"), _("Hours")),
            [
                [kind.label, sums["times"], sums["students"], sums["adults"], round(sums["minutes"] / 60, 1)]
                for kind, sums in log.by_kind.items()
            ],
        ),
        Table(_("By month"), (_("Month"), *beside), _month_rows(scope, log.months, months)),
        Table(
            _("By tier"),
            (_("Tier"), *beside),
            [[_("Tier %(number)d", number=tier), log.tiers[tier], tiers[tier]] for tier in TIERS],
        ),
        Table(
            _("By who kept them"),
            (_("Kept by"), *beside),
            [[leader_kind.label, log.leaders[leader_kind], keepers[leader_kind]] for leader_kind in Leader],
        ),
        Table(
            _("Requests for a circle"),
            (_("Result"), _("Requests")),
            [[result.label, requests.became[result]] for result in Became],
        ),
    ]
    there = (log.total, log.months or months, log.tiers or tiers, log.leaders or keepers, requests.became)
    return [table for table, figures in zip(tables, there, strict=True) if figures]


def _month_rows(scope: Scope, log: Counter[date], circles: Counter[date]) -> list[list[Any]]:
    months = sorted(log.keys() | circles.keys())
    return [[month_label(month_words(day), scope.is_over(day)), log[day], circles[day]] for day in months]


blueprint = Blueprint("practice", __name__)


@blueprint.get("/practice")
@gate(Permission.OUTCOMES_READ)
def report() -> str:
    """Circles by kind, month and tier, people reached, hours, keepers, requests, and what people harmed said."""
    page = shown()
    log, requests = held_in(page.actor, page.scope), asked_in(page.actor, page.scope)
    answers = figures_of_pathways(page.actor, page.scope, school_days(page.scope.school_id)).said
    keepers = keepers_of(page.actor, page.scope)
    return render_template(
        "outcomes/reports/practice/page.html",
        page=page,
        years=years_of(page),
        total=log.total,
        hours=round(log.total["minutes"] / 60, 1),
        keepers=keepers,
        keepers_words=ngettext(
            "%(num)s training expires within 60 days", "%(num)s trainings expire within 60 days", keepers.run_out_soon
        )
        if keepers.run_out_soon
        else _("No training expires within 60 days"),
        asked=requests,
        waiting_words=ngettext("%(num)s reports danger", "%(num)s report danger", requests.in_danger),
        tables=tables_of(page.scope, log, case_circles(page.actor, page.scope), requests),
        said=answers,
        said_rows=said_rows(answers),
    )
