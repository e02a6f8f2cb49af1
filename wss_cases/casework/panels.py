"""Cases in the search, on a report's page and on a student's."""

from typing import Any

from flask import url_for
from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.actions import title
from wss_cases.cases.case.models import Case, CaseNote, CaseParticipant, CaseResult, CaseState
from wss_cases.cases.case.queries import cases_of_incident, place_words, students_in, visible_to
from wss_cases.cases.case.queries import visible_to as cases_visible
from wss_cases.casework.access import student_words
from wss_cases.casework.case_file import STATE_TONES
from wss_cases.casework.next_act import harm_words
from wss_cases.followups.about import about
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.presenters import due_words
from wss_cases.followups.core.queries import FollowUpRow, for_incident
from wss_cases.followups.core.states import OUTCOME_LABELS
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import search_words
from wss_cases.foundation.school_time import day_words_with_year, local_date, zone_of
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import visible_to as incidents_visible
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.journal.rooms import Hit, Panel, Place, Room, Searchable, WordSource
from wss_cases.journal.word_index import ids_holding
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.queries import reached_schools, school_days, schools_by_id
from wss_cases.safeguards.duties.duty.pages import duty_words
from wss_cases.safeguards.duties.duty.queries import duties_of
from wss_cases.safeguards.police.review.pages import review_words, way_words
from wss_cases.safeguards.police.review.queries import reviews_of


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


MOST = 20
"""Cases, and reports, that a student's page lists, the newest first."""


def cases_with(actor: Actor, student_id: int) -> list[tuple[Case, PersonRole]]:
    columns: Any = select(Case, CaseParticipant.role).join(CaseParticipant, CaseParticipant.case_id == Case.id)
    statement = cases_visible(columns, actor).where(CaseParticipant.student_id == student_id)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Case.id.desc()).limit(MOST))]


def reports_with(actor: Actor, student_id: int) -> list[tuple[Incident, PersonRole]]:
    columns: Any = select(Incident, IncidentPerson.role).join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
    statement = incidents_visible(columns, actor).where(IncidentPerson.student_id == student_id)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Incident.id.desc()).limit(MOST))]


TONES = {"overdue": "brick", "today": "sun"}


def panel(actor: Actor, incident: Incident) -> tuple[str, dict[str, Any]] | None:
    """Return what the case team of the report's school sees beside it; None for anybody else."""
    if not actor.covers(incident.school_id, *CASE_TEAM):
        return None
    zone = zone_of(incident.school_id)
    shown = {
        "cases": [_case(case) for case in cases_of_incident(incident.id)],
        "duties": [duty_words(row, clock.now(), zone) for row in duties_of(incident.id)],
        "follow_ups": _follow_ups(actor, incident, zone),
        "add_href": url_for("followups.add_to_incident", incident_id=incident.id),
        "reviews": [review_words(review, clock.now(), zone) for review in reviews_of(incident.id)],
        "police_href": _link(actor, Permission.POLICE_REVIEW_ASK, "police.choose", incident),
        "police_words": way_words(incident),
    }
    return "casework/panels/incident.html", shown


def _link(actor: Actor, permission: Permission, endpoint: str, incident: Incident) -> str | None:
    return url_for(endpoint, incident_id=incident.id) if can(actor, permission, incident) else None


def _case(case: Case) -> dict[str, str]:
    return {
        "title": _("Case %(reference)s", reference=case.reference),
        "href": url_for("casework.case", case_id=case.id),
        "state": str(CaseState(case.state).label),
    }


def _follow_ups(actor: Actor, incident: Incident, zone: str) -> list[dict[str, str]]:
    days, today = school_days(incident.school_id), local_date(clock.now(), zone)
    rows = for_incident(actor, incident.id)
    whom = about(actor, rows)

    def line(row: FollowUpRow) -> dict[str, str]:
        due = due_words(row.due_on, today, days)
        is_open = row.state is FollowUpState.OPEN
        closed = str(OUTCOME_LABELS.get(row.outcome, "")) or _("Canceled")
        return {
            "title": whom[row.id].titled(row.title),
            "href": url_for("followups.follow_up", follow_up_id=row.id),
            "owner": row.owner,
            "tag": due.words if is_open else closed,
            "tone": TONES.get(due.state, "slate") if is_open else "moss",
        }

    return [line(row) for row in rows]


def panel_student(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """Return the cases and reports of a student that this person may see; None for anybody without a case team."""
    if not actor.has(*CASE_TEAM):
        return None
    shown: dict[str, Any] = {
        "past": student_words(actor, student, clock.now()),
        "cases": [
            {
                "title": f"{case.reference} · {harm_words(case.harm_kind)}",
                "href": url_for("casework.case", case_id=case.id),
                "meta": f"{PersonRole(role).label} · {day_words_with_year(case.opened_on)}",
                "state": _state(case),
            }
            for case, role in cases_with(actor, student.id)
        ],
        "reports": [
            {
                "title": f"{incident.reference} · {harm_words(incident.tile)}",
                "href": url_for("incidents.incident", incident_id=incident.id),
                "meta": f"{PersonRole(role).label} · {day_words_with_year(incident.local_date)}",
                "state": str(IncidentState(incident.state).label),
            }
            for incident, role in reports_with(actor, student.id)
        ],
    }
    return "casework/panels/student.html", shown


def _state(case: Case) -> str:
    return str(CaseResult(case.result).label) if case.result else str(CaseState(case.state).label)


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
    panels=(Panel(Place.STUDENT, 10, panel_student), Panel(Place.INCIDENT, 10, panel)),
)
