"""Reports as a search shows them."""

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.foundation.i18n import dotted
from wss_cases.incidents.finding.queries import reports_found
from wss_cases.incidents.lists.queries import students_in
from wss_cases.incidents.pages.presenters import listed
from wss_cases.journal.rooms import Hit
from wss_cases.roster.directory.presenters import whom_words
from wss_cases.roster.directory.queries import schools_by_id


def report_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return reports: what and where, whom they are about, number, time and school, and how they stand."""
    found = reports_found(actor, typed, limit, skip)
    if not found:
        return []
    names = students_in([row.id for row in found])
    schools = schools_by_id({row.school_id for row in found})
    several = len(actor.school_ids(*CASE_TEAM)) != 1
    shown = listed(found, own=not actor.has(*CASE_TEAM))
    return [
        Hit(
            row["title"],
            url_for("incidents.incident", incident_id=row["id"]),
            dotted(
                whom_words(names.get(row["id"], [])), row["meta"], schools[report.school_id].name if several else ""
            ),
            row["state"],
            row["tone"],
        )
        for row, report in zip(shown, found, strict=True)
    ]
