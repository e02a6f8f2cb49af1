"""What a public page would say: a plan in short, as words in every language, and its free text for the finder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.extension_points import public_sections
from wss_cases.outcomes.equity.queries import minimums_of
from wss_cases.outcomes.equity.suppression import ENROLLED
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.pages import years_words
from wss_cases.plans.plan.templates import Component
from wss_cases.plans.public.figures import (
    FIGURE_LABELS,
    PARENTS,
    Published,
    beside_reports,
    count_numbers,
    least_of,
    pages_of,
    publishable,
    reports_of,
    scope_for,
    with_repeated,
)
from wss_cases.plans.public.publications.queries import (
    figures_published,
    figures_read_now,
    goals_of,
    members_of,
    voices_between,
)
from wss_cases.plans.public.publications.rules import PUBLISHABLE
from wss_cases.roster.directory.queries import get_school


@dataclass(frozen=True)
class Summary:
    """What the school says of its plan in its own words, in English and in Spanish."""

    en: str
    es: str

    def said_in(self, language: str) -> str:
        """Return the words of a language."""
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
    goals: list[tuple[str, list[str]]]
    committee: list[tuple[str, int]]
    named: list[tuple[str, str]]
    figures: list[tuple[str, str, str]]
    sections: list[tuple[str, list[tuple[str, str]]]]
    voices: list[Voice] = field(default_factory=list)


def figures_for(school_id: int, today: date) -> list[Published]:
    """Return the figures that a page of a school may show today, beside all that were published before and what board
    reports say."""
    scope = scope_for(school_id, today)
    year = school_year(today)
    before = figures_read_now(school_id, year)
    if scope is None:
        return before
    published, numbers, minimums = figures_published(school_id, year), count_numbers(scope), minimums_of(year)
    shown = publishable(numbers, pages_of(published), minimums)
    reports = reports_of(scope, numbers[ENROLLED])
    shown = beside_reports(shown, scope.last, published, reports, least_of(minimums).cell)
    return with_repeated(shown, scope.last, before)


def contents_of(
    plan: SchoolPlan, summary: Summary, figures: Sequence[Published], today: date
) -> dict[str, dict[str, Any]]:
    """Return what a page says of a plan, by language."""
    found = {}
    for language in setting("LANGUAGES"):
        with force_locale(language):
            found[language] = asdict(_content(plan, summary.said_in(language), figures, today))
    return found


def _content(plan: SchoolPlan, summary: str, figures: Sequence[Published], today: date) -> Content:
    school = get_school(plan.school_id)
    assert school is not None
    return Content(
        school=school.name,
        years=years_words(plan),
        state=str(plan.state.label),
        tier=plan.tier,
        summary=summary,
        as_of=day_words_with_year(today),
        goals=_goals(plan),
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
    return str(plan.state.label) if plan.state in PUBLISHABLE else _("Being changed, not approved")


def _goals(plan: SchoolPlan) -> list[tuple[str, list[str]]]:
    goals = goals_of(plan.id)
    return [
        (str(component.label), [goal.statement for goal in goals if goal.component is component])
        for component in Component
    ]


def _committee(plan: SchoolPlan, today: date) -> list[tuple[str, int]]:
    people: dict[str, int] = {}
    for member in members_of(plan.id, today):
        label = str(member.member_group.label)
        people[label] = people.get(label, 0) + member.people
    return list(people.items())


def _named(plan: SchoolPlan, today: date) -> list[tuple[str, str]]:
    """Return the members who agreed in writing to be named, with their group."""
    return [
        (member.name, str(member.member_group.label))
        for member in members_of(plan.id, today)
        if member.named_yes_on is not None and member.named_yes_on <= today and member.name
    ]


def _figure_rows(figures: Iterable[Published]) -> list[tuple[str, str, str]]:
    """Return a row for each figure: its label, its number ('' where it is held back) and its day."""
    shown = {one.name: one for one in figures}
    return [
        (str(FIGURE_LABELS[name]), f"{shown[name].number:,}", day_words_with_year(shown[name].as_of))
        if name in shown
        else (str(FIGURE_LABELS[name]), "", "")
        for name in PARENTS
    ]


def _voices(plan: SchoolPlan) -> list[Voice]:
    first, last = school_year_bounds(plan.first_year)[0], school_year_bounds(plan.last_year)[1]
    return [
        Voice(str(one.theme.label), day_words_with_year(held_on), one.answer, one.changed)
        for one, held_on in voices_between(plan.school_id, first, last)
    ]


def free_text(contents: Mapping[str, Mapping[str, Any]], summary: Summary) -> str:
    """Return all that people typed and that a page shows in any language that is published, each once, for the finder
    of names; without the list of the committee's members who agreed."""
    texts = [summary.en, summary.es]
    for content in contents.values():
        texts += [content["tier"]]
        texts += [goal for _component, goals in content["goals"] for goal in goals]
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
    """Return what a version of the page is called."""
    return _("Version %(number)d", number=number)
