"""Which emails a person gets: the choice on their account, and the signed link in an email that stops its list."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.actor import STAFF, SYSTEM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page, form_page, panel_card, with_flash
from wss_cases.foundation.settings import signing_keys
from wss_cases.foundation.sign_in import csrf
from wss_cases.journal.message_kinds import MailList
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work, use_case
from wss_cases.mail.common.pages import STYLE_HINTS, MailChoice, MailForm, MailStyle
from wss_cases.mail.common.rules import Choice, choice_of, without


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(), salt="mail-list")


def stop_token(user_id: int, mail_list: MailList) -> str:
    return str(_signer().dumps([user_id, mail_list.value]))


def stop_of(token: str) -> tuple[int, MailList] | None:
    """The person and list of a token, or None for a token not made here."""
    try:
        user_id, name = _signer().loads(token)
        return int(user_id), MailList(name)
    except (BadSignature, TypeError, ValueError):
        return None


@use_case
def choose(uow: UnitOfWork, choice: Choice) -> int:
    """Store a person's own choice of emails."""
    assert uow.actor.user_id is not None
    row = _locked(uow, uow.actor.user_id)
    _change(uow, row, choice, "mail_choice.changed")
    return row.id


def stop(user_id: int, mail_list: MailList, now: datetime) -> None:
    """Stop the emails of one list for the holder of its link; a second time changes nothing. Raises NotFound."""
    with unit_of_work(SYSTEM, now) as uow:
        existing(uow.session.get(UserAccount, user_id))
        row = _locked(uow, user_id)
        _change(uow, row, without(_chosen(row), mail_list), "mail_choice.stopped")


def _locked(uow: UnitOfWork, user_id: int) -> MailChoice:
    defaults = {"user_id": user_id, "style": MailStyle.DIGEST, "weekly": True}
    insert_once(uow.session, MailChoice, defaults, ["user_id"])
    return uow.session.scalars(
        select(MailChoice)
        .where(MailChoice.user_id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _chosen(row: MailChoice) -> Choice:
    return Choice(row.style.value, row.weekly)


def _change(uow: UnitOfWork, row: MailChoice, choice: Choice, kind: str) -> None:
    if choice == _chosen(row):
        uow.no_audit()  # a row that says what no row says is no change
        return
    row.style, row.weekly = MailStyle(choice.style), choice.weekly
    uow.record(row, kind)


blueprint = Blueprint("mails", __name__)

ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program posts (RFC 8058), and the page's own button too."""


def panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """The panel on the account page of people with work in a school."""
    if not actor.has(*STAFF):
        return None
    choice = choice_of(actor.user_id or 0)
    return panel_card(
        _("My emails"),
        str(MailStyle(choice.style).label),
        str(STYLE_HINTS[choice.style]),
        _("With a weekly count") if choice.weekly else _("Without a weekly count"),
        id="mails",
        link=(_("Change my emails"), url_for("mails.mine")),
    )


@blueprint.route("/account/mails", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_READ)
def mine() -> Page:
    now = choice_of(current_actor().user_id or 0)
    form = MailForm(style=now.style, weekly=now.weekly)

    return form_page(
        form,
        lambda: choose(submitted(form), Choice(form.style.data, bool(form.weekly.data))),
        with_flash(_("Your email choices are saved."), url_for("mails.mine")),
        "mail_pages/preferences/choices.html",
        hints=STYLE_HINTS,
    )


def stop_page(template: str, stop_now: Callable[[], None], **words: Any) -> Response:
    """The page of a link that stops emails: it asks, and stops them when its button or a mail program posts."""
    name, one_click = ONE_CLICK
    done = request.form.get(name) == one_click
    if done:
        stop_now()
    page = render_template(template, done=done, one_click=ONE_CLICK, **words)
    answer = Response(page, 400 if request.method == "POST" and not done else 200, mimetype="text/html")
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@blueprint.route("/mails/stop/<token>", methods=["GET", "POST"])
@csrf.exempt
@gate(Permission.PUBLIC)
def stop_list(token: str) -> Page:
    """Ask whether emails of a list shall stop, and stop them, without signing in and in one step.

    The holder of the link can do only this; the page names no one.
    """
    user_id, mail_list = existing(stop_of(token))
    return stop_page(
        "mail_pages/preferences/stop.html", lambda: stop(user_id, mail_list, clock.now()), what=mail_list.label
    )


ROOM = Room(pages=(blueprint,), panels=(Panel(Place.OWN_ACCOUNT, 20, panel),))
