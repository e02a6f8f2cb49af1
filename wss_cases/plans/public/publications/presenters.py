"""What a public page says of a plan: its figures, its texts, and the words in them that may name somebody."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select

from wss_cases.access.actor import SYSTEM
from wss_cases.cases.case.models import Case, CaseParticipant, CaseResult, CaseState
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, dotted, force_locale
from wss_cases.foundation.school_time import at_local, day_words_with_year, zone_of
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.lists import ACTED
from wss_cases.journal.extension_points import public_sections
from wss_cases.outcomes.counting.repair.police import students_notified
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.queries import HARMED, counted, enrolled_within, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, is_recorded, scope_of
from wss_cases.outcomes.equity.queries import minimums_of
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT, Body, Minimums
from wss_cases.plans.measures import PLAN_MEASURES, Figure
from wss_cases.plans.plan.baselines import PlanBaseline, SurveySource, SurveyValue, rows_by_id
from wss_cases.plans.plan.committee import PlanMember
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.pages import years_words
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.plans.plan.goals.queries import GoalLine, Known, baselines_of_goals, goal_line, period_words
from wss_cases.plans.plan.templates import Component
from wss_cases.plans.public.publications import models
from wss_cases.roster.directory.models import Enrolment, Guardian, StaffMember, StaffPost, Student, StudentGuardian
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.finder import Finder, whole_names_in
from wss_cases.roster.names.queries import COLUMNS, NOBODY, called, guardians_named, students_named
from wss_cases.safeguards.discipline.removals.models import DisciplineAction


def children_named(school_id: int, text: str) -> list[str]:
    if not text.strip():
        return []
    return Finder(NOBODY, (), students_named(select(*COLUMNS).where(_ever_at(school_id)))).of_school(text)


def adults_named(plan: SchoolPlan, text: str) -> list[str]:
    """Return the words of a text that name an adult: each takes a written yes of its own.

    Staff of the school, parents and guardians of its students, and members of its committees, past ones too, by any
    part of their name; staff of other schools by the whole one. The day of a member's yes is for the committee's
    list alone: whoever publishes could write it beside any name.
    """
    if not text.strip():
        return []
    here = or_(StaffMember.school_id == plan.school_id, StaffMember.id.in_(_posted(plan.school_id)))
    staff = db.session.scalars(select(StaffMember.name).where(here))
    members = db.session.scalars(select(PlanMember.name).where(PlanMember.school_id == plan.school_id))
    known = [called(name) for name in (*staff, *members) if name]
    children = select(Student.id).where(_ever_at(plan.school_id))
    known += guardians_named(StudentGuardian.student_id.in_(children), Guardian.name != "")
    elsewhere = db.session.scalars(select(StaffMember.name).where(~here))
    return list(dict.fromkeys([*Finder(NOBODY, (), known).of_school(text), *whole_names_in(text, elsewhere)]))


def _ever_at(school_id: int) -> Any:
    enrolled = select(Enrolment.student_id).where(Enrolment.school_id == school_id)
    return or_(Student.school_id == school_id, Student.id.in_(enrolled))


def _posted(school_id: int) -> Any:
    return select(StaffPost.staff_id).where(StaffPost.school_id == school_id)


REMOVED, POLICE, CLOSED, REPAIRED = "removed", "police", "closed", "repaired"
REMOVALS: Final = "removals"
"""How many removals there were, as board reports say; a student can have several."""

PARENTS: Final[dict[str, str]] = {ROOT: ENROLLED, REMOVED: ROOT, POLICE: ROOT, CLOSED: ENROLLED, REPAIRED: CLOSED}
"""Each figure to what it is a part of, which comes before it."""

FIGURE_LABELS: Final[dict[str, Any]] = {
    ROOT: _l("Students reported in an incident"),
    REMOVED: _l("Of these, suspended or removed from class"),
    POLICE: _l("Of these, police were notified"),
    CLOSED: _l("Students harmed, in cases that were closed"),
    REPAIRED: _l("Of these, the harm was repaired"),
}

FEWEST: Final = 10
"""No count of fewer students is ever published, whatever the district's own minimum."""
ALL: Final = "all"
Numbers = Mapping[str, int]
"""Every figure of a school year, ENROLLED and REMOVALS, small ones too."""


def last_year_over(today: date) -> str:
    return school_year(school_year_bounds(school_year(today))[0] - timedelta(days=1))


def year_due(today: date, published: Collection[str]) -> str | None:
    """Return the last school year that is over; None where a version of the page published it before."""
    year = last_year_over(today)
    return None if year in published else year


def least_of(minimums: Minimums) -> Minimums:
    """Return the minimums of public pages: the district's, never below ten students."""
    cell = max(FEWEST, minimums.cell)
    return Minimums(cell, max(cell, minimums.group))


def publishable(numbers: Numbers, minimums: Minimums) -> dict[str, int]:
    """Return the figures of a school year that may be shown: cells as the equity tables know them, beside board reports
    too. A figure is shown only with the figure that it is a part of."""
    least = least_of(minimums)
    shown: dict[str, int] = {}
    if numbers[ENROLLED] < least.group:
        return shown
    body = Body([{ALL: numbers}], least, PARENTS, by_many=False)
    for name, parent in PARENTS.items():
        has_parent = parent == ENROLLED or parent in shown
        if has_parent and body.is_cell((ALL,), name) and _is_safe_beside_reports(name, numbers, least.cell):
            shown[name] = numbers[name]
    return shown


def _is_safe_beside_reports(name: str, numbers: Numbers, cell: int) -> bool:
    """Whether the removals of each month, which board reports show however few, leave at least `cell` values for every
    smaller count of students.

    At most as many students were removed as there were removals, and all removals beyond the students are repeated
    ones. With `cell` repeated removals or more, no month says how many students it had.
    """
    if name not in (ROOT, REMOVED):
        return True
    repeated = numbers[REMOVALS] - numbers[REMOVED]
    return numbers[name] >= 2 * cell and (name == ROOT or repeated >= cell)


def sums_of(pages: Iterable[Iterable[models.Published]]) -> tuple[str, list[tuple[str, int, int]]]:
    """Add up what the schools' own pages show of the latest school year on any of them.

    Returns the year ('' without figures), and for each figure its name, the students, and at how many schools. Whoever
    reads the pages can add them up as well, so this tells nothing more.
    """
    figures = [figure for page in pages for figure in page]
    latest = max((school_year(figure.as_of) for figure in figures), default="")
    students, schools = Counter[str](), Counter[str]()
    for figure in figures:
        if school_year(figure.as_of) == latest:
            students[figure.name] += figure.number
            schools[figure.name] += 1
    return latest, [(name, students[name], schools[name]) for name in PARENTS if schools[name]]


def scope_for(school_id: int, year: str, today: date) -> Scope | None:
    """Return what is counted of a school year that is over; None where the school's records began after its first
    weeks: such a year is not known whole."""
    scope = scope_of(school_id, year, today)
    first = db.session.scalar(select(func.min(Incident.local_date)).where(Incident.school_id == school_id))
    return scope if scope is not None and is_recorded(first, scope.first) else None


def count_numbers(scope: Scope) -> Numbers:
    """Return the numbers of a school and year in one query, small ones too: for publishing alone."""
    reported = _reported(scope)
    notified = students_notified(SYSTEM, scope).subquery()
    removals = removed(SYSTEM, scope)
    closed = _harmed(scope)
    counts: dict[str, Any] = {
        ENROLLED: enrolled_within(SYSTEM, scope),
        REMOVALS: select(func.count(DisciplineAction.id)).where(*removals),
        ROOT: reported,
        REMOVED: reported.where(IncidentPerson.student_id.in_(select(DisciplineAction.student_id).where(*removals))),
        POLICE: reported.where(IncidentPerson.student_id.in_(select(notified.c.student_id))),
        CLOSED: closed,
        REPAIRED: closed.where(Case.result == CaseResult.REPAIRED),
    }
    row = db.session.execute(select(*(count.scalar_subquery() for count in counts.values()))).one()
    return dict(zip(counts, row, strict=True))


def _reported(scope: Scope) -> Any:
    acted = (IncidentPerson.role.in_(ACTED), IncidentPerson.student_id.is_not(None))
    joined = select(func.count(IncidentPerson.student_id.distinct())).join(
        Incident, Incident.id == IncidentPerson.incident_id
    )
    return joined.where(*counted(SYSTEM, scope), *acted)


def _harmed(scope: Scope) -> Any:
    """Return the select of how many students were harmed in cases that were closed in the period."""
    zone = zone_of(scope.school_id)
    joined = select(func.count(CaseParticipant.student_id.distinct())).join(Case, Case.id == CaseParticipant.case_id)
    return joined.where(
        *within_schools(SYSTEM, scope, Case.school_id),
        Case.state == CaseState.CLOSED,
        Case.closed_at >= at_local(scope.first, 0, 0, zone),
        Case.closed_at < at_local(scope.last + timedelta(days=1), 0, 0, zone),
        CaseParticipant.role.in_(HARMED),
        CaseParticipant.student_id.is_not(None),
    )


@dataclass(frozen=True)
class Summary:
    """What the school says of its plan in its own words, in English and in Spanish."""

    en: str
    es: str

    def said_in(self, language: str) -> str:
        return self.es if language == "es" else self.en


@dataclass(frozen=True)
class Voice:
    """One theme that was heard, and what the school answered; '' where the answer is still to come."""

    theme: str
    day: str
    answer: str
    changed: str


@dataclass(frozen=True)
class Content:
    """What a page says in one language."""

    school: str
    years: str
    state: str
    tier: str
    summary: str
    as_of: str
    goals: list[tuple[str, list[dict[str, Any]]]]
    committee: list[tuple[str, int]]
    named: list[tuple[str, str]]
    figures: list[tuple[str, str, str]]
    sections: list[tuple[str, list[tuple[str, str]]]]
    voices: list[Voice] = field(default_factory=list)


def figures_for(school_id: int, today: date) -> list[models.Published]:
    """Return the figures of a page of today: those of the page that is read now, as they are stored, and those of the
    last school year that is over, where no version published it yet."""
    stored, year = models.figures_read_now(school_id), year_due(today, models.years_published(school_id))
    scope = scope_for(school_id, year, today) if year is not None else None
    if scope is None:
        return stored
    shown = publishable(count_numbers(scope), minimums_of(scope.year))
    return [*(models.Published(name, number, scope.last) for name, number in shown.items()), *stored]


def contents_of(
    plan: SchoolPlan, summary: Summary, figures: Sequence[models.Published], today: date
) -> dict[str, dict[str, Any]]:
    """Return what a page says of a plan, by language."""
    found = {}
    for language in setting("LANGUAGES"):
        with force_locale(language):
            found[language] = asdict(_content(plan, summary.said_in(language), figures, today))
    return found


def _content(plan: SchoolPlan, summary: str, figures: Sequence[models.Published], today: date) -> Content:
    school = get_school(plan.school_id)
    assert school is not None
    return Content(
        school=school.name,
        years=years_words(plan),
        state=str(plan.state.label),
        tier=plan.tier,
        summary=summary,
        as_of=day_words_with_year(today),
        goals=_goals(plan, today),
        committee=_committee(plan, today),
        named=_named(plan, today),
        figures=_figure_rows(figures),
        sections=[(str(one.title), list(one.rows(plan, today))) for one in public_sections()],
        voices=_voices(plan),
    )


def is_past(plan: SchoolPlan, today: date) -> bool:
    """Whether the last school year of a plan is over."""
    return school_year_bounds(plan.last_year)[1] < today


def state_today(plan: SchoolPlan, today: date) -> str:
    """Return what a plan that was published is today: a frozen page would still call an ended one in force."""
    if plan.closed_on is not None:
        return _("Ended on %(day)s", day=day_words_with_year(plan.closed_on))
    if is_past(plan, today):
        return _("Its school years are over")
    return str(plan.state.label) if plan.state in models.PUBLISHABLE else _("Being changed, not approved")


def _goals(plan: SchoolPlan, today: date) -> list[tuple[str, list[dict[str, Any]]]]:
    goals = models.goals_of(plan.id)
    lines = goal_lines(plan, goals, today)
    return [
        (str(component.label), [_goal(goal, lines[goal.id]) for goal in goals if goal.component is component])
        for component in Component
    ]


def _goal(goal: PlanGoal, line: GoalLine) -> dict[str, Any]:
    return {"statement": goal.statement, "line": dotted(line.words, line.progress), "notes": list(line.notes)}


def goal_lines(plan: SchoolPlan, goals: Sequence[PlanGoal], today: date) -> dict[int, GoalLine]:
    """Return the line of each goal as anyone may read it, by id.

    Of a measure that may stand on a public page it shows whole school years only, each as the school froze it first,
    so that no two versions differ by a few; of a survey only what was published elsewhere.
    """
    least = least_of(minimums_of(school_year(today))).cell
    frozen, own = models.years_frozen(plan.school_id), baselines_of_goals(goals)
    surveys = rows_by_id(SurveyValue, [goal.survey_value_id for goal in goals])
    found = {}
    for goal in goals:
        known, value = own.get(goal.id, Known()), surveys.get(goal.survey_value_id)
        if value is None or value.source is not SurveySource.ENTERED:
            known = _known_to_all(goal.measure, frozen.get(goal.measure, []), known, least)
        found[goal.id] = goal_line(goal, known, known.now_on or today, least)
    return found


def _known_to_all(measure: str, years: Sequence[PlanBaseline], own: Known, least: int) -> Known:
    """Return the year of a goal's own baseline and the newest year after it, of `years` in their order."""
    declared, hidden = PLAN_MEASURES.get(measure), replace(own, is_hidden=True)
    then = next((row for row in years if row.period_to == own.begins), None)
    if declared is None or not declared.is_public or then is None or not _may_leave(measure, then, least):
        return hidden
    known, now = replace(own, then=_figure(then)), years[-1]
    if now is then:
        return known
    if not _may_leave(measure, now, least):
        return hidden
    period = period_words(now.period_from, now.period_to)
    return replace(known, now=_figure(now), now_period=period, now_on=now.period_to)


def _figure(row: PlanBaseline) -> Figure:
    return Figure(row.numerator or 0, row.denominator)


def _may_leave(measure: str, row: PlanBaseline, least: int) -> bool:
    """Whether a frozen figure counts enough, and in a share leaves enough: 0 is no exception here."""
    counted, left = row.numerator or 0, (row.denominator or 0) - (row.numerator or 0)
    return counted >= least and (not PLAN_MEASURES[measure].is_share or left >= least)


def _committee(plan: SchoolPlan, today: date) -> list[tuple[str, int]]:
    people: dict[str, int] = {}
    for member in models.members_of(plan.id, today):
        label = str(member.member_group.label)
        people[label] = people.get(label, 0) + member.people
    return list(people.items())


def _named(plan: SchoolPlan, today: date) -> list[tuple[str, str]]:
    """Return the members who agreed in writing to be named, with their group."""
    return [
        (member.name, str(member.member_group.label))
        for member in models.members_of(plan.id, today)
        if member.named_yes_on is not None and member.named_yes_on <= today and member.name
    ]


def _figure_rows(figures: Iterable[models.Published]) -> list[tuple[str, str, str]]:
    """Return the rows of each school year of which a figure is shown: label, number ('' where it is hidden), day."""
    years: dict[str, dict[str, models.Published]] = {}
    for figure in figures:
        years.setdefault(school_year(figure.as_of), {})[figure.name] = figure
    return [
        (str(FIGURE_LABELS[name]), *_cell(shown.get(name), max(figure.as_of for figure in shown.values())))
        for shown in years.values()
        for name in PARENTS
    ]


def _cell(figure: models.Published | None, last: date) -> tuple[str, str]:
    if figure is None:
        return "", day_words_with_year(last)
    return f"{figure.number:,}", day_words_with_year(figure.as_of)


def _voices(plan: SchoolPlan) -> list[Voice]:
    first, last = school_year_bounds(plan.first_year)[0], school_year_bounds(plan.last_year)[1]
    return [
        Voice(str(one.theme.label), day_words_with_year(held_on), one.answer, one.changed)
        for one, held_on in models.voices_between(plan.school_id, first, last)
    ]


def free_text(contents: Mapping[str, Mapping[str, Any]], summary: Summary) -> str:
    """Return all that people typed and that a page shows in any language that is published, each once, for the finder
    of names; without the list of the committee's members who agreed."""
    texts = [summary.en, summary.es]
    for content in contents.values():
        texts += [content["tier"]]
        for goal in (goal for _component, goals in content["goals"] for goal in goals):
            texts += [goal["statement"], goal["line"], *goal["notes"]]
        texts += [words for one in content["voices"] for words in (one["answer"], one["changed"])]
        texts += [cell for _title, rows in content["sections"] for row in rows for cell in row]
    return "\n".join(dict.fromkeys(texts))


def adult_words(found: Iterable[str]) -> str:
    """Return what is said of words that may name an adult, and what to do about them."""
    return _(
        "This may name an adult: %(name)s. Leave out the name, write who consented and when, or check the box if the "
        "words name no one.",
        name=", ".join(found),
    )


def version_words(number: int) -> str:
    return _("Version %(number)d", number=number)
