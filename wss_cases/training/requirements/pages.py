"""Keeping the district's requirements: add one from a day on, end one; what was in force before does not change."""

from collections.abc import Mapping
from typing import Any

from flask import render_template, url_for
from sqlalchemy import or_, select
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import STAFF, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.foundation import clock
from wss_cases.foundation.db import by_id
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import PICK, PlainForm, ShortText, choice_field, choices, needs, pick, radio
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.acts import Pages
from wss_cases.journal.dated_settings import FURTHEST, period_words
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.training.requirements.models import (
    MOST_MONTHS,
    MOST_PEOPLE,
    SENTENCES,
    Minimum,
    Shape,
    Standing,
    TrainingRequirement,
    every_requirement,
)
from wss_cases.training.topics import names_in_both, offered, topic_names

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


pages = Pages(
    "training_requirements", __name__, url_prefix="/training/requirements",
    trail=lambda _row: [(_("Trainings"), url_for("trainings.school")), (_("Requirements"), url_for(".requirements"))],
)  # fmt: skip
EDIT = Permission.TRAINING_EDIT


@pages.get("")
@gate(EDIT)
def requirements() -> Page:
    """Every requirement, by topic."""
    require(current_actor(), EDIT, current_actor())
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


class RequirementForm(PlainForm):
    """A new requirement: of every person with a role, or of each school."""

    topic = choice_field(_l("Training"), validators=[InputRequired(_l("Choose the training."))])
    shape = radio(_l("What is required"), Shape, _l("Choose what is required."))
    role = pick(
        _l("Role"), {role.value: words for role, words in ROLE_LABELS.items() if role in STAFF},
        description=_l("Only for a requirement of every person."),
    )  # fmt: skip
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
        _l("Answer whether it is confirmed."), default="no",
    )  # fmt: skip
    starts_on = DateField(
        _l("In force from"), [InputRequired(_l("Enter the first day."))], default=lambda: today_at(None, clock.now())
    )

    def fit(self, record: None) -> None:
        """Offer the topics of today."""
        self.topic.choices = choices([PICK, *offered(today_at(None, clock.now())).items()])

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that the answers belong to the shape."""
        if not super().validate(extra_validators):
            return False
        months, minimum = self.months.data, self.minimum.data
        if self.shape.data == Shape.SCHOOL_MINIMUM:
            wrong = _("Enter the people as a number from 1 to %(most)d.", most=MOST_PEOPLE)
            sound = needs(True, self.minimum, minimum is None or not 1 <= minimum <= MOST_PEOPLE, wrong)
            wrong = _("Leave role and months blank for a requirement of each school.")
            return needs(sound, self.role, bool(self.role.data) or months is not None, wrong)
        sound = needs(True, self.role, not self.role.data, _("Choose the role."))
        wrong = _("Enter the months as a number from 1 to %(most)d.", most=MOST_MONTHS)
        sound = needs(sound, self.months, months is None or not 1 <= months <= MOST_MONTHS, wrong)
        return needs(sound, self.minimum, minimum is not None, _("Leave this blank for a requirement of every person."))


@pages.act(
    "/new", None, RequirementForm, EDIT, endpoint="add",
    title=_l("Add a requirement"), button=_l("Add the requirement"), then=".requirements",
)  # fmt: skip
def add_requirement(uow: UnitOfWork, form: RequirementForm) -> int:
    """Put a requirement in force from a day on. Refused for a past day and beside another one of the same kind."""
    row = TrainingRequirement(
        topic=form.topic.data, shape=Shape(form.shape.data), role=Role(form.role.data) if form.role.data else None,
        months=form.months.data, minimum=form.minimum.data, source=form.source.data,
        is_confirmed=form.confirmed.data == "yes", starts_on=form.starts_on.data,
    )  # fmt: skip
    today = today_at(None, uow.now)
    if row.topic not in offered(max(row.starts_on, today)):
        raise Refused("topic", _("Choose the training."))
    if not today <= row.starts_on <= today + FURTHEST:
        raise Refused("starts_on", _("Choose today or a later day, at most two years ahead."))
    same = select(TrainingRequirement.id).where(
        TrainingRequirement.topic == row.topic,
        TrainingRequirement.shape == row.shape,
        TrainingRequirement.role.is_(None) if row.role is None else TrainingRequirement.role == row.role,
        or_(TrainingRequirement.ends_on.is_(None), TrainingRequirement.ends_on >= row.starts_on),
    )
    if uow.session.scalar(same) is not None:
        raise Refused("topic", _("There is already a requirement like this. End it first."))
    uow.record(row, "training_requirement.added", topic=names_in_both(row.topic))
    return row.id


class EndRequirementForm(PlainForm):
    """Until when a requirement is in force."""

    ends_on = DateField(_l("Last day"), [InputRequired(_l("Enter the last day."))])


@pages.act(
    "/<int:requirement_id>/end", TrainingRequirement, EndRequirementForm, EDIT, endpoint="end",
    title=_l("End this requirement"), button=_l("Save the day"), then=".requirements",
    start=lambda row: {"ends_on": row.ends_on},
    more=lambda row, _form: {"facts": [f"{topic_names()[row.topic]} · {asked_words(row)}"]},
)  # fmt: skip
def end_requirement(uow: UnitOfWork, row: TrainingRequirement, form: EndRequirementForm) -> None:
    """Set the last day of a requirement. Refused for a past day."""
    if form.ends_on.data < max(today_at(None, uow.now), row.starts_on):
        raise Refused("ends_on", _("Choose today or a later day."))
    row.ends_on = form.ends_on.data
    uow.record(row, "training_requirement.ended", day=row.ends_on.isoformat())


ROOM = Room(pages=(pages,), sentences=SENTENCES, loaders={"training_requirement": by_id(TrainingRequirement)})
