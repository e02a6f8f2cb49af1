"""Whom mail does not reach: the list for those who look after accounts, trying again, and another address."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import AddressForm
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.managed_accounts import get_person
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.mail.bounces.actions import mend_address, retry_person
from wss_cases.mail.bounces.presenters import count_words, own_words, row_words
from wss_cases.mail.bounces.queries import trouble_count, troubles

blueprint = Blueprint("troubles", __name__)


def own_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """What stands on the account's page of somebody whom mail does not reach."""
    found = own_words(actor)
    return ("mail_pages/bounces/own.html", found) if found else None


def people_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """What stands above the list of people: to how many of them mail does not arrive."""
    number = trouble_count(actor, clock.now())
    return ("mail_pages/bounces/people.html", {"words": count_words(number)}) if number else None


@blueprint.get("/people/mail")
@gate(Permission.ACCOUNT_MANAGE)
def page() -> Page:
    """The people whom mail does not reach, why, and what helps."""
    rows = troubles(current_actor(), clock.now())
    return render_template("mail_pages/bounces/list.html", rows=[row_words(row) for row in rows])


@blueprint.post("/people/<int:user_id>/mail/retry")
@gate(Permission.ACCOUNT_MANAGE)
def retry(user_id: int) -> Response:
    """Send what failed for one person again."""
    retry_person(current_actor(), user_id, clock.now())
    flash(_("It is being tried again now, with an email that shows whether it is delivered."))
    return redirect(url_for("troubles.page"), 303)


@blueprint.post("/account/mails/try")
@gate(Permission.SIGNED_IN)
def retry_own() -> Response:
    """Send what failed for oneself again."""
    actor = current_actor()
    retry_person(actor, actor.user_id or 0, clock.now())
    flash(_("It is being tried again now, with an email that shows whether it is delivered."))
    return redirect(url_for("accounts.me"), 303)


@blueprint.route("/people/<int:user_id>/address", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_ADDRESS)
def address(user_id: int) -> Page:
    """Give an account another address."""
    user = get_person(current_actor(), user_id, clock.now())
    form = AddressForm(version=str(user.version))

    return form_page(
        form,
        lambda: mend_address(submitted(form), user_id, form.email.data or ""),
        with_flash(
            _("The address is changed. An email to the new address says so."), url_for("people.person", user_id=user_id)
        ),
        "mail_pages/bounces/address.html",
        user=user,
    )
