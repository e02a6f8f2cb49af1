"""The list of accounts: columns, rows and filters, for its page and its file."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import ROLE_LABELS, STATE_LABELS, AccountState, UserAccount
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.accounts.managed_accounts import BY_ADDRESS, PAGE, Standing, Wanted, roles_of, schools_to_give
from wss_cases.accounts.managed_accounts import people as find_people
from wss_cases.accounts.people.pages import blueprint
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.tables.columns import Cell, Column, Row, in_parts
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.rooms import ListKind, ListRead, Place, Room

FILTERS = ("q", "school", "role", "standing")
TONES = {AccountState.INVITED: "slate", AccountState.ACTIVE: "moss", AccountState.DISABLED: "brick"}
COLUMNS = (
    Column("who", _l("Name"), sorts=True, always=True),
    Column("address", _l("Email address"), sorts=True),
    Column("roles", _l("Roles")),
    Column("state", _l("State"), sorts=True),
)


def asked_of(arguments: Mapping[str, str]) -> dict[str, str]:
    """The filters in an address."""
    filters = {name: arguments.get(name, "").strip() for name in FILTERS}
    return {name: value for name, value in filters.items() if value}


def wanted_of(asked: Mapping[str, str]) -> Wanted:
    """The accounts to list; invalid values filter nothing."""
    return Wanted(
        asked.get("q", ""),
        id_in(asked.get("school")),
        {role.value: role for role in Role}.get(asked.get("role", "")),
        {one.value: one for one in Standing}.get(asked.get("standing", "")),
    )


def choices_of(actor: Actor) -> list[tuple[str, Any, list[tuple[str, Any]]]]:
    """The filters offered: parameter, label, and its values with their labels."""
    return [
        ("school", _l("School"), [(str(number), name) for number, name in schools_to_give(actor)]),
        ("role", _l("Role"), [(role.value, ROLE_LABELS[role]) for role in Role]),
        ("standing", _l("Account"), [(one.value, one.label) for one in Standing]),
    ]


def filters_of(asked: Mapping[str, str], choices: Sequence[tuple[str, Any, list[tuple[str, Any]]]]) -> list[str]:
    """The filters in words."""
    words = [str(dict(values).get(asked.get(name, ""), "")) for name, _words, values in choices]
    return [one for one in (asked.get("q", ""), *words) if one]


def people_cells(users: Sequence[UserAccount]) -> list[Row]:
    roles = roles_of([user.id for user in users])
    return [
        {
            "who": Cell(user.name, href=url_for("people.person", user_id=user.id)),
            "address": Cell(user.email),
            "roles": Cell("; ".join(dotted(ROLE_LABELS[grant.role], place) for grant, place in roles[user.id])),
            "state": Cell(str(STATE_LABELS[user.state]), tone=TONES[user.state]),
        }
        for user in users
    ]


def read_people(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """The list as a download."""
    filters = asked_of(arguments)
    wanted = wanted_of(filters)
    choices = choices_of(actor)
    users = find_people(actor, wanted, now, order_of(PEOPLE, arguments), limit=limit)
    sort = {"sort": arguments["sort"]} if arguments.get("sort") else {}
    schools = [int(number) for number, _name in choices[0][2]]
    one_school = schools[0] if len(schools) == 1 else wanted.school_id if wanted.school_id in schools else None
    return ListRead(in_parts(users, people_cells), filters_of(filters, choices), filters | sort, one_school)


PEOPLE = ListKind("people", _l("People"), COLUMNS, BY_ADDRESS, Permission.ACCOUNT_MANAGE, "people.people", read_people)


LISTS = (PEOPLE,)


@blueprint.get("")
@gate(Permission.ACCOUNT_MANAGE)
def people() -> Page:
    """The accounts one manages, by address or another column."""
    actor = current_actor()
    filters, order = asked_of(request.args), order_of(PEOPLE, request.args)
    sort: dict[str, Any] = {"sort": request.args.get("sort")}
    after = id_in(request.args.get("after"))
    rows = find_people(actor, wanted_of(filters), clock.now(), order, after)
    shown = rows[:PAGE]
    choices = choices_of(actor)

    def address(**changes: Any) -> str:
        return url_for("people.people", **(filters | changes))

    return render_template(
        "accounts/people/list.html",
        table=table_of(PEOPLE, actor, people_cells(shown), order, address, filters, filters_of(filters, choices)),
        panels=panels_for(Place.PEOPLE, actor),
        asked=filters,
        filters=choices,
        newer=address(**sort) if after else None,
        older=address(after=shown[-1].id, **sort) if len(rows) > PAGE else None,
    )


ROOM = Room(lists=LISTS)
