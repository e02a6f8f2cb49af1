"""Practice of a period, as the page and the file show it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.foundation.dates import month_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.outcomes.reports.practice.queries import Asked, CaseCircle, Held, Keepers
from wss_cases.practice.log.queries import Leader
from wss_cases.practice.requests.models import Became

TIERS = (1, 2, 3)


@dataclass(frozen=True)
class Table:
    """One table: its title, the heads of its columns, and rows that begin with their label."""

    title: str
    heads: tuple[str, ...]
    rows: list[list[Any]]


def tables_of(held: Held, of_cases: Sequence[CaseCircle], asked: Asked) -> list[Table]:
    """Return what was held by kind, month, tier and keeper, beside the circles of cases, and what requests became.

    Of what there was nothing, there is no table.
    """
    months, tiers = Counter(one.day.replace(day=1) for one in of_cases), Counter(one.tier for one in of_cases)
    keepers = Counter(leader for one in of_cases for leader in one.kept_by)
    beside = (_("Practice log"), _("Circles in cases"))
    tables = [
        Table(
            _("By kind"),
            (_("Kind"), _("Times"), _("Students"), _("Adults"), _("Hours")),
            [[kind.label, *line_of(sums)] for kind, sums in held.by_kind.items()],
        ),
        Table(
            _("By month"),
            (_("Month"), *beside),
            [[month_words(one), held.months[one], months[one]] for one in sorted(held.months.keys() | months.keys())],
        ),
        Table(
            _("By tier"),
            (_("Tier"), *beside),
            [[_("Tier %(number)d", number=tier), held.tiers[tier], tiers[tier]] for tier in TIERS],
        ),
        Table(
            _("By who kept them"),
            (_("Kept by"), *beside),
            [[one.label, held.leaders[one], keepers[one]] for one in Leader],
        ),
        Table(
            _("Requests for a circle"), (_("Result"), _("Requests")), [[one.label, asked.became[one]] for one in Became]
        ),
    ]
    there = (held.total, held.months or months, held.tiers or tiers, held.leaders or keepers, asked.became)
    return [table for table, found in zip(tables, there, strict=True) if found]


def line_of(sums: Counter[str]) -> list[Any]:
    """Return times, students, adults and hours, these with one decimal place."""
    return [sums["times"], sums["students"], sums["adults"], hours_of(sums)]


def hours_of(sums: Counter[str]) -> float:
    """Return hours with one decimal place."""
    return round(sums["minutes"] / 60, 1)


def keepers_words(keepers: Keepers) -> str:
    """Return whose training has to be renewed."""
    if not keepers.run_out_soon:
        return _("No training expires within 60 days")
    return ngettext(
        "%(num)s training expires within 60 days", "%(num)s trainings expire within 60 days", keepers.run_out_soon
    )


def waiting_words(asked: Asked) -> str:
    """Return how many of the waiting requests tell of danger."""
    return ngettext("%(num)s reports danger", "%(num)s report danger", asked.in_danger)
