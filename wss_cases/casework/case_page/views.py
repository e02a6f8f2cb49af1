"""Cases: the list, one case with its tabs, and each person's record alone."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.case.queries import get_case, get_participant, incidents_of, notes_of, place_words, students_in
from wss_cases.cases.case.rules import person_words
from wss_cases.cases.case.states import AgreementKept, CaseState, HarmedSays
from wss_cases.casework.case_file.presenters import CasePage, head, history_items, open_page
from wss_cases.casework.case_file.queries import PAGE, CaseFilter, CaseRow, case_rows, count_cases, history_seen
from wss_cases.casework.case_page.closing import record_of
from wss_cases.casework.case_page.presenters import follow_ups_of
from wss_cases.casework.next_act.presenters import harm_words, kind_words
from wss_cases.casework.next_act.rules import why_stuck
from wss_cases.casework.next_act.states import Stuck
from wss_cases.casework.pathway_page.views import pathway_page
from wss_cases.casework.safety_plans.presenters import safety_card, safety_of
from wss_cases.casework.story.presenters import story_of
from wss_cases.casework.transfer.queries import moved_in
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, moment_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.forms import number
from wss_cases.roster.directory.guardians import GuardianOf, guardians_of
from wss_cases.roster.directory.presenters import guardian_words, whom_words

blueprint = Blueprint("casework", __name__, url_prefix="/cases")

STATES = ("open", *CaseState, "all")


@blueprint.get("")
@gate(Permission.CASE_READ)
def cases() -> Page:
    """The list of cases: one's own or the school's, newest first."""
    actor, now = current_actor(), clock.now()
    school_id = chosen_school_id(actor, *CASE_TEAM)
    today = today_at(school_id, now)
    whose = "mine" if request.args.get("whose") == "mine" else "school"
    state = request.args.get("state", "open")
    wanted = CaseFilter(
        lead_id=actor.user_id if whose == "mine" else None,
        school_id=school_id,
        state=state if state in STATES else "open",
        text=request.args.get("q", "").strip()[:40],
    )
    before = number(request.args.get("before"))
    rows = case_rows(actor, wanted, now, before)
    shown = rows[:PAGE]
    places, whom = place_words(row.location_code for row in shown), students_in([row.id for row in shown])
    kept: dict[str, Any] = {"whose": whose, "state": wanted.state, "q": wanted.text or None}
    return render_template(
        "casework/case_page/list.html",
        rows=[_row(row, places, today, actor, whom.get(row.id, [])) for row in shown],
        count=count_cases(actor, wanted),
        whose=whose,
        wanted=wanted,
        states=[("open", _("Open")), *((s.value, CaseState(s).label) for s in CaseState), ("all", _("All"))],
        older=url_for("casework.cases", before=shown[-1].id, **kept) if len(rows) > PAGE else None,
        newer=url_for("casework.cases", **kept) if before else None,
    )


def _row(row: CaseRow, places: dict[str, str], today: Any, actor: Actor, whom: list[str]) -> dict[str, Any]:
    stuck = why_stuck(row.state, today, row.next_review_on, row.lead_works, row.overdue, row.live)
    place = places.get(row.location_code, "")
    harm = harm_words(row.harm_kind)
    lead = row.lead or _("no one yet")
    if row.lead_id is not None and row.lead_id == actor.user_id:
        lead = _("you")
    elif row.lead_id is not None and not row.lead_works and row.state is not CaseState.CLOSED:
        lead = _("%(name)s, who left", name=lead)
    meta = [whom_words(whom, actor), day_words(row.opened_on), _("coordinator: %(name)s", name=lead)]
    if row.next_review_on is not None:
        meta.append(_("next review %(day)s", day=day_words(row.next_review_on)))
    return {
        "href": url_for("casework.case", case_id=row.id),
        "title": f"{row.reference} · {harm}" + (f", {place}" if place else ""),
        "meta": dotted(*meta),
        "stuck": str(Stuck(stuck).label) if stuck else "",
        "state": str(CaseState(row.state).label),
    }


@blueprint.get("/<int:case_id>")
@gate(Permission.CASE_READ)
def case(case_id: int) -> Page:
    """One case: the first live pathway, or the tab that is asked for."""
    actor, now = current_actor(), clock.now()
    page = open_page(get_case(actor, case_id), actor, now)
    tab = request.args.get("tab", "")
    if tab == "people":
        return render_template(
            "casework/case_page/people.html",
            **head(page, actor, tab),
            person_words=person_words,
            roles=PersonRole.labels(),
            safety=safety_card(page.case, page.today),
        )
    if tab == "incident":
        return _incident_tab(page, actor)
    if tab == "history" or (not tab and not page.file.pathways and not page.file.follow_ups):
        return _history_tab(page, actor)
    if tab == "follow-ups" or not page.file.pathways:
        return render_template(
            "casework/case_page/follow_ups.html",
            **head(page, actor, "follow-ups"),
            **follow_ups_of(actor, page.case, page.today),
        )
    live = [row for row in page.file.pathways if row.ended_at is None]
    return pathway_page(page, actor, (live or page.file.pathways)[0])


def _history_tab(page: CasePage, actor: Actor) -> Page:
    entries = history_seen(page.case, actor, number(request.args.get("before")), incidents=page.file.incident_ids)
    notes = {note.id: note.text for note in notes_of(page.case.id)}
    closing = []
    kept, says = page.case.agreement_kept, page.case.harmed_says
    if kept is not None and says is not None:
        closing = [
            {"label": _("Was the agreement kept?"), "value": str(AgreementKept(kept).label)},
            {"label": _("What does the person harmed say?"), "value": str(HarmedSays(says).label)},
            {"label": _("What still needs attention?"), "value": page.case.what_is_left},
        ]
    against = record_of(page.case.id).against(page.case.result, kept, says) if closing else []
    if against or page.case.closed_despite:
        closing.append({"label": _("What the record says"), "value": " ".join(against)})
        closing.append({"label": _("Why it closed this way anyway"), "value": page.case.closed_despite})
    older = (
        url_for("casework.case", case_id=page.case.id, tab="history", before=entries[-1].id)
        if len(entries) == 50
        else None
    )
    return render_template(
        "casework/case_page/history.html",
        **head(page, actor, "history"),
        entries=history_items(entries, page.zone, notes),
        closing=closing,
        older=older,
        story=story_of(page) if not request.args.get("before") else [],
    )


def _incident_tab(page: CasePage, actor: Actor) -> Page:
    incidents = incidents_of(page.case.id)
    places = place_words(row.location_code for row in incidents)
    shown = [
        {
            "reference": row.reference,
            "href": url_for("incidents.incident", incident_id=row.id),
            "narrative": row.narrative,
            "rows": [
                {"label": _("What"), "value": harm_words(row.tile)},
                {"label": _("When"), "value": moment_words(row.occurred_at, page.zone)},
                {"label": _("Where"), "value": places.get(row.location_code, "")},
                {"label": _("Immediate action"), "value": row.immediate_action},
            ],
        }
        for row in incidents
    ]
    return render_template("casework/case_page/incident.html", **head(page, actor, "incident"), incidents=shown)


@blueprint.get("/<int:case_id>/people/<int:participant_id>")
@gate(Permission.CASE_READ)
def person(case_id: int, participant_id: int) -> Page:
    """One person's record in a case, alone."""
    actor, now = current_actor(), clock.now()
    page = open_page(get_case(actor, case_id), actor, now)
    found = get_participant(page.case, participant_id)
    own = [row for row in page.file.pathways if row.participant_id == found.id]
    return render_template(
        "casework/case_page/person.html",
        **head(page, actor, "people"),
        person=found,
        name=person_words(found),
        role=str(PersonRole(found.role).label),
        safety=safety_of(page.case, found.id, page.today),
        guardians=_guardian_rows(_guardians(page, found)),
        pathways=[(kind_words(row), url_for("pathways.pathway", case_id=case_id, pathway_id=row.id)) for row in own],
        student_href=url_for("students.student", student_id=found.student_id)
        if found.student is not None and actor.covers(found.student.school_id, *CASE_TEAM)
        else None,
    )


def _guardian_rows(found: list[GuardianOf] | None) -> list[dict[str, str]] | None:
    if found is None:
        return None
    return [{"name": one.name, "meta": guardian_words(one)} for one in found]


def _guardians(page: CasePage, found: CaseParticipant) -> list[GuardianOf] | None:
    """Return whom to call; None for a student of another school by now with whom nothing is left to do here."""
    if found.student is None:
        return []
    if found.student.school_id not in (None, page.case.school_id):
        goes_on_there = any(move.settled for move in moved_in([found], page.case))
        if goes_on_there or page.case.state is CaseState.CLOSED:
            return None
    return guardians_of(found.student.id)
