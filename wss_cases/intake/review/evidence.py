"""What was said of a report, all of it: whoever decides reads every text that anybody wrote about it."""

from typing import Any

from sqlalchemy import select

from wss_cases.accounts.teams.queries import user_names
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import addenda_of
from wss_cases.incidents.incident.states import INJURY_LABELS

Text = dict[str, Any]


def evidence_of(incident: Incident, zone: str) -> list[Text]:
    """Return the texts of a report and of those that were merged into it, as entries of a timeline, oldest first."""
    merged = select(Incident).where(Incident.duplicate_of_id == incident.id).order_by(Incident.id)
    reports = [incident, *db.session.scalars(merged)]
    return [entry for report in reports for entry in _texts(report, zone, joined=report is not incident)]


def _texts(report: Incident, zone: str, *, joined: bool) -> list[Text]:
    """A report's own text, what was done at once, and what was added: an answer stands there with its question."""
    added = addenda_of(report.id)
    names = user_names([report.reporter_id, *(one.author_id for one in added)])
    first = _("Report %(reference)s, merged with this one", reference=report.reference) if joined else _("The report")
    who = names.get(report.reporter_id or 0, "")
    rows = [(first, report.submitted_at, who, report.narrative)]
    rows += [(_("Immediate action taken"), report.submitted_at, who, report.immediate_action)]
    if joined:
        rows += [(_("Injury"), report.submitted_at, who, str(INJURY_LABELS.get(report.injury or "", "")))]
    rows += [(_("Added later"), one.at, names.get(one.author_id, ""), one.text) for one in added]
    return [
        {"what": what, "when": moment_words(at, zone), "who": by, "note": text}
        for what, at, by, text in rows
        if text.strip()
    ]
