"""The page of one pathway, and ending or declining it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import act_page, current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.queries import get_case
from wss_cases.casework.case_file import CasePage, head, history_items, history_seen, open_page, reasons
from wss_cases.casework.next_act import kind_words, state_words
from wss_cases.casework.safety_plans.pages import safety_card
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, locale_code
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import day_words, moment_words
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways import conversations
from wss_cases.pathways.circles import case_page as circles
from wss_cases.pathways.circles.consent import call_off_planned
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.common.actions import load_live, note_decline, note_end
from wss_cases.pathways.common.models import (
    LIVE,
    OUTCOME_LABELS,
    EndReason,
    Panel,
    Pathway,
    PathwayState,
    Step,
    has_begun,
)
from wss_cases.pathways.common.pages import ACT, ConfirmForm, EndForm, act_context, page_of
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.mentoring import case_page as mentoring
from wss_cases.pathways.reengagement import case_page as reengagement
from wss_cases.pathways.referrals import case_page as referrals
from wss_cases.pathways.referrals.referral.pages import withdraw_open
from wss_cases.routing.engine.explain import said
from wss_cases.routing.engine.vocabulary import AppliesTo, Person, Police
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.routing.rule_sets import RoutingAnswer


@use_case
def end_early(uow: UnitOfWork, pathway_id: int, reason: EndReason, note: str) -> int:
    """End a pathway before its outcome, with a reason. Returns its id."""
    row = load_live(uow, pathway_id, uow.version)
    let_go(uow, row)
    note_end(uow, row, reason, note)
    return row.id


@use_case
def decline(uow: UnitOfWork, pathway_id: int) -> int:
    """Record that it was declined or left. It costs nothing: no reason is asked and none is kept. Returns its id."""
    row = load_live(uow, pathway_id, uow.version)
    let_go(uow, row)
    note_decline(uow, row)
    return row.id


def let_go(uow: UnitOfWork, row: Pathway) -> None:
    """Take back what a partner still has, and call off a meeting that is planned; an agreement stands."""
    if row.pathway == Family.WRAPAROUND:
        withdraw_open(uow, row)
    elif row.pathway == Family.CIRCLE:
        call_off_planned(uow, row, circle_of(row))


ROOMS: dict[str, Callable[[Actor, Pathway, date, datetime], Panel]] = {
    Family.RESTORATIVE_CONVERSATION: conversations.panel,
    Family.MENTORING: mentoring.panel,
    Family.WRAPAROUND: referrals.panel,
    Family.REENGAGEMENT: reengagement.panel,
}
"""Which room shows which family of pathways, circles aside."""


def panel_of(actor: Actor, row: Pathway, today: date, now: datetime, step: Step | None = None) -> Panel | None:
    """Return a pathway's own part of the case page; the caller has checked the pathway.

    A circle is not read again where its next step was asked for already.
    """
    if row.pathway == Family.CIRCLE:
        return circles.panel(actor, row, today, now, step.seen if step else None)
    ask = ROOMS.get(row.pathway)
    return ask(actor, row, today, now) if ask else None


blueprint = Blueprint("pathway_ends", __name__, url_prefix="/cases/<int:case_id>/pathways")


@blueprint.route("/<int:pathway_id>/end", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def end(case_id: int, pathway_id: int) -> Page:
    """End a pathway before its outcome; mentoring on its own page, which also asks what comes after."""
    actor = current_actor()
    row = get_pathway(actor, case_id, pathway_id)
    if row.pathway == Family.MENTORING:
        return redirect(url_for("mentoring.finish", case_id=case_id, pathway_id=row.id), 303)
    form = EndForm(version=row.version)
    return form_page(
        form,
        lambda: end_early(submitted(form), row.id, EndReason(form.reason.data), form.note.data),
        page_of(row),
        ACT,
        **act_context(row, _("End it early"), _("End it")),
    )


def _decline_words(row: Pathway) -> dict[str, Any]:
    facts = [
        _("Declining or leaving is free and has no consequence. No reason is asked."),
        _("It is never used as evidence in a discipline action."),
    ]
    if has_begun(row):
        return act_context(row, _("Someone chose to stop"), _("Record that it ended"), facts=facts)
    return act_context(row, _("It was declined"), _("Record that it was declined"), facts=facts)


act_page(
    blueprint,
    "/<int:pathway_id>/decline",
    "decline",
    Permission.CASE_WORK,
    load=get_pathway,
    form=lambda row: ConfirmForm(version=row.version),
    act=lambda call, row, form: decline(call, row.id),
    done=page_of,
    words=_decline_words,
)


pathway_page_blueprint = Blueprint("pathways", __name__, url_prefix="/cases/<int:case_id>/pathways")

TONES = {PathwayState.ACTIVE: "teal", PathwayState.COMPLETED: "moss", PathwayState.PROPOSED: "slate"}


@pathway_page_blueprint.get("/<int:pathway_id>")
@gate(Permission.CASE_READ)
def pathway(case_id: int, pathway_id: int) -> Page:
    """One pathway of a case."""
    actor, now = current_actor(), clock.now()
    page = open_page(get_case(actor, case_id), actor, now)
    row = existing(next((row for row in page.file.pathways if row.id == pathway_id), None))
    return pathway_page(page, actor, row)


def pathway_page(page: CasePage, actor: Actor, row: Pathway) -> Page:
    """Render the case page with one pathway's tab open."""
    is_circle = row.pathway == Family.CIRCLE
    live = row.state in LIVE and not page.case.result
    step = page.file.steps.get(row.id) if live else None
    own = panel_of(actor, row, page.today, page.now, page.file.steps.get(row.id))
    answers = page.file.answers
    context: dict[str, Any] = {
        "row": row,
        "kind": kind_words(row),
        "kind_state": state_words(row),
        "kind_tone": TONES.get(row.state, "slate"),
        "live": live,
        "begun": has_begun(row),
        "act": (str(step.words), url_for(step.endpoint, **step.values)) if step and not step.waits else None,
        "facts": _facts(page, row),
        "safety": safety_card(page.case, page.today),
        "panel": own.template if own else None,
        "own": own.values if own else {},
        "is_circle": is_circle,
        "held": [] if is_circle else _held(row, answers),
        "why": reasons(row, answers, locale_code()),
        "police": _police(answers),
        "ruleset": _ruleset(answers, page.zone),
        "entries": history_items(history_seen(page.case, actor, limit=7, incidents=page.file.incident_ids), page.zone),
    }
    return render_template("casework/pathway_page/pathway.html", **head(page, actor, f"p{row.id}"), **context)


def _held(row: Pathway, answers: Sequence[RoutingAnswer]) -> list[str]:
    """Return why a hold speaks against this pathway for the person who caused harm; circles have gates instead."""
    if row.for_whom == Person.HARMED:
        return []
    kept_back = {AppliesTo.CAUSED_HARM_AND_CIRCLES}
    if row.pathway == Family.RESTORATIVE_CONVERSATION:
        kept_back.add(AppliesTo.SHARED_AND_CONVERSATION)
    holds = [hold for answer in answers for hold in answer.answer["holds"] if hold["applies_to"] in kept_back]
    texts = [said(hold["because"], locale_code()) for hold in holds]
    return list(dict.fromkeys(texts))


def _police(answers: Any) -> str:
    """Return what was found about the police when it was routed; '' for nothing, which is no verdict of today."""
    findings = {answer.answer.get("police", "") for answer in answers}
    worst = next((one for one in (Police.EMERGENCY, Police.REQUIRED_BY_LAW, Police.VERIFY) if one in findings), None)
    return _("When this was routed: %(finding)s.", finding=worst.label) if worst else ""


def _ruleset(answers: Any, zone: str) -> str:
    if not answers:
        return ""
    newest = answers[-1]
    name = newest.answer["ruleset"]
    label = f"{name['name']}-{name['version']}"
    return _("Rule set %(name)s · %(when)s", name=label, when=moment_words(newest.created_at, zone))


def _facts(page: CasePage, row: Pathway) -> list[dict[str, Any]]:
    names = page.file.names
    offered = ""
    if row.offered_on is not None:
        offered = _("%(day)s, by %(name)s", day=day_words(row.offered_on), name=names.get(row.offered_by_id or 0, ""))
    following = page.file.steps.get(row.id) if row.state in LIVE else None
    said = row.next_step or (str(following.words) if following and not following.waits else "")
    step = " · ".join(part for part in (said, day_words(row.next_step_on)) if part) if row.next_step_on else said
    rows = [
        (_("For"), person_words(row.participant) if row.participant else ""),
        (_("Lead person"), page.file.who(row.owner_id) if row.state in LIVE else names.get(row.owner_id or 0, "")),
        (_("Start by"), day_words(row.start_by) if row.state is PathwayState.PROPOSED else ""),
        (_("Offered"), offered),
        (_("Accepted"), day_words(row.accepted_on)),
        (_("Started"), day_words(row.started_on)),
        (_("Held"), day_words(row.held_on)),
        (_("Next step"), step),
        (_("Expected end"), day_words(row.expected_end)),
        (_("Outcome"), str(OUTCOME_LABELS.get(row.outcome, "")) if row.outcome else ""),
        (_("Ended because"), str(EndReason(row.end_reason).label) if row.end_reason else ""),
        (_("Note"), row.outcome_note),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


ROOM = Room(pages=(blueprint, pathway_page_blueprint))
