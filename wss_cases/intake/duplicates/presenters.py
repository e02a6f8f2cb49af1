"""Two reports that may tell of one event, in words beside each other; students by initials for who chose that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.queries import place_words
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.incident.models import IncidentPerson, shows_words
from wss_cases.incidents.incident.states import UNDECIDED, Tile
from wss_cases.intake.duplicates.queries import possible_duplicates
from wss_cases.intake.duplicates.rules import stays
from wss_cases.intake.recommendation.queries import people_of_each
from wss_cases.roster.directory.pages import initials_of

MOST_NAMES = 4
EXCERPT = 240
"""How many characters of each text stand beside each other: enough to see that both tell of one event."""


@dataclass(frozen=True)
class Known:
    """What the rows of a page share."""

    actor: Actor
    now: datetime
    zones: Mapping[int, str]
    places: Mapping[str, str]
    names: Mapping[int, str]
    """Of staff: who reported, and who reviews."""

    people: Mapping[int, Sequence[tuple[str, int | None]]]
    """Of each report (name, id of the student)."""


def told(row: Any, known: Known) -> dict[str, Any]:
    """Return what a report tells, in words: who reported what, where and when, and about whom; and its own text, unless
    no list shows it."""
    text = " ".join(row.narrative.split()) if shows_words(row.facts) else ""
    return {
        "id": row.id,
        "reference": row.reference,
        "title": str(Tile(row.tile).label) if row.tile in set(Tile) else row.tile,
        "href": url_for("review.incident", incident_id=row.id),
        "where": known.places.get(row.location_code, ""),
        "when": moment_words(row.occurred_at, known.zones[row.school_id]),
        "reporter": known.names.get(row.reporter_id or 0, ""),
        "people": person_links(known.people.get(row.id, ()), known.actor),
        "text": text if len(text) <= EXCERPT else f"{text[:EXCERPT].rstrip()}…",
    }


def twin_words(row: Any, twin: Any, known: Known) -> dict[str, Any]:
    """Return a possible duplicate in words, and which of the two stays when they are merged."""
    stay = stays(row, twin)
    open_one = row.state in UNDECIDED or twin.state in UNDECIDED
    return told(twin, known) | {
        "merge": _("Merge into %(reference)s", reference=stay.reference) if open_one else "",
        "about": _("%(one)s and %(other)s", one=row.reference, other=twin.reference),
    }


def person_links(people: Sequence[tuple[str, int | None]], actor: Actor) -> list[tuple[str, str | None]]:
    """Return the first few people of a report as (name, address of the student's page): initials for who chose them.

    The caller has checked that the actor reviews the report.
    """
    rows: list[tuple[str, str | None]] = [
        (name, None)
        if student_id is None
        else (initials_of(name) if actor.initials else name, url_for("students.student", student_id=student_id))
        for name, student_id in people[:MOST_NAMES]
    ]
    more = len(people) - MOST_NAMES
    return [*rows, (_("%(number)d more", number=more), None)] if more > 0 else rows


def twins_of(
    report: Any, actor: Actor, now: datetime, name_of: Callable[[IncidentPerson], str]
) -> list[dict[str, Any]]:
    """Return in words which reports may tell of the same event as one that the actor reviews."""
    twins = possible_duplicates([report], actor)[report.id]
    if not twins:
        return []
    people = people_of_each([twin.id for twin in twins])
    known = Known(
        actor=actor,
        now=now,
        zones={report.school_id: zone_of(report.school_id)},
        places=place_words(twin.location_code for twin in twins),
        names=user_names([twin.reporter_id for twin in twins]),
        people={number: [(name_of(one), one.student_id) for one in theirs] for number, theirs in people.items()},
    )
    return [twin_words(report, twin, known) for twin in twins]
