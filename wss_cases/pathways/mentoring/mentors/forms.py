"""The forms of mentors and their groups."""

from typing import Any

from wtforms import BooleanField, DateField, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.mentoring.plan.states import LARGEST_CAPACITY, MentorKind


def number_or_none(label: Any, least: int, most: int, required: bool = False) -> IntegerField:
    """Return a field for a whole number between two others, optional unless `required`."""
    words = _l("Write a number from %(least)d to %(most)d.", least=least, most=most)
    first = InputRequired(words) if required else Optional()
    return IntegerField(label, validators=[first, NumberRange(least, most, words)])


class MentorForm(BaseForm):
    """What a school knows of a mentor."""

    kind = radio(_l("Where do they come from?"), MentorKind.labels(), _l("Enter where the mentor comes from."))
    user_id = SelectField(
        _l("Staff member"), validators=[Optional()], description=_l("They can then log their sessions themselves.")
    )
    name = ShortText(_l("Name, if they come from a partner"), [Optional()])
    organisation = ShortText(_l("Partner organization"), [Optional()])
    capacity = number_or_none(_l("How many students at a time"), 0, LARGEST_CAPACITY, required=True)
    languages = SelectMultipleField(_l("Languages"), validators=[Optional()])
    strengths = ShortText(
        _l("Strengths"), [Optional()], limit=300, description=_l("For example: reading, soccer, experience with grief.")
    )
    trained_on = DateField(_l("Trained on"), validators=[Optional()])


class GroupForm(BaseForm):
    """A group with its mentor."""

    name = ShortText(_l("Name of the group"), [NotBlank(_l("Write the group’s name."))], limit=120)
    mentor = SelectField(_l("Mentor"), validators=[InputRequired(_l("Choose the mentor."))])
    capacity = number_or_none(_l("How many students"), 2, LARGEST_CAPACITY, required=True)


class ChangeGroupForm(GroupForm):
    """A group that stands already."""

    is_active = BooleanField(_l("The group meets"))


class EndMentorForm(BaseForm):
    """Ending a mentor, with or without students."""

    rematch = BooleanField(_l("These students get a new mentor; their cases say so"))
