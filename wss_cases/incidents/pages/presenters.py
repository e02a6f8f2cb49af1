"""Reports and lists of reports in words for their pages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from wss_cases.accounts.teams import user_names
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, dotted, in_language, locale_code
from wss_cases.foundation.school_time import day_words_with_year, moment_words, zone_of
from wss_cases.incidents.incident import states
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import addenda_of, behavior_words, contacts_of, locations
from wss_cases.incidents.incident.rules import IncidentFilter, person_words
from wss_cases.incidents.incident.states import OWN_STATE_LABELS, WITHDRAWN, IncidentState, Tile, WhenPrecision
from wss_cases.incidents.lists import trait_words
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import entry_rows
from wss_cases.roster.directory.pages import grade_words, language_words, limit_words, relation_words
from wss_cases.roster.directory.queries import guardians_of_each
from wss_cases.roster.directory.rules import Reach

DONE = (IncidentState.ROUTED, IncidentState.NO_FURTHER_ACTION, IncidentState.CLOSED)
TONES = {IncidentState.RETURNED: "sun", **dict.fromkeys(DONE, "moss")}
TAB_LABELS = {"todo": _l("To do"), "submitted": _l("Submitted"), "done": _l("Done")}
GROUP_LABELS = {"counted": _l("Counted in outcomes")}
"""Groups of states without a tab; figures link to them."""
Rows = list[dict[str, Any]]


def outcome_words(incident: Incident) -> str:
    """The outcome of a report in one sentence, without names."""
    if incident.is_withdrawn:
        return _("The reporter withdrew it before anyone reviewed it.")
    return {
        IncidentState.SUBMITTED: _("Waiting for dean review."),
        IncidentState.UNDER_REVIEW: _("A dean is reading it."),
        IncidentState.RETURNED: _("Waiting for the reporter’s answer."),
        IncidentState.ROUTED: _("It was decided. People are working to repair the harm."),
        IncidentState.NO_FURTHER_ACTION: _("It was reviewed and closed with no further action."),
        IncidentState.DUPLICATE: _("Duplicate; merged with another report about the same incident."),
        IncidentState.CLOSED: _("The work on it is finished."),
    }[incident.state]


def title_words(tile: str, place: str) -> str:
    return f"{Tile(tile).label} · {place}"


def place_names() -> dict[str, str]:
    return {place.code: in_language(place, "label") for place in locations()}


def state_of(report: Any, *, own: bool) -> str:
    """The state of a report, for its reporter (`own`) or the case team."""
    if report.outcome_reason == WITHDRAWN:
        return _("Withdrawn")
    return str(OWN_STATE_LABELS.get(report.state, report.state.label) if own else report.state.label)


def chips(narrow: IncidentFilter) -> list[tuple[str, str]]:
    """(parameter, words) of each filter in use, without a state that has a tab."""
    behaviors = behavior_words([narrow.behavior], locale_code()) if narrow.behavior else {}
    words = {
        "state": "" if is_tab(narrow.state) else state_words(narrow.state),
        "year": _("School year %(year)s", year=narrow.year.replace("-", "–")) if narrow.year else "",
        "from": _("From %(day)s", day=day_words_with_year(narrow.from_day)) if narrow.from_day else "",
        "to": _("To %(day)s", day=day_words_with_year(narrow.to_day)) if narrow.to_day else "",
        "tile": str(Tile(narrow.tile).label) if narrow.tile else "",
        **trait_words(narrow, behaviors, place_names() if narrow.place else {}),
    }
    return [(name, text) for name, text in words.items() if text]


def is_tab(state: str | None) -> bool:
    """Whether a tab leads to the list of this state."""
    return not state or state in TAB_LABELS


def state_words(state: str | None) -> str:
    if not state:
        return _("All reports")
    return str(TAB_LABELS.get(state) or GROUP_LABELS.get(state) or IncidentState(state).label)


def page_of(incident: Incident, zone: str, *, team: bool, reader_id: int | None) -> dict[str, Any]:
    """One report in words; merged reports, history and others' contacts only for the case team."""
    addenda = addenda_of(incident.id)
    contacts = [one for one in contacts_of(incident.id) if team or one.author_id == reader_id]
    names = user_names([incident.reporter_id, *(a.author_id for a in addenda), *(c.author_id for c in contacts)])
    return {
        "outcome": outcome_words(incident),
        "facts": _facts(incident, zone, names),
        "people": _people(incident),
        "addenda": [
            {"what": names.get(a.author_id, ""), "when": moment_words(a.at, zone), "note": a.text} for a in addenda
        ],
        "contacts": _contacts(incident, contacts, zone),
        "history": history_rows(incident.id, zone) if team else [],
        "duplicate_of": _other(incident.duplicate_of_id),
        "merged": _merged(incident.id) if team else [],
    }


def history_rows(incident_id: int, zone: str, limit: int | None = None) -> Rows:
    """History of a report in words, newest first; the caller has checked it."""
    entries = history("incident", incident_id) if limit is None else history("incident", incident_id, limit)
    return entry_rows(entries, zone)


def report_rows(incident: Incident) -> list[tuple[str, str]]:
    """What identifies a report to someone who may not read it: reference and time."""
    when = when_words(incident, zone_of(incident.school_id))
    return [(_("Report"), incident.reference), (_("When"), when)]


def when_words(incident: Incident, zone: str) -> str:
    """The time, only as exactly as it is known."""
    if incident.when_precision is WhenPrecision.EARLIER_TODAY:
        return _("Earlier on %(day)s", day=day_words_with_year(incident.local_date))
    if incident.when_precision is WhenPrecision.DAY:
        return day_words_with_year(incident.local_date)
    words = moment_words(incident.occurred_at, zone)
    return _("%(when)s, in that period", when=words) if incident.when_precision is WhenPrecision.PERIOD else words


def _facts(incident: Incident, zone: str, names: dict[int, str]) -> Rows:
    place = place_names().get(incident.location_code, incident.location_code)
    damage = {True: _("Yes"), False: _("No"), None: ""}[incident.property_damage]
    sexual = (incident.facts or {}).get("sexual")
    rows = [
        (_("What"), Tile(incident.tile).label),
        (_("Where"), place),
        (_("When"), when_words(incident, zone)),
        (_("Hurt or in danger when it was reported"), _("Yes") if incident.danger_now else _("No")),
        (_("Reported by"), names.get(incident.reporter_id or 0, "")),
        (_("Injury"), states.INJURY_LABELS.get(incident.injury or "", "")),
        (_("Weapon"), states.WEAPON_LABELS.get(incident.weapon or "", "")),
        (_("Substance"), states.SUBSTANCE_LABELS.get(incident.substance or "", "")),
        (_("Sexual"), states.SEXUAL_LABELS.get(sexual or "", "")),
        (_("Bias"), states.BIAS_LABELS.get(incident.bias_basis or "", "")),
        (_("Theft or damage"), damage),
        (_("Immediate action taken"), incident.immediate_action),
    ]
    return [{"label": label, "value": str(value)} for label, value in rows]


def _people(incident: Incident) -> Rows:
    rows = []
    for person in incident.people:
        coded = in_language(person.behavior, "label") if person.behavior else None
        known = person.motivation if person.motivation != "unknown" else None
        motivation = states.MOTIVATION_LABELS.get(known or "")
        parts = [states.REPORTED_ROLE_LABELS[person.role], grade_words(person.grade), coded, motivation]
        rows.append(
            {
                "name": person_words(person),
                "meta": " · ".join(str(part) for part in parts if part),
                "family_text": person.family_text,
                "student_id": person.student_id,
            }
        )
    return rows


def _contacts(incident: Incident, contacts: Sequence[Any], zone: str) -> Rows:
    about = {person.id: person_words(person) for person in incident.people}
    students = {person.id: person.student_id for person in incident.people}
    called = {students[contact.incident_person_id] for contact in contacts if contact.guardian_id}
    each = guardians_of_each({student_id for student_id in called if student_id})
    guardians = {who.id: who.name for group in each.values() for who in group}
    return [
        {
            "what": f"{states.MANNER_LABELS[c.manner]}: {states.RESULT_LABELS[c.result]}",
            "when": moment_words(c.at, zone),
            "who": dotted(guardians.get(c.guardian_id), about[c.incident_person_id], language_words(c.language)),
            "note": c.note,
        }
        for c in contacts
    ]


def reachable(people: Sequence[IncidentPerson], *, numbers: bool) -> list[tuple[str, str]]:
    """(id, words) of guardians of these students who may be called, with phone numbers if `numbers`."""
    each = guardians_of_each([person.student_id for person in people if person.student_id])
    contacts = [who for guardians in each.values() for who in guardians]
    never = {who.id for who in contacts if who.reach is Reach.NEVER}
    return [
        (str(who.id), dotted(who.name, relation_words(who.relation), who.phone if numbers else "", limit_words(who)))
        for who in {one.id: one for one in contacts if one.id not in never}.values()
    ]


def _other(incident_id: int | None) -> tuple[int, str] | None:
    if incident_id is None:
        return None
    reference = db.session.scalar(select(Incident.reference).where(Incident.id == incident_id))
    return (incident_id, reference or "")


def _merged(incident_id: int) -> list[tuple[int, str]]:
    statement = select(Incident.id, Incident.reference).where(Incident.duplicate_of_id == incident_id)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Incident.id))]
