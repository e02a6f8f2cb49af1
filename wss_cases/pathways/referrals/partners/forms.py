"""Forms of the partners' directory."""

from typing import Any

from wtforms import BooleanField, DateField, EmailField, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import Email, InputRequired, Length, Optional

from wss_cases.foundation.forms import AskingForm, BaseForm, NotBlank, ShortText, check_characters, choices, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.referrals.referral.states import PartnerRole, Service

GRADES = range(-1, 14)
NUMBER = _l("Write a whole number.")


class WholeNumber(IntegerField):
    """A whole number in digits, refused in our own words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was typed; ValueError with a plain message when it is no number."""
        typed = str(valuelist[0]).strip() if valuelist else ""
        if not typed:
            return
        if not (typed.removeprefix("-").isascii() and typed.removeprefix("-").isdigit()) or len(typed) > 9:
            raise ValueError(NUMBER)
        self.data = int(typed)


class EntryForm(BaseForm):
    """What the directory holds of a partner."""

    name = ShortText(_l("Name"), [NotBlank(_l("Write the partner’s name."))])
    services = SelectMultipleField(
        _l("What it offers"),
        choices=choices(list(Service.labels().items())),
        validators=[InputRequired(_l("Choose at least one kind of help."))],
    )
    roles = SelectMultipleField(
        _l("Role beside a school"), choices=choices(list(PartnerRole.labels().items())), validators=[Optional()]
    )
    languages = SelectMultipleField(_l("Languages spoken there"), validators=[Optional()])
    low_grade = SelectField(_l("From grade"), validators=[Optional()])
    high_grade = SelectField(_l("To grade"), validators=[Optional()])
    area = ShortText(_l("Area"), description=_l("Where families can reach it."))
    capacity = WholeNumber(
        _l("Places"), validators=[InputRequired(NUMBER)], description=_l("How many students it can take at once.")
    )
    agreement_from = DateField(_l("Agreement since"), validators=[Optional()])
    agreement_until = DateField(_l("Agreement until"), validators=[Optional()])
    contact_name = ShortText(_l("Who to call there"))
    phone = ShortText(_l("Phone"), limit=60)
    days_to_answer = WholeNumber(_l("School days to answer"), validators=[InputRequired(NUMBER)], default=5)
    days_to_first_service = WholeNumber(
        _l("School days from accepting to the first service"), validators=[InputRequired(NUMBER)], default=10
    )


class FilterForm(AskingForm):
    """What is asked of the directory."""

    q = ShortText(_l("Name"))
    service = select(_l("Kind of help"), [("", _l("Any")), *Service.labels().items()], validators=[Optional()])
    language = SelectField(_l("Language"), validators=[Optional()])
    grade = SelectField(_l("Grade"), validators=[Optional()])
    free = BooleanField(_l("Only with an open spot"))
    ended = BooleanField(_l("Inactive partners"))


class PersonForm(BaseForm):
    """A person who signs in for a partner."""

    name = ShortText(_l("Name"), [NotBlank(_l("Enter the person’s name."))])
    email = EmailField(
        _l("Email address"),
        [
            NotBlank(_l("Enter an email address.")),
            Length(max=254, message=_l("Use at most %(max)d characters.")),
            check_characters,
            Email(_l("Enter an email address like name@partner.org.")),
        ],
    )
