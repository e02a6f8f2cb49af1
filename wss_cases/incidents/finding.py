"""Reports in the search: those that the actor may open."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _l, dotted
from wss_cases.foundation.ids import search_words
from wss_cases.foundation.school_time import moment_words
from wss_cases.incidents.incident.models import Addendum, Incident
from wss_cases.incidents.incident.queries import visible_to
from wss_cases.incidents.lists import LISTED, students_in
from wss_cases.incidents.pages.presenters import TONES, place_names, state_of, title_words
from wss_cases.journal.rooms import Hit, Room, Searchable, WordSource
from wss_cases.journal.word_index import ids_holding
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.queries import reached_schools, schools_by_id


def reports_found(actor: Actor, typed: str, limit: int, skip: int) -> Sequence[Any]:
    """Visible reports with all typed words: first the one with a typed number, then the newest."""
    words = search_words(typed)
    if not words or not actor.has(*STAFF):
        return []
    visible = visible_to(select(Incident.id), actor)
    schools = reached_schools(actor, *STAFF)
    ids = ids_holding("incident_id", words, schools, visible, Incident.number, limit, skip)
    columns = [getattr(Incident, name) for name in (*LISTED, "reporter_id")]
    rows = db.session.execute(select(*columns).where(Incident.id.in_(ids))) if ids else ()
    return sorted(rows, key=lambda row: ids.index(row.id))


def report_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Reports with their people for the case team, and the school if the actor works at several."""
    rows, own = reports_found(actor, typed, limit, skip), not actor.has(*CASE_TEAM)
    whom = {} if own else students_in([row.id for row in rows])
    schools, places = schools_by_id({row.school_id for row in rows}), place_names()
    several = len(actor.school_ids(*CASE_TEAM)) != 1
    return [
        Hit(
            title_words(row.tile, places.get(row.location_code, row.location_code)),
            url_for("incidents.incident", incident_id=row.id),
            dotted(
                whom_words(whom.get(row.id, []), actor),
                row.reference,
                moment_words(row.occurred_at, schools[row.school_id].time_zone),
                schools[row.school_id].name if several else "",
            ),
            state_of(row, own=own),
            TONES.get(row.state, "slate"),
        )
        for row in rows
    ]


ROOM = Room(
    searchable=(Searchable("reports", _l("Reports"), 30, report_hits),),
    word_sources=(
        WordSource(
            "incident_id",
            Incident,
            ("reference", "number", "tile", "location_code", "narrative", "immediate_action"),
            {Addendum: ("incident_id", ("text",))},
        ),
    ),
)
