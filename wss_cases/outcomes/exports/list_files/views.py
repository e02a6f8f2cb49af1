"""A list as a file: what its page shows, with the same filters, order and columns; the same way as every other file, or
without the names of children for whoever works the cases."""

from collections.abc import Sequence

from flask import Blueprint, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.list_columns import order_of, sorted_words, takes_files
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.foundation.tables.columns import Column, shown_columns
from wss_cases.journal.extension_points import list_kinds
from wss_cases.journal.rooms import ListKind, ListRead
from wss_cases.outcomes.documents.rendering import Report
from wss_cases.outcomes.exports.export_log.views import file_page
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("list_files", __name__)


@blueprint.route("/lists/<name>.<form>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.OUTCOMES_EXPORT)
def file(name: str, form: str) -> Page:
    """Say what for; then the list as CSV or XLSX. A list that the person may not open is missing."""
    actor = current_actor()
    kind, read = _read(name, form)
    if not takes_files(actor, read.school_id):
        raise NotFound
    return _page(kind, read, form, shown_columns(kind.name, kind.columns, actor.list_columns))


@blueprint.route("/lists/without-names/<name>.<form>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def nameless(name: str, form: str) -> Page:
    """Say what for; then the list without the columns that name children, for the case team. A list that has no such
    file is missing."""
    kind, read = _read(name, form)
    if not kind.names:
        raise NotFound
    columns = shown_columns(kind.name, kind.columns, current_actor().list_columns)
    return _page(kind, read, form, [one for one in columns if one.key not in kind.names], names=False)


def _read(name: str, form: str) -> tuple[ListKind, ListRead]:
    actor, kind = current_actor(), list_kinds().get(name)
    if kind is None or form not in ("csv", "xlsx") or not might(actor, kind.permission):
        raise NotFound
    return kind, kind.read(actor, request.args, clock.now(), setting("EXPORT_ROWS") + 1)


def _page(kind: ListKind, read: ListRead, form: str, columns: Sequence[Column], names: bool = True) -> Page:
    school = get_school(read.school_id) if read.school_id is not None else None
    today = today_at(read.school_id, clock.now())
    order = sorted_words(kind, order_of(kind, request.args))
    report = Report(
        name=kind.name,
        document={},
        columns=tuple(str(one.label) for one in columns),
        rows=[[row[one.key].text for one in columns] for row in read.rows],
        about=[
            (_("School"), school.name if school is not None else _("All schools")),
            (_("Filters"), " · ".join(read.filters)),
            (_("Order"), order),
            (_("Date"), day_words_with_year(today)),
        ],
    )
    return file_page(
        report, form, f"{kind.name}-{today}.{form}", clock.school_year(today), read.school_id,
        "outcomes/exports/list_files/reason.html", names=names, listed=kind.title,
        back=url_for(kind.page, **read.asked), about=[], filters=[*read.filters, order],
        columns=[one.label for one in columns],
    )  # fmt: skip
