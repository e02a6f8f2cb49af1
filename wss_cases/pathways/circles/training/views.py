"""Pages of a school's administrator: who was trained in what, and what the school decides about its circles."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.forms import EndTrainingForm, SettingForm, TrainingForm
from wss_cases.pathways.circles.circle.models import KeeperTraining
from wss_cases.pathways.circles.circle.rules import in_force
from wss_cases.pathways.circles.circle.states import TrainingKind
from wss_cases.pathways.circles.training import actions
from wss_cases.pathways.circles.training.queries import get_training, keepers_at, names_of, setting_of, trainings_at
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.queries import team_of

blueprint = Blueprint("circle_training", __name__, url_prefix="/circles")

SOON = timedelta(days=60)
"""A training that runs out within this time is marked."""


def own_school(actor: Actor) -> int:
    """Return the school whose register is shown. Raises NotFound where the actor administers none."""
    return existing(chosen_school_id(actor, Role.ADMINISTRATOR))


@blueprint.get("/training")
@gate(Permission.CIRCLE_SETTINGS)
def training() -> Page:
    """Who of the school was trained in what, and what runs out."""
    school_id = own_school(current_actor())
    today = today_at(school_id, clock.now())
    at, team = keepers_at(school_id, today), team_of(school_id, today)
    keepers = {*at.coordinators, *at.staff}
    on_record = trainings_at(school_id, team)
    people = team | names_of({row.user_id for row in on_record} - team.keys())
    setting = setting_of(school_id)
    return render_template(
        "pathways/circles/training/training.html",
        people=[
            _person(key, name, [row for row in on_record if row.user_id == key], key in keepers, (school_id, today))
            for key, name in sorted(people.items(), key=lambda item: item[1])
        ],
        guardians=setting is not None and setting.guardian_consent,
    )


def _person(user_id: int, name: str, rows: list[KeeperTraining], may: bool, here: tuple[int, date]) -> dict[str, Any]:
    school_id, today = here
    trained = any(row.kind is TrainingKind.CIRCLE_KEEPING and in_force(row, today) for row in rows)
    tag, tone = "", "slate"
    if may:
        tag, tone = (_("May keep circles"), "moss") if trained else (_("No training in force"), "slate")
    return {
        "id": user_id,
        "name": name,
        "tag": tag,
        "tone": tone,
        "rows": [_row(row, school_id, today) for row in rows],
    }


def _row(row: KeeperTraining, school_id: int, today: date) -> dict[str, Any]:
    until = row.valid_until
    if until is None:
        validity, tag = _("does not expire"), ""
    elif until < today:
        validity, tag = _("expired on %(day)s", day=day_words_with_year(until)), _("Expired")
    else:
        validity = _("valid until %(day)s", day=day_words_with_year(until))
        tag = _("Expires soon") if until <= today + SOON else ""
    completed = _("completed %(day)s", day=day_words_with_year(row.completed_on))
    return {
        "href": url_for("circle_training.end", training_id=row.id) if row.school_id == school_id else None,
        "title": str(TrainingKind(row.kind).label),
        "meta": dotted(completed, row.provider, validity),
        "tag": tag,
        "tone": "brick" if until is not None and until < today else "sun",
    }


@blueprint.route("/training/new", methods=["GET", "POST"])
@gate(Permission.CIRCLE_SETTINGS)
def record() -> Page:
    """Put a training on record."""
    school_id = own_school(current_actor())
    form = TrainingForm(kind=TrainingKind.CIRCLE_KEEPING.value)
    form.user.choices = people_choices(
        actions.staff_of(school_id, today_at(school_id, clock.now())), _("Choose a person")
    )
    words = {"title": _("Record a training"), "go_words": _("Save the training")}
    return _page(
        form,
        lambda call: actions.record_training(
            call,
            school_id,
            user_id=number(form.user.data) or 0,
            kind=TrainingKind(form.kind.data),
            provider=form.provider.data or "",
            completed_on=form.completed_on.data,
            valid_until=form.valid_until.data,
        ),
        words,
    )


@blueprint.route("/training/<int:training_id>", methods=["GET", "POST"])
@gate(Permission.CIRCLE_SETTINGS)
def end(training_id: int) -> Page:
    """Say until when a training counts."""
    its_training = get_training(current_actor(), training_id)
    name = names_of({its_training.user_id}).get(its_training.user_id, "")
    form = EndTrainingForm(valid_until=its_training.valid_until)
    facts = [f"{name} · {its_training.kind.label}"]
    words = {"title": _("Valid until"), "go_words": _("Save the day"), "facts": facts}
    return _page(form, lambda call: actions.end_training(call, training_id, form.valid_until.data), words)


@blueprint.route("/setting", methods=["GET", "POST"])
@gate(Permission.CIRCLE_SETTINGS)
def setting() -> Page:
    """Decide what the school asks of its circles."""
    school_id = own_school(current_actor())
    known = setting_of(school_id)
    form = SettingForm(
        guardian_consent=known is not None and known.guardian_consent, version=known.version if known else ""
    )
    words = {"title": _("Circles at this school"), "go_words": _("Save the setting")}
    return _page(form, lambda call: actions.save_setting(call, school_id, bool(form.guardian_consent.data)), words)


def _page(form: BaseForm, act: Callable[[Invocation], int], words: dict[str, Any]) -> Page:
    return act_form(form, act, url_for("circle_training.training"), words, "pathways/circles/training/school_act.html")
