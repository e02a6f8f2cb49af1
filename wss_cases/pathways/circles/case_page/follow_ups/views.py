"""From a follow-up to the page on which the thing itself is recorded."""

from flask import Blueprint, redirect, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.pages import Page

blueprint = Blueprint("circle_follow_ups", __name__, url_prefix="/follow-ups/<int:follow_up_id>")


@blueprint.get("/agreement")
@gate(Permission.CASE_WORK)
def agreement(follow_up_id: int) -> Page:
    """Go to the agreement whose end is due."""
    return _go(follow_up_id, "completion_meeting", "agreements.agreement")


@blueprint.get("/questionnaires")
@gate(Permission.CASE_WORK)
def questionnaires(follow_up_id: int) -> Page:
    """Go to the questionnaires that are to be handed out."""
    return _go(follow_up_id, "questionnaire", "questionnaires.questionnaires")


def _go(follow_up_id: int, kind: str, endpoint: str) -> Page:
    follow_up = get_follow_up(current_actor(), follow_up_id)
    if follow_up.kind != kind or follow_up.case_id is None or follow_up.pathway_id is None:
        raise NotFound
    return redirect(url_for(endpoint, case_id=follow_up.case_id, pathway_id=follow_up.pathway_id), 303)
