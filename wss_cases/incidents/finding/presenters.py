"""Reports as a search shows them."""

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.foundation.i18n import dotted
from wss_cases.incidents.finding.queries import reports_found
from wss_cases.incidents.pages.presenters import listed
from wss_cases.journal.rooms import Hit
from wss_cases.roster.directory.queries import schools_by_id


def report_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return reports as lists show them, with the school where the person works at several."""
    found = reports_found(actor, typed, limit, skip)
    schools = schools_by_id({report.school_id for report in found})
    several = len(actor.school_ids(*CASE_TEAM)) != 1
    return [
        Hit(
            row["title"],
            url_for("incidents.incident", incident_id=row["id"]),
            dotted(row["meta"], schools[report.school_id].name if several else ""),
            row["state"],
            row["tone"],
        )
        for row, report in zip(listed(found, actor), found, strict=True)
    ]
