"""What a search finds of reports: those that the person may open."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import STAFF, Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import search_words
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import visible_to
from wss_cases.incidents.lists.queries import LISTED
from wss_cases.journal.word_index import ids_holding
from wss_cases.roster.directory.queries import reached_schools


def reports_found(actor: Actor, typed: str, limit: int, skip: int) -> Sequence[Any]:
    """Return visible reports that hold every typed word: first the one of a typed number, then the newest."""
    words = search_words(typed)
    if not words or not actor.has(*STAFF):
        return []
    visible = visible_to(select(Incident.id), actor)
    schools = reached_schools(actor, *STAFF)
    ids = ids_holding("incident_id", words, schools, visible, Incident.number, limit, skip)
    columns = [getattr(Incident, name) for name in (*LISTED, "reporter_id")]
    found = db.session.execute(select(*columns).where(Incident.id.in_(ids))) if ids else ()
    return sorted(found, key=lambda row: ids.index(row.id))
