"""Pure reading of a file of roles: every row is checked, and each error names its row and column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wss_cases.access.actor import Role
from wss_cases.accounts.account.rules import GIVEN_BY_HAND, GIVEN_BY_SCHOOL, SCHOOL_ROLES
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import fold, fold_address

COLUMNS: Final = ("email", "role", "school", "change")
MOST_ROWS: Final = 5_000
GIVE, END = "give", "end"
NEEDS_SECOND: Final = frozenset(GIVEN_BY_HAND) - frozenset(GIVEN_BY_SCHOOL)
"""Roles that no one person gives or ends by a file."""

Place = tuple[Role, int | None]


@dataclass(frozen=True)
class Change:
    """One row that is sound."""

    row: int
    user_id: int
    role: Role
    school_id: int | None
    gives: bool


@dataclass(frozen=True)
class Wrong:
    """What is wrong in a cell; `row` 1 is the line of the column names."""

    row: int
    column: str
    words: str


@dataclass(frozen=True)
class Known:
    """Accounts by address, schools by number and folded name (None: several), and what each account holds."""

    accounts: Mapping[str, int]
    schools: Mapping[str, int | None]
    held: Mapping[int, set[Place]]


def addresses_of(rows: Sequence[Sequence[str]]) -> set[str]:
    """Return the addresses in a file, as accounts store them."""
    names = [cell.lower() for cell in rows[0]] if rows else []
    at = names.index("email") if "email" in names else len(names)
    return {fold_address(cells[at]) for cells in rows[1:] if len(cells) > at}


def check(rows: Sequence[Sequence[str]], known: Known, own_ids: frozenset[int]) -> tuple[list[Change], list[Wrong]]:
    """Return the changes that a file asks for, and all that is wrong; `own_ids` are accounts that it may not change."""
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
