"""Pure decisions about templates: which of those in force count, and what they would make."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.followups.core.states import CHECK_INS
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.pages import PATHWAY_OF, Kind

SCHOOL_WEEK = 5
"""School days."""

NEVER_MERGED = CHECK_INS | {"safety_plan", "safety_plan_review"}

MOST_DAYS_AHEAD = 400
"""A day farther off is a slip: a change that begins on it could not be taken back, only followed by a later one."""


@dataclass(frozen=True)
class Sample:
    """What one template makes of a sample case, and when that is due."""

    template: FollowUpTemplate
    due_on: date


def applicable(in_force: Iterable[FollowUpTemplate], pathway_kind: str) -> list[FollowUpTemplate]:
    """Return the templates that count: a school's own in place of the district's, and only those of the pathway.

    One without a pathway counts in every pathway and outside of them.
    """
    rows = list(in_force)
    replaced = {row.instead_of_id for row in rows if row.school_id is not None} - {None}
    return [
        row
        for row in rows
        if (row.school_id is not None or row.series not in replaced) and fits(row.pathway, pathway_kind)
    ]


def once_a_week(rows: Iterable[FollowUpTemplate]) -> list[FollowUpTemplate]:
    """Return of templates that make the same kind within a school week the soonest alone, in the order of their delays.

    Check-ins stay: each asks a person at a time of its own, whatever followed. So does what a safety plan asks.
    """
    kept: list[FollowUpTemplate] = []
    for row in sorted(rows, key=lambda row: row.due_in_school_days):
        near = (row.due_in_school_days - other.due_in_school_days for other in kept if other.kind == row.kind)
        if row.kind in NEVER_MERGED or all(apart >= SCHOOL_WEEK for apart in near):
            kept.append(row)
    return kept


def fits(wanted: str, pathway_kind: str) -> bool:
    """Whether what happened in a pathway of this kind is what a template is for ('' is for everything)."""
    if not wanted:
        return True
    family = PATHWAY_OF[Kind(pathway_kind)].value if pathway_kind in set(Kind) else ""
    return wanted in (pathway_kind, family)


def due_on(template: FollowUpTemplate, from_day: date, days: SchoolDays) -> date:
    """Return when a template's follow-up is due after something happened on `from_day`, in the school's own days."""
    return days.add(from_day, template.due_in_school_days)


def too_far(day: date, today: date) -> bool:
    """Whether a day is too far off for a template to begin or end on it, or to be tried out on it."""
    return (day - today).days > MOST_DAYS_AHEAD


def sample(templates: Iterable[FollowUpTemplate], from_day: date, days: SchoolDays) -> list[Sample]:
    """Return what these templates would make of a case in which it happens on `from_day`, the first due first."""
    made = [Sample(template, due_on(template, from_day, days)) for template in templates]
    return sorted(made, key=lambda one: (one.due_on, one.template.series))
