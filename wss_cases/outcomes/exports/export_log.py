"""Lists as files, with the filters, order and columns of their page: with names for those who may take any file, and
without the names of children for the case team.

Taking a file requires a reason and respects the row limit. Where the file may name children, a second person is
notified.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy import ColumnElement, ForeignKey, String, Text, insert, select, true
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import ValidationError

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.grants import holders, in_force_at
from wss_cases.accounts.list_columns import order_of, sorted_words, takes_files
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, db, table_of
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, apply_refusal
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.foundation.settings import setting
from wss_cases.foundation.tables.columns import Column, shown_columns
from wss_cases.journal.extension_points import list_kinds
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import Disclosure, OutboxMessage
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.outcomes.documents import TYPES, Report, rendered
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.routing.replay.queries import ReplayedIncident, get_replay, incidents_after, reported_until
from wss_cases.routing.replay.rules import COLUMNS, Change, table_rows


class ExportRecord(Base):
    """One file that a person took: what, how many rows, and why. `school_id` is None for all schools."""

    __tablename__ = "export_record"
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(40))
    form: Mapped[str] = mapped_column(String(8))
    school_year: Mapped[str] = mapped_column(String(7))
    row_count: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]


PAGE = 50


def second_persons(actor: Actor, school_id: int | None, now: datetime) -> list[int]:
    """The people notified of a file, never the person who takes it: the school's administrators, otherwise the
    district's, otherwise the system's."""
    day = today_at(school_id, now)
    others = holders(Role.ADMINISTRATOR, school_id, day) if school_id is not None else []
    recipients = [user_id for user_id, _name in others if user_id != actor.user_id]
    able = (in_force_at(now), UserAccount.state == AccountState.ACTIVE, UserAccount.id != actor.user_id)
    for role, scope in ((Role.DISTRICT, RoleGrant.district), (Role.SYSADMIN, true())):
        if not recipients:
            statement = (
                select(UserAccount.id)
                .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
                .where(RoleGrant.role == role, scope, *able)
                .distinct()
                .order_by(UserAccount.id)
            )
            recipients = list(db.session.scalars(statement))
    return recipients


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Condition: the actor may know of the file. Administrators see those of their schools; the district and system
    administrators see all."""
    if actor.has(Role.SYSADMIN):
        return true()
    return in_schools(ExportRecord.school_id, actor, Role.ADMINISTRATOR, Role.DISTRICT)


def may_know(actor: Actor, row: ExportRecord) -> bool:
    return actor.has(Role.SYSADMIN) or actor.covers(row.school_id, Role.ADMINISTRATOR, Role.DISTRICT)


def exports(actor: Actor, before: int | None = None, limit: int = PAGE) -> list[tuple[ExportRecord, str, str]]:
    """The files taken, with the person's name and the school's ('' for all), the newest first."""
    statement = (
        select(ExportRecord, UserAccount.name, School.name)
        .join(UserAccount, UserAccount.id == ExportRecord.user_id)
        .outerjoin(School, School.id == ExportRecord.school_id)
        .where(visible_to(actor))
    )
    if before is not None:
        statement = statement.where(ExportRecord.id < before)
    rows = db.session.execute(statement.order_by(ExportRecord.id.desc()).limit(limit))
    return [(row[0], row[1], row[2] or "") for row in rows]


BATCH = 500


@dataclass(frozen=True)
class Recipient:
    """Who gets the file, with which legitimate interest, and for what purpose; FERPA 99.32 requires a record of
    these."""

    told_whom: str
    interest: str
    purpose: str


Disclosed = tuple[Recipient, Mapping[int, int], str]
"""The recipient, the students (id to a school of theirs), and which of their data."""


def disclose(uow: UnitOfWork, recipient: Recipient, students: Mapping[int, int], fields: str) -> None:
    """Record a disclosure for each student (id to a school of theirs). `fields` names the data disclosed."""
    shared = vars(recipient) | {
        "at": uow.now, "asked_by": recipient.told_whom, "object_type": "student", "made_by_id": uow.actor.user_id,
        "fields": [fields],
    }  # fmt: skip
    listed = sorted(students.items())
    for start in range(0, len(listed), BATCH):
        batch = listed[start : start + BATCH]
        rows = [{"student_id": student, "object_id": student, "school_id": school_id} for student, school_id in batch]
        uow.session.execute(insert(table_of(Disclosure)), [row | shared for row in rows])
        uow.audit("disclosure.made", "disclosure", None, {"students": [row["student_id"] for row in rows]})


SHORTEST_REASON = 10


class ExportForm(BaseForm):
    """The reason for taking a file."""

    reason = LongText(_l("Why you need the file"), [NotBlank(_l("Write why you need the file."))], limit=1000, rows=3)

    def validate_reason(self, field: LongText) -> None:
        """Require a reason of more than a word."""
        if len((field.data or "").strip()) < SHORTEST_REASON:
            raise ValidationError(_("Write a little more: at least %(number)s characters.", number=SHORTEST_REASON))


NOTICE = "export_made"
EXPORTED = "outcomes.exported"


def note_export(
    actor: Actor, report: Report, *, form: str, year: str, school_id: int | None, reason: str, now: datetime,
    tell: bool = True,
) -> int:  # fmt: skip
    """Record that the actor takes this report as a file, and notify a second person if `tell`; returns the record's id.

    Raises Refused when it has too many rows, or when there is no second person to notify.
    """
    rows, most = len(report.rows), setting("EXPORT_ROWS")
    with unit_of_work(actor, now) as uow:
        if rows > most:
            words = _("This file would have %(rows)s rows; at most %(most)s are allowed.", rows=rows, most=most)
            raise Refused("", words)
        recipients = second_persons(actor, school_id, now) if tell else []
        if tell and not recipients:
            words = _("No one else can be told about this file, so it is not made. Ask your system administrator.")
            raise Refused("", words)
        row = uow.add(
            ExportRecord(
                school_id=school_id, user_id=actor.user_id, name=report.name, form=form, school_year=year,
                row_count=rows, reason=reason.strip(), made_at=now,
            )
        )  # fmt: skip
        uow.audit(EXPORTED, "export_record", row.id, _audited(report, form, year))
        for user_id in recipients:
            uow.notify(user_id, NOTICE, row, f"{NOTICE}:{row.id}:{user_id}")
        return row.id


def note_command(
    actor: Actor, report: Report, form: str, year: str, now: datetime, disclosed: Disclosed | None = None
) -> None:
    """Audit a file that a command made. Reasons and second persons are required on the web only. Where the file names
    students and goes to a recipient, each student gets a disclosure record."""
    with unit_of_work(actor, now) as uow:
        uow.audit(EXPORTED, "export_record", None, _audited(report, form, year))
        if disclosed is not None:
            disclose(uow, *disclosed)


def _audited(report: Report, form: str, year: str) -> dict[str, Any]:
    return {"name": report.name, "form": form, "school_year": year, "rows": len(report.rows)}


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = db.session.get(ExportRecord, message.object_id)
    return row is not None and row.user_id != actor.user_id and may_know(actor, row)


MESSAGES = (
    MessageKind(
        NOTICE,
        leads_to(
            "/outcomes/exports", _l("Someone downloaded a file of outcomes"),
            _l(
                "Someone downloaded a file of outcomes. You get this email because a second person is always told about"
                " a download."
            ),
            go=_l("See who, what, and why"),
        ),
        _still_due,
    ),
)  # fmt: skip


def file_page(
    report: Report, form: str, name: str, year: str, school_id: int | None, above: list[tuple[str, str]],
    back_words: str, names: bool = True, facts: Sequence[tuple[str, str]] = (), is_exact: bool = False,
) -> Page:  # fmt: skip
    """Ask why a file is taken. After the reason is recorded, answer with the report as 'csv' or 'xlsx'.

    `names`: the file may name children or hold figures about them, so a second person is notified. `above` are the
    pages above this one, the nearest last.
    """
    asking = ExportForm()
    if asking.validate_on_submit():
        actor, reason = current_actor(), asking.reason.data or ""
        try:
            note_export(
                actor, report, form=form, year=year, school_id=school_id, reason=reason, now=clock.now(), tell=names
            )
        except Refused as refusal:
            apply_refusal(asking, refusal)
        else:
            disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Response(rendered(report, form), mimetype=TYPES[form], headers=disposition)
    lede = ngettext(
        "%(name)s, %(num)d row (at most %(most)s are allowed)", "%(name)s, %(num)d rows (at most %(most)s are allowed)",
        len(report.rows), name=name, most=f"{setting('EXPORT_ROWS'):,}",
    )  # fmt: skip
    title = _("Download")
    page = render_template(
        "outcomes/exports/reason.html", form=asking, title=title, lede=lede, go_words=_("Download the file"),
        crumbs=[*above, (title, None)], back_href=above[-1][1], back_words=back_words, second_person=names, facts=facts,
        is_exact=is_exact,
    )  # fmt: skip
    return page, 400 if asking.is_submitted() else 200


blueprint = Blueprint("list_files", __name__)


@blueprint.route("/lists/<name>.<form>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.OUTCOMES_EXPORT)
def file(name: str, form: str) -> Page:
    """Ask for the reason, then send the list as CSV or XLSX. 404 for a list that the person may not open."""
    actor = current_actor()
    kind, read = _read(name, form)
    if not takes_files(actor, read.school_id):
        raise NotFound
    return _page(kind, read, form, shown_columns(kind.name, kind.columns, actor.list_columns))


@blueprint.route("/lists/without-names/<name>.<form>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def nameless(name: str, form: str) -> Page:
    """Ask for the reason, then send the list without the columns that name children, for the case team. 404 for a list
    without such a file."""
    kind, read = _read(name, form)
    if not kind.names:
        raise NotFound
    columns = shown_columns(kind.name, kind.columns, current_actor().list_columns)
    return _page(kind, read, form, [column for column in columns if column.key not in kind.names], names=False)


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
        columns=tuple(str(column.label) for column in columns),
        rows=[[row[column.key].text for column in columns] for row in read.rows],
        about=[
            (_("School"), school.name if school is not None else _("All schools")),
            (_("Filters"), " · ".join(read.filters)),
            (_("Order"), order),
            (_("Date"), day_words_with_year(today)),
        ],
    )
    return file_page(
        report, form, f"{kind.name}-{today}.{form}", clock.school_year(today), read.school_id,
        [(kind.title, url_for(kind.page, **read.asked))], _("Back to the list"), names=names,
        facts=[(_("Filters"), " · ".join([*read.filters, order])), (_("Columns"), ", ".join(report.columns))],
    )  # fmt: skip


replay_file_blueprint = Blueprint("replay_file", __name__, url_prefix="/replays")
NAME = "replay"


@replay_file_blueprint.route("/<int:replay_id>/file", methods=["GET", "POST"], endpoint="file")
@fresh_within(FRESH_MINUTES)
@gate(Permission.OUTCOMES_EXPORT)
def replay_file_file(replay_id: int) -> Page:
    """Ask for the reason, then send a row per change as CSV. Reports are named only to those who may open them."""
    actor = current_actor()
    replay, rule_set = get_replay(actor, replay_id)
    incidents = incidents_after(actor, replay_id, 0, setting("EXPORT_ROWS") + 1)
    rows: list[list[str]] = [row for incident in incidents for row in _rows(incident)]
    report, year = Report(NAME, {}, COLUMNS, rows, []), clock.school_year(reported_until(replay))
    named = _("Rule set %(name)s, version %(number)d", name=rule_set.name, number=rule_set.number)
    above = [
        (_("Rules"), url_for("routing.rule_sets")),
        (named, url_for("routing.rule_set", rule_set_id=rule_set.id)),
        (_("Replay"), url_for("replays.replay", replay_id=replay_id)),
    ]
    return file_page(report, "csv", f"{NAME}-{replay_id}.csv", year, None, above, _("Back to the replay"))


def _rows(incident: ReplayedIncident) -> list[list[str]]:
    changes = map(Change.of_json, incident.changes)
    return table_rows(incident.reference, incident.school, changes, incident.broken, incident.is_read)


ROOM = Room(messages=MESSAGES)
