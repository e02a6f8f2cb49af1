"""The district's requirements: what is in force, was, and is to come."""

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import period_words
from wss_cases.training.requirements import actions
from wss_cases.training.requirements.actions import Asked
from wss_cases.training.requirements.forms import EndRequirementForm, RequirementForm
from wss_cases.training.requirements.presenters import asked_words
from wss_cases.training.requirements.queries import every_requirement, get_requirement
from wss_cases.training.requirements.states import Shape
from wss_cases.training.topics import offered, topic_names

blueprint = Blueprint("training_requirements", __name__, url_prefix="/training/requirements")


@blueprint.get("")
@gate(Permission.TRAINING_EDIT)
def requirements() -> Page:
    """Every requirement, by topic."""
    require(current_actor(), Permission.TRAINING_EDIT, current_actor())
    names, today = topic_names(), today_at(None, clock.now())
    rows = [
        period_words(row, today)
        | {
            "title": names[row.topic],
            "asked": asked_words(row),
            "source": row.source,
            "confirmed": row.is_confirmed,
            "href": url_for(".end", requirement_id=row.id) if row.ends_on is None or row.ends_on >= today else None,
        }
        for row in every_requirement()
    ]
    return render_template("training/requirements/list.html", rows=rows)


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.TRAINING_EDIT)
def add() -> Page:
    """Add a requirement."""
    require(current_actor(), Permission.TRAINING_EDIT, current_actor())
    today = today_at(None, clock.now())
    form = RequirementForm(starts_on=today, confirmed="no")
    form.topic.choices = choices([("", _("Choose one")), *offered(today).items()])
    words = {"title": _("Add a requirement"), "go_words": _("Add the requirement")}
    return act_form(
        form,
        lambda call: actions.add_requirement(call, _asked(form), form.starts_on.data),
        url_for(".requirements"),
        words,
        "training/requirements/act.html",
    )


def _asked(form: RequirementForm) -> Asked:
    return Asked(
        topic=form.topic.data,
        shape=Shape(form.shape.data),
        role=Role(form.role.data) if form.role.data else None,
        months=form.months.data,
        minimum=form.minimum.data,
        source=form.source.data or "",
        is_confirmed=form.confirmed.data == "yes",
    )


@blueprint.route("/<int:requirement_id>/end", methods=["GET", "POST"])
@gate(Permission.TRAINING_EDIT)
def end(requirement_id: int) -> Page:
    """Say until when a requirement is in force."""
    row = get_requirement(requirement_id)
    require(current_actor(), Permission.TRAINING_EDIT, row)
    form = EndRequirementForm(ends_on=row.ends_on)
    words = {"title": _("End this requirement"), "go_words": _("Save the day")}
    words["fact"] = f"{topic_names()[row.topic]} · {asked_words(row)}"
    return act_form(
        form,
        lambda call: actions.end_requirement(call, row.id, form.ends_on.data),
        url_for(".requirements"),
        words,
        "training/requirements/act.html",
    )
