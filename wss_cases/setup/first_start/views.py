"""The page of a first start: open to whoever holds the token of the start, while nobody has an account."""

from flask import Blueprint, render_template, request
from werkzeug.exceptions import TooManyRequests

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.managed_accounts import has_begun
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.pages import Page
from wss_cases.foundation.settings.reading import setting
from wss_cases.setup.first_start.actions import admit, set_up
from wss_cases.setup.first_start.forms import SetupForm
from wss_cases.setup.first_start.rules import FirstStart, Person

blueprint = Blueprint("setup", __name__)


@blueprint.route("/setup", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def begin() -> Page:
    """Ask for the district and its first two administrators, and show their links once."""
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
