"""One's own mails: which come, and the page behind the link that stops some of them."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.sign_in.login import csrf
from wss_cases.mail.common.forms import MailForm
from wss_cases.mail.common.queries import choice_of
from wss_cases.mail.common.rules import Choice
from wss_cases.mail.common.states import STYLE_HINTS, MailStyle
from wss_cases.mail.preferences.actions import choose, stop
from wss_cases.mail.preferences.links import stop_of

blueprint = Blueprint("mails", __name__)

ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program posts (RFC 8058), and the page's own button too."""


def panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """What stands on the account's page of somebody who has work in a school."""
    if not actor.has(*STAFF):
        return None
    choice = choice_of(actor.user_id or 0)
    return "mail_pages/preferences/panel.html", {
        "style": MailStyle(choice.style).label,
        "hint": STYLE_HINTS[choice.style],
        "weekly": choice.weekly,
    }


@blueprint.route("/account/mails", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_READ)
def mine() -> Page:
    """Choose which mails come."""
    now = choice_of(current_actor().user_id or 0)
    form = MailForm(style=now.style, weekly=now.weekly)

    return form_page(
        form,
        lambda: choose(submitted(form), Choice(form.style.data, bool(form.weekly.data))),
        with_flash(_("Your email choices are saved."), url_for("mails.mine")),
        "mail_pages/preferences/choices.html",
        hints=STYLE_HINTS,
    )


@blueprint.route("/mails/stop/<token>", methods=["GET", "POST"])
@csrf.exempt
@gate(Permission.PUBLIC)
def stop_list(token: str) -> Page:
    """Ask whether mails of a list shall stop; stop them when asked to, without signing in and in one step.

    Whoever holds the link can do this and nothing else; the page names nobody.
    """
    user_id, mail_list = existing(stop_of(token))
    name, one_click = ONE_CLICK
    done = request.form.get(name) == one_click
    if done:
        stop(user_id, mail_list, clock.now())
    page = render_template("mail_pages/preferences/stop.html", what=mail_list.label, done=done, one_click=ONE_CLICK)
    answer = Response(page, 400 if request.method == "POST" and not done else 200, mimetype="text/html")
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
