"""Pure decisions about templates: which of those in force count, and what they would make."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.states import PATHWAY_OF, Kind

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
