"""Safety plans: written with the person, agreed, reviewed, and the sheet for the adults who are told."""

from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import InputRequired

from wss_cases.access.act_pages import act_page, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.models import (
    PLAN_TONES,
    Case,
    CaseParticipant,
    CaseState,
    GuardianTold,
    PlanAnswer,
    PlanState,
    SafetyPlan,
)
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import cases_of_incident, get_case, get_participant, names_of_others, participants_of
from wss_cases.cases.safety_plans import PlanText, get_plan, living_plans, plan_reviews, plans_of
from wss_cases.casework.safety_plans import actions
from wss_cases.followups.core.pages import due_words
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, day_words_with_year
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, filled, radio
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.rooms import Room
from wss_cases.pathways.common.pages import number, people_choices
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling import calling


class PlanForm(BaseForm):
    """What a plan says; `participant_id` only where a new one is written."""

    participant_id = SelectField(_l("Who the plan protects"), validators=[InputRequired(_l("Choose the person."))])
    steps = LongText(
        _l("Steps"),
        description=_l("One step per line, with who does it. No other student's name: adults get this on paper."),
        limit=4000,
    )
    adults_told = LongText(
        _l("Adults who are told"), description=_l("One adult per line: name, and where they help."), limit=2000
    )
    route = ShortText(_l("Route"), description=_l("The way to and from school, and between classes."), limit=500)
    seat = ShortText(_l("Seat"), description=_l("In class, at lunch, on the bus."), limit=500)
    phone = ShortText(_l("Phone"), description=_l("What is done about messages and posts, and who to call."), limit=500)
    moves_person_harmed = BooleanField(_l("The person harmed changes class, seat, or route"))
    asked_by_them = BooleanField(_l("They asked for it themselves"))

    def text(self) -> PlanText:
        """Return what the form says."""
        return filled(self, PlanText)


class AgreeForm(BaseForm):
    """When it was agreed with the person, and what the guardian knows."""

    with_person = BooleanField(
        _l("The person it is for reviewed it and agrees"),
        validators=[InputRequired(_l("A plan is agreed with the person it is for. Go over it together."))],
    )
    guardian = radio(_l("Guardian"), GuardianTold, _l("Write what the guardian knows."))
    guardian_name = ShortText(_l("Name of the guardian who was told"))
    agreed_on = DateField(_l("Agreed on"), validators=[InputRequired(_l("Choose a day."))])


class PlanReviewForm(BaseForm):
    """What the review found."""

    answer = radio(
        _l("Is the plan working?"),
        {one: PlanAnswer(one).label for one in (PlanAnswer.WORKS, PlanAnswer.CHANGED)},
        _l("Choose what the review found."),
    )
    note = LongText(
        _l("Note"), description=_l("Required if it is not working: what happened, or what changes."), limit=2000
    )


class EndPlanForm(BaseForm):
    """Why the plan is no longer needed."""

    why = ShortText(
        _l("Why it is no longer needed"), [NotBlank(_l("Explain why the plan is no longer needed."))], limit=300
    )


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


blueprint = Blueprint("safety", __name__)

PLANS = "/cases/<int:case_id>/safety-plans"
PLAN = f"{PLANS}/<int:plan_id>"
HARMED = (PersonRole.HARMED, PersonRole.BOTH)


class PlanAt(NamedTuple):
    """A safety plan and the case in which it is kept."""

    case: Case
    plan: SafetyPlan


def _loaded(actor: Actor, case_id: int, plan_id: int) -> PlanAt:
    case = get_case(actor, case_id)
    return PlanAt(case, get_plan(case, plan_id))


def _act(at: PlanAt, title: str, go: str, **more: Any) -> dict[str, Any]:
    return {
        "case": at.case,
        "title": title,
        "lede": person_words(at.plan.participant),
        "go_words": go,
        "back_href": page_of(at.plan),
        **more,
    }


@blueprint.route(f"{PLANS}/new", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def write(case_id: int) -> Page:
    """Write a safety plan for one person of the case."""
    actor = current_actor()
    case = get_case(actor, case_id)
    people = participants_of(case.id)
    has_one = {plan.participant_id for plan in living_plans(case.id)}
    free = [person for person in people if person.id not in has_one]
    form = PlanForm(participant_id=str(_suggested(free) or ""))
    form.participant_id.choices = people_choices({person.id: person_words(person) for person in free})
    return form_page(
        form,
        lambda: actions.write(submitted(form), case.id, number(form.participant_id.data) or 0, form.text()),
        lambda plan_id: url_for("safety.plan", case_id=case.id, plan_id=plan_id),
        "casework/safety_plans/write.html",
        case=case,
        title=_("Safety plan"),
        go_words=_("Save the draft"),
        back_href=url_for("casework.case", case_id=case.id),
        nobody=not free,
    )


def _suggested(free: list[CaseParticipant]) -> int | None:
    asked = number(request.args.get("person"))
    if asked in {person.id for person in free}:
        return asked
    harmed = [person.id for person in free if person.role in HARMED]
    return harmed[0] if len(harmed) == 1 else None


@blueprint.get(PLAN)
@gate(Permission.CASE_READ)
def plan(case_id: int, plan_id: int) -> Page:
    """One safety plan with its reviews and its next act."""
    case, found = _loaded(current_actor(), case_id, plan_id)
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


@blueprint.route(f"{PLAN}/change", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def change(case_id: int, plan_id: int) -> Page:
    """Change what a plan says; it is then agreed again."""
    case, found = _loaded(current_actor(), case_id, plan_id)
    fields = ("steps", "adults_told", "route", "seat", "phone", "moves_person_harmed", "asked_by_them")
    form = PlanForm(version=found.version, **{name: getattr(found, name) for name in fields})
    del form.participant_id
    warning = _("This plan is agreed. After a change, it must be agreed again with the person and the guardian.")
    return form_page(
        form,
        lambda: actions.change(submitted(form), found.id, form.text()),
        page_of(found),
        "casework/safety_plans/write.html",
        **_act(PlanAt(case, found), _("Change the safety plan"), _("Save the draft")),
        warning=warning if found.state is PlanState.AGREED else None,
    )


act_page(
    blueprint,
    f"{PLAN}/agree",
    "agree",
    Permission.CASE_WORK,
    load=_loaded,
    form=lambda at: AgreeForm(version=at.plan.version, agreed_on=today_at(at.case.school_id, clock.now())),
    act=lambda call, at, form: actions.agree(
        call, at.plan.id, form.agreed_on.data, GuardianTold(form.guardian.data), form.guardian_name.data
    ),
    done=lambda at: page_of(at.plan),
    words=lambda at: _act(
        at,
        _("The safety plan is agreed"),
        _("Save the agreement to the plan"),
        facts=[
            *calling(filter(None, [at.plan.participant.student])).all_lines(),
            _("Then print the sheet for the adults. The plan is reviewed again in five school days."),
        ],
    ),
)


@blueprint.route(f"{PLAN}/review", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def review(case_id: int, plan_id: int) -> Page:
    """Record what a review found."""
    at = _loaded(current_actor(), case_id, plan_id)
    form = PlanReviewForm(version=at.plan.version)
    return form_page(
        form,
        lambda: actions.review(submitted(form), at.plan.id, PlanAnswer(form.answer.data), form.note.data or ""),
        lambda _id: _after_review(at.plan, form.answer.data),
        "casework/safety_plans/review.html",
        **_act(
            at,
            _("Review the safety plan"),
            _("Save the review"),
            facts=[_("Ask the person it is for, and one of the adults.")],
            again=url_for("happened_again.in_case", case_id=case_id, person=at.plan.participant_id),
        ),
    )


def _after_review(found: SafetyPlan, answer: str) -> str:
    if answer == PlanAnswer.WORKS:
        return page_of(found)
    return url_for("safety.change", case_id=found.case_id, plan_id=found.id)


act_page(
    blueprint,
    f"{PLAN}/end",
    "end",
    Permission.CASE_WORK,
    load=_loaded,
    form=lambda at: EndPlanForm(version=at.plan.version),
    act=lambda call, at, form: actions.end(call, at.plan.id, form.why.data),
    done=lambda at: page_of(at.plan),
    words=lambda at: _act(at, _("End the safety plan"), _("End the plan")),
)


@blueprint.get(f"{PLAN}/sheet")
@gate(Permission.CASE_READ)
def sheet(case_id: int, plan_id: int) -> Page:
    """The one page for the adults who are told; no other student's name is on it."""
    case, found = _loaded(current_actor(), case_id, plan_id)
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


@blueprint.get("/follow-ups/<int:follow_up_id>/safety-plan")
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
    if row.kind == actions.TO_REVIEW:
        plans = [found for found in plans if found.next_review_on == row.original_due_on] or plans
    else:
        plans = [found for found in plans if found.state is PlanState.DRAFT]
    entry = row.incident_person_id
    person = next((p.id for p in participants_of(case.id) if entry and p.incident_person_id == entry), None)
    wanted = next((found for found in plans if found.participant_id == person), None)
    chosen = wanted or (plans[0] if plans else None)
    to = page_of(chosen) if chosen else new_address(case, person)
    return redirect(to or url_for("casework.case", case_id=case.id), 303)


ROOM = Room(pages=(blueprint,))
