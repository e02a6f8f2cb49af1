"""The review queue: what waits for a decision, narrowed and in pages; a handful of light ones accepted at once."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import DomainError, Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.intake.decision.actions import decide, open_duty_count
from wss_cases.intake.decision.rules import Choice, may_be_batched
from wss_cases.intake.duplicates.queries import possible_duplicates
from wss_cases.intake.queue import queries
from wss_cases.intake.queue.forms import NarrowForm, first_words, narrow_of
from wss_cases.intake.queue.presenters import (
    QUEUE,
    WHOSE,
    chips_of,
    filters_of,
    labels_of,
    place_labels,
    queue_of,
    queue_rows,
)
from wss_cases.intake.queue.queries import Narrow
from wss_cases.intake.recommendation.queries import situation
from wss_cases.intake.review.views import reviewed

blueprint = Blueprint("queue", __name__, url_prefix="/review")

BATCH = 10


@blueprint.get("")
@gate(Permission.INCIDENT_REVIEW)
def page() -> Page:
    """What waits for a decision: danger first, then duties, then the longest waiting, or by one of the columns."""
    return _queue_page(200)


def _queue_page(status: int, problem: str = "") -> Page:
    actor, narrow, order = current_actor(), narrow_of(request.args.to_dict()), order_of(QUEUE, request.args)
    queue, after, places = queue_of(actor, clock.now()), id_in(request.args.get("after")), place_labels()
    rows = queries.queue_page(queue, narrow, order, labels_of(order, places), after)
    shown, counts = rows[: queries.PAGE], queries.queue_counts(queue, narrow)
    asked = narrow.parameters | ({"sort": order.parameter} if order != QUEUE.order else {})

    def address(**changes: Any) -> str:
        return url_for("queue.page", **{name: value for name, value in (asked | changes).items() if value is not None})

    form = NarrowForm(data=narrow.parameters | {"days": str(narrow.days or "")})
    form.offer(places)
    cells, filters = queue_rows(queue, shown, places), filters_of(narrow, places)
    page_shown = render_template(
        "intake/queue/queue.html",
        table=table_of(QUEUE, actor, cells, order, address, asked, filters),
        count=counts[""],
        tabs=_tabs(narrow, counts, address),
        urgent=[
            (first_words(name), address(first=name if narrow.first != name else None), narrow.first == name,
             counts[f"first={name}"])
            for name in (queries.DANGER, queries.DUTY)
        ],
        chips=[(text, address(**{name: None})) for name, text in chips_of(narrow, places).items()],
        clear_href=url_for("queue.page"),
        narrow=narrow,
        form=form,
        more=address(after=shown[-1].id) if len(rows) > queries.PAGE else None,
        first=address() if after is not None else None,
        request_key=BaseForm(formdata=None).request_key.data,
        problem=problem,
    )  # fmt: skip
    return (page_shown, status) if status != 200 else page_shown


def _tabs(narrow: Narrow, counts: Any, address: Callable[..., str]) -> list[tuple[str, str, bool, int]]:
    return [
        (str(words), address(whose=name or None), narrow.whose == name, counts[f"whose={name}"])
        for name, words in WHOSE.items()
    ]


@blueprint.post("/accept")
@gate(Permission.INCIDENT_REVIEW)
def accept_some() -> Page:
    """Accept a handful of tier-1 recommendations, one act each; the rest is named."""
    form = BaseForm()
    chosen = [pair.partition(".") for pair in request.form.getlist("chosen")][:BATCH]
    if not form.validate() or not chosen:
        return _queue_page(400, _("Choose at least one report."))
    done, left = 0, []
    for incident_id, _dot, version in chosen:
        try:
            done += _accept_light(int(incident_id), int(version), f"{form.request_key.data}:{incident_id}")
        except (DomainError, ValueError):
            left.append(incident_id)
    if done:
        flash(ngettext("%(num)d report accepted.", "%(num)d reports accepted.", done))
    if left:
        flash(_("Some reports were not accepted: they changed, or may be duplicates. Open them one by one."), "warning")
    return redirect(url_for("queue.page"), 303)


def _accept_light(incident_id: int, version: int, key: str) -> int:
    actor = current_actor()
    incident = reviewed(actor, incident_id)
    now = situation(incident_id)
    if incident.state in UNDECIDED and not may_be_batched(now.plan, open_duty_count(incident_id), now.people, incident):
        raise Refused("", _("This report needs its own review."))
    if possible_duplicates([incident], actor)[incident_id]:
        raise Refused("", _("Merge it with its possible duplicate, or say that they are not the same, first."))
    decide(Invocation(actor, clock.now(), key, version=version), incident_id, Choice())
    return 1
