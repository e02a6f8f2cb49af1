"""The district's list of training topics."""

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import in_language
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import period_words
from wss_cases.training.topics import actions
from wss_cases.training.topics.forms import ChangeTopicForm, TopicForm
from wss_cases.training.topics.queries import every_topic, get_topic

blueprint = Blueprint("training_topics", __name__, url_prefix="/training/topics")


@blueprint.get("")
@gate(Permission.TRAINING_EDIT)
def topics() -> Page:
    """Every topic, by name."""
    require(current_actor(), Permission.TRAINING_EDIT, current_actor())
    today = today_at(None, clock.now())
    rows = [
        period_words(row, today) | {"name": str(in_language(row, "name")), "href": url_for(".change", code=row.code)}
        for row in every_topic()
    ]
    return render_template("training/topics/list.html", rows=sorted(rows, key=lambda row: row["name"].casefold()))


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.TRAINING_EDIT)
def add() -> Page:
    """Add a topic."""
    require(current_actor(), Permission.TRAINING_EDIT, current_actor())
    form = TopicForm()
    words = {"title": _("Add a topic"), "go_words": _("Add the topic")}
    return act_form(
        form,
        lambda call: actions.add_topic(call, form.name_en.data or "", form.name_es.data or ""),
        url_for(".topics"),
        words,
        "training/topics/act.html",
    )


@blueprint.route("/<code>", methods=["GET", "POST"])
@gate(Permission.TRAINING_EDIT)
def change(code: str) -> Page:
    """Rename a topic, or say until when it is offered."""
    row = get_topic(code)
    require(current_actor(), Permission.TRAINING_EDIT, row)
    form = ChangeTopicForm(name_en=row.name_en, name_es=row.name_es, ends_on=row.ends_on, version=row.version)
    words = {"title": _("Change the topic"), "go_words": _("Save change")}
    return act_form(
        form,
        lambda call: actions.change_topic(
            call, row.id, form.name_en.data or "", form.name_es.data or "", form.ends_on.data
        ),
        url_for(".topics"),
        words,
        "training/topics/act.html",
    )
