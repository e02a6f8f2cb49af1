"""Money from a file: upload it, see what would be written, confirm it."""

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import district_zone
from wss_cases.plans.money.files import actions
from wss_cases.plans.money.files.forms import CarryOutForm, MoneyFileForm
from wss_cases.plans.money.files.presenters import line_rows
from wss_cases.plans.money.files.queries import PAGE, files_of, get_file, rows_naming
from wss_cases.plans.money.files.rules import WRITER, Line, Wrong
from wss_cases.plans.money.files.states import COLUMNS, HELP, FileKind
from wss_cases.roster.names.queries import asked_about

blueprint = Blueprint("money_files", __name__, url_prefix="/safety-plans/money-files")
MOST_SHOWN = 200


def _kinds(actor: Actor) -> list[FileKind]:
    return [kind for kind in FileKind if actor.has(WRITER[kind])]


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.PLAN_MONEY_IMPORT)
def upload() -> Page:
    """Upload a file; what is wrong in it is named by row and column, and nothing is written yet."""
    actor, form, sent = current_actor(), MoneyFileForm(), request.files.get("file")
    kinds = _kinds(actor)
    form.offer(kinds)
    wrong: list[Wrong] = []

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file."))
        try:
            return actions.upload_file(submitted(form), FileKind(form.kind.data), sent.filename, sent.read())
        except actions.RowsRefused as refused:
            wrong.extend(refused.wrong)
            raise

    after = id_in(request.args.get("after"))
    found = files_of(actor, after)
    files = [
        (
            file.name,
            _address(file.id),
            dotted(file.kind.label, moment_words(file.made_at, district_zone()), name),
            _("Imported") if file.done_at else _("Waiting to be confirmed"),
        )
        for file, name in found[:PAGE]
    ]
    return form_page(
        form, act, _address, "plans/money/files/upload.html",
        wrong=wrong, files=files, most=MOST_SHOWN,
        hints=[(one.label, ", ".join(COLUMNS[one]), HELP[one]) for one in kinds],
        newer=url_for(".upload") if after else None,
        older=url_for(".upload", after=found[PAGE - 1][0].id) if len(found) > PAGE else None,
    )  # fmt: skip


@blueprint.route("/<int:money_file_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_MONEY_IMPORT)
def preview(money_file_id: int) -> Page:
    """What a file would write, what is wrong in its other rows, and the act that writes the sound ones."""
    actor = current_actor()
    file = get_file(actor, money_file_id)
    if file.done_at is not None and request.method == "GET":
        return render_template("plans/money/files/done.html", file=file)
    lines: list[Line] = []
    wrong: list[Wrong] = []
    if file.done_at is None:
        lines, wrong = actions.lines_of(actor, file, clock.now())
    form = CarryOutForm(shown=str(len(lines)))
    asked = asked_about(rows_naming(lines)) if request.method == "GET" else ""
    return form_page(
        form, lambda: actions.carry_out(submitted(form), file.id, form.shown_rows, bool(form.anyway.data)),
        with_flash(_("The rows are imported."), url_for("money_files.upload")), "plans/money/files/preview.html",
        file=file, rows=line_rows(lines[:MOST_SHOWN]), number=len(lines), wrong=wrong, most=MOST_SHOWN, asked=asked,
    )  # fmt: skip


def _address(file_id: int) -> str:
    return url_for("money_files.preview", money_file_id=file_id)
