"""The page of one's own calendar address: make it, see it once, end it."""

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.calendar_address import actions as actions_feed
from wss_cases.accounts.calendar_address.queries import own_feed
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.pages import Page
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import district_zone

blueprint = Blueprint("feed", __name__, url_prefix="/account/calendar")


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_READ)
def mine() -> Page:
    """What stands in one's calendar, and its address; sending the form makes a new one, shown on this answer alone."""
    actor, form, address = current_actor(), BaseForm(), ""
    if form.validate_on_submit():
        secret = actions_feed.make_feed(actor, clock.now(), form.request_key.data)
        address = link(f"/calendar/{secret}.ics") if secret else ""
        form = BaseForm(formdata=None)
    row = own_feed(actor.user_id)
    return render_template(
        "accounts/calendar_address/address.html",
        form=form,
        address=address,
        made=moment_words(row.made_at, district_zone()) if row else "",
        read=moment_words(row.last_read_at, district_zone()) if row else "",
    )


@blueprint.post("/end")
@gate(Permission.FOLLOWUP_READ)
def end() -> Page:
    """End one's calendar address at once."""
    actions_feed.end_feed(current_actor(), clock.now())
    return redirect(url_for("feed.mine"), 303)
