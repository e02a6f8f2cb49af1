"""Roles in bulk: upload a file, see what it would change, confirm it."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import district_zone
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.role_files import actions, queries
from wss_cases.roster.role_files.forms import RoleFileForm
from wss_cases.roster.role_files.models import RoleFile
from wss_cases.roster.role_files.rules import NEEDS_SECOND, Change, Wrong

blueprint = Blueprint("role_files", __name__, url_prefix="/people/role-files")
MOST_SHOWN = 200


def people_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """What stands above the list of people: the way to roles in bulk."""
    return ("roster/role_files/panel.html", {}) if might(actor, Permission.ROSTER_ACCOUNTS) else None


@blueprint.route("", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def upload() -> Page:
    """Upload a file; what is wrong in it is named by row and column."""
    form, sent = RoleFileForm(), request.files.get("file")
    wrong: list[Wrong] = []

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file."))
        try:
            return actions.upload_file(submitted(form), sent.filename, sent.read())
        except actions.RowsRefused as refused:
            wrong.extend(refused.wrong)
            raise

    files = [
        (file.name, _address(file.id), f"{moment_words(file.made_at, district_zone())} · {name}", _state(file))
        for file, name in queries.last_files()
    ]
    return form_page(
        form, act, _address, "roster/role_files/upload.html",
        wrong=wrong, files=files, most=MOST_SHOWN, people_href=url_for("people.people"),
    )  # fmt: skip


@blueprint.route("/<int:role_file_id>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def preview(role_file_id: int) -> Page:
    """What a file would change, and the act that carries it out."""
    file = existing(db.session.get(RoleFile, role_file_id))
    form = BaseForm()
    changes: list[Change] = []
    wrong: list[Wrong] = []
    if file.done_at is None:
        try:
            changes = actions.changes_of(file.rows, frozenset({file.made_by_id}), clock.now())
        except actions.RowsRefused as refused:
            wrong = list(refused.wrong)
    if file.done_at is not None and request.method == "GET":
        return render_template("roster/role_files/done.html", file=file)
    return form_page(
        form, lambda: actions.carry_out(submitted(form), role_file_id),
        with_flash(_("Every change in the file is made."), url_for(".upload")), "roster/role_files/preview.html",
        file=file, rows=_rows(changes[:MOST_SHOWN]), number=len(changes), wrong=wrong, upload_href=url_for(".upload"),
        needs_second=any(one.role in NEEDS_SECOND for one in changes), most=MOST_SHOWN,
    )  # fmt: skip


def _address(file_id: int) -> str:
    return url_for(".preview", role_file_id=file_id)


def _state(file: RoleFile) -> str:
    return _("Carried out") if file.done_at else _("Waiting to be confirmed")


def _rows(changes: Sequence[Change]) -> list[tuple[str, str, str]]:
    """Return name, role with its school, and what becomes of it, of each change."""
    names = queries.names_of({one.user_id for one in changes})
    schools = schools_by_id({one.school_id for one in changes if one.school_id is not None})
    rows = []
    for one in changes:
        place = f" · {schools[one.school_id].name}" if one.school_id in schools else ""
        rows.append((names[one.user_id], f"{ROLE_LABELS[one.role]}{place}", _("Given") if one.gives else _("Ended")))
    return rows
