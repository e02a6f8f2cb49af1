"""One's own saved views: their list, a new one, and deleting one. What a view shows is decided when it is opened."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.outcomes.reports.core.presenters import narrowed_page
from wss_cases.outcomes.reports.core.queries import views_of
from wss_cases.outcomes.reports.saved_views.actions import delete_view, save_view

blueprint = Blueprint("saved", __name__, url_prefix="/views")


class ViewForm(BaseForm):
    """A name for what the report is narrowed to."""

    name = ShortText(_l("Name of the view"), [NotBlank(_l("Enter a name for the view."))], limit=80)


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def mine() -> str:
    """One's own views."""
    rows = [
        {"id": view.id, "name": view.name, "href": url_for("outcomes.core.report", **view.narrowed)}
        for view in views_of(current_actor())
    ]
    return render_template("outcomes/reports/saved_views/list.html", rows=rows)


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.OUTCOMES_READ)
def new() -> Page:
    """Name what the report is narrowed to; the address says what that is."""
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
    """Delete one."""
    delete_view(current_actor(), view_id, clock.now())
    return redirect(url_for("outcomes.saved.mine"), 303)
