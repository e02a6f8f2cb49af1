"""Pages of safety plans: the plan, the sheet for the adults, and rows for other pages of the case."""

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import PLAN_TONES, Case, CaseState, GuardianTold, PlanAnswer, PlanState, SafetyPlan
from wss_cases.cases.case.queries import cases_of_incident, get_case, get_participant, names_of_others, participants_of
from wss_cases.cases.safety_plans import get_plan, living_plans, plan_reviews, plans_of
from wss_cases.followups.core.presenters import due_words
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words, day_words_with_year, today_at
from wss_cases.journal.acts import Pages
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import school_days

TO_WRITE, TO_REVIEW = "safety_plan", "safety_plan_review"
"""The kinds of follow-ups that ask for a plan, and for its review."""


def safety_card(case: Case, today: date) -> dict[str, Any]:
    """A case's safety plans and where to write one, for safety_plans/_card.html."""
    return {"plans": [line(plan, today) for plan in plans_of(case.id)], "new": new_address(case)}


def safety_of(case: Case, participant_id: int, today: date) -> dict[str, Any]:
    """One person's safety plans, as `safety_card`; a new one only where none is open."""
    mine = [plan for plan in plans_of(case.id) if plan.participant_id == participant_id]
    living = any(plan.state is not PlanState.ENDED for plan in mine)
    return {"plans": [line(plan, today) for plan in mine], "new": None if living else new_address(case, participant_id)}


def new_address(case: Case, participant_id: int | None = None) -> str | None:
    """The page on which a plan is written; None in a closed case."""
    if case.state is CaseState.CLOSED:
        return None
    return url_for("safety.write", case_id=case.id, person=participant_id)


def line(plan: SafetyPlan, today: date) -> dict[str, Any]:
    """A plan as a row of a list."""
    meta = _("not agreed yet")
    if plan.state is PlanState.ENDED:
        meta = _("ended %(day)s", day=day_words(plan.ended_on))
    elif plan.next_review_on is not None:
        due = due_words(plan.next_review_on, today, school_days(plan.school_id)).words
        meta = _("agreed %(day)s · review: %(due)s", day=day_words(plan.agreed_on), due=due)
    return {
        "title": person_words(plan.participant),
        "href": page_of(plan),
        "meta": meta,
        "tag": str(PlanState(plan.state).label),
        "tone": PLAN_TONES[plan.state],
    }


def page_of(plan: SafetyPlan, _answer: int = 0) -> str:
    return url_for("safety.plan", case_id=plan.case_id, plan_id=plan.id)


def says(found: SafetyPlan) -> list[dict[str, Any]]:
    """The text of a plan, as rows."""
    moved = _("Yes, because they asked for it") if found.moves_person_harmed else _("No")
    return [
        {"label": _("Steps"), "value": found.steps},
        {"label": _("Adults who are told"), "value": found.adults_told},
        {"label": _("Route"), "value": found.route},
        {"label": _("Seat"), "value": found.seat},
        {"label": _("Phone"), "value": found.phone},
        {"label": _("The person harmed changes class, seat, or route"), "value": moved},
    ]


def agreed(found: SafetyPlan, names: dict[int, str]) -> list[dict[str, Any]]:
    """When a plan was agreed and by whom, as rows; none before it is agreed."""
    if found.agreed_on is None or found.guardian is None:
        return []
    return [
        {"label": _("Agreed on"), "value": day_words_with_year(found.agreed_on)},
        {"label": _("Agreed with the person by"), "value": names.get(found.agreed_by_id or 0, "")},
        {"label": _("Guardian"), "value": dotted(GuardianTold(found.guardian).label, found.guardian_name)},
        {"label": _("Next review"), "value": day_words_with_year(found.next_review_on)},
    ]


pages = Pages("safety", __name__)

PLANS = "/cases/<int:case_id>/safety-plans"
PLAN = f"{PLANS}/<int:plan_id>"


def find_plan(actor: Actor, case_id: int, plan_id: int) -> SafetyPlan:
    """A safety plan of a case that the actor may read. Raises NotFound."""
    return get_plan(get_case(actor, case_id), plan_id)


@pages.get(PLAN)
@gate(Permission.CASE_READ)
def plan(case_id: int, plan_id: int) -> Page:
    """One safety plan with its reviews and its next act."""
    found = find_plan(current_actor(), case_id, plan_id)
    case = found.participant.case
    today = today_at(case.school_id, clock.now())
    reviews = plan_reviews(found.id)
    names = user_names([found.agreed_by_id, *(row.reviewed_by_id for row in reviews)])
    return render_template(
        "casework/safety_plans/plan.html",
        case=case,
        plan=found,
        closed=case.state is CaseState.CLOSED,
        person=person_words(found.participant),
        line=line(found, today),
        says=says(found),
        agreed=agreed(found, names),
        reviews=[
            {
                "what": str(PlanAnswer(row.answer).label),
                "when": day_words(row.on_day),
                "who": names.get(row.reviewed_by_id or 0, ""),
                "note": row.note or None,
            }
            for row in reviews
        ],
        review_due=found.next_review_on is not None and found.next_review_on <= today,
    )


@pages.get(f"{PLAN}/sheet")
@gate(Permission.CASE_READ)
def sheet(case_id: int, plan_id: int) -> Page:
    """The one page for the adults who are told; no other student's name is on it."""
    found = find_plan(current_actor(), case_id, plan_id)
    case = found.participant.case
    person = get_participant(case, found.participant_id)
    own, others = person.student, names_of_others(participants_of(case.id), person)
    texts = ("steps", "adults_told", "route", "seat", "phone")
    shown = {name: others.without(getattr(found, name), _("another student")) for name in texts}
    return render_template(
        "casework/safety_plans/sheet.html",
        case=case,
        plan=found,
        person=person_words(found.participant),
        grade=grade_words(own.grade) if own is not None else "",
        says=shown,
        replaced=any(shown[name] != getattr(found, name) for name in texts),
        lead=user_names([case.lead_id]).get(case.lead_id or 0, ""),
        agreed_on=day_words_with_year(found.agreed_on),
        review_on=day_words_with_year(found.next_review_on),
        is_agreed=found.state is PlanState.AGREED,
    )


@pages.get("/follow-ups/<int:follow_up_id>/safety-plan")
@gate(Permission.CASE_READ)
def of_follow_up(follow_up_id: int) -> Page:
    """Go from a follow-up to the plan that it asks for, or to a new one."""
    actor = current_actor()
    row = get_follow_up(actor, follow_up_id)
    cases = cases_of_incident(row.incident_id) if row.incident_id is not None else []
    case_id = row.case_id or (cases[0].id if cases else None)
    if case_id is None:
        if row.incident_id is None:
            raise NotFound
        flash(_("Agree on what keeps the student safe today. A written plan is kept in the case once one is open."))
        return redirect(url_for("incidents.incident", incident_id=row.incident_id), 303)
    case = get_case(actor, case_id)
    plans = living_plans(case.id)
    if row.kind == TO_REVIEW:
        plans = [found for found in plans if found.next_review_on == row.original_due_on] or plans
    else:
        plans = [found for found in plans if found.state is PlanState.DRAFT]
    entry = row.incident_person_id
    person = next((p.id for p in participants_of(case.id) if entry and p.incident_person_id == entry), None)
    wanted = next((found for found in plans if found.participant_id == person), None)
    chosen = wanted or (plans[0] if plans else None)
    to = page_of(chosen) if chosen else new_address(case, person)
    return redirect(to or url_for("casework.case", case_id=case.id), 303)
