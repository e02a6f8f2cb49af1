"""What a reviewer does from a report's page: choose otherwise, check facts, ask, take no action, merge."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Stale
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.intake.decision.actions import decide, record_conversation
from wss_cases.intake.recommendation.queries import situation
from wss_cases.intake.review import actions
from wss_cases.intake.review import presenters as words
from wss_cases.intake.review.forms import DuplicateForm, FactsForm, NoActionForm, OtherwiseForm, QuestionForm
from wss_cases.intake.review.views import after_decision, decided_first, reviewed, tile_words
from wss_cases.pathways.conversations.forms import LogForm
from wss_cases.pathways.conversations.views import LOG, USUAL, repair_days
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("review_acts", __name__, url_prefix="/review/<int:incident_id>")

YES_NO = {"yes": True, "no": False}


def _act(
    found: Incident,
    form: Any,
    act: Callable[[], Any],
    yours: str,
    heading: str,
    go: str,
    *,
    done: str | Callable[[Any], str] | None = None,
    template: str = "intake/review/acts/act.html",
    **context: Any,
) -> Page:
    """Show one act's form; the loser of two editors is told what happened instead."""
    page = url_for("review.incident", incident_id=found.id)
    shown = {
        "title": heading,
        "lede": f"{found.reference} · {tile_words(found.tile)}",
        "crumbs": [(_("Review"), url_for("review.queue")), (found.reference, page), (heading, None)],
        "back_href": page,
        "go_words": go,
    }
    try:
        return form_page(form, act, done or page, template, **shown, **context)
    except Stale:
        return decided_first(reviewed(current_actor(), found.id), yours)


@blueprint.route("/otherwise", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def otherwise(incident_id: int) -> Page:
    """Choose otherwise: keep some items, add another, with one reason; holds are honoured, duties stay."""
    actor = current_actor()
    found, scene = reviewed(actor, incident_id), situation(incident_id)
    plan = words.plan_words(scene)
    form = OtherwiseForm(version=found.version)
    form.keep.choices = choices([(item["key"], f"{item['kind']}, {item['whom']}") for item in plan["pathways"]])
    form.added.choices = choices([("", _("Nothing")), *words.addable(scene)])
    if not form.is_submitted():
        form.keep.data = [item["key"] for item in plan["pathways"]]
    return _act(
        found,
        form,
        lambda: decide(submitted(form), incident_id, form.choice()),
        form.reason_text.data or "",
        _("Choose otherwise"),
        _("Decide this way"),
        done=after_decision,
        template="intake/review/acts/otherwise.html",
        plan=plan,
        held=words.held_kinds(scene.plan),
    )


@blueprint.route("/facts", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def facts(incident_id: int) -> Page:
    """Say what only a reviewer says: verified, danger that cannot be de-escalated, mutual harm."""
    actor = current_actor()
    found = reviewed(actor, incident_id)
    form = FactsForm(version=found.version, verified=found.facts.get("verified", "unknown"))
    return _act(
        found,
        form,
        lambda: actions.check_facts(
            submitted(form),
            incident_id,
            verified=form.verified.data,
            danger=YES_NO.get(form.danger.data),
            mutual=YES_NO.get(form.mutual.data),
        ),
        _("Check the facts"),
        _("Check the facts"),
        _("Save and look at the recommendation"),
        fields=["verified", "danger", "mutual"],
        intro=_("The recommendation and its duties follow what you say here."),
    )


@blueprint.route("/question", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def question(incident_id: int) -> Page:
    """Return the report to its reporter with a question."""
    actor = current_actor()
    found = reviewed(actor, incident_id)
    form = QuestionForm(version=found.version)
    return _act(
        found,
        form,
        lambda: actions.ask_reporter(submitted(form), incident_id, form.question.data),
        form.question.data or "",
        _("Ask the reporter"),
        _("Send the question"),
        done=url_for("review.queue"),
        fields=["question"],
        intro=_("The report comes back to the queue with the answer. Legal duties go on meanwhile."),
    )


@blueprint.route("/no-action", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def no_action(incident_id: int) -> Page:
    """Close the report without further action."""
    actor = current_actor()
    found = reviewed(actor, incident_id)
    form = NoActionForm(version=found.version)
    return _act(
        found,
        form,
        lambda: actions.take_no_action(submitted(form), incident_id, form.reason.data, form.note.data),
        form.note.data or "",
        _("No further action"),
        _("Close without action"),
        done=url_for("review.queue"),
        fields=["reason", "note"],
        intro=_("The reporter is told. Open legal duties stay open."),
    )


@blueprint.route("/duplicate", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def duplicate(incident_id: int) -> Page:
    """Merge the report into another one of the school."""
    actor = current_actor()
    found = reviewed(actor, incident_id)
    form = DuplicateForm(version=found.version)
    return _act(
        found,
        form,
        lambda: actions.merge_into(submitted(form), incident_id, form.reference.data),
        form.reference.data or "",
        _("It was reported twice"),
        _("Merge into that report"),
        done=lambda target: url_for("review.incident", incident_id=target),
        fields=["reference"],
        intro=_("People who are not in the other report yet join it, and it is routed again."),
    )


@blueprint.route("/conversation", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def conversation(incident_id: int) -> Page:
    """Record how the conversation of a report without a case went; the report closes."""
    actor = current_actor()
    found = reviewed(actor, incident_id)
    days, today = school_days(found.school_id), today_at(found.school_id, clock.now())
    form = LogForm(version=found.version, repair_on=days.add(today, USUAL))
    form.offer_days(repair_days(today, days))
    del form.held_on
    heading = _("Record the conversation")
    page = url_for("review.incident", incident_id=found.id)
    return _act(
        found,
        form,
        lambda: record_conversation(
            submitted(form),
            incident_id,
            form.outcome.data,
            form.note.data or "",
            repair=form.repair_text(),
            repair_on=form.repair_on.data,
        ),
        form.note.data or "",
        heading,
        _("Save it and close the report"),
        template=LOG,
        trail_rows=[(_("Review"), url_for("review.queue")), (found.reference, page), (heading, None)],
    )


@blueprint.post("/reopen")
@gate(Permission.INCIDENT_REVIEW)
def reopen(incident_id: int) -> Page:
    """Take a report that was closed without action, or merged, back into review."""
    form = BaseForm()
    found = reviewed(current_actor(), incident_id)
    try:
        actions.reopen_review(submitted(form), incident_id)
    except Stale:
        return decided_first(found, _("Back to review"))
    return redirect(url_for("review.incident", incident_id=incident_id), 303)
