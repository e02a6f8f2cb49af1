"""Undoing a merge: who came into a report with its duplicate goes out again, unless something was done with them."""

from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, not_, select

from wss_cases.access.permissions import Permission
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_row
from wss_cases.foundation.db import Base
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.additions import COPIED, MERGED
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.incidents.other_schools import parts_of
from wss_cases.intake.report.routing import route_incident
from wss_cases.journal.changes import changes_of
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.routing.rule_sets import RoutingAnswer

GIVEN_LATER = ("motivation", "injury", "facts", "family_text", "may_tell")
"""What nobody brings along: where it is filled, somebody wrote it after the merge."""


def undo_merge(uow: UnitOfWork, incident: Incident) -> None:
    """Take out of the report that stayed who came with this one, and give its parts at other schools back.

    Whoever something was recorded about since, or was decided with, stays; the history of both says how many went and
    stayed. The report that stayed is routed again where it is not decided. A merge of before it was written down who
    came takes nobody out.
    """
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
    """The follow-ups that routing made for somebody and nobody has worked on."""
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
    """Whether nobody wrote anything about a person since they came with a report."""
    if any(getattr(person, name) for name in GIVEN_LATER):
        return False
    who = (person.student_id, person.other_school_id)
    source = next((one for one in incident.people if (one.student_id, one.other_school_id) == who), None)
    return source is not None and all(getattr(person, name) == getattr(source, name) for name in COPIED)


def _is_used(uow: UnitOfWork, person: IncidentPerson) -> bool:
    """Whether any record hangs on a person's entry, or is about this student and this report."""
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
    """Return the columns of a table that lead to other tables, by the table's name."""
    keys: dict[str, list[Any]] = {}
    for key in table.foreign_keys:
        keys.setdefault(key.column.table.name, []).append(key.parent)
    return keys
