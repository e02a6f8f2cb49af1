"""Being sent a board report: one's own subscriptions, a new one, and ending one."""

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.board.report.forms import DeliveryForm
from wss_cases.board.report.queries import networks_answered_for
from wss_cases.board.report.rules import BOARD, scope_words
from wss_cases.board.report.states import Every
from wss_cases.board.stored_reports.queries import subscriptions_of
from wss_cases.board.subscriptions.actions import subscribe, unsubscribe
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page, form_page
from wss_cases.records.stored_pdfs import LANGUAGE_LABELS
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("board_delivery", __name__, url_prefix="/outcomes/board/delivery")
Scopes = dict[str, tuple[str, int | None, str | None]]
"""Word to (name, school, network)."""


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.OUTCOMES_BOARD)
def mine() -> Page:
    """One's own subscriptions, and a form for another."""
    actor, form = current_actor(), DeliveryForm()
    scopes = _scopes(actor)
    form.offer([(word, name) for word, (name, _school, _network) in scopes.items()])
    if not form.is_submitted():
        form.language.data = locale_code()

    def act() -> int:
        _name, school_id, network = scopes[form.scope.data]
        every = Every(form.every.data)
        return subscribe(submitted(form), school_id, network, every, form.language.data)

    def done(_made: int) -> str:
        flash(_("The next report that is due comes to you by email."))
        return url_for("board_delivery.mine")

    rows = [
        {
            "id": row.id,
            "name": school or row.network or _("All schools"),
            "words": f"{Every(row.every).label} · {LANGUAGE_LABELS[row.language]}",
        }
        for row, school in subscriptions_of(actor)
    ]
    return form_page(form, act, done, "board/subscriptions/subscription.html", rows=rows)


@blueprint.post("/<int:subscription_id>/end")
@gate(Permission.OUTCOMES_BOARD)
def end(subscription_id: int) -> Response:
    """End one."""
    unsubscribe(current_actor(), subscription_id, clock.now())
    flash(_("You no longer receive this report."))
    return redirect(url_for("board_delivery.mine"), 303)


def _scopes(actor: Actor) -> Scopes:
    """What the actor can be sent: the switcher's school, networks that are theirs as a whole, all schools."""
    offered: list[tuple[str, int | None, str | None]] = []
    if (chosen := chosen_school_id(actor, *BOARD)) is not None and (school := get_school(chosen)) is not None:
        offered.append((school.name, chosen, None))
    offered += [(network, None, network) for network in networks_answered_for(actor)]
    if actor.everywhere(Role.DISTRICT):
        offered.append((_("All schools"), None, None))
    return {scope_words(school_id, network): (name, school_id, network) for name, school_id, network in offered}
