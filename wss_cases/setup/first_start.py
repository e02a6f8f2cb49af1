"""The first start: a token (WSS_SETUP_TOKEN, or one made at the start) opens the page that sets up the district."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from flask import Blueprint, render_template, request
from sqlalchemy import delete
from werkzeug.exceptions import TooManyRequests
from wtforms import TimeField
from wtforms.validators import InputRequired

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import Invitation, Setting, SignInAttempt
from wss_cases.accounts.account.pages import address_field
from wss_cases.accounts.account.rules import is_address
from wss_cases.accounts.credentials import invitation_token
from wss_cases.accounts.managed_accounts import has_begun
from wss_cases.accounts.people.pages import invited
from wss_cases.accounts.sign_in.sessions.actions import take_a_try
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, apply_refusal, choice_field, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import fold_address, token_digest
from wss_cases.foundation.keys import made_once
from wss_cases.foundation.pages import Page, link
from wss_cases.foundation.school_time import DEFAULT_ZONE, DISTRICT_NAME, DISTRICT_TIME_ZONE, time_zones
from wss_cases.foundation.settings import forget, setting
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.directory.rules import SCHOOL_HOURS

LONGEST_NAME = 200
PEOPLE = 2


@dataclass(frozen=True)
class Person:
    email: str
    name: str


@dataclass(frozen=True)
class FirstStart:
    district: str
    time_zone: str
    people: tuple[Person, ...]
    hours: tuple[time, time] | None = None
    """First and last bell of the schools; None for the standard hours."""


def name_of(email: str) -> str:
    """A name guessed from an email address: "ana.lopez@…" becomes "Ana Lopez"."""
    words = re.split(r"[._+-]+", email.strip().partition("@")[0])
    return " ".join(word[:1].upper() + word[1:] for word in words if word)


def refuse_unsound(start: FirstStart) -> None:
    """Raise Refused at the fields district, time_zone, last_bell, email_1 or email_2."""
    refuse_blank("district", start.district, _("Enter the name of the district."))
    if len(start.district) > LONGEST_NAME or not start.district.isprintable():
        raise Refused("district", _("Write the name in one line of at most %(n)d characters.", n=LONGEST_NAME))
    if start.time_zone not in time_zones():
        raise Refused(
            "time_zone", _("There is no time zone %(zone)s. Write one like America/Chicago.", zone=start.time_zone)
        )
    if start.hours is not None and start.hours[0] >= start.hours[1]:
        raise Refused("last_bell", _("The last bell must ring after the first one."))
    if len(start.people) != PEOPLE:
        raise Refused("email_2", _("Name exactly two administrators: two people start together."))
    for number, person in enumerate(start.people, 1):
        if not is_address(person.email.strip()):
            words = _("%(address)s is not an email address. Write one like name@school.org.", address=person.email)
            raise Refused(f"email_{number}", words)
    if len({fold_address(person.email) for person in start.people}) != PEOPLE:
        raise Refused("email_2", _("Enter two different addresses: each counts as one person."))


def made_token() -> str:
    """The token that opens the page; made and saved in the instance folder if there is none."""
    return setting("SETUP_TOKEN") or made_once(Path(setting("SETUP_TOKEN_FILE")))


def is_token(given: str) -> bool:
    """Whether this is the token, compared in constant time; False when no token exists."""
    known = setting("SETUP_TOKEN") or _kept()
    return hmac.compare_digest(given.encode(), known.encode()) and bool(known)


def _kept() -> str:
    try:
        return Path(setting("SETUP_TOKEN_FILE")).read_text(encoding="ascii").strip()
    except OSError:
        return ""


class SetupForm(BaseForm):
    """The district and its first two system administrators."""

    district = ShortText(_l("Name of the district"), [NotBlank(_l("Enter the name of the district."))])
    time_zone = choice_field(_l("Time zone"), default=DEFAULT_ZONE)
    first_bell = TimeField(_l("First bell"), [InputRequired(_l("Enter the time."))], default=time(8))
    last_bell = TimeField(_l("Last bell"), [InputRequired(_l("Enter the time."))], default=time(15))
    name_1 = ShortText(_l("Name of the first administrator"), [NotBlank(_l("Enter the person’s name."))])
    email_1 = address_field(_l("Email address of the first administrator"))
    name_2 = ShortText(_l("Name of the second administrator"), [NotBlank(_l("Enter the person’s name."))])
    email_2 = address_field(_l("Email address of the second administrator"))

    def offer_zones(self) -> None:
        """Offer all time zones, those of the United States first."""
        self.time_zone.choices = choices([(zone, zone.replace("_", " ")) for zone in time_zones()])


EVERYWHERE = "setup"
"""Counts wrong tokens from all addresses together."""


@dataclass(frozen=True)
class OneTimeLink:
    """A link where one of the two sets a password; the invitation email has the same link."""

    email: str
    url: str


def admit(given: str, address: str, now: datetime) -> bool:
    """Whether the token opens the page; False after too many wrong tokens, even for the right one.

    Raises NotFound for a wrong token, and for every token once an account exists.
    """
    if not given or has_begun():
        raise NotFound
    key = token_digest(f"{EVERYWHERE}:{address}")
    if not take_a_try(key, EVERYWHERE, now):
        return False
    with unit_of_work(SYSTEM, now) as uow:
        right = is_token(given)
        if right:
            uow.session.execute(delete(SignInAttempt).where(SignInAttempt.account_key == key))
            uow.no_audit()
        else:
            uow.audit("setup.refused", "setting", None)
    if not right:
        raise NotFound
    return True


def set_up(start: FirstStart, now: datetime) -> list[OneTimeLink]:
    """Save the district's name and time zone, and invite the first two system administrators. Raises Refused.

    The two count as the two persons who must agree. When two requests race, only one succeeds.
    """
    refuse_unsound(start)
    with unit_of_work(SYSTEM, now) as uow:
        # The second of two racing requests waits here until the first has committed, and then sees its accounts.
        uow.next_number("setup")
        _keep(uow, DISTRICT_NAME, start.district.strip())
        _keep(uow, DISTRICT_TIME_ZONE, start.time_zone)
        if start.hours is not None:
            _keep(uow, SCHOOL_HOURS.key, ",".join(f"{bell:%H:%M}" for bell in start.hours))
        forget()
        if has_begun():
            raise Refused("", _("There are already accounts: an administrator invites everyone else from People."))
        uow.audit(
            "district.set_up", "setting", None, {"name": [None, start.district], "time_zone": [None, start.time_zone]}
        )
        begun = [(person.email.strip(), _invite(uow, person)) for person in start.people]
        return [
            OneTimeLink(email, link(f"/invitation/{invitation_token(invitation.id)}")) for email, invitation in begun
        ]


def _invite(uow: UnitOfWork, person: Person) -> Invitation:
    return invited(uow, person.email, person.name.strip(), Role.SYSADMIN, None)


def _keep(uow: UnitOfWork, key: str, value: str) -> None:
    uow.add(Setting(key=key, value=value, set_at=uow.now))


blueprint = Blueprint("setup", __name__)


@blueprint.route("/setup", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def begin() -> Page:
    """Set up the district and show both invitation links once."""
    if not admit(request.args.get("token", ""), request.remote_addr or "", clock.now()):
        raise TooManyRequests
    form = SetupForm()
    form.offer_zones()
    if form.validate_on_submit():
        people = (Person(form.email_1.data, form.name_1.data), Person(form.email_2.data, form.name_2.data))
        try:
            hours = form.first_bell.data, form.last_bell.data
            links = set_up(FirstStart(form.district.data, form.time_zone.data, people, hours), clock.now())
        except Refused as refusal:
            if has_begun():
                raise NotFound from None
            apply_refusal(form, refusal)
        else:
            return render_template("setup/first_start/links.html", links=links, by_mail=bool(setting("SMTP_URL")))
    page = render_template("setup/first_start/begin.html", form=form)
    return page, 400 if form.is_submitted() else 200


ROOM = Room(pages=(blueprint,))
