"""Acts that every pathway has, one page each. Casework holds the pathway's own page and the pages that end it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from wtforms import DateField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.act_pages import act_form, act_page, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import get_case, participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio, select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.plausible import day_in
from wss_cases.foundation.school_time import at_local, today_at
from wss_cases.journal.rooms import Room
from wss_cases.pathways.common import actions, queries, rules
from wss_cases.pathways.common.queries import get_pathway, team_of
from wss_cases.pathways.common.rules import EndReason, Pathway, outcomes_for
from wss_cases.routing.engine.pages import Kind, Person
from wss_cases.routing.engine.pages import Pathway as Family

DAY = _l("Choose a day.")


def number(text: Any) -> int | None:
    """The id in a select field; None for its empty choice."""
    digits = str(text or "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def moment_in(form: BaseForm, zone: str) -> datetime:
    """The instant that a form's day and time mean at a school."""
    return at_local(form["day"].data, form["time"].data.hour, form["time"].data.minute, zone)


def people_choices(people: Mapping[int, Any], empty: Any = None) -> list[Any]:
    """People as choices of a select, after an empty choice if `empty` gives its label."""
    pairs = [(str(key), words) for key, words in people.items()]
    return choices([("", empty), *pairs] if empty is not None else pairs)


class AddForm(BaseForm):
    kind = select(_l("Kind"), list(Kind.labels().items()), validators=[InputRequired(_l("Choose one of the kinds."))])
    for_whom = radio(_l("Who it is for"), Person.labels(), _l("Enter who it is for."))
    participant_id = SelectField(_l("For one person"), validators=[Optional()])
    start_by = DateField(_l("Start by"), validators=[Optional()])
    owner_id = SelectField(_l("Lead person"), validators=[Optional()])


class OfferForm(BaseForm):
    """Who invited the person, and when."""

    by = SelectField(_l("Who made the offer"), validators=[InputRequired(_l("Choose who made the offer."))])
    on = DateField(_l("On which day"), validators=[InputRequired(DAY)])


class DayForm(BaseForm):
    """The day of an event."""

    on = DateField(_l("On which day"), validators=[InputRequired(DAY)])


class PlanForm(BaseForm):
    next_step = ShortText(_l("Next step"), [NotBlank(_l("Write the next step."))])
    next_step_on = DateField(_l("When"), validators=[InputRequired(DAY)])
    expected_end = DateField(_l("Expected end"), validators=[Optional()])
    owner = SelectField(_l("Lead person"), validators=[Optional()])


class CompleteForm(BaseForm):
    outcome = RadioField(_l("Outcome"), validators=[InputRequired(_l("Choose the outcome."))])
    note = LongText(_l("Note"), description=_l("Facts only; never what was said in a circle."))


BY_HAND = {reason: words for reason, words in EndReason.labels().items() if reason is not EndReason.NAMED_IN_ERROR}
"""The reasons that staff can choose. "Named in error" is set only by taking a person out of the report."""


class EndForm(BaseForm):
    """Why the pathway ends early."""

    reason = radio(_l("Reason it is ending"), BY_HAND, _l("Choose the reason it is ending."))
    note = LongText(_l("Note"), description=_l("Facts only; never what was said in a circle."))


class ConfirmForm(BaseForm):
    """An act without a question."""


blueprint = Blueprint("pathway_acts", __name__, url_prefix="/cases/<int:case_id>/pathways")

ACT = "layouts/act.html"
OWN_START: dict[str, str] = {Family.REENGAGEMENT: "reengagement.back"}
OWN_COMPLETION: dict[str, str] = {
    Family.REENGAGEMENT: "reengagement.complete",
    Family.MENTORING: "mentoring.finish",
    Family.WRAPAROUND: "referrals.complete",
    Family.CIRCLE: "agreements.complete",
}
"""The endpoint that records the act for families with a page of their own."""


def kind_words(pathway: Pathway) -> str:
    """The kind of a pathway in the reader's language."""
    return str(Kind(pathway.kind).label) if pathway.kind in set(Kind) else pathway.kind


def page_of(pathway: Pathway) -> str:
    return url_for("pathways.pathway", case_id=pathway.case_id, pathway_id=pathway.id)


def act_context(pathway: Pathway, title: str, go_words: str, **more: Any) -> dict[str, Any]:
    """The template values of an act on a pathway, beside its form."""
    return {
        "case": pathway.case,
        "title": title,
        "lede": kind_words(pathway),
        "go_words": go_words,
        "back_href": page_of(pathway),
        **more,
    }


def act_on(
    row: Pathway, form: BaseForm, act: Callable[[Invocation], Any], words: dict[str, Any], template: str = ACT
) -> Page:
    """The page of an act on a pathway (`words`: its `act_context`). After the act, redirect to the pathway's page."""
    return act_form(form, act, page_of(row), words, template)


def asked_day(today: date, back: timedelta, ahead: timedelta = timedelta(0)) -> date:
    """The day in the address (`day`); today without one, or when it lies outside `back` and `ahead`."""
    try:
        day = day_in(request.args.get("day", ""))
    except ValueError:
        return today
    return day if -back <= day - today <= ahead else today


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def add(case_id: int) -> Page:
    case: Case = get_case(current_actor(), case_id)
    form = AddForm(owner_id=str(case.lead_id or ""))
    form.participant_id.choices = people_choices(
        {person.id: person_words(person) for person in participants_of(case.id)}, _("No one in particular")
    )
    form.owner_id.choices = people_choices(
        team_of(case.school_id, today_at(case.school_id, clock.now())), _("The case's coordinator")
    )
    return form_page(
        form,
        lambda: actions.add(
            submitted(form),
            case_id,
            kind=form.kind.data,
            for_whom=form.for_whom.data,
            participant_id=number(form.participant_id.data),
            start_by=form.start_by.data,
            owner_id=number(form.owner_id.data),
        ),
        lambda pathway_id: url_for("pathways.pathway", case_id=case_id, pathway_id=pathway_id),
        ACT,
        case=case,
        title=_("Add a circle or support"),
        go_words=_("Add it"),
    )


@blueprint.route("/<int:pathway_id>/offer", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def offer(case_id: int, pathway_id: int) -> Page:
    """Record who invited the person, and when."""
    actor = current_actor()
    row = get_pathway(actor, case_id, pathway_id)
    today = today_at(row.school_id, clock.now())
    form = OfferForm(version=row.version, by=str(actor.user_id), on=today)
    form.by.choices = people_choices(team_of(row.school_id, today))
    words = act_context(row, _("Record the offer"), _("Save the offer"))
    return act_on(row, form, lambda call: actions.offer(call, row.id, number(form.by.data) or 0, form.on.data), words)


act_page(
    blueprint,
    "/<int:pathway_id>/accept",
    "accept",
    Permission.CASE_WORK,
    load=get_pathway,
    form=lambda row: DayForm(version=row.version, on=today_at(row.school_id, clock.now())),
    act=lambda call, row, form: actions.accept(call, row.id, form.on.data),
    done=page_of,
    words=lambda row: act_context(row, _("The offer was accepted"), _("Save the answer")),
)


@blueprint.route("/<int:pathway_id>/start", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def start(case_id: int, pathway_id: int) -> Page:
    row = get_pathway(current_actor(), case_id, pathway_id)
    if row.pathway in OWN_START:
        return redirect(url_for(OWN_START[row.pathway], case_id=case_id, pathway_id=row.id), 303)
    form = DayForm(version=row.version, on=today_at(row.school_id, clock.now()))
    words = act_context(row, _("Record the start"), _("Save the start"))
    return act_on(row, form, lambda call: actions.start(call, row.id, form.on.data), words)


@blueprint.route("/<int:pathway_id>/plan", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def plan(case_id: int, pathway_id: int) -> Page:
    row = get_pathway(current_actor(), case_id, pathway_id)
    form = PlanForm(obj=row, owner=str(row.owner_id or ""))
    form.owner.choices = people_choices(
        team_of(row.school_id, today_at(row.school_id, clock.now()), row.kind), _("No one yet")
    )
    return form_page(
        form,
        lambda: actions.plan(
            submitted(form),
            row.id,
            next_step=form.next_step.data,
            next_step_on=form.next_step_on.data,
            expected_end=form.expected_end.data,
            owner_id=number(form.owner.data),
        ),
        page_of(row),
        ACT,
        **act_context(row, _("Set the next step"), _("Save the next step")),
    )


@blueprint.route("/<int:pathway_id>/complete", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def complete(case_id: int, pathway_id: int) -> Page:
    row = get_pathway(current_actor(), case_id, pathway_id)
    if row.pathway in OWN_COMPLETION:
        return redirect(url_for(OWN_COMPLETION[row.pathway], case_id=case_id, pathway_id=row.id), 303)
    form = CompleteForm(version=row.version)
    form.outcome.choices = choices(list(outcomes_for(row.pathway).items()))
    words = act_context(row, _("Complete it with its outcome"), _("Complete"))
    return act_on(row, form, lambda call: actions.complete(call, row.id, form.outcome.data, form.note.data), words)


ROOM = Room(
    pages=(blueprint,),
    sentences=rules.SENTENCES,
    loaders={"pathway": queries.load_pathway},
    exemptions={"case_record": (queries.keeps_case,)},
)
