"""The review queue: alarms, legal duties, then the longest waiting; several light reports can be accepted at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, literal, or_, select, true, tuple_

from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.prepared import PreparedFor
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import DomainError, Refused
from wss_cases.foundation.forms import AskingForm, BaseForm, choice_field, choices
from wss_cases.foundation.i18n import _, _l, in_language, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row, in_parts
from wss_cases.incidents.incident.models import Alarm, Incident
from wss_cases.incidents.incident.pages import left_to_office
from wss_cases.incidents.incident.queries import locations, reviewed_by
from wss_cases.incidents.incident.states import UNDECIDED, WAITING, WEAPON_LABELS, Tile
from wss_cases.incidents.lists import named_people, sorted_by
from wss_cases.intake.assignment import REVIEWERS, Assignment, reviewers_at
from wss_cases.intake.decision import Choice, decide, may_be_batched, open_duty_count
from wss_cases.intake.duplicates import Known, possible_duplicates, told, twin_words
from wss_cases.intake.open_questions.models import must_answer, unknown_words
from wss_cases.intake.recommendation import Situation, people_of_each, shown_to, situation, situations
from wss_cases.intake.review import presenters as words
from wss_cases.intake.review.pages import reviewed
from wss_cases.intake.review.presenters import name_of, tile_words
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty
from wss_cases.safeguards.duties.duty.queries import shared

PAGE = 12
"""Rows that fit on four phone screens, also in Spanish."""
FIRST = Order("first")
MINE, UNASSIGNED = "mine", "unassigned"
DANGER, DUTY = "danger", "duty"


@dataclass(frozen=True)
class Narrow:
    """Filters of the queue, named like the parameters of its address. `whose`: mine or unassigned; `first`: danger
    or duty; `kind`: a tile; `place`: a code of the list; `days`: waited at least so many days."""

    whose: str = ""
    first: str = ""
    kind: str = ""
    place: str = ""
    days: int | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Queue:
    """One person's queue at a school (None: wherever they review). `reviewers` are the ids of all reviewers there;
    `of_office`: reports that the actor decides for the district's office, at any school."""

    actor: Actor
    school_id: int | None
    now: datetime
    reviewers: frozenset[int]
    of_office: tuple[int, ...] = ()

    def reviewed(self) -> ColumnElement[bool]:
        """Condition of the reports that the actor reviews here."""
        own = reviewed_by(self.actor, *REVIEWERS)
        if self.school_id is not None:
            own = and_(own, Incident.school_id == self.school_id)
        return or_(own, Incident.id.in_(self.of_office)) if self.of_office else own

    @property
    def is_of_one_school(self) -> bool:
        """Whether it is the whole queue of one school, which has prepared statements."""
        return self.school_id is not None and not self.of_office

    def waiting(self, *columns: Any) -> Select[Any]:
        assigned = select(*columns).outerjoin(Assignment, Assignment.incident_id == Incident.id)
        return assigned.where(self.reviewed(), Incident.state.in_(WAITING))

    def conditions(self, narrow: Narrow) -> list[ColumnElement[bool]]:
        """Conditions of a waiting report that passes the filters."""
        conditions = [*self._whose(narrow.whose)]
        if narrow.first == DANGER:
            conditions.append(is_alarm())
        if narrow.first == DUTY:
            conditions.append(exists().where(*_its_duties()))
        if narrow.kind:
            conditions.append(Incident.tile == narrow.kind)
        if narrow.place:
            conditions.append(Incident.location_code == narrow.place)
        if narrow.days:
            conditions.append(Incident.submitted_at <= self.now - timedelta(days=narrow.days))
        return conditions

    def _whose(self, whose: str) -> list[ColumnElement[bool]]:
        if whose == MINE:
            return [Assignment.assignee_id == self.actor.user_id]
        # People whose role has ended review nothing any more.
        reviewers: Any = bindparam("reviewers", sorted(self.reviewers), expanding=True)
        nobody = or_(Assignment.assignee_id.is_(None), Assignment.assignee_id.not_in(reviewers))
        return [nobody] if whose == UNASSIGNED else []


def _its_duties() -> tuple[ColumnElement[bool], ...]:
    return LegalDuty.incident_id == Incident.id, LegalDuty.state.in_(OPEN_DUTY), shared()


def is_alarm() -> ColumnElement[bool]:
    """Condition of alarms; reports from before there were alarms count by their danger."""
    return or_(Incident.danger_now, Incident.alarm.is_not(None))


def _urgency() -> ColumnElement[int]:
    """0 for an alarm, 1 for an open duty, otherwise 2."""
    return case((is_alarm(), 0), (exists().where(*_its_duties()), 1), else_=2)


def queue_counts(queue: Queue, narrow: Narrow) -> Mapping[str, int]:
    """Counts of waiting reports: all that pass, and of each `whose` and `first` when only that filter is changed."""
    if narrow == Narrow() and queue.is_of_one_school:
        row = _all_counted.rows(queue.actor, school=queue.school_id, reviewers=sorted(queue.reviewers)).one()
    else:
        row = db.session.execute(_counted(queue, narrow)).one()
    return dict(zip(_apart(narrow), row, strict=True))


def _apart(narrow: Narrow) -> dict[str, Narrow]:
    return {
        "": narrow,
        **{f"whose={name}": replace(narrow, whose=name) for name in ("", MINE, UNASSIGNED)},
        **{f"first={name}": replace(narrow, first=name) for name in (DANGER, DUTY)},
    }


def _counted(queue: Queue, narrow: Narrow) -> Any:
    fits = (and_(true(), *queue.conditions(one)) for one in _apart(narrow).values())
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in fits]
    return queue.waiting(*sums).select_from(Incident)


@PreparedFor
def _all_counted(actor: Actor) -> Any:
    return _counted(_queue_at_school(actor), Narrow())


def _queue_at_school(actor: Actor) -> Queue:
    """Queue of the parameter `school` with its `reviewers`, for prepared statements."""
    school: Any = bindparam("school")
    return Queue(actor, school, datetime.max.replace(tzinfo=UTC), frozenset())


def queue_page(
    queue: Queue, narrow: Narrow, order: Order = FIRST, labels: Mapping[str, Any] | None = None,
    after: int | None = None, limit: int | None = None,
) -> Sequence[Any]:  # fmt: skip
    """Up to `limit` waiting reports that pass (default: a page and one more), by default danger, duties, then the
    longest waiting. Rows have the number of open `duties` and the assignee. `labels` are the labels of a sorted
    column's codes; `after` is the last report of the page before."""
    if narrow == Narrow() and order == FIRST and after is None and queue.is_of_one_school:
        first: Sequence[Any] = _first.rows(queue.actor, school=queue.school_id, limit=limit or PAGE + 1).all()
        return first
    keys = _keys(order, labels or {})
    statement = _listed(queue).where(*queue.conditions(narrow))
    last = _place_of(queue, keys, after) if after is not None else None
    if last is not None:
        place = tuple_(*keys)
        mark = tuple_(*(literal(value, key.type) for key, value in zip(keys, last, strict=True)))
        statement = statement.where(place < mark if order.down else place > mark)
    sorted_ = [key.desc() if order.down else key for key in keys]
    return db.session.execute(statement.order_by(*sorted_).limit(limit or PAGE + 1)).all()


@PreparedFor
def _first(actor: Actor) -> Any:
    return _listed(_queue_at_school(actor)).order_by(*_keys(FIRST, {})).limit(bindparam("limit"))


def _listed(queue: Queue) -> Select[Any]:
    duties = select(func.count(LegalDuty.id)).where(*_its_duties()).scalar_subquery()
    columns = (
        Incident.id, Incident.reference, Incident.school_id, Incident.tile, Incident.location_code, Incident.state,
        Incident.occurred_at, Incident.submitted_at, Incident.danger_now, Incident.reporter_id, Incident.shown_words(),
        duties.label("duties"), Incident.version, Incident.weapon, Incident.injury, Incident.alarm, Incident.facts,
        (Incident.narrative != "").label("has_text"), Assignment.assignee_id,
    )  # fmt: skip
    return queue.waiting(*columns).select_from(Incident)


def _keys(order: Order, labels: Mapping[str, Any]) -> tuple[Any, ...]:
    """Sort keys, never null, the id last."""
    if order.key == FIRST.key:
        return _urgency(), Incident.submitted_at, Incident.id
    if order.key == "waiting":
        return Incident.submitted_at, Incident.id
    return sorted_by(order, labels), Incident.id


def _place_of(queue: Queue, keys: Sequence[Any], incident_id: int) -> Any:
    statement = select(*keys).where(Incident.id == incident_id, queue.reviewed())
    return db.session.execute(statement).first()


def reviewed_schools(actor: Actor, school_id: int | None) -> set[int]:
    return {school_id} if school_id is not None else set(actor.school_ids(Role.DEAN, Role.ADMINISTRATOR))


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
        people=named_people(queue.actor, people, name_of),
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
        # Two reports beside each other show their words there; whoever prefers initials sees no text that may name.
        "words": "" if twins or known.actor.initials else side["text"],
        "twins": [twin_words(row, twin, known) for twin in twins],
    }


def _cells(row: Any, scene: Situation, side: Mapping[str, Any], known: Known) -> dict[str, Any]:
    open_facts = must_answer(scene.plan, row, scene.people)
    kinds = list(dict.fromkeys(str(item["kind"]) for item in words.plan_words(scene)["pathways"]))
    urgent = [str((row.alarm or Alarm.DANGER).label)] if row.alarm or row.danger_now else []
    if row.duties:
        urgent.append(ngettext("%(num)d legal duty", "%(num)d legal duties", row.duties))
    if row.weapon not in (None, "none"):
        urgent.append(str(WEAPON_LABELS[row.weapon]))
    if open_facts:
        urgent.append(unknown_words(open_facts))
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
    rows = queue_page(queue, narrow, order, labels_of(order, places), after)
    shown, counts = rows[:PAGE], queue_counts(queue, narrow)
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
            for name in (DANGER, DUTY)
        ],
        chips=[(text, address(**{name: None})) for name, text in chips_of(narrow, places).items()],
        clear_href=url_for("queue.page"),
        narrow=narrow,
        form=form,
        more=address(after=shown[-1].id) if len(rows) > PAGE else None,
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
