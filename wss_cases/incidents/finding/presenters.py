"""Reports as a search shows them."""

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import dotted
from wss_cases.incidents.finding.queries import reports_found
from wss_cases.incidents.lists.queries import students_in
from wss_cases.incidents.pages.presenters import TONES, place_names, state_of, title_words
from wss_cases.journal.rooms import Hit
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.queries import schools_by_id


def report_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return reports with whom they are about for the case team, and the school where the person works at several."""
    found, own = reports_found(actor, typed, limit, skip), not actor.has(*CASE_TEAM)
    whom = {} if own else students_in([row.id for row in found])
    schools, places = schools_by_id({row.school_id for row in found}), place_names()
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
        for row in found
    ]
