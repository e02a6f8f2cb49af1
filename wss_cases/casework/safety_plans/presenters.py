"""Safety plans in words: a case's card, a plan's row, what it says and when it was agreed."""

from datetime import date
from typing import Any

from flask import url_for

from wss_cases.cases.case.models import PLAN_TONES, Case, CaseState, GuardianTold, PlanState, SafetyPlan
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.safety_plans import plans_of
from wss_cases.followups.core.pages import due_words
from wss_cases.foundation.dates import day_words, day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.directory.queries import school_days


def safety_card(case: Case, today: date) -> dict[str, Any]:
    """Return what a case's page says of its safety plans, for casework/_safety_card.html."""
    return {"plans": [line(plan, today) for plan in plans_of(case.id)], "new": new_address(case)}


def safety_of(case: Case, participant_id: int, today: date) -> dict[str, Any]:
    """Return what one person's record says of their safety plans, as `safety_card`."""
    mine = [plan for plan in plans_of(case.id) if plan.participant_id == participant_id]
    living = any(plan.state is not PlanState.ENDED for plan in mine)
    return {"plans": [line(plan, today) for plan in mine], "new": None if living else new_address(case, participant_id)}


def new_address(case: Case, participant_id: int | None = None) -> str | None:
    """Return where a plan is written; None in a closed case."""
    if case.state is CaseState.CLOSED:
        return None
    return url_for("safety.write", case_id=case.id, person=participant_id)


def line(plan: SafetyPlan, today: date) -> dict[str, Any]:
    """Return one plan as a row of a list."""
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


def page_of(plan: SafetyPlan) -> str:
    """Return the address of a plan's page."""
    return url_for("safety.plan", case_id=plan.case_id, plan_id=plan.id)


def says(found: SafetyPlan) -> list[dict[str, Any]]:
    """Return what a plan says, as rows."""
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
    """Return when a plan was agreed and by whom, as rows; none before it is."""
    if found.agreed_on is None or found.guardian is None:
        return []
    return [
        {"label": _("Agreed on"), "value": day_words_with_year(found.agreed_on)},
        {"label": _("Agreed with the person by"), "value": names.get(found.agreed_by_id or 0, "")},
        {"label": _("Guardian"), "value": dotted(GuardianTold(found.guardian).label, found.guardian_name)},
        {"label": _("Next review"), "value": day_words_with_year(found.next_review_on)},
    ]
