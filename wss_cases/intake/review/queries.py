"""All texts written about a report: whoever decides reads them all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.accounts.teams import user_names
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.school_time import moment_words
from wss_cases.incidents.incident.models import Addendum, GuardianContact, Incident
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.incident.states import INJURY_LABELS, MANNER_LABELS, RESULT_LABELS, Tile
from wss_cases.incidents.pages.presenters import place_names
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.timeline import author, sentence

Text = dict[str, Any]
OWN_ACCOUNT = "incident.account_added"
"""History entry on a report to which a second witness added an account."""

SAID_WHY = ("review.reopened", "incident.withdrawal_asked", "incident.corrected", "incident.part_corrected")
"""History entries with a reason that someone wrote."""


@dataclass(frozen=True)
class _Said:
    at: datetime
    what: str
    who: str
    text: str


def evidence_of(incident: Incident, zone: str) -> list[Text]:
    """The texts of a report and of reports merged into it, as timeline entries, oldest first."""
    merged = select(Incident).where(Incident.duplicate_of_id == incident.id).order_by(Incident.id)
    reports = [incident, *db.session.scalars(merged)]
    ids = [report.id for report in reports]
    added = _rows(Addendum, Addendum.incident_id, ids)
    contacts = _rows(GuardianContact, GuardianContact.incident_id, ids)
    acts = _acts(ids)
    names = user_names(
        [one for r in reports for one in (r.reporter_id, r.reviewer_id)]
        + [one.author_id for one in (*added, *contacts)]
    )
    accounts = {act.subject_id for act in acts if act.kind == OWN_ACCOUNT}
    places = place_names() if len(reports) > 1 else {}
    texts = [
        text
        for report in reports
        for text in _of_report(report, names, _title(report, incident, accounts), _told(report, zone, places))
    ]
    texts += [_Said(one.at, _("Added later"), names.get(one.author_id, ""), one.text) for one in added]
    texts += [_Said(one.at, _call_words(one), names.get(one.author_id, ""), one.note) for one in contacts]
    texts += [_Said(act.at, sentence(act), author(act), act.data.get("why") or "") for act in acts]
    written = [one for one in texts if one.text.strip()]
    written.sort(key=lambda one: one.at)
    return [{"what": one.what, "when": moment_words(one.at, zone), "who": one.who, "note": one.text} for one in written]


def _rows(model: Any, column: Any, ids: Collection[int]) -> Sequence[Any]:
    return db.session.scalars(select(model).where(column.in_(ids)).order_by(model.id)).all()


def _acts(ids: Collection[int]) -> Sequence[TimelineEntry]:
    statement = select(TimelineEntry).where(
        TimelineEntry.subject_type == "incident",
        TimelineEntry.subject_id.in_(ids),
        TimelineEntry.kind.in_((*SAID_WHY, OWN_ACCOUNT)),
    )
    return db.session.scalars(statement.order_by(TimelineEntry.id)).all()


def _title(report: Incident, incident: Incident, accounts: Collection[int]) -> str:
    if report is incident:
        return _("The report")
    if report.id in accounts:
        return _("A second witness, %(reference)s", reference=report.reference)
    return _("Report %(reference)s, merged with this one", reference=report.reference)


def _told(report: Incident, zone: str, places: Mapping[str, str]) -> str:
    """What, where, when and who of a merged report, beside its text."""
    what = Tile(report.tile).label if report.tile in set(Tile) else report.tile
    place, when = places.get(report.location_code, ""), moment_words(report.occurred_at, zone)
    return dotted(str(what), place, when, ", ".join(person_words(person) for person in report.people))


def _of_report(report: Incident, names: dict[int, str], title: str, told: str) -> list[_Said]:
    """A report's own texts: narrative, immediate action, injury, text for families, and reason of closing."""
    who, at = names.get(report.reporter_id or 0, ""), report.submitted_at
    action = _Said(at, _("Immediate action taken"), who, report.immediate_action)
    texts = [_Said(at, title, who, report.narrative), action]
    if report.duplicate_of_id is not None:
        texts[0] = _Said(at, title, who, "\n".join(part for part in (told, report.narrative) if part))
        texts.append(_Said(at, _("Injury"), who, str(INJURY_LABELS.get(report.injury or "", ""))))
    later = report.details_completed_at or at
    texts += [
        _Said(later, _("What the family of %(name)s may read", name=person_words(person)), "", person.family_text)
        for person in report.people
    ]
    reviewer = names.get(report.reviewer_id or 0, "")
    texts.append(_Said(report.reviewed_at or at, _("Note of the review"), reviewer, report.closing_note))
    return texts


def _call_words(contact: GuardianContact) -> str:
    return dotted(_("Contact with a guardian"), MANNER_LABELS[contact.manner], RESULT_LABELS[contact.result])
