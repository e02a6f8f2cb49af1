"""What a reviewer does from a report's page: choose otherwise, check facts, ask, take no action, merge."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.intake.corrections.changes import add_named
from wss_cases.intake.decision.pages import decide, record_conversation
from wss_cases.intake.decision.rules import Added, why_not
from wss_cases.intake.duplicates.pages import merge_into
from wss_cases.intake.open_questions.models import QUESTIONS
from wss_cases.intake.open_questions.pages import TapForm, answer_fact
from wss_cases.intake.open_questions.queries import is_forgotten, is_question, must_answer
from wss_cases.intake.recommendation.queries import shown_to, situation
from wss_cases.intake.recommendation.rules import Plan
from wss_cases.intake.review import pages
from wss_cases.intake.review import presenters as words
from wss_cases.intake.review.pages import (
    PART,
    AcceptForm,
    DuplicateForm,
    FactsForm,
    NoActionForm,
    OtherwiseForm,
    QuestionForm,
    ReasonForm,
    after_decision,
    decided_first,
    parts_form,
    reviewed,
    show,
)
from wss_cases.journal.rooms import Room
from wss_cases.pathways.conversations.pages import LOG, USUAL, LogForm, repair_days
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.pages import Kind, Person

blueprint = Blueprint("review_acts", __name__, url_prefix="/review/<int:incident_id>")

VIOLENCE = "P9"
"""The rule whose items are for violence: never preselected for what was forgotten or a tool."""

INSTEAD = (Kind.CONVERSATION, Kind.FAMILY_SUPPORT)
YES_NO = {"yes": True, "no": False}


def _act(
    report: Incident,
    form: Any,
    act: Callable[[], Any],
    yours: str,
    title: Any,
    go: Any,
    *,
    done: Callable[[int], str] | None = None,
    template: str = "intake/review/acts/act.html",
    **context: Any,
) -> Page:
    """Show one act's form; the loser of two editors is told what happened instead, and what `yours` was."""
    page = url_for("review.incident", incident_id=report.id)
    crumbs = [(_("Review"), url_for("queue.page")), (report.reference, page), (title, None)]
    context |= {"title": title, "crumbs": crumbs, "trail_rows": crumbs, "back_href": page, "go_words": go}
    try:
        return form_page(
            form, act, done or page, template, lede=f"{report.reference} · {words.tile_words(report.tile)}", **context
        )
    except Stale:
        return decided_first(reviewed(current_actor(), report.id), yours)


def _plain_act(
    name: str,
    title: Any,
    go: Any,
    form_of: type[BaseForm],
    act: Callable[[Invocation, int, Any], int],
    *,
    yours: str = "",
    **shown: Any,
) -> None:
    """Declare the page of a plain act: `act` takes the call, the report's id and the form.

    `yours` names the field that says what the loser of two editors had decided; without it the title says so.
    """

    @gate(Permission.INCIDENT_REVIEW)
    def page(incident_id: int) -> Page:
        report = reviewed(current_actor(), incident_id)
        form = form_of(version=report.version, verified=report.facts.get("verified", "unknown"))
        decided = (form[yours].data or "") if yours else str(title)
        return _act(report, form, lambda: act(submitted(form), incident_id, form), decided, title, go, **shown)

    blueprint.add_url_rule(f"/{name.replace('_', '-')}", name, page, methods=["GET", "POST"])


def _to_queue(_report_id: int) -> str:
    return url_for("queue.page")


_plain_act(
    "facts",
    _l("Check the facts"),
    _l("Save and see the recommendation"),
    FactsForm,
    lambda call, report_id, form: pages.check_facts(
        call,
        report_id,
        verified=form.verified.data,
        danger=YES_NO.get(form.danger.data),
        mutual=YES_NO.get(form.mutual.data),
    ),
    fields=["verified", "danger", "mutual"],
    intro=_l("The recommendation and its legal duties follow from your answers here."),
)
_plain_act(
    "question",
    _l("Ask the reporter"),
    _l("Send the question"),
    QuestionForm,
    lambda call, report_id, form: pages.ask_reporter(call, report_id, form.question.data),
    yours="question",
    done=_to_queue,
    fields=["question"],
    intro=_l("The report comes back to the queue with the answer. Legal duties continue meanwhile."),
)
_plain_act(
    "no_action",
    _l("No further action"),
    _l("Close with no further action"),
    NoActionForm,
    lambda call, report_id, form: pages.take_no_action(call, report_id, form.reason.data, form.note.data),
    yours="note",
    done=_to_queue,
    fields=["reason", "note"],
    intro=_l("The reporter is told. Open legal duties stay open."),
)
_plain_act(
    "duplicate",
    _l("This is a duplicate report"),
    _l("Merge into that report"),
    DuplicateForm,
    lambda call, report_id, form: merge_into(call, report_id, form.reference.data),
    yours="reference",
    done=lambda target: url_for("review.incident", incident_id=target),
    fields=["reference"],
    intro=_l("People who are not in the other report yet are added to it, and it is routed again."),
)
_plain_act(
    "reopen",
    _l("Open it again"),
    _l("Back to review"),
    ReasonForm,
    lambda call, report_id, form: pages.reopen_review(call, report_id, form.reason.data),
    yours="reason",
    fields=["reason"],
    intro=_l("You decide it again. Whatever was already opened stays open and continues."),
)


@blueprint.route("/otherwise", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def otherwise(incident_id: int) -> Page:
    """Choose a different response: keep some items, add others, with one reason; holds are honoured, duties stay."""
    actor, full = current_actor(), situation(incident_id)
    report = reviewed(actor, incident_id)
    scene = shown_to(actor, report.school_id, full)
    unseen = {item.key for item in full.plan.items} - {item.key for item in scene.plan.items}
    plan = words.plan_words(scene)
    form = OtherwiseForm(version=report.version)
    form.keep.choices = choices([(item["key"], f"{item['kind']}, {item['whom']}") for item in plan["pathways"]])
    groups = words.addable(scene)
    form.added.choices = choices([(added.key, label) for _whom, kinds in groups for added, label in kinds])
    if not form.is_submitted():
        tool = is_forgotten(report)
        form.keep.data = [item["key"] for item in plan["pathways"] if not (tool and item["rules"] == VIOLENCE)]
        form.added.data = [one.key for one in _instead(scene.plan)] if tool else []
    return _act(
        report,
        form,
        lambda: decide(submitted(form), incident_id, form.choice(unseen)),
        form.reason_text.data or "",
        _("Choose a different response"),
        _("Choose this response"),
        done=after_decision,
        template="intake/review/acts/otherwise.html",
        plan=plan,
        held=words.held_kinds(scene.plan),
        groups=[
            (whom, [(one.key, label) for one, label in kinds if why_not(scene.plan, one) is None])
            for whom, kinds in groups
        ],
    )


def _instead(plan: Plan) -> list[Added]:
    """Return what is offered to who forgot a tool: a conversation, and support of the family."""
    there = {(item.kind, item.person_id) for item in plan.items}
    whose = sorted(plan.caused, key=lambda number: number or 0)
    offered = [Added(kind, Person.CAUSED_HARM, number) for number in whose for kind in INSTEAD]
    return [one for one in offered if (one.kind, one.person_id) not in there and why_not(plan, one) is None]


@blueprint.route("/parts", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def parts(incident_id: int) -> Page:
    """Say who is reported to have caused harm, and who was harmed."""
    report = reviewed(current_actor(), incident_id)
    form = parts_form(report.people, report.version)
    title = _("Who caused harm, and who was harmed?")
    return _act(
        report,
        form,
        lambda: pages.set_parts(submitted(form), incident_id, form.roles()),
        title,
        title,
        _("Save and see the recommendation"),
        template="intake/review/acts/parts.html",
        fields=[name for name in form._fields if name.startswith(PART)],
        intro=_("A person whose role is not known counts as neither. You can change this until the report is decided."),
    )


@blueprint.route("/conversation", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def conversation(incident_id: int) -> Page:
    """Record how the conversation of a report without a case went; the report closes."""
    report = reviewed(current_actor(), incident_id)
    days, today = school_days(report.school_id), today_at(report.school_id, clock.now())
    form = LogForm(version=report.version, held_on=today, repair_on=days.add(today, USUAL))
    form.repair_on.quick = repair_days(today, days)
    note = form.note.data or ""

    def act() -> int:
        return record_conversation(
            submitted(form),
            incident_id,
            form.outcome.data,
            note,
            held_on=form.held_on.data,
            repair=form.repair_text(),
            repair_on=form.repair_on.data,
        )

    return _act(report, form, act, note, _("Record the conversation"), _("Save it and close the report"), template=LOG)


@blueprint.post("/add")
@gate(Permission.INCIDENT_REVIEW)
def add(incident_id: int) -> Page:
    """Add one thing that routing names since the facts were corrected."""
    report = reviewed(current_actor(), incident_id)
    add_named(submitted(BaseForm()), report.id, request.form.get("named", ""))
    return redirect(url_for("review.incident", incident_id=report.id), 303)


@blueprint.post("/questions/<fact>")
@gate(Permission.INCIDENT_REVIEW)
def answer(incident_id: int, fact: str) -> Page:
    """Answer one open question by a tap, and go on to the next one."""
    actor, now = current_actor(), clock.now()
    report, form = reviewed(actor, incident_id), TapForm()
    if not is_question(fact):
        raise NotFound
    whom = form.whom.data or ""
    try:
        if not form.validate():
            raise Refused("whom" if form.whom.errors else "answer", next(iter(form.errors.values()))[0])
        call = Invocation(actor, now, form.request_key.data)
        answer_fact(call, report.id, fact, form.answer.data or "", whom, form.seconds(report.id, now))
    except Refused as refusal:
        form = AcceptForm(formdata=None, version=report.version)
        return show(reviewed(actor, report.id), form, 400, (fact, refusal.field, refusal.message, whom))
    except Stale:
        return decided_first(reviewed(actor, report.id), str(QUESTIONS[fact]))
    try:
        report = reviewed(actor, incident_id)
    except NotFound:  # who may know of it follows from the answer
        return redirect(url_for("queue.page"), 303)
    now_known = situation(report.id)
    left = must_answer(now_known.plan, report, now_known.people)
    page = url_for("review.incident", incident_id=report.id, _anchor=f"question-{left[0]}" if left else "recommended")
    return redirect(page, 303)


ROOM = Room(pages=(blueprint,))
