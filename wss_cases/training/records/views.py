"""Pages of whoever answers for a school's trainings: put one on record, and correct one that is."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import entry_rows
from wss_cases.training.records import actions
from wss_cases.training.records.forms import EndForm, RecordForm, TakeBackForm, minutes_of
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.records.presenters import row_of
from wss_cases.training.records.queries import get_record, names_of, school_asked, staff_of
from wss_cases.training.topics import offered, topic_names

blueprint = Blueprint("training_records", __name__, url_prefix="/training/records")


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def record() -> Page:
    """Put a training on record; a district actor who chose no school is asked for one first."""
    school_id = school_asked(current_actor(), request.args)
    if school_id is None:
        return redirect(url_for("trainings.schools"))
    today = today_at(school_id, clock.now())
    form = RecordForm()
    people = [(str(key), name) for key, name in staff_of(school_id, today).items()]
    form.user.choices = choices([("", _("Choose a person")), *people])
    form.topic.choices = choices([("", _("Choose one")), *offered(today).items()])
    words = {"title": _("Record a training"), "go_words": _("Save the training"), "school_id": school_id}
    return act_form(
        form,
        lambda call: actions.record_training(
            call,
            school_id,
            user_id=id_in(form.user.data) or 0,
            topic=form.topic.data,
            provider=form.provider.data or "",
            completed_on=form.completed_on.data,
            valid_until=form.valid_until.data,
            minutes=minutes_of(form.hours),
            certificate=form.certificate.data or "",
        ),
        with_flash(_("The training is on record."), url_for("trainings.school", school=school_id)),
        words,
        "training/records/act.html",
    )


@blueprint.get("/<int:training_id>")
@gate(Permission.TRAINING_MANAGE)
def training(training_id: int) -> Page:
    """One training on record, who entered and changed it, and the ways to correct it."""
    row = get_record(current_actor(), training_id)
    return render_template(
        "training/records/record.html",
        row=row,
        **_facts(row),
        entries=entry_rows(history("training_record", row.id), zone_of(row.school_id)),
    )


def _facts(row: TrainingRecord) -> dict[str, Any]:
    shown = row_of(row, topic_names(), today_at(row.school_id, clock.now()))
    return {"shown": shown, "name": names_of([row.user_id]).get(row.user_id, ""), "school_id": row.school_id}


@blueprint.route("/<int:training_id>/valid-until", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def end(training_id: int) -> Page:
    """Say until when a training counts."""
    row = get_record(current_actor(), training_id)
    form = EndForm(valid_until=row.valid_until)
    words = {"title": _("Valid until"), "go_words": _("Save the day"), **_facts(row)}
    done = url_for(".training", training_id=row.id)
    return act_form(
        form,
        lambda call: actions.end_training(call, row.id, form.valid_until.data),
        done,
        words | {"back_href": done},
        "training/records/act.html",
    )


@blueprint.route("/<int:training_id>/take-back", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def take_back(training_id: int) -> Page:
    """Take back a training that was entered in error; it stays on record."""
    row = get_record(current_actor(), training_id)
    form = TakeBackForm()
    words = {"title": _("Take back this training"), "go_words": _("Take it back"), **_facts(row)}
    words["fact"] = _("It stays on record with your reason and no longer counts.")
    done = url_for(".training", training_id=row.id)
    return act_form(
        form,
        lambda call: actions.take_back(call, row.id, form.reason.data or ""),
        done,
        words | {"back_href": done},
        "training/records/act.html",
    )
