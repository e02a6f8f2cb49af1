"""Reports of the same incident: possible duplicates; merge two, mark them as different, or undo either."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Table,
    UniqueConstraint,
    and_,
    delete,
    exists,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import STAFF, Actor, Invocation, Role, in_schools
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.queries import place_words
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_row
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import moment_words, today_at, zone_of
from wss_cases.incidents.changes import COPIED, MERGED, merge_report
from wss_cases.incidents.incident.models import Incident, IncidentPerson, shows_words
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import DUPLICATE_WINDOW
from wss_cases.incidents.incident.states import UNDECIDED, Tile
from wss_cases.incidents.lists import named_people
from wss_cases.incidents.other_schools import parts_of
from wss_cases.intake.recommendation import people_of_each
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.changes import changes_of
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.pages import initials_of
from wss_cases.routing.rule_sets import RoutingAnswer


class ToldApart(Base):
    """Two similar reports of different events; `lower_id` is the older one."""

    __tablename__ = "incident_told_apart"
    __table_args__ = (UniqueConstraint("lower_id", "higher_id"), CheckConstraint("lower_id < higher_id", name="order"))

    id: Mapped[Id]
    lower_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    higher_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


def may_be_same(one: Any, other: Any, students: Iterable[int | None], others: Iterable[int | None]) -> bool:
    """Whether two reports may be of one event: same school, within two hours, and a shared student or the same place
    and kind. `students` and `others` are their student ids; None is an unidentified person."""
    if one.school_id != other.school_id or abs(one.occurred_at - other.occurred_at) > DUPLICATE_WINDOW:
        return False
    shared = {number for number in students if number is not None} & set(others)
    return bool(shared) or (one.location_code == other.location_code and one.tile == other.tile)


def stays(one: Any, other: Any) -> Any:
    """The report that stays after a merge: the decided one, otherwise the older one."""
    decided = [row for row in (one, other) if row.state not in UNDECIDED]
    return decided[0] if len(decided) == 1 else min(one, other, key=lambda row: row.id)


def pair_of(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


MOST = 3
"""Most possible duplicates shown for one report."""
MOST_CANDIDATES = 300
SHOWN = (
    Incident.id, Incident.reference, Incident.school_id, Incident.tile, Incident.location_code, Incident.occurred_at,
    Incident.state, Incident.reporter_id, Incident.shown_words(), Incident.facts,
)  # fmt: skip


def possible_duplicates(rows: Sequence[Any], actor: Actor) -> dict[int, list[Any]]:
    """Up to three possible duplicates of each report, oldest first, without those marked as different or hidden from
    the actor. `rows` have the columns `SHOWN`; the caller has checked them."""
    if not rows:
        return {}
    others = db.session.execute(
        select(*SHOWN)
        .where(*_about(rows), Incident.counts(), _reviewed(actor), or_(*(_near(row) for row in rows)))
        .order_by(Incident.id)
        .limit(MOST_CANDIDATES)
    ).all()
    students = _students({row.id for row in (*rows, *others)})
    likely = {
        row.id: [
            other
            for other in others
            if other.id != row.id and may_be_same(row, other, students[row.id], students[other.id])
        ]
        for row in rows
    }
    apart = told_apart({row.id for row in rows}) if any(likely.values()) else set()
    return {
        number: [other for other in twins if pair_of(number, other.id) not in apart][:MOST]
        for number, twins in likely.items()
    }


def _reviewed(actor: Actor) -> ColumnElement[bool]:
    """Reports visible to a reviewer; district staff see only reports of their office and of schools where they have
    a role."""
    known = not_(Incident.closed_to(actor))
    if not actor.has(Role.DISTRICT):
        return known
    return and_(known, or_(in_schools(Incident.school_id, actor, *STAFF), Incident.for_office(actor)))


def _about(rows: Sequence[Any]) -> tuple[ColumnElement[bool], ...]:
    """Limits the search to these schools and days, so that a cached PostgreSQL plan does not scan the whole
    district. One day more on either side, because two hours may pass midnight."""
    days = {today_at(row.school_id, row.occurred_at) for row in rows}
    apart = timedelta(days=1)
    return (
        Incident.school_id.in_(sorted({row.school_id for row in rows})),
        Incident.local_date.between(min(days) - apart, max(days) + apart),
    )


def _near(row: Any) -> Any:
    return and_(
        Incident.school_id == row.school_id,
        Incident.occurred_at.between(row.occurred_at - DUPLICATE_WINDOW, row.occurred_at + DUPLICATE_WINDOW),
    )


def _students(ids: Collection[int]) -> Mapping[int, set[int]]:
    students: dict[int, set[int]] = defaultdict(set)
    for incident_id, student_id in _in_reports.rows(ids):
        students[incident_id].add(student_id)
    return students


@Prepared
def _in_reports(among_ids: Narrow) -> Any:
    columns = select(IncidentPerson.incident_id, IncidentPerson.student_id)
    return columns.where(among_ids(IncidentPerson.incident_id), IncidentPerson.student_id.is_not(None))


def told_apart(ids: Collection[int]) -> set[tuple[int, int]]:
    """Pairs marked as different that include one of these ids; the caller has checked them."""
    return {(lower, higher) for lower, higher in _apart.rows(ids)}


@Prepared
def _apart(among_ids: Narrow) -> Any:
    columns = select(ToldApart.lower_id, ToldApart.higher_id)
    return columns.where(or_(among_ids(ToldApart.lower_id), among_ids(ToldApart.higher_id)))


def apart_from(incident_id: int) -> Sequence[Any]:
    """Reports (id, reference) marked as different from this one; the caller has checked it."""
    numbers = [lower if higher == incident_id else higher for lower, higher in told_apart([incident_id])]
    statement = select(Incident.id, Incident.reference).where(Incident.id.in_(numbers)).order_by(Incident.id)
    return db.session.execute(statement).all() if numbers else []


GIVEN_LATER = ("motivation", "injury", "facts", "family_text", "may_tell")
"""Facts that a merge never copies: if one is set, someone wrote it after the merge."""


def undo_merge(uow: UnitOfWork, incident: Incident) -> None:
    """Remove the people who came with a merged report from the report that stayed, and return the parts of other
    schools. People who were worked with or decided on since stay; both histories say how many left and stayed. The
    remaining report is routed again if undecided. Merges from before people were tracked remove nobody."""
    assert incident.duplicate_of_id is not None
    target = uow.load(Incident, incident.duplicate_of_id, Permission.INCIDENT_REVIEW)
    merge = _merge_of(uow, incident, target)
    came = set(merge.data.get("people", ())) if merge is not None else set()
    people = [person for person in target.people if person.id in came]
    decided_since = merge is not None and target.reviewed_at is not None and target.reviewed_at > merge.at
    own_parts = {part.id for part in parts_of(target.id)} & set(merge.data.get("parts", ()) if merge else ())
    new_schools = {part.school_id for part in parts_of(target.id) if part.id not in own_parts}
    go = [
        person
        for person in people
        if not decided_since
        and person.other_school_id not in new_schools
        and _as_it_came(person, incident)
        and not _is_used(uow, person)
    ]
    for person in go:
        _let_go_of_follow_ups(uow, person)
        uow.session.execute(delete(RoutingAnswer).where(RoutingAnswer.incident_person_id == person.id))
        uow.audit("review.unmerged", "incident_person", person.id, {"incident_id": [target.id, None]})
        uow.session.delete(person)
    for part in parts_of(target.id):
        if part.id in own_parts and not decided_since:
            part.part_of_id = incident.id
            uow.record(part, "incident.part_joined", reference=incident.reference)
    uow.session.flush()
    uow.session.expire(target, ["people"])
    _say(uow, target, incident, len(go), len(people) - len(go))
    if target.state in UNDECIDED:
        route_incident(uow, target)


def _begun(person: IncidentPerson) -> ColumnElement[bool]:
    """Follow-ups that routing made for a person and that are not done."""
    return and_(
        FollowUp.incident_person_id == person.id,
        FollowUp.incident_id.is_not(None),
        FollowUp.state != FollowUpState.DONE,
    )


def _let_go_of_follow_ups(uow: UnitOfWork, person: IncidentPerson) -> None:
    for row in uow.session.scalars(select(FollowUp).where(_begun(person)).with_for_update()):
        row.incident_person_id, row.rules = None, []
        if row.state is FollowUpState.OPEN:
            cancel_row(uow, row, _("The merge of two reports was undone."))
        else:
            uow.audit("followup.unmerged", "follow_up", row.id, changes_of(row))
    uow.session.flush()


def _say(uow: UnitOfWork, target: Incident, incident: Incident, went: int, stay: int) -> None:
    for report, other in ((target, incident), (incident, target)):
        if stay:
            uow.record(report, "review.unmerged_stay", reference=other.reference, went=went, stay=stay)
        else:
            uow.record(report, "review.unmerged", reference=other.reference, went=went)


def _merge_of(uow: UnitOfWork, incident: Incident, target: Incident) -> TimelineEntry | None:
    merges = select(TimelineEntry).where(
        TimelineEntry.subject_type == "incident", TimelineEntry.subject_id == target.id, TimelineEntry.kind == MERGED
    )
    newest = uow.session.scalars(merges.order_by(TimelineEntry.id.desc()))
    return next((entry for entry in newest if entry.data.get("reference") == incident.reference), None)


def _as_it_came(person: IncidentPerson, incident: Incident) -> bool:
    """Whether nothing was written about a person since they came with the merged report."""
    if any(getattr(person, name) for name in GIVEN_LATER):
        return False
    who = (person.student_id, person.other_school_id)
    source = next((one for one in incident.people if (one.student_id, one.other_school_id) == who), None)
    return source is not None and all(getattr(person, name) == getattr(source, name) for name in COPIED)


def _is_used(uow: UnitOfWork, person: IncidentPerson) -> bool:
    """Whether a record refers to this person's entry, or to this student and this report."""
    for table in Base.metadata.sorted_tables:
        if table.name in (RoutingAnswer.__tablename__, IncidentPerson.__tablename__):
            continue
        keys = _keys(table)
        about: list[Any] = [column == person.id for column in keys.get("incident_person", ())]
        if person.student_id is not None:
            about += [
                (report == person.incident_id) & (student == person.student_id)
                for report in keys.get("incident", ())
                for student in keys.get("student", ())
            ]
        mine = [and_(one, not_(_begun(person))) if table.name == FollowUp.__tablename__ else one for one in about]
        if any(uow.session.scalar(select(exists().where(one))) for one in mine):
            return True
    return False


def _keys(table: Table) -> dict[str, list[Any]]:
    """The foreign key columns of a table, by the table they refer to."""
    keys: dict[str, list[Any]] = {}
    for key in table.foreign_keys:
        keys.setdefault(key.column.table.name, []).append(key.parent)
    return keys


@use_case
def merge_into(uow: UnitOfWork, incident_id: int, reference: str) -> int:
    return merge_waiting(uow, uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW, uow.version), reference)


def merge_waiting(uow: UnitOfWork, incident: Incident, reference: str) -> int:
    """Mark a report as a duplicate of another one of the school. That one is routed again if undecided; returns its
    id. Raises Stale for a decided report."""
    if incident.state not in UNDECIDED:
        raise Stale
    target = merge_report(uow, incident, reference)
    if target.state in UNDECIDED:
        route_incident(uow, target)
    return target.id


@use_case
def tell_apart(uow: UnitOfWork, incident_id: int, other_id: int) -> int:
    """Mark two reports as different events; they are no longer shown as possible duplicates. Raises Refused for a
    report and itself, NotFound for one that the actor does not review."""
    one, other = _both(uow, incident_id, other_id)
    lower, higher = pair_of(one.id, other.id)
    if _pair(uow, lower, higher) is None:
        uow.add(ToldApart(lower_id=lower, higher_id=higher, by_id=uow.actor.user_id, at=uow.now))
        for report, beside in ((one, other), (other, one)):
            uow.record(report, "review.told_apart", reference=beside.reference)
    return one.id


@use_case
def take_apart_back(uow: UnitOfWork, incident_id: int, other_id: int) -> int:
    """Undo the mark that two reports are different events; both histories keep it."""
    one, other = _both(uow, incident_id, other_id)
    row = _pair(uow, *pair_of(one.id, other.id))
    if row is None:
        raise NotFound
    uow.session.delete(row)
    for report, beside in ((one, other), (other, one)):
        uow.record(report, "review.may_be_same", reference=beside.reference)
    return one.id


def _both(uow: UnitOfWork, incident_id: int, other_id: int) -> tuple[Incident, Incident]:
    if incident_id == other_id:
        raise Refused("", _("Choose another report."))
    first, second = (
        uow.load(Incident, number, Permission.INCIDENT_REVIEW) for number in pair_of(incident_id, other_id)
    )
    if first.school_id != second.school_id:
        raise NotFound
    return (first, second) if first.id == incident_id else (second, first)


def _pair(uow: UnitOfWork, lower: int, higher: int) -> ToldApart | None:
    return uow.session.scalar(select(ToldApart).where(ToldApart.lower_id == lower, ToldApart.higher_id == higher))


MOST_NAMES = 4
EXCERPT = 240
"""Characters of each text shown side by side: enough to recognize the same event."""


@dataclass(frozen=True)
class Known:
    """Data shared by the rows of a page."""

    actor: Actor
    now: datetime
    zones: Mapping[int, str]
    places: Mapping[str, str]
    names: Mapping[int, str]
    """Names of staff who reported or review."""

    people: Mapping[int, Sequence[tuple[str, int | None]]]
    """(name, student id) of the people of each report."""


def told(row: Any, known: Known) -> dict[str, Any]:
    """A report in words: reporter, kind, place, time and people; and its text, unless lists may not show it."""
    text = " ".join(row.narrative.split()) if shows_words(row.facts) else ""
    return {
        "id": row.id,
        "reference": row.reference,
        "title": str(Tile(row.tile).label) if row.tile in set(Tile) else row.tile,
        "href": url_for("review.incident", incident_id=row.id),
        "where": known.places.get(row.location_code, ""),
        "when": moment_words(row.occurred_at, known.zones[row.school_id]),
        "reporter": known.names.get(row.reporter_id or 0, ""),
        "people": person_links(known.people.get(row.id, ()), known.actor),
        "text": text if len(text) <= EXCERPT else f"{text[:EXCERPT].rstrip()}…",
    }


def twin_words(row: Any, twin: Any, known: Known) -> dict[str, Any]:
    """A possible duplicate in words, and which of the two stays after a merge."""
    stay = stays(row, twin)
    open_one = row.state in UNDECIDED or twin.state in UNDECIDED
    return told(twin, known) | {
        "merge": _("Merge into %(reference)s", reference=stay.reference) if open_one else "",
        "about": _("%(one)s and %(other)s", one=row.reference, other=twin.reference),
    }


def person_links(people: Sequence[tuple[str, int | None]], actor: Actor) -> list[tuple[str, str | None]]:
    """The first few people of a report as (name, address of the student's page); initials if the actor prefers them.
    The caller has checked that the actor reviews the report."""
    rows: list[tuple[str, str | None]] = [
        (name, None)
        if student_id is None
        else (initials_of(name) if actor.initials else name, url_for("students.student", student_id=student_id))
        for name, student_id in people[:MOST_NAMES]
    ]
    more = len(people) - MOST_NAMES
    return [*rows, (_("%(number)d more", number=more), None)] if more > 0 else rows


def twins_of(
    report: Any, actor: Actor, now: datetime, name_of: Callable[[IncidentPerson], str]
) -> list[dict[str, Any]]:
    """Rows of the possible duplicates of a report that the actor reviews."""
    twins = possible_duplicates([report], actor)[report.id]
    if not twins:
        return []
    people = people_of_each([twin.id for twin in twins])
    known = Known(
        actor=actor,
        now=now,
        zones={report.school_id: zone_of(report.school_id)},
        places=place_words(twin.location_code for twin in twins),
        names=user_names([twin.reporter_id for twin in twins]),
        people=named_people(actor, people, name_of),
    )
    return [twin_words(report, twin, known) for twin in twins]


blueprint = Blueprint("duplicates", __name__, url_prefix="/review/<int:incident_id>")


def _both_page(incident_id: int, other_id: int) -> tuple[Incident, Incident]:
    actor = current_actor()
    one = get_incident(actor, incident_id, Permission.INCIDENT_REVIEW)
    return one, get_incident(actor, other_id, Permission.INCIDENT_REVIEW)


def _call(act: str, *ids: int) -> Invocation:
    """The invocation of one button on a page with many; each has its own request key."""
    form = BaseForm()
    call = submitted(form)
    return Invocation(call.actor, call.now, ":".join([form.request_key.data or "", act, *map(str, ids)]))


@blueprint.post("/same/<int:other_id>")
@gate(Permission.INCIDENT_REVIEW)
def merge(incident_id: int, other_id: int) -> Page:
    """Merge two reports: the decided one stays, otherwise the older one."""
    one, other = _both_page(incident_id, other_id)
    stay = stays(one, other)
    goes = other if stay is one else one
    try:
        kept = merge_into(_call("same", one.id, other.id), goes.id, stay.reference)
    except Stale:
        flash(_("This report was decided meanwhile."), "warning")
        return redirect(_back(one.id), 303)
    flash(_("%(reference)s was merged into %(kept)s.", reference=goes.reference, kept=stay.reference))
    return redirect(_back(kept), 303)


@blueprint.post("/apart/<int:other_id>")
@gate(Permission.INCIDENT_REVIEW)
def apart(incident_id: int, other_id: int) -> Page:
    one, other = _both_page(incident_id, other_id)
    tell_apart(_call("apart", one.id, other.id), one.id, other.id)
    flash(_("%(reference)s is not the same. You can undo this on either report’s page.", reference=other.reference))
    return redirect(_back(one.id), 303)


@blueprint.post("/maybe/<int:other_id>")
@gate(Permission.INCIDENT_REVIEW)
def maybe(incident_id: int, other_id: int) -> Page:
    one, other = _both_page(incident_id, other_id)
    take_apart_back(_call("maybe", one.id, other.id), one.id, other.id)
    flash(_("They are marked as possible duplicates again."))
    return redirect(_back(one.id), 303)


def _back(incident_id: int) -> str:
    if request.args.get("to") == "queue":
        return url_for("queue.page", _anchor=f"report-{incident_id}")
    return url_for("review.incident", incident_id=incident_id)


ROOM = Room(
    pages=(blueprint,),
    sentences={
        "review.unmerged": _l("No longer merged with %(reference)s. People taken back: %(went)s"),
        "review.unmerged_stay": _l(
            "No longer merged with %(reference)s. People taken back: %(went)s. People who stay, because something was"
            " recorded about them since: %(stay)s"
        ),
        "review.told_apart": _l("%(reference)s is not the same event"),
        "review.may_be_same": _l("%(reference)s may be the same event after all"),
    },
)
