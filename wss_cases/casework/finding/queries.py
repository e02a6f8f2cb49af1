"""What a search finds of cases: those that the person may open."""

from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import visible_to
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import search_words
from wss_cases.journal.word_index import ids_holding
from wss_cases.roster.directory.queries import reached_schools


def cases_found(actor: Actor, typed: str, limit: int, skip: int) -> list[Case]:
    """Return visible cases that hold every typed word: first the one of a typed number, then the newest."""
    words = search_words(typed)
    if not words or not actor.has(*CASE_TEAM):
        return []
    visible = visible_to(select(Case.id), actor)
    ids = ids_holding("case_id", words, reached_schools(actor, *CASE_TEAM), visible, Case.number, limit, skip)
    found = db.session.scalars(select(Case).where(Case.id.in_(ids))) if ids else ()
    return sorted(found, key=lambda case: ids.index(case.id))
