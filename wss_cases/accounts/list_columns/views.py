"""Choosing the columns of a list, from the list itself."""

from flask import Blueprint, redirect, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns.actions import choose_columns
from wss_cases.accounts.list_columns.forms import ColumnsForm
from wss_cases.accounts.sign_in.sessions.signed_in import safe_next
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.pages import Page
from wss_cases.journal.extension_points import list_kinds

blueprint = Blueprint("list_columns", __name__)


@blueprint.post("/account/columns")
@gate(Permission.SIGNED_IN)
def choose() -> Page:
    """Keep the columns that were ticked, and go back to the list."""
    form = ColumnsForm()
    if not form.validate_on_submit():
        raise NotFound
    kind = existing(list_kinds().get(form.list.data or ""))
    choose_columns(submitted(form), kind, form.columns.data or [])
    return redirect(safe_next(form.to.data) or url_for("web.home"), 303)
