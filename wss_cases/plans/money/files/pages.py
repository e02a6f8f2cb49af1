"""Money from a file: its valid rows are stored, shown, and written once a person confirms them, all or none."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, request, url_for
from wtforms import FileField, HiddenField

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, ConfirmField, choices, radio
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, message_page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.plans.money.amounts import hundredths_words, money_words
from wss_cases.plans.money.files.rules import (
    COLUMNS,
    HELP,
    PAGE,
    WRITER,
    FileKind,
    Line,
    MoneyFile,
    Wrong,
    carried_out,
    check,
    digest_of,
    files_of,
    get_file,
    known_now,
    load_file,
    rows_naming,
)
from wss_cases.plans.money.funding.pages import Given, write_funding
from wss_cases.plans.money.resources.pages import Needed, write_entry, write_resource
from wss_cases.plans.money.resources.queries import titles_of
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.import_files import rows_in
from wss_cases.roster.names.queries import asked_about, refuse_found


class MoneyFileForm(BaseForm):
    """The file, and the kind of its rows."""

    kind = radio(_l("What the rows are"), FileKind, _l("Choose what the rows are."))
    file = FileField(_l("CSV file"))

    def offer(self, kinds: Sequence[FileKind]) -> None:
        """Give the form the kinds of files that this person may import; a single kind is preselected."""
        self.kind.choices = choices([(file_kind.value, file_kind.label) for file_kind in kinds])
        if len(kinds) == 1 and not self.is_submitted():
            self.kind.data = kinds[0].value


class CarryOutForm(BaseForm):
    """The confirmation of a file, with the number of rows on the page, and that the names in them may be stored."""

    shown = HiddenField()
    anyway = ConfirmField(_l("Save it anyway"))

    @property
    def shown_rows(self) -> int:
        """The number of rows on the page; 0 for anything but a number."""
        return id_in(self.shown.data) or 0


class RowsRefused(Refused):
    """A file without a valid row; nothing of it is stored."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("file", _("Nothing was imported. Fix the rows below and upload the file again."))
        self.wrong = wrong


@use_case
def upload_file(uow: UnitOfWork, kind: FileKind, name: str, content: bytes) -> int:
    """Store a file of money without writing its rows yet. Raises NotFound; RowsRefused where no row is valid, Refused
    for a file that is no CSV and for rows that were imported before."""
    if not might(uow.actor, Permission.PLAN_MONEY_IMPORT) or not uow.actor.has(WRITER[kind]):
        raise NotFound
    assert uow.actor.user_id is not None
    rows = rows_in(content)
    _refuse_again(kind, digest_of(rows))
    sound, wrong = check(rows, kind, known_now(uow.actor, kind, uow.now))
    if not sound:
        raise RowsRefused(wrong)
    schools = sorted({line.school_id for line in sound})
    row = MoneyFile(
        kind=kind, name="".join(sign for sign in name if sign.isprintable())[-120:], digest=digest_of(rows), rows=rows,
        school_ids=schools, school_id=schools[0] if len(schools) == 1 else None, made_by_id=uow.actor.user_id,
        made_at=uow.now,
    )  # fmt: skip
    return uow.add_audited(row, "money_file.uploaded")


def lines_of(actor: Actor, file: MoneyFile, now: datetime) -> tuple[list[Line], list[Wrong]]:
    """The valid rows of a file by what is known now, and the errors in the others."""
    return check(file.rows, file.kind, known_now(actor, file.kind, now))


@use_case
def carry_out(uow: UnitOfWork, file_id: int, shown: int, anyway: bool = False) -> int:
    """Write every valid row of a file, or none. `shown` is the number of valid rows on the page.

    Raises NotFound; Refused for a file already imported, where other rows are valid by now, and, unless `anyway`, where
    a row may name a student. Nothing is written then.
    """
    file = uow.load(MoneyFile, file_id, Permission.PLAN_MONEY_IMPORT)
    if file.done_at is not None:
        raise Refused("", _("This file was already imported."))
    _refuse_again(file.kind, file.digest)
    sound, _wrong = lines_of(uow.actor, file, uow.now)
    if len(sound) != shown or not sound:
        raise Refused("", _("What can be imported has changed. Look at the rows again."))
    if not anyway:
        refuse_found(rows_naming(sound))
    for line in sound:
        if isinstance(line.what, Given):
            write_funding(uow, line.school_id, line.what)
        elif isinstance(line.what, Needed):
            assert line.strategy_id is not None
            write_resource(uow, line.strategy_id, line.what, anyway=True)
        else:
            assert line.resource_id is not None
            write_entry(uow, line.resource_id, line.what)
    file.done_by_id, file.done_at, file.landed = uow.actor.user_id, uow.now, len(sound)
    uow.audit("money_file.carried_out", "money_file", file.id, {"rows": [None, len(sound)]})
    return file.id


def _refuse_again(kind: FileKind, digest: str) -> None:
    if carried_out(kind, digest) is not None:
        raise Refused("file", _("These rows were already imported. Importing them again would count them twice."))


def line_rows(lines: Sequence[Line]) -> list[tuple[str, str, str]]:
    """For each valid row: where it goes, its content, and its amount."""
    schools = schools_by_id({row_line.school_id for row_line in lines})
    titles = titles_of({row_line.resource_id for row_line in lines if row_line.resource_id is not None})
    rows = []
    for row_line in lines:
        where = dotted(titles.get(row_line.resource_id or 0), schools[row_line.school_id].name)
        row, what = _("Row %(row)d", row=row_line.row), row_line.what
        if isinstance(what, Given):
            officers = ""
            if what.officers_removed is not None:
                officers = _("Police officers removed: %(number)d", number=what.officers_removed)
            words = dotted(row, what.school_year, what.source.label, officers, what.note)
        elif isinstance(what, Needed):
            where, words = dotted(what.title, schools[row_line.school_id].name), dotted(row, _needed_words(what))
        else:
            words = dotted(row, what.kind.label, day_words_with_year(what.on_day), what.note)
        cents = what.planned_cents if isinstance(what, Needed) else what.amount_cents
        rows.append((where, words, money_words(cents)))
    return rows


def _needed_words(what: Needed) -> str:
    number = hundredths_words(what.fte_hundredths)
    share = _("Full-time equivalent %(share)s", share=number) if number else ""
    filled = _("Filled on %(day)s", day=day_words_with_year(what.filled_on)) if what.filled_on else ""
    vacant = _("Vacant since %(day)s", day=day_words_with_year(what.vacant_since)) if what.vacant_since else ""
    return dotted(what.kind.label, what.job_code, share, filled, vacant)


blueprint = Blueprint("money_files", __name__, url_prefix="/safety-plans/money-files")
MOST_SHOWN = 200


def _kinds(actor: Actor) -> list[FileKind]:
    return [kind for kind in FileKind if actor.has(WRITER[kind])]


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.PLAN_MONEY_IMPORT)
def upload() -> Page:
    """Upload a file. Errors are named by row and column, and nothing is written yet."""
    actor, form, sent = current_actor(), MoneyFileForm(), request.files.get("file")
    kinds = _kinds(actor)
    form.offer(kinds)
    wrong: list[Wrong] = []

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file."))
        try:
            return upload_file(submitted(form), FileKind(form.kind.data), sent.filename, sent.read())
        except RowsRefused as refused:
            wrong.extend(refused.wrong)
            raise

    after = id_in(request.args.get("after"))
    uploads = files_of(actor, after)
    files = [
        (
            file.name,
            _address(file.id),
            dotted(file.kind.label, moment_words(file.made_at, district_zone()), name),
            _("Imported") if file.done_at else _("Waiting to be confirmed"),
        )
        for file, name in uploads[:PAGE]
    ]
    return form_page(
        form, act, _address, "plans/money/files/upload.html",
        wrong=wrong, files=files, most=MOST_SHOWN,
        hints=[(file_kind.label, ", ".join(COLUMNS[file_kind]), HELP[file_kind]) for file_kind in kinds],
        newer=url_for(".upload") if after else None,
        older=url_for(".upload", after=uploads[PAGE - 1][0].id) if len(uploads) > PAGE else None,
    )  # fmt: skip


@blueprint.route("/<int:money_file_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_MONEY_IMPORT)
def preview(money_file_id: int) -> Page:
    """What a file would write, the errors in its other rows, and the button that writes the valid ones."""
    actor = current_actor()
    file = get_file(actor, money_file_id)
    if file.done_at is not None and request.method == "GET":
        crumbs = [(_("Import money from a CSV file"), url_for(".upload")), (file.name, None)]
        landed = ngettext("%(num)s row is imported.", "%(num)s rows are imported.", file.landed or 0)
        return message_page(file.name, landed, lede=_("Imported"), crumbs=crumbs)
    lines: list[Line] = []
    wrong: list[Wrong] = []
    if file.done_at is None:
        lines, wrong = lines_of(actor, file, clock.now())
    form = CarryOutForm(shown=str(len(lines)))
    question = asked_about(rows_naming(lines)) if request.method == "GET" else ""
    return form_page(
        form, lambda: carry_out(submitted(form), file.id, form.shown_rows, bool(form.anyway.data)),
        with_flash(_("The rows are imported."), url_for("money_files.upload")), "plans/money/files/preview.html",
        file=file, rows=line_rows(lines[:MOST_SHOWN]), number=len(lines), wrong=wrong, most=MOST_SHOWN, asked=question,
    )  # fmt: skip


def _address(file_id: int) -> str:
    return url_for("money_files.preview", money_file_id=file_id)


ROOM = Room(pages=(blueprint,), loaders={"money_file": load_file})
