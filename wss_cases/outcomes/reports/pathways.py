"""The outcomes of pathways: what people harmed say, mentoring delivered, referrals answered and served, returns."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from statistics import median
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, case, func, literal, or_, select, union_all

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.school_time import at_local, district_zone, local_date
from wss_cases.outcomes.counting.cache import cached_count
from wss_cases.outcomes.counting.measures import too_recent_words
from wss_cases.outcomes.counting.scope.queries import (
    by_age,
    had_time,
    reads_all,
    reads_everywhere,
    streamed,
    within,
    within_schools,
)
from wss_cases.outcomes.counting.scope.rules import Scope, Share, hidden_among, shown_of
from wss_cases.outcomes.reports.charts import Point, bar
from wss_cases.pathways.circles.questionnaires.models import Answerer, Questionnaire, QuestionnaireAnswer
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import known_to
from wss_cases.pathways.mentoring.plan.models import Cadence, MentoringPlan, MentoringSession
from wss_cases.pathways.mentoring.plan.rules import due_days, last_day_of
from wss_cases.pathways.reengagement.plan import ReengagementPlan, is_near
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Kind

GOOD: Final = 4
"""The value from which an answer counts as favorable, on the scale of 1 to 5."""

ANSWERED, SERVED, RETURNED = "answered", "served", "returned"
NEAR: Final = 1
"""The key of a first day back that had its meeting near it."""


@dataclass(frozen=True)
class Said:
    """The answers of people harmed: how many were asked and answered, and the favorable share by question.

    A question is left out where it would reveal fewer than ten answers.
    """

    asked: int = 0
    answered: int = 0
    questions: dict[str, Share] = field(default_factory=dict)


@dataclass(frozen=True)
class Waits:
    """School days waited: the median of finished waits (None: none is), how many are finished, and of how many."""

    median: float | None
    over: int
    of: int


@dataclass(frozen=True)
class PathwayFigures:
    """The figures of a scope's pathways."""

    said: Said
    dose: Share
    answers: Waits
    services: Waits
    returns: Share
    returns_too_recent: int


@cached_count(
    "pathways", version=4,
    depends_on=lambda actor, scope, _days: by_age("returns")(actor, scope),
)  # fmt: skip
def figures_of_pathways(actor: Actor, scope: Scope, days: SchoolDays) -> PathwayFigures:
    """The figures of a scope, in four queries. `days` are the school days of its school or district."""
    handed_out, plans = _asked(actor, scope), _started_plans(actor, scope)
    counts = select(
        select(func.count()).where(*handed_out).select_from(Questionnaire).scalar_subquery(),
        select(func.count(Questionnaire.answered_at)).where(*handed_out).scalar_subquery(),
        _held(plans, scope).scalar_subquery(),
        _returned_lately(actor, scope).scalar_subquery(),
    )
    number, answered, sessions_held, too_recent = db.session.execute(counts).one()
    waited = _waited(actor, scope, days)
    return PathwayFigures(
        said=Said(number, answered, _answers(actor, scope)),
        dose=Share(sessions_held, _sessions_due(plans, scope, days)),
        answers=_waits(waited[ANSWERED]),
        services=_waits(waited[SERVED]),
        returns=Share(waited[RETURNED][NEAR], waited[RETURNED].total()),
        returns_too_recent=too_recent,
    )


def _asked(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of questionnaires handed out to people harmed in the period and not revoked."""
    return [
        *within_schools(actor, scope, Questionnaire.school_id),
        Questionnaire.made_at >= at_local(scope.first, 0, 0, district_zone()),
        Questionnaire.made_at < at_local(scope.last + timedelta(days=1), 0, 0, district_zone()),
        Questionnaire.answerer == Answerer.HARMED,
        Questionnaire.revoked_at.is_(None),
    ]


@dataclass(frozen=True)
class Answered:
    """The answers to one question at one school: all, and the favorable ones."""

    question: str
    school_id: int
    network: str | None
    whole: int
    good: int


@cached_count("said", version=1, depends_on=lambda scope: (scope.first, scope.last))
def answered_by_school(scope: Scope) -> list[Answered]:
    """The answers of people harmed at every school, whoever reads, because what one school may show depends on the
    others."""
    everywhere = replace(scope, school_id=None, network=None)
    statement = (
        select(
            QuestionnaireAnswer.question,
            School.id,
            School.network,
            func.count(),
            func.sum(case((QuestionnaireAnswer.value >= GOOD, 1), else_=0)),
        )
        .join(Questionnaire, Questionnaire.id == QuestionnaireAnswer.questionnaire_id)
        .join(School, School.id == Questionnaire.school_id)
        .where(*_asked(SYSTEM, everywhere))
        .group_by(QuestionnaireAnswer.question, School.id, School.network)
        .order_by(QuestionnaireAnswer.question, School.id)
    )
    return [Answered(row[0], row[1], row[2], row[3], int(row[4])) for row in db.session.execute(statement)]


def _answers(actor: Actor, scope: Scope) -> dict[str, Share]:
    """The favorable share of each question that may be shown for a scope."""
    rows: dict[str, list[Answered]] = {}
    for row in answered_by_school(scope):
        rows.setdefault(row.question, []).append(row)
    own = set(db.session.scalars(select(School.id).where(*within_schools(actor, scope, School.id)))) if rows else set()
    shares: dict[str, Share] = {}
    for question, of_question in rows.items():
        if _is_shown(actor, scope, of_question, own):
            mine = [row for row in of_question if row.school_id in own]
            shares[question] = Share(sum(row.good for row in mine), sum(row.whole for row in mine))
    return shares


def _is_shown(actor: Actor, scope: Scope, rows: Sequence[Answered], own: set[int]) -> bool:
    wholes = {row.school_id: (row.network, row.whole) for row in rows}
    hidden = hidden_among(wholes)
    if scope.school_id is not None:
        return scope.school_id in wholes and scope.school_id not in hidden.schools
    if not reads_everywhere(actor):
        return shown_of(own & wholes.keys(), wholes, hidden)
    if scope.network is not None:
        return scope.network in {row.network for row in rows} and scope.network not in hidden.networks
    return not hidden.district


def _yesterday(scope: Scope) -> date:
    return min(scope.last, scope.today - timedelta(days=1))


def _started_plans(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    return [
        *within_schools(actor, scope, MentoringPlan.school_id),
        Pathway.started_on.is_not(None),
        MentoringPlan.rhythm.is_not(None),
        MentoringPlan.starts_on <= _yesterday(scope),
    ]


def _held(plans: list[ColumnElement[bool]], scope: Scope) -> Select[Any]:
    day = MentoringSession.on_day.between(scope.first, _yesterday(scope))
    return (
        select(func.count())
        .select_from(MentoringSession)
        .join(MentoringPlan, MentoringPlan.pathway_id == MentoringSession.pathway_id)
        .join(Pathway, Pathway.id == MentoringPlan.pathway_id)
        .where(*plans, MentoringSession.held, day)
    )


def _sessions_due(plans: list[ColumnElement[bool]], scope: Scope, days: SchoolDays) -> int:
    """The number of sessions due, from each plan's first day to its last, or to the day on which its pathway ended."""
    last = _yesterday(scope)
    begins = at_local(scope.first, 0, 0, district_zone())
    statement = (
        select(MentoringPlan.rhythm, MentoringPlan.starts_on, MentoringPlan.weeks, Pathway.ended_at)
        .join(Pathway, Pathway.id == MentoringPlan.pathway_id)
        .where(*plans, or_(Pathway.ended_at.is_(None), Pathway.ended_at >= begins))
    )

    @cache
    def due(rhythm: Cadence, starts_on: date, until: date) -> int:
        return sum(day >= scope.first for day in due_days(rhythm, starts_on, until, days))

    number = 0
    for rhythm, starts_on, weeks, ended_at in streamed(statement):
        ended_on = local_date(ended_at, district_zone()) if ended_at else None
        ends = (last_day_of(starts_on, weeks), ended_on, last)
        until = min(day for day in ends if day is not None)
        if starts_on is not None and until >= max(starts_on, scope.first):
            number += due(rhythm, starts_on, until)
    return number


def _waited(actor: Actor, scope: Scope, days: SchoolDays) -> dict[str, Counter[int | None]]:
    """School days from sending a referral to its answer and to its first service (None: not yet), and whether a first
    day back had its meeting near it, each with its count."""
    waited: dict[str, Counter[int | None]] = {ANSWERED: Counter(), SERVED: Counter(), RETURNED: Counter()}
    for kind, on, then, first, number in streamed(_dated(actor, scope)):
        if kind == RETURNED:
            waited[RETURNED][NEAR if then is not None and is_near(then, on, days) else None] += number
        else:
            waited[ANSWERED][None if then is None else days.between(on, then)] += number
            waited[SERVED][None if first is None else days.between(on, first)] += number
    return waited


def _dated(actor: Actor, scope: Scope) -> Any:
    """Referrals sent in the period with their answer and first service; returns in the period with their meeting.

    Referrals that reveal a need for housing support are counted only for readers who may know of it, and in no figure
    of the district.
    """
    plan, nothing = ReengagementPlan, literal(None, Date)
    of_referral = (Referral.sent_on, Referral.answered_on, Referral.first_service_on)
    others = Pathway.kind != Kind.HOUSING_BASIC_NEEDS
    known = others if actor.is_system or reads_all(actor, scope) else known_to(actor)
    sent = (
        select(literal(ANSWERED), *of_referral, func.count())
        .join(Pathway, Pathway.id == Referral.pathway_id)
        .where(*within(actor, scope, Referral.school_id, Referral.sent_on), known)
        .group_by(*of_referral)
    )
    of_return = (plan.returned_on, plan.meeting_held_on)
    returned = (
        select(literal(RETURNED), *of_return, nothing, func.count())
        .where(*within(actor, had_time(scope, "returns"), plan.school_id, plan.returned_on))
        .group_by(*of_return)
    )
    return union_all(sent, returned)


def _returned_lately(actor: Actor, scope: Scope) -> Select[Any]:
    """A select of the returns of the period that are too recent to tell."""
    dates = within(actor, scope, ReengagementPlan.school_id, ReengagementPlan.returned_on)
    late = ReengagementPlan.returned_on > had_time(scope, "returns").last
    return select(func.count()).select_from(ReengagementPlan).where(*dates, late)


def _waits(waited: Counter[int | None]) -> Waits:
    over = [value for value in waited.elements() if value is not None]
    return Waits(float(median(over)) if over else None, len(over), waited.total())


SAID_LABELS: dict[str, Any] = {
    "choice": _l("It was their own choice"),
    "heard": _l("People listened to them"),
    "fair": _l("The meeting was fair"),
    "safer": _l("They feel safer"),
    "kept": _l("Promises were kept"),
    "better": _l("Things are better at school"),
    "worth": _l("It was worth it"),
    "again": _l("They would do it again"),
}
"""The label of a favorable answer to each question, in the order shown."""


def said_rows(said: Said) -> list[Point]:
    return [
        bar(str(label), round(share.percent or 0), "teal", figure=f"{percent(share)} ({share.part}/{share.whole})")
        for code, label in SAID_LABELS.items()
        if (share := said.questions.get(code)) is not None
    ]


def pathway_rows(figures: PathwayFigures) -> list[dict[str, str]]:
    """The other figures: label, figure, and the number it is based on."""
    dose, returns, answers, services = figures.dose, figures.returns, figures.answers, figures.services
    sessions = ngettext("%(num)s session planned", "%(num)s sessions planned", dose.whole)
    of_returns = ngettext("%(num)s return", "%(num)s returns", returns.whole)
    if figures.returns_too_recent:
        of_returns += f" · {too_recent_words(figures.returns_too_recent)}"
    rows = (
        (_("Mentoring delivered"), percent(dose), sessions),
        (_("Partner’s answer to a referral"), days_words(answers.median), _sent(answers)),
        (_("First service after a referral"), days_words(services.median), _sent(services)),
        (_("Returns with a meeting near them"), percent(returns), of_returns),
    )
    return [{"label": label, "figure": figure, "of": of} for label, figure, of in rows]


def percent(share: Share) -> str:
    return "–" if share.percent is None else f"{round(share.percent)}%"


def days_words(median: float | None) -> str:
    if median is None:
        return "–"
    return _("%(number)s school days", number=f"{median:.1f}".removesuffix(".0"))


def _sent(waits: Waits) -> str:
    return _("median of %(over)s; %(of)s sent", over=waits.over, of=waits.of)
