"""A person's own saved views: the list, a new one, and deleting. What a view shows is decided when it is opened."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.outcomes.counting.daily_figures.queries import SavedView
from wss_cases.outcomes.reports.core import narrowed_page, views_of

MOST_VIEWS = 50


@use_case
def save_view(uow: UnitOfWork, name: str, narrowed: Mapping[str, str]) -> int:
    """Save a report's filters under a name. Raises Refused for a name already used, or too many views."""
    mine = SavedView.user_id == uow.actor.user_id
    if uow.session.scalar(select(SavedView.id).where(mine, SavedView.name == name.strip())) is not None:
        raise Refused("name", _("You have a view with this name. Choose another name."))
    if (uow.session.scalar(select(func.count()).where(mine)) or 0) >= MOST_VIEWS:
        raise Refused("", _("You have %(number)s views. Delete one first.", number=MOST_VIEWS))
    assert uow.actor.user_id is not None
    view = SavedView(user_id=uow.actor.user_id, name=name.strip(), narrowed=dict(narrowed), made_at=uow.now)
    return uow.add_audited(view, "view.saved")


def delete_view(actor: Actor, view_id: int, now: datetime) -> None:
    """Delete one of the actor's own views. Raises NotFound for any other."""
    with unit_of_work(actor, now) as uow:
        view = uow.session.get(SavedView, view_id, with_for_update=True)
        if view is None or view.user_id != actor.user_id:
            raise NotFound
        uow.audit("view.deleted", SavedView.__tablename__, view.id, {"name": [view.name, None]})
        uow.session.delete(view)


blueprint = Blueprint("saved", __name__, url_prefix="/views")


class ViewForm(BaseForm):
    """The name of a new saved view."""

    name = ShortText(_l("Name of the view"), [NotBlank(_l("Enter a name for the view."))], limit=80)


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def mine() -> str:
    """The list of the person's own views."""
    rows = [
        {"id": view.id, "name": view.name, "href": url_for("outcomes.core.report", **view.narrowed)}
        for view in views_of(current_actor())
    ]
    return render_template("outcomes/reports/saved_views/list.html", rows=rows)


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.OUTCOMES_READ)
def new() -> Page:
    """Name the report's filters, which the address holds."""
    here, form = narrowed_page(), ViewForm()
    return form_page(
        form,
        lambda: save_view(submitted(form), form.name.data or "", here.parameters),
        url_for("outcomes.saved.mine"),
        "outcomes/reports/saved_views/new.html",
        asked=here,
    )


@blueprint.post("/<int:view_id>/delete")
@gate(Permission.OUTCOMES_READ)
def delete(view_id: int) -> Response:
    """Delete one of the person's own views."""
    delete_view(current_actor(), view_id, clock.now())
    return redirect(url_for("outcomes.saved.mine"), 303)
