"""The list of the people whose accounts one manages."""

from typing import Any

from flask import render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns.presenters import order_of, table_of
from wss_cases.accounts.managed_accounts.queries import PAGE
from wss_cases.accounts.managed_accounts.queries import people as find_people
from wss_cases.accounts.people.people_list.presenters import (
    PEOPLE,
    asked_of,
    choices_of,
    filters_of,
    people_cells,
    wanted_of,
)
from wss_cases.accounts.people.views import blueprint
from wss_cases.foundation import clock
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.rooms import Place

LISTS = (PEOPLE,)


@blueprint.get("")
@gate(Permission.ACCOUNT_MANAGE)
def people() -> Page:
    """The people whose accounts one manages, by address or by another column."""
    actor = current_actor()
    asked, order = asked_of(request.args), order_of(PEOPLE, request.args)
    sort: dict[str, Any] = {"sort": request.args.get("sort")}
    after = id_in(request.args.get("after"))
    rows = find_people(actor, wanted_of(asked), clock.now(), order, after)
    shown = rows[:PAGE]
    choices = choices_of(actor)

    def address(**changes: Any) -> str:
        return url_for("people.people", **(asked | changes))

    return render_template(
        "accounts/people/list.html",
        table=table_of(PEOPLE, actor, people_cells(shown), order, address, asked, filters_of(asked, choices)),
        panels=panels_for(Place.PEOPLE, actor),
        asked=asked,
        filters=choices,
        newer=address(**sort) if after else None,
        older=address(after=shown[-1].id, **sort) if len(rows) > PAGE else None,
    )
