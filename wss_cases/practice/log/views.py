"""Pages of the practice log: log, list, put right, take back."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import zone_of
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import author, sentence
from wss_cases.practice.log import actions
from wss_cases.practice.log.forms import PracticeForm
from wss_cases.practice.log.presenters import form_of, new_form, rows_of
from wss_cases.practice.log.queries import PAGE, entries, get_entry

blueprint = Blueprint("practice", __name__, url_prefix="/practice")
FORM = "practice/log/form.html"


def _school_id(actor: Actor) -> int:
    return existing(chosen_school_id(actor, *STAFF))


@blueprint.get("")
@gate(Permission.PRACTICE_LOG)
def entries_page() -> Page:
    """What was logged, the newest first: one's own, and the school's for its case team."""
    actor = current_actor()
    before = id_in(request.args.get("before"))
    found = entries(actor, _school_id(actor), before)
    older = url_for("practice.entries_page", before=found[PAGE - 1].id) if len(found) > PAGE else None
    first = url_for("practice.entries_page") if before else None
    return render_template("practice/log/list.html", rows=rows_of(found[:PAGE]), older=older, newer=first)


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.PRACTICE_LOG)
def new() -> Page:
    """Log what was held: a few taps, no typing."""
    actor = current_actor()
    school_id = _school_id(actor)
    form = new_form(actor, school_id, clock.now(), plan_id=id_in(request.args.get("plan")))
    done = with_flash(_("Logged. Thank you."), url_for("practice.entries_page"))
    return act_form(
        form, lambda call: actions.log_practice(call, school_id, form.held), done, words_of(_("Log a circle")), FORM
    )


def words_of(title: str, **more: Any) -> dict[str, Any]:
    """Return what stands beside the form."""
    back = {"back_href": url_for("practice.entries_page"), "go_words": _("Save")}
    return {"title": title, "entry": None, **back, **more}


@blueprint.route("/<int:practice_id>", methods=["GET", "POST"])
@gate(Permission.PRACTICE_WORK)
def entry(practice_id: int) -> Page:
    """One entry: put it right, and see who changed it."""
    actor = current_actor()
    row = get_entry(actor, practice_id)
    form: PracticeForm = form_of(row, actor, clock.now())
    zone = zone_of(row.school_id)
    told = [
        {"label": moment_words(one.at, zone), "value": f"{sentence(one)} · {author(one)}"}
        for one in history("practice_entry", row.id)
    ]
    words = words_of(rows_of([row])[0]["title"], entry=row, history=told)
    return act_form(
        form, lambda call: actions.correct(call, row.id, form.held), url_for("practice.entries_page"), words, FORM
    )


@blueprint.post("/<int:practice_id>/take-back")
@gate(Permission.PRACTICE_WORK)
def take_back(practice_id: int) -> Page:
    """Take an entry out of every total."""
    actor = current_actor()
    actions.take_back(Invocation(actor, clock.now()), get_entry(actor, practice_id).id)
    return redirect(url_for("practice.entries_page"), 303)
