"""Roles from a file: checked row by row, shown, and given all or none when a person confirms."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, request, url_for
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import FileField

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might, require
from wss_cases.accounts.account.models import ROLE_LABELS, RoleGrant, UserAccount
from wss_cases.accounts.account.rules import GIVEN_BY_HAND, GIVEN_BY_SCHOOL, SCHOOL_ROLES
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.grants import is_over, not_over
from wss_cases.accounts.people.pages import end_grant, give_grant
from wss_cases.accounts.sign_in.sessions.actions import tell_roles_changed
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import user_names
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import fold, fold_address
from wss_cases.foundation.pages import Page, form_page, message_page, panel_card, with_flash
from wss_cases.foundation.school_time import district_zone, moment_words, today_at
from wss_cases.journal.rooms import Panel, Room
from wss_cases.journal.rooms import Place as RoomsPlace
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.import_files import rows_in


class RoleFile(Base):
    """One uploaded file with valid rows only; its changes are made when it is confirmed, all or none."""

    __tablename__ = "role_file"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    rows: Mapped[list[Any]]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]


COLUMNS: Final = ("email", "role", "school", "change")
MOST_ROWS: Final = 5_000
GIVE, END = "give", "end"
NEEDS_SECOND: Final = frozenset(GIVEN_BY_HAND) - frozenset(GIVEN_BY_SCHOOL)
"""Roles that need a second person to give or end them by a file."""

Place = tuple[Role, int | None]


@dataclass(frozen=True)
class Change:
    row: int
    user_id: int
    role: Role
    school_id: int | None
    gives: bool


@dataclass(frozen=True)
class Wrong:
    """A problem in a cell; `row` 1 is the header."""

    row: int
    column: str
    words: str


@dataclass(frozen=True)
class Known:
    """Accounts by address, schools by number and folded name (None: several), and each account's roles."""

    accounts: Mapping[str, int]
    schools: Mapping[str, int | None]
    held: Mapping[int, set[Place]]


def addresses_of(rows: Sequence[Sequence[str]]) -> set[str]:
    """The addresses in a file, as accounts store them."""
    names = [cell.lower() for cell in rows[0]] if rows else []
    at = names.index("email") if "email" in names else len(names)
    return {fold_address(cells[at]) for cells in rows[1:] if len(cells) > at}


def check(rows: Sequence[Sequence[str]], known: Known, own_ids: frozenset[int]) -> tuple[list[Change], list[Wrong]]:
    """The changes in a file, and all problems; `own_ids` are accounts that it may not change."""
    names = [cell.lower() for cell in rows[0]] if rows else []
    missing = [Wrong(1, name, _("This column is missing.")) for name in COLUMNS if name not in names]
    if missing:
        return [], missing
    changes: list[Change] = []
    wrong: list[Wrong] = []
    seen: set[tuple[int, Role, int | None]] = set()
    for number, cells in enumerate(rows[1:], 2):
        if not any(cells):
            continue
        row = dict(zip(names, cells, strict=False))
        read = _read(number, {name: row.get(name, "") for name in COLUMNS}, known, own_ids)
        if isinstance(read, Wrong):
            wrong.append(read)
        elif (key := (read.user_id, read.role, read.school_id)) in seen:
            wrong.append(Wrong(number, "email", _("The same person, role, and school already appear earlier.")))
        else:
            seen.add(key)
            changes.append(read)
    if not changes and not wrong:
        wrong.append(Wrong(1, "email", _("The file has no row.")))
    if len(rows) > MOST_ROWS + 1:
        wrong.append(Wrong(MOST_ROWS + 2, "email", _("A file has at most %(most)d rows.", most=MOST_ROWS)))
    return changes, wrong


def _read(number: int, row: Mapping[str, str], known: Known, own_ids: frozenset[int]) -> Change | Wrong:
    user_id = known.accounts.get(fold_address(row["email"]))
    if user_id is None:
        return Wrong(number, "email", _("No account has this address: %(value)s", value=row["email"]))
    if user_id in own_ids:
        return Wrong(number, "email", _("People cannot give a role to themselves or end their own."))
    role = {one.value: one for one in GIVEN_BY_HAND}.get(row["role"].lower())
    if role is None:
        roles = ", ".join(one.value for one in GIVEN_BY_HAND)
        words = _("%(value)s is not a role. Write one of: %(roles)s", value=row["role"], roles=roles)
        return Wrong(number, "role", words)
    school_id = known.schools.get(fold(row["school"])) if row["school"] else None
    if role in SCHOOL_ROLES and school_id is None:
        words = _("Enter the number or the exact name of one school: %(value)s", value=row["school"])
        return Wrong(number, "school", words)
    if role not in SCHOOL_ROLES and row["school"]:
        return Wrong(number, "school", _("This role belongs to no school. Leave the cell blank."))
    if row["change"].lower() not in (GIVE, END):
        return Wrong(number, "change", _("Write give or end: %(value)s", value=row["change"]))
    gives = row["change"].lower() == GIVE
    if gives == ((role, school_id) in known.held.get(user_id, set())):
        return Wrong(number, "role", _("They already have this role.") if gives else _("They do not have this role."))
    return Change(number, user_id, role, school_id, gives)


SHOWN = 20


def known_now(addresses: Collection[str], now: datetime) -> Known:
    """The data to check a file against: all schools, the accounts with these addresses, and their roles."""
    schools: dict[str, int | None] = {}
    for row in db.session.execute(select(School.id, School.identifier, School.name)):
        for key in {fold(row[1]), fold(row[2])} - {""}:
            schools[key] = None if key in schools else row[0]
    of_file = select(UserAccount.email, UserAccount.id).where(UserAccount.email.in_(addresses))
    accounts = {row[0]: row[1] for row in db.session.execute(of_file)}
    roles: defaultdict[int, set[Place]] = defaultdict(set)
    live = select(RoleGrant.user_id, RoleGrant.role, RoleGrant.school_id).where(not_over(now))
    for user_id, role, school_id in db.session.execute(live.where(RoleGrant.user_id.in_(accounts.values()))):
        roles[user_id].add((role, school_id))
    return Known(accounts, schools, roles)


def last_files() -> list[tuple[RoleFile, str]]:
    """The last files with the name of the uploader, newest first."""
    statement = select(RoleFile, UserAccount.name).join(UserAccount, UserAccount.id == RoleFile.made_by_id)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(RoleFile.id.desc()).limit(SHOWN))]


class RoleFileForm(BaseForm):
    file = FileField(_l("CSV file of roles"))


class RowsRefused(Refused):
    """A file with invalid rows; nothing of it is stored."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("file", _("Nothing was changed. Fix the rows below and upload the file again."))
        self.wrong = wrong


@use_case
def upload_file(uow: UnitOfWork, name: str, content: bytes) -> int:
    """Store a file of roles. Raises NotFound; RowsRefused for any invalid row, Refused for a file that is no CSV."""
    require(uow.actor, Permission.ROSTER_ACCOUNTS, uow.actor)
    assert uow.actor.user_id is not None
    rows = rows_in(content)
    changes_of(rows, frozenset({uow.actor.user_id}), uow.now)
    name = "".join(sign for sign in name if sign.isprintable())[-120:]
    row = RoleFile(name=name, rows=rows, made_by_id=uow.actor.user_id, made_at=uow.now)
    return uow.add_audited(row, "role_file.uploaded")


def changes_of(rows: Sequence[Sequence[str]], own_ids: frozenset[int], now: datetime) -> list[Change]:
    """The changes of a file as of now. Raises RowsRefused."""
    changes, wrong = check(rows, known_now(addresses_of(rows), now), own_ids)
    if wrong:
        raise RowsRefused(wrong)
    return changes


@use_case
def carry_out(uow: UnitOfWork, file_id: int) -> int:
    """Make all changes of a file, or none; some need a second person's confirmation. Raises NotFound; RowsRefused
    for rows that became invalid; Refused a second time, or for the same person."""
    file = uow.load(RoleFile, file_id, Permission.ROSTER_ACCOUNTS)
    assert uow.actor.user_id is not None
    if file.done_at is not None:
        raise Refused("", _("This file was already imported."))
    changes = changes_of(file.rows, frozenset({uow.actor.user_id, file.made_by_id}), uow.now)
    if any(one.role in NEEDS_SECOND for one in changes):
        refuse_one_person("", uow.actor.user_id, [file.made_by_id], uow.now)
    # Roles are given before others end, so that nobody is briefly the last one.
    for change in sorted(changes, key=lambda one: not one.gives):
        _carry_out(uow, change)
    file.done_by_id, file.done_at = uow.actor.user_id, uow.now
    uow.audit("role_file.carried_out", "role_file", file.id, {"rows": [None, len(changes)]})
    return file.id


def _carry_out(uow: UnitOfWork, change: Change) -> None:
    user = uow.session.get_one(UserAccount, change.user_id, with_for_update=True, populate_existing=True)
    if change.gives:
        give_grant(uow, user, change.role, change.school_id, today_at(change.school_id, uow.now), None)
        return
    place = (change.role, change.school_id)
    for grant in [one for one in user.grants if (one.role, one.school_id) == place and not is_over(one, uow.now)]:
        end_grant(uow, user, grant)
        tell_roles_changed(uow, user, grant, given=False)


blueprint = Blueprint("role_files", __name__, url_prefix="/people/role-files")
MOST_SHOWN = 200


def people_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    may = might(actor, Permission.ROSTER_ACCOUNTS)
    return panel_card(go=(_("Roles from a CSV file"), url_for("role_files.upload"))) if may else None


@blueprint.route("", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def upload() -> Page:
    """Upload a file; problems are listed by row and column."""
    form, sent = RoleFileForm(), request.files.get("file")
    wrong: list[Wrong] = []

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file."))
        try:
            return upload_file(submitted(form), sent.filename, sent.read())
        except RowsRefused as refused:
            wrong.extend(refused.wrong)
            raise

    files = [
        (file.name, _address(file.id), f"{moment_words(file.made_at, district_zone())} · {name}", _state(file))
        for file, name in last_files()
    ]
    return form_page(
        form, act, _address, "roster/role_files/upload.html",
        wrong=wrong, files=files, most=MOST_SHOWN, people_href=url_for("people.people"),
    )  # fmt: skip


@blueprint.route("/<int:role_file_id>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def preview(role_file_id: int) -> Page:
    """What a file would change, and the act that makes the changes."""
    file = existing(db.session.get(RoleFile, role_file_id))
    form = BaseForm()
    changes: list[Change] = []
    wrong: list[Wrong] = []
    if file.done_at is None:
        try:
            changes = changes_of(file.rows, frozenset({file.made_by_id}), clock.now())
        except RowsRefused as refused:
            wrong = list(refused.wrong)
    if file.done_at is not None and request.method == "GET":
        people = (_("People"), url_for("people.people"))
        crumbs = [people, (_("Roles from a CSV file"), url_for(".upload")), (file.name, None)]
        return message_page(file.name, _("Every change in the file is made."), lede=_("Carried out"), crumbs=crumbs)
    return form_page(
        form, lambda: carry_out(submitted(form), role_file_id),
        with_flash(_("Every change in the file is made."), url_for(".upload")), "roster/role_files/preview.html",
        file=file, rows=_rows(changes[:MOST_SHOWN]), number=len(changes), wrong=wrong, upload_href=url_for(".upload"),
        needs_second=any(one.role in NEEDS_SECOND for one in changes), most=MOST_SHOWN,
    )  # fmt: skip


def _address(file_id: int) -> str:
    return url_for(".preview", role_file_id=file_id)


def _state(file: RoleFile) -> str:
    return _("Carried out") if file.done_at else _("Waiting to be confirmed")


def _rows(changes: Sequence[Change]) -> list[tuple[str, str, str]]:
    """(name, role and school, change) of each change."""
    names = user_names(one.user_id for one in changes)
    schools = schools_by_id({one.school_id for one in changes if one.school_id is not None})
    rows = []
    for one in changes:
        place = f" · {schools[one.school_id].name}" if one.school_id in schools else ""
        rows.append((names[one.user_id], f"{ROLE_LABELS[one.role]}{place}", _("Given") if one.gives else _("Ended")))
    return rows


ROOM = Room(pages=(blueprint,), panels=(Panel(RoomsPlace.PEOPLE, 21, people_panel),))
