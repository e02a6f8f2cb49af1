"""Forms of accounts and signing in, and the school chosen in this browser's session."""

from collections.abc import Sequence

from flask import request, session
from wtforms import DateField, EmailField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.account import models
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.accounts.account.rules import LONGEST_ADDRESS, PASSWORD_MAXIMUM, is_address
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, check_characters, choices
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.ids import id_in
from wss_cases.journal.rooms import Room


def chosen_school_id(actor: Actor, *roles: Role) -> int | None:
    """The chosen school if one of these roles covers it, otherwise the first own one. None: all schools (a district
    role without a choice), or no school."""
    chosen = session.get("school_id")
    if isinstance(chosen, int) and actor.covers(chosen, *roles):
        return chosen
    own = sorted(actor.school_ids(*roles))
    return None if actor.everywhere(*roles) or not own else own[0]


def asked_school_id(actor: Actor, *roles: Role) -> int | None:
    """The school in the address, otherwise the chosen one. Raises NotFound if no such role covers it."""
    if "school" not in request.args:
        return chosen_school_id(actor, *roles)
    named = id_in(request.args["school"])
    if named is None or not actor.covers(named, *roles):
        raise NotFound
    return named


TOO_LONG = _l("Use at most %(max)d characters.")


def _password(label: object, autocomplete: str) -> PasswordField:
    return PasswordField(
        label,
        [NotBlank(_l("Enter a password.")), Length(max=PASSWORD_MAXIMUM, message=TOO_LONG)],
        render_kw={"autocomplete": autocomplete},
    )


class SignInForm(BaseForm):
    email = EmailField(
        _l("Email address"),
        [NotBlank(_l("Enter your email address.")), Length(max=LONGEST_ADDRESS, message=TOO_LONG), check_characters],
        render_kw={"autocomplete": "username"},
    )
    password = _password(_l("Password"), "current-password")


class NewPasswordForm(BaseForm):
    """A first or forgotten password, by the link of an invitation."""

    password = _password(_l("New password"), "new-password")


class ChangePasswordForm(BaseForm):
    old_password = _password(_l("Current password"), "current-password")
    new_password = _password(_l("New password"), "new-password")


def _code(label: object, message: object) -> StringField:
    return StringField(
        label,
        [NotBlank(message), Length(max=64, message=TOO_LONG), check_characters],
        render_kw={
            "autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false",
            "inputmode": "text",
        },
    )  # fmt: skip


class CodeForm(BaseForm):
    """A code from the app, or a recovery code."""

    code = _code(_l("Code"), _l("Enter the code."))


class EnrolForm(BaseForm):
    """The first code from an app, and the signed secret that the page showed."""

    signed = HiddenField()
    code = _code(_l("The six digits that the app shows"), _l("Enter the six digits."))


class ConfirmForm(BaseForm):
    password = _password(_l("Password"), "current-password")


class ConfirmWithCodeForm(ConfirmForm):
    code = _code(_l("Code"), _l("Enter the code."))


class ChangePasswordWithCodeForm(ChangePasswordForm):
    code = _code(_l("Code"), _l("Enter the code."))


class LanguageForm(BaseForm):
    locale = RadioField(_l("Language of pages and emails"), choices=choices([("en", "English"), ("es", "Español")]))


class NamesForm(BaseForm):
    """Whether lists show students' names or initials."""

    shown = RadioField(
        _l("Students in lists"), choices=choices([("names", _l("By name")), ("initials", _l("By initials"))])
    )


class RoleForm(BaseForm):
    """A role with its scope and dates."""

    role = RadioField(_l("Role"), choices=[], validators=[InputRequired(_l("Choose a role."))])
    school_id = SelectField(_l("School"), choices=[], validators=[Optional()])
    network = SelectField(_l("Network"), choices=[], validators=[Optional()])
    starts_on = DateField(_l("First day"), validators=[Optional()])
    ends_on = DateField(_l("Last day"), validators=[Optional()])

    def offer(self, roles: Sequence[Role], schools: list[tuple[int, str]], networks: Sequence[str] = ()) -> None:
        """Offer only what the manager may give."""
        if networks:
            self.network.choices = choices([("", _l("All schools")), *((name, name) for name in networks)])
        else:
            del self.network
        self.role.choices = choices([(role.value, ROLE_LABELS[role]) for role in roles])
        self.school_id.choices = choices([("", _l("Without a school")), *((str(key), name) for key, name in schools)])

    @property
    def chosen_school(self) -> int | None:
        return int(self.school_id.data) if self.school_id.data else None

    @property
    def chosen_network(self) -> str | None:
        """The chosen network, or None for all schools."""
        return (self.network.data or None) if "network" in self else None


def _sound_address(_form: BaseForm, field: EmailField) -> None:
    if not is_address(field.data or ""):
        raise ValidationError(_l("Enter an email address like name@school.org."))


def address_field(label: object) -> EmailField:
    return EmailField(
        label,
        [
            NotBlank(_l("Enter an email address.")),
            Length(max=LONGEST_ADDRESS, message=TOO_LONG),
            check_characters,
            _sound_address,
        ],
    )


class AddressForm(BaseForm):
    email = address_field(_l("New email address"))


class InviteForm(RoleForm):
    """A new person with a first role."""

    name = ShortText(_l("Name"), [NotBlank(_l("Enter the person’s name."))])
    email = address_field(_l("Email address"))


ROOM = Room(sentences=models.SENTENCES)
