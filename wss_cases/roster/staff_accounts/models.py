"""Accounts for the roster's staff: the tables of rules and waves, and which account a rule proposes or not."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Role
from wss_cases.foundation.db import Base, Id, named_enum, where
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.ids import fold_address

GIVEN: Final = (Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR)
NEEDS_SECOND: Final = frozenset({Role.ADMINISTRATOR})
"""Roles that a rule gives only after a second person confirmed it."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

RoleRules = Mapping[tuple[str, int | None], Role | None]
"""The rules in force, by roster role and school, None for any."""
Place = tuple[Role, int]
"""A role and the school where it is held."""


class Standing(Labelled):
    """What happens to one person of the roster."""

    NEW = "new", _l("Gets an account")
    ADDS = "adds", _l("Gets another role")
    RETURNS = "returns", _l("Came back: decide by hand")
    HAS = "has", _l("Already has everything")
    NO_ADDRESS = "no_address", _l("No email address")
    TAKEN = "taken", _l("The address is another person’s")
    STUDENT = "student", _l("Is a student too")
    NO_RULE = "no_rule", _l("No rule for their roster role")
    NONE = "none", _l("Gets none by the rules")


WILL_CHANGE: Final = (Standing.NEW, Standing.ADDS)


@dataclass(frozen=True)
class Member:
    """A staff member; rows of the roster with the same name and address are one person."""

    staff_ids: tuple[int, ...]
    name: str
    email: str
    posts: frozenset[tuple[int, str]]
    is_student: bool = False
    is_shared: bool = False


@dataclass
class Held:
    """An account: its roles at schools, ended ones, whether it has or had any role, and its roster rows."""

    user_id: int
    is_ended: bool
    is_partner: bool = False
    live: set[Place] = field(default_factory=set)
    over: set[Place] = field(default_factory=set)
    has_live: bool = False
    had: bool = False
    staff_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Proposal:
    """What would change for one person: `gives` are the roles new to them."""

    member: Member
    standing: Standing
    gives: tuple[Place, ...] = ()
    user_id: int | None = None


def known_address(email: str) -> str:
    """An address as accounts store it, '' if invalid."""
    email = fold_address(email)
    return email if _ADDRESS.fullmatch(email) else ""


def roles_of(posts: Iterable[tuple[int, str]], rules: RoleRules) -> tuple[set[Place], bool]:
    """The roles that a person's posts give, and whether each post has a rule."""
    given: set[Place] = set()
    known = True
    for school_id, staff_role in posts:
        key = next((key for key in ((staff_role, school_id), (staff_role, None)) if key in rules), None)
        if key is None:
            known = False
        elif (role := rules[key]) is not None:
            given.add((role, school_id))
    return given, known


def proposal(member: Member, rules: RoleRules, held: Held | None) -> Proposal:
    """What happens to a person. Roles that ended are never given again without asking."""
    given, known = roles_of(member.posts, rules)
    user_id = held.user_id if held else None
    if member.is_student:
        return Proposal(member, Standing.STUDENT)
    if not given:
        return Proposal(member, Standing.NONE if known and member.posts else Standing.NO_RULE, (), user_id)
    if held is None:
        if member.is_shared:
            return Proposal(member, Standing.TAKEN)
        places = tuple(sorted(given, key=_order))
        return Proposal(member, Standing.NEW if member.email else Standing.NO_ADDRESS, places)
    if held.is_partner or member.is_shared or held.staff_ids - set(member.staff_ids):
        return Proposal(member, Standing.TAKEN)
    missing = tuple(sorted(given - held.live, key=_order))
    if held.is_ended or (missing and ((held.had and not held.has_live) or held.over & set(missing))):
        return Proposal(member, Standing.RETURNS, missing, user_id)
    return Proposal(member, Standing.ADDS if missing else Standing.HAS, missing, user_id)


def _order(place: Place) -> tuple[int, int]:
    return GIVEN.index(place[0]), place[1]


class AccountRule(Base):
    """From a day on, a roster role gives a role at one school, or with None at any; a `role` of None gives none. The
    later rule counts, and one for a school before one for any. A rule for administrators counts once a second
    person, `confirmed_by_id`, has agreed."""

    __tablename__ = "account_rule"
    __table_args__ = (
        CheckConstraint("confirmed_by_id is null or confirmed_by_id <> said_by_id", name="second"),
        CheckConstraint("(confirmed_by_id is null) = (confirmed_at is null)", name="confirmed"),
        Index("ix_account_rule_staff_role", "staff_role", "starts_on"),
    )

    id: Mapped[Id]
    staff_role: Mapped[str] = mapped_column(String(60))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    role: Mapped[Role | None] = mapped_column(named_enum(Role, "role"))
    starts_on: Mapped[date]
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    said_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None]


class AccountWave(Base):
    """An order to invite this many people of the roster by the rules up to `newest_rule_id`."""

    __tablename__ = "account_wave"
    __table_args__ = (
        CheckConstraint("size between 1 and 5000", name="size"),
        Index("ix_account_wave_open", "id", **where("ended_at is null")),
    )

    id: Mapped[Id]
    size: Mapped[int]
    newest_rule_id: Mapped[int] = mapped_column(ForeignKey("account_rule.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    invited: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    stopped: Mapped[bool] = mapped_column(default=False)


class AccountTally(Base):
    """The people of a large roster's staff with one standing at the last count, by name. `staff_ids` has one row per
    person, `number` their count. For lists only: invitations evaluate again. `seen` is the state of rules and roster
    then."""

    __tablename__ = "account_tally"

    standing: Mapped[Standing] = mapped_column(named_enum(Standing, "standing"), primary_key=True)
    number: Mapped[int]
    staff_ids: Mapped[list[Any]] = mapped_column(default=list)
    seen: Mapped[str] = mapped_column(String(80))
    counted_at: Mapped[datetime]
