"""The review queue: undecided reports, filtered and paged; several light ones can be accepted at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.errors import DomainError, Refused
from wss_cases.foundation.forms import AskingForm, BaseForm, choice_field, choices
from wss_cases.foundation.i18n import _, _l, in_language, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row, in_parts
from wss_cases.incidents.incident.models import Alarm
from wss_cases.incidents.incident.pages import left_to_office
from wss_cases.incidents.incident.queries import locations
from wss_cases.incidents.incident.states import UNDECIDED, Tile
from wss_cases.intake.assignment import REVIEWERS, reviewers_at
from wss_cases.intake.decision.actions import decide, open_duty_count
from wss_cases.intake.decision.rules import Choice, may_be_batched
from wss_cases.intake.duplicates.models import possible_duplicates
from wss_cases.intake.duplicates.pages import Known, told, twin_words
from wss_cases.intake.open_questions.queries import must_answer
from wss_cases.intake.queue import queries
from wss_cases.intake.queue.queries import (
    DANGER,
    DUTY,
    FIRST,
    MINE,
    UNASSIGNED,
    Narrow,
    Queue,
    queue_page,
    reviewed_schools,
)
from wss_cases.intake.recommendation.queries import Situation, people_of_each, shown_to, situation, situations
from wss_cases.intake.review import presenters as words
from wss_cases.intake.review.pages import reviewed
from wss_cases.intake.review.presenters import name_of, tile_words
from wss_cases.journal.rooms import ListKind, ListRead, Room

ANY = ("", _l("Any"))
DAYS = (1, 2, 5, 10)


class NarrowForm(AskingForm):
    """Filter by kind, place and time waited."""

    kind = choice_field(_l("What happened"), [ANY, *Tile.labels().items()])
    place = choice_field(_l("Where"))
    days = choice_field(_l("Waiting"))

    def offer(self, places: Mapping[str, str]) -> None:
        self.place.choices = choices([ANY, *places.items()])
        waits = ((str(number), days_words(number)) for number in DAYS)
        self.days.choices = choices([ANY, *waits])


def days_words(number: int) -> str:
    return ngettext("%(num)d day or longer", "%(num)d days or longer", number)


def narrow_of(arguments: dict[str, str]) -> Narrow:
    """The filter in an address; invalid values are ignored."""
    whose, first, kind = (arguments.get(name, "") for name in ("whose", "first", "kind"))
    days = id_in(arguments.get("days"))
    return Narrow(
        whose=whose if whose in (MINE, UNASSIGNED) else "",
        first=first if first in (DANGER, DUTY) else "",
        kind=kind if kind in set(Tile) else "",
        place=arguments.get("place", "")[:60],
        days=days if days is not None and days <= 366 else None,
    )


def first_words(first: str) -> str:
    """Name of the urgent part of the queue."""
    return {DANGER: _("Danger or a weapon"), DUTY: _("Legal duties")}.get(first, "")


WHOSE = {"": _l("Whole school"), MINE: _l("Mine"), UNASSIGNED: _l("Not assigned")}
COLUMNS = (
    Column("what", _l("What"), sorts=True, always=True),
    Column("who", _l("Who"), sorts=True),
    Column("where", _l("Where"), sorts=True),
    Column("when", _l("When"), sorts=True),
    Column("waiting", _l("Waiting"), sorts=True),
    Column("reporter", _l("Reported by"), sorts=True, said=True),
    Column("plan", _l("Recommended"), said=True),
    Column("number", _l("Report number"), sorts=True, off=True),
    Column("assigned", _l("Assigned to"), off=True),
    Column("first", _l("Comes first"), sorts=True),
)


def queue_of(actor: Actor, now: datetime) -> Queue:
    """The queue of the school in use, or of all schools where the actor reviews."""
    school_id = chosen_school_id(actor, *REVIEWERS)
    schools = reviewers_at(reviewed_schools(actor, school_id), now)
    reviewers = frozenset(number for people in schools.values() for number in people)
    return Queue(actor, school_id, now, reviewers, left_to_office(actor, now))


def labels_of(order: Order, places: Mapping[str, str]) -> Mapping[str, Any]:
    """Labels that sort a column of codes."""
    if order.key == "what":
        return {tile.value: label for tile, label in Tile.labels().items()}
    return places if order.key == "where" else {}


def place_labels() -> dict[str, str]:
    return {one.code: in_language(one, "label") for one in locations()}


def queue_rows(queue: Queue, shown: Sequence[Any], places: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of the queue's list, with what may be done with each report."""
    ids = [row.id for row in shown]
    scenes = {
        row.id: shown_to(queue.actor, row.school_id, scene)
        for row, scene in zip(shown, situations(ids).values(), strict=True)
    }
    twins = possible_duplicates(shown, queue.actor)
    beside = {twin.id: twin for group in twins.values() for twin in group}
    people = {number: scene.people for number, scene in scenes.items()}
    if others := sorted(set(beside) - set(ids)):
        people |= people_of_each(others)
    known = Known(
        actor=queue.actor,
        now=queue.now,
        zones={number: zone_of(number) for number in {row.school_id for row in shown}},
        places=places,
        names=user_names([*(row.reporter_id for row in (*shown, *beside.values())), *(r.assignee_id for r in shown)]),
        people={number: [(name_of(one), one.student_id) for one in theirs] for number, theirs in people.items()},
    )
    told_pairs: set[frozenset[int]] = set()
    rows = []
    for row in shown:
        # A pair with both reports on the page is compared once, at the first of them.
        fresh = [twin for twin in twins[row.id] if frozenset((row.id, twin.id)) not in told_pairs]
        told_pairs |= {frozenset((row.id, twin.id)) for twin in fresh}
        above = [(twin.reference, twin.id) for twin in twins[row.id] if twin not in fresh]
        rows.append(
            _row(row, scenes[row.id], fresh, known, queue.reviewers, alike=bool(twins[row.id])) | {"above": above}
        )
    return rows


def _row(
    row: Any, scene: Situation, twins: Sequence[Any], known: Known, reviewers: frozenset[int], *, alike: bool
) -> dict[str, Any]:
    """`alike`: the report has a possible duplicate, so it is not accepted in a batch."""
    side = told(row, known)
    assignee = row.assignee_id if row.assignee_id in reviewers else None
    mine = assignee is not None and assignee == known.actor.user_id
    return _cells(row, scene, side, known) | {
        "assigned": Cell(_("Yours") if mine else known.names.get(assignee or 0, "")),
        "id": row.id,
        "side": side,
        "reference": row.reference,
        "version": row.version,
        "light": not alike and may_be_batched(scene.plan, row.duties, scene.people, row),
        "free": assignee is None,
        "twins": [twin_words(row, twin, known) for twin in twins],
    }


def _cells(row: Any, scene: Situation, side: Mapping[str, Any], known: Known) -> dict[str, Any]:
    open_facts = must_answer(scene.plan, row, scene.people)
    kinds = list(dict.fromkeys(str(item["kind"]) for item in words.plan_words(scene)["pathways"]))
    urgent = [str((row.alarm or Alarm.DANGER).label)] if row.alarm or row.danger_now else []
    if row.duties:
        urgent.append(ngettext("%(num)d legal duty", "%(num)d legal duties", row.duties))
    if open_facts:
        urgent.append(ngettext("? %(num)d open question", "? %(num)d open questions", len(open_facts)))
    people = tuple((name, href or "") for name, href in side["people"])
    return {
        "what": Cell(side["title"], href=side["href"], about=row.reference),
        "who": Cell(", ".join(name for name, _href in people), links=people),
        "where": Cell(side["where"]),
        "when": Cell(side["when"]),
        "waiting": Cell(words.waiting_words(row.submitted_at, known.now)),
        "reporter": Cell(side["reporter"]),
        "plan": Cell(_("After the open questions") if open_facts else ", ".join(kinds)),
        "number": Cell(row.reference),
        "first": Cell(" · ".join(urgent), tone="brick" if row.alarm or row.danger_now or row.duties else "sun"),
    }


Narrowed = Callable[..., str]


def chips_of(narrow: Narrow, places: Mapping[str, str]) -> dict[str, str]:
    """The filters besides the tab in words, by parameter."""
    chips = {
        "first": first_words(narrow.first),
        "kind": tile_words(narrow.kind) if narrow.kind else "",
        "place": places.get(narrow.place, narrow.place),
        "days": days_words(narrow.days) if narrow.days else "",
    }
    return {name: text for name, text in chips.items() if text}


def filters_of(narrow: Narrow, places: Mapping[str, str]) -> list[str]:
    """All filters in words, the tab included."""
    return [str(WHOSE[narrow.whose]), *chips_of(narrow, places).values()]


def read_queue(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """The queue as a download."""
    queue, narrow, order = queue_of(actor, now), narrow_of(dict(arguments)), order_of(QUEUE, arguments)
    places = place_labels()
    rows = queue_page(queue, narrow, order, labels_of(order, places), limit=limit)
    parameters = narrow.parameters | ({"sort": arguments["sort"]} if arguments.get("sort") else {})
    cells: list[Row] = in_parts(rows, lambda part: queue_rows(queue, part, places))
    return ListRead(cells, filters_of(narrow, places), parameters, queue.school_id)


QUEUE = ListKind(
    "queue",
    _l("Review"),
    COLUMNS,
    FIRST,
    Permission.INCIDENT_REVIEW,
    "queue.page",
    read_queue,
    roles=(*REVIEWERS, Role.DISTRICT),
)


blueprint = Blueprint("queue", __name__, url_prefix="/review")

BATCH = 10


@blueprint.get("")
@gate(Permission.INCIDENT_REVIEW)
def page() -> Page:
    """Undecided reports: danger first, then duties, then the longest waiting; or sorted by a column."""
    return _queue_page(200)


def _queue_page(status: int, problem: str = "") -> Page:
    actor, narrow, order = current_actor(), narrow_of(request.args.to_dict()), order_of(QUEUE, request.args)
    queue, after, places = queue_of(actor, clock.now()), id_in(request.args.get("after")), place_labels()
    rows = queries.queue_page(queue, narrow, order, labels_of(order, places), after)
    shown, counts = rows[: queries.PAGE], queries.queue_counts(queue, narrow)
    query = narrow.parameters | ({"sort": order.parameter} if order != QUEUE.order else {})

    def address(**changes: Any) -> str:
        return url_for("queue.page", **{name: value for name, value in (query | changes).items() if value is not None})

    form = NarrowForm(data=narrow.parameters | {"days": str(narrow.days or "")})
    form.offer(places)
    cells, filters = queue_rows(queue, shown, places), filters_of(narrow, places)
    page_shown = render_template(
        "intake/queue/queue.html",
        table=table_of(QUEUE, actor, cells, order, address, query, filters),
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
    """Accept several tier-1 recommendations, each in its own transaction; those left out are named."""
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


ROOM = Room(pages=(blueprint,), lists=(QUEUE,))
