"""The list of reports: one's own, and for the case team the school's."""

from collections.abc import Mapping

from flask import render_template, request, url_for

from wss_cases.access.actor import CASE_TEAM, STAFF
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.access.visibility import first_in_view
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.lists.queries import PAGE, counts_by_group
from wss_cases.incidents.pages.presenters import TAB_LABELS, chips, is_tab, state_words
from wss_cases.incidents.pages.views import blueprint
from wss_cases.incidents.report_list.presenters import (
    OWN_REPORTS,
    REPORTS,
    asked_of,
    filters_of,
    kind_of,
    narrowed,
    report_cells,
    report_rows,
)

LISTS = (REPORTS, OWN_REPORTS)


@blueprint.get("/incidents")
@gate(Permission.INCIDENT_READ)
def incidents() -> str:
    """List one's own reports, and for the case team the school's, narrowed by the address."""
    actor = current_actor()
    narrow, kind = narrowed(actor, request.args), kind_of(actor)
    order, behind = order_of(kind, request.args), id_in(request.args.get("before"))
    rows = report_rows(actor, narrow, order, behind, PAGE + 1)
    older = _address(before=str(rows[PAGE - 1].id)) if len(rows) > PAGE else None
    first = first_in_view(actor, narrow.school, *STAFF)
    counts = counts_by_group(actor, narrow)
    cells = report_cells(rows[:PAGE], actor)
    return render_template(
        "incidents/pages/list.html",
        faded_before=day_words_with_year(first) if first and not older else "",
        table=table_of(kind, actor, cells, order, _address, asked_of(request.args), filters_of(narrow)),
        count=counts.get(narrow.state or "all"),
        narrow=narrow,
        chips=[(words, _address(**{name: ""})) for name, words in chips(narrow) if name in request.args],
        title=state_words(narrow.state),
        tabs=_tabs(narrow, counts) if is_tab(narrow.state) else [],
        all_href=_address(state=""),
        clear_href=url_for("incidents.incidents", school=request.args.get("school") or None),
        older=older,
        newest=_address(before="") if behind else None,
        team=actor.has(*CASE_TEAM),
        may_report=might(actor, Permission.INCIDENT_REPORT),
    )


def _tabs(narrow: IncidentFilter, counts: Mapping[str, int]) -> list[tuple[str, str, bool, int | None]]:
    """Return (words, address, whether it is the one shown, number or None) of the list's tabs."""
    every = [("", _("All")), *TAB_LABELS.items()]
    return [
        (str(words), _address(state=name), (narrow.state or "") == name, counts.get(name or "all"))
        for name, words in every
    ]


def _address(**changes: str | None) -> str:
    parameters = asked_of(request.args) | changes
    return url_for("incidents.incidents", **{name: value for name, value in parameters.items() if value})  # type: ignore[arg-type]
