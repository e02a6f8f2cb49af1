"""What a public page would say: a plan in short, as words in every language, and its free text for the finder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.i18n import _, force_locale
from wss_cases.foundation.school_time import day_words_with_year
from wss_cases.foundation.settings import setting
from wss_cases.journal.extension_points import public_sections
from wss_cases.outcomes.equity.queries import minimums_of
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.pages import years_words
from wss_cases.plans.plan.templates import Component
from wss_cases.plans.public.figures import (
    FIGURE_LABELS,
    PARENTS,
    Published,
    count_numbers,
    publishable,
    scope_for,
    year_due,
)
from wss_cases.plans.public.publications.models import PUBLISHABLE
from wss_cases.plans.public.publications.queries import (
    figures_read_now,
    goals_of,
    members_of,
    voices_between,
    years_published,
)
from wss_cases.roster.directory.queries import get_school


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
    goals: list[tuple[str, list[str]]]
    committee: list[tuple[str, int]]
    named: list[tuple[str, str]]
    figures: list[tuple[str, str, str]]
    sections: list[tuple[str, list[tuple[str, str]]]]
    voices: list[Voice] = field(default_factory=list)


def figures_for(school_id: int, today: date) -> list[Published]:
    """Return the figures of a page of today: those of the page that is read now, as they are stored, and those of the
    last school year that is over, where no version published it yet."""
    stored, year = figures_read_now(school_id), year_due(today, years_published(school_id))
    scope = scope_for(school_id, year, today) if year is not None else None
    if scope is None:
        return stored
    shown = publishable(count_numbers(scope), minimums_of(scope.year))
    return [*(Published(name, number, scope.last) for name, number in shown.items()), *stored]


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
    """Return the rows of each school year of which a figure is shown: label, number ('' where it is hidden), day."""
    years: dict[str, dict[str, Published]] = {}
    for figure in figures:
        years.setdefault(school_year(figure.as_of), {})[figure.name] = figure
    return [
        (str(FIGURE_LABELS[name]), *_cell(shown.get(name), max(figure.as_of for figure in shown.values())))
        for shown in years.values()
        for name in PARENTS
    ]


def _cell(figure: Published | None, last: date) -> tuple[str, str]:
    if figure is None:
        return "", day_words_with_year(last)
    return f"{figure.number:,}", day_words_with_year(figure.as_of)


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
    return _("Version %(number)d", number=number)
