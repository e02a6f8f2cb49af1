"""Keeping the district's requirements: add one from a day on, end one; what was in force before does not change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template, url_for
from sqlalchemy import or_, select
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import STAFF, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.foundation import clock
from wss_cases.foundation.db import by_id
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, ShortText, choices, radio
from wss_cases.foundation.forms import select as foundation_select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import FURTHEST, period_words
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.training.requirements import queries
from wss_cases.training.requirements.queries import (
    MOST_MONTHS,
    MOST_PEOPLE,
    Minimum,
    Shape,
    Standing,
    TrainingRequirement,
    every_requirement,
    get_requirement,
)
from wss_cases.training.topics import names_in_both, offered, topic_names

ROLES = [("", _l("Choose one")), *((role.value, ROLE_LABELS[role]) for role in ROLE_LABELS if role in STAFF)]


class RequirementForm(BaseForm):
    """A new requirement."""

    topic = foundation_select(_l("Training"), validators=[InputRequired(_l("Choose the training."))])
    shape = radio(_l("What is required"), Shape, _l("Choose what is required."))
    role = foundation_select(_l("Role"), ROLES, description=_l("Only for a requirement of every person."))
    months = IntegerField(
        _l("Months until it is due again"), [Optional()], description=_l("Only for a requirement of every person.")
    )
    minimum = IntegerField(
        _l("Trained people at each school"), [Optional()], description=_l("Only for a requirement of each school.")
    )
    source = ShortText(
        _l("Source"), [Optional()], limit=300, description=_l("The law, policy, or letter that says so.")
    )
    confirmed = radio(
        _l("Is it confirmed?"),
        {"yes": _l("Confirmed"), "no": _l("Needs legal review")},
        _l("Answer whether it is confirmed."),
    )
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])


class EndRequirementForm(BaseForm):
    """Until when a requirement is in force."""

    ends_on = DateField(_l("Last day"), [InputRequired(_l("Enter the last day."))])


@dataclass(frozen=True)
class Asked:
    """What a requirement asks: of a shape, its role and months, or its minimum."""

    topic: str
    shape: Shape
    role: Role | None
    months: int | None
    minimum: int | None
    source: str
    is_confirmed: bool


@use_case
def add_requirement(uow: UnitOfWork, asked: Asked, starts_on: date) -> int:
    """Put a requirement in force from a day on. Returns its id.

    Raises Refused for what its shape does not ask, for a past day, and beside another one of the same kind.
    """
    row = TrainingRequirement(starts_on=starts_on, ends_on=None, **vars(asked))
    require(uow.actor, Permission.TRAINING_EDIT, row)
    today = today_at(None, uow.now)
    if asked.topic not in offered(max(starts_on, today)):
        raise Refused("topic", _("Choose the training."))
    _check(asked)
    if not today <= starts_on <= today + FURTHEST:
        raise Refused("starts_on", _("Choose today or a later day, at most two years ahead."))
    same = select(TrainingRequirement.id).where(
        TrainingRequirement.topic == asked.topic,
        TrainingRequirement.shape == asked.shape,
        TrainingRequirement.role.is_(None) if asked.role is None else TrainingRequirement.role == asked.role,
        or_(TrainingRequirement.ends_on.is_(None), TrainingRequirement.ends_on >= starts_on),
    )
    if uow.session.scalar(same) is not None:
        raise Refused("topic", _("There is already a requirement like this. End it first."))
    uow.record(row, "training_requirement.added", topic=names_in_both(asked.topic))
    return row.id


def _check(asked: Asked) -> None:
    if asked.shape is Shape.EVERY_PERSON:
        if asked.role not in STAFF:
            raise Refused("role", _("Choose the role."))
        if asked.months is None or not 1 <= asked.months <= MOST_MONTHS:
            raise Refused("months", _("Enter the months as a number from 1 to %(most)d.", most=MOST_MONTHS))
        if asked.minimum is not None:
            raise Refused("minimum", _("Leave this blank for a requirement of every person."))
    else:
        if asked.minimum is None or not 1 <= asked.minimum <= MOST_PEOPLE:
            raise Refused("minimum", _("Enter the people as a number from 1 to %(most)d.", most=MOST_PEOPLE))
        if asked.role is not None or asked.months is not None:
            raise Refused("role", _("Leave role and months blank for a requirement of each school."))


@use_case
def end_requirement(uow: UnitOfWork, requirement_id: int, ends_on: date) -> int:
    """Say until when a requirement is in force. Returns its id. Raises Refused for a day that is past, NotFound."""
    row = uow.load(TrainingRequirement, requirement_id, Permission.TRAINING_EDIT)
    if ends_on < max(today_at(None, uow.now), row.starts_on):
        raise Refused("ends_on", _("Choose today or a later day."))
    row.ends_on = ends_on
    uow.record(row, "training_requirement.ended", day=ends_on.isoformat())
    return row.id


TONES = {Standing.NONE: "brick", Standing.OVERDUE: "brick", Standing.DUE: "sun", Standing.VALID: "moss"}


def asked_words(row: TrainingRequirement) -> str:
    """Return what a requirement asks, of whom."""
    if row.role is not None:
        months = row.months or 0
        return ngettext("%(role)s, every month", "%(role)s, every %(num)d months", months, role=ROLE_LABELS[row.role])
    return _("At least %(number)d trained people at each school", number=row.minimum or 0)


def minimum_words(one: Minimum, names: Mapping[str, str]) -> str:
    """Return how a school meets a minimum, e.g. "Keeping circles: 2 trained, at least 1 needed"."""
    return _(
        "%(topic)s: %(trained)d trained, at least %(minimum)d needed",
        topic=names[one.requirement.topic],
        trained=one.trained,
        minimum=one.requirement.minimum or 0,
    )


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
        lambda call: add_requirement(call, _asked(form), form.starts_on.data),
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
        lambda call: end_requirement(call, row.id, form.ends_on.data),
        url_for(".requirements"),
        words,
        "training/requirements/act.html",
    )


ROOM = Room(
    pages=(blueprint,),
    sentences=queries.SENTENCES,
    loaders={"training_requirement": by_id(queries.TrainingRequirement)},
)
