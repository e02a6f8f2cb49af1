"""What a search finds of cases: those that the person may open."""

from flask import url_for
from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.actions import title
from wss_cases.cases.case.models import Case, CaseNote
from wss_cases.cases.case.queries import place_words, students_in, visible_to
from wss_cases.casework.case_file import STATE_TONES
from wss_cases.casework.next_act import harm_words
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _l, dotted
from wss_cases.foundation.ids import search_words
from wss_cases.journal.rooms import Hit, Room, Searchable, WordSource
from wss_cases.journal.word_index import ids_holding
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.queries import reached_schools, schools_by_id


def cases_found(actor: Actor, typed: str, limit: int, skip: int) -> list[Case]:
    """Return visible cases that hold every typed word: first the one of a typed number, then the newest."""
    words = search_words(typed)
    if not words or not actor.has(*CASE_TEAM):
        return []
    visible = visible_to(select(Case.id), actor)
    ids = ids_holding("case_id", words, reached_schools(actor, *CASE_TEAM), visible, Case.number, limit, skip)
    found = db.session.scalars(select(Case).where(Case.id.in_(ids))) if ids else ()
    return sorted(found, key=lambda case: ids.index(case.id))


def case_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return cases: number, harm and place, whom they are about, who leads them, and how they stand."""
    found = cases_found(actor, typed, limit, skip)
    if not found:
        return []
    names = students_in([case.id for case in found])
    leads = user_names([case.lead_id for case in found])
    places = place_words(case.location_code for case in found)
    schools = schools_by_id({case.school_id for case in found})
    several = len(actor.school_ids(*CASE_TEAM)) != 1
    return [
        Hit(
            title(case.reference, harm_words(case.harm_kind), places.get(case.location_code, "")),
            url_for("casework.case", case_id=case.id),
            dotted(
                whom_words(names.get(case.id, []), actor),
                leads.get(case.lead_id or 0),
                schools[case.school_id].name if several else "",
            ),
            str(case.result.label if case.result else case.state.label),
            STATE_TONES.get(case.state, "slate"),
        )
        for case in found
    ]


ROOM = Room(
    searchable=(Searchable("cases", _l("Cases"), 20, case_hits),),
    word_sources=(
        WordSource(
            "case_id",
            Case,
            ("reference", "number", "harm_kind", "location_code", "what_is_left"),
            {CaseNote: ("case_id", ("text",))},
        ),
    ),
)
