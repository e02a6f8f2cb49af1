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
from wss_cases.journal.word_index.queries import holding, number_first
from wss_cases.roster.directory.queries import reached_schools


def reports_found(actor: Actor, typed: str, limit: int, skip: int) -> Sequence[Any]:
    """Return visible reports that hold every typed word: first the one of a typed number, then the newest."""
    words = search_words(typed)
    if not words or not actor.has(*STAFF):
        return []
    columns = [getattr(Incident, name) for name in (*LISTED, "reporter_id")]
    held = holding("incident_id", words, reached_schools(actor, *STAFF))
    statement = visible_to(select(*columns), actor).where(Incident.id.in_(held))
    order = (*number_first(Incident.number, words), Incident.id.desc())
    return db.session.execute(statement.order_by(*order).limit(limit).offset(skip)).all()
