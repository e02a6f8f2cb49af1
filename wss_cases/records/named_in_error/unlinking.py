"""Taking a name out of a circle's notes: opened by a period's key inside the act, shown to nobody, sealed again."""

from typing import Any

from sqlalchemy import delete, null, or_, select, update

from wss_cases.cases.case.models import Case, CaseParticipant, PlanState, SafetyPlan
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.casework.pathway_page import let_go
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_row
from wss_cases.foundation.i18n import _
from wss_cases.foundation.keys import unwrap, wrap
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import highest_group
from wss_cases.incidents.incident.states import PersonKind
from wss_cases.incidents.telling import forget_people
from wss_cases.journal.changes import REDACTED, changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.circles.notes.pages import bring_over, own_key_of
from wss_cases.pathways.common.actions import note_end
from wss_cases.pathways.common.models import LIVE, EndReason, Pathway
from wss_cases.records.named_in_error.messages import named_as, told_by
from wss_cases.records.retention.deletion.erasure import (
    AUDIT,
    INSTEAD,
    names_of,
    take_names_out,
    take_names_out_of_sealed,
)
from wss_cases.records.retention.reach import TABLES, Reach, Reader, Rows, table
from wss_cases.roster.names.finder import Finder


def mask_sealed(uow: UnitOfWork, rows: Rows, names: Finder) -> None:
    """Take these names out of circles' notes and answers. The audit log has that it was done, never what they said."""
    take_names_out_of_sealed(uow, rows, names)
    notes = select(CircleNote).where(CircleNote.id.in_(rows.get("circle_note", set()))).order_by(CircleNote.id)
    for note in uow.session.scalars(notes.with_for_update()):
        if note.sealed_key is not None:
            bring_over(uow, uow.session.get_one(Pathway, note.pathway_id))
        try:
            own = own_key_of(uow, note)
            text = unwrap(own, note.sealed_text)
        except ValueError:
            continue
        masked = names.without(text, INSTEAD)
        if masked != text:
            note.sealed_text = wrap(own, masked)
            uow.audit(AUDIT, "circle_note", note.id, {"sealed_text": [REDACTED, REDACTED]})
    uow.session.flush()


KEPT = frozenset({"disclosure", "family_release", "family_release_copy", "record_review", "past_opening"})
"""Tables whose rows stay as they are: what was told to whom, and what was asked for."""
GO = ("notified_student", "questioning", "discipline_action", "restraint_record")
"""Rows that are about nobody but the student: they go, and what they held is in the audit log alone."""
LET_GO = ("referral", "reengagement_plan")
"""Rows that stay without the student."""


def reach_of(uow: UnitOfWork, reports: list[Incident], student_id: int) -> Rows:
    """Return the rows of reports that are one, of their cases, and of what is told of them, by table.

    Where one is a part of another school's report, the rows of that one too.
    """
    reader = Reader(uow.session, student_id)
    cases = {case.id for report in reports for case in cases_of_incident(report.id)}
    ids = {report.id for report in (*reports, *told_by(reports))}
    reach = Reach(stays=reader.below({"incident": ids, "case_record": cases}, permanent=False))
    reader.told(reach)
    return {name: rows for name, rows in reach.stays.items() if rows}


def take_out_of(uow: UnitOfWork, reports: list[Incident], student_id: int, rows: Rows) -> None:
    """Take a student out of reports that are one: the row stays for whoever it was, what was opened for them ends."""
    _end_what_was_opened(uow, reports, student_id)
    uow.session.flush()
    masked = {name: ids for name, ids in rows.items() if name not in KEPT}
    names = names_of(student_id, Reach(stays=masked))
    take_names_out(uow, masked, names, keep=True)
    mask_sealed(uow, masked, names)
    _let_rows_go(uow, rows, student_id)
    draft = table("incident_draft")
    uow.session.execute(delete(draft).where(draft.c.incident_id.in_([report.id for report in reports])))
    uow.session.expire_all()
    _unlink(uow, reports, student_id)


def _end_what_was_opened(uow: UnitOfWork, reports: list[Incident], student_id: int) -> None:
    parts = _parts(reports, student_id)
    why = _("A person was named in error.")
    for case, part in parts:
        mine = select(Pathway).where(Pathway.participant_id == part.id, Pathway.state.in_(LIVE))
        for row in uow.session.scalars(mine.order_by(Pathway.id).with_for_update()):
            let_go(uow, row)
            note_end(uow, row, EndReason.NAMED_IN_ERROR, "")
        plans = select(SafetyPlan).where(SafetyPlan.participant_id == part.id, SafetyPlan.state != PlanState.ENDED)
        for plan in uow.session.scalars(plans.with_for_update()):
            plan.state, plan.ended_why = PlanState.ENDED, why
            plan.ended_on = today_at(case.school_id, uow.now)
            uow.audit("safety_plan.named_in_error", "safety_plan", plan.id, changes_of(plan))
    named = [person.id for person in named_as(student_id, reports)]
    part_ids = [part.id for _case, part in parts]
    about = or_(FollowUp.incident_person_id.in_(named), FollowUp.participant_id.in_(part_ids))
    about &= FollowUp.state == FollowUpState.OPEN
    for follow_up in uow.session.scalars(select(FollowUp).where(about).order_by(FollowUp.id).with_for_update()):
        cancel_row(uow, follow_up, why)


def _parts(reports: list[Incident], student_id: int) -> list[tuple[Case, CaseParticipant]]:
    """The student's parts in the cases of reports, but for a case in which another report names them too."""
    ids, found = {report.id for report in reports}, []
    for case in {case.id: case for report_id in ids for case in cases_of_incident(report_id)}.values():
        if not named_as(student_id, [other for other in case.incidents if other.id not in ids]):
            found += [(case, part) for part in case.participants if part.student_id == student_id]
    return found


def _let_rows_go(uow: UnitOfWork, rows: Rows, student_id: int) -> None:
    for name in GO:
        one = table(name)
        mine = one.c.id.in_(rows.get(name, set())) & (one.c.student_id == student_id)
        for row in uow.session.execute(select(one).where(mine)).mappings().all():
            _drop(uow, name, dict(row))
    for name in LET_GO:
        one = table(name)
        mine = one.c.id.in_(rows.get(name, set())) & (one.c.student_id == student_id)
        for row_id in list(uow.session.scalars(select(one.c.id).where(mine))):
            uow.audit("named_in_error.let_go", name, row_id, {"student_id": [student_id, None]})
            uow.session.execute(
                update(one).where(one.c.id == row_id).values(student_id=null(), version=one.c.version + 1)
            )


def _drop(uow: UnitOfWork, name: str, row: dict[str, Any]) -> None:
    """Delete a row and what it owns; the audit log alone keeps what it held."""
    for below in reversed(list(TABLES)):
        for column in TABLES[below].owners:
            keys = table(below).c[column].foreign_keys
            if any(key.column.table.name == name for key in keys):
                mine = select(table(below)).where(table(below).c[column] == row["id"])
                for owned in uow.session.execute(mine).mappings().all():
                    _drop(uow, below, dict(owned))
    uow.audit("named_in_error.removed", name, row["id"], {key: [_plain(value), None] for key, value in row.items()})
    uow.session.execute(delete(table(name)).where(table(name).c.id == row["id"]))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return getattr(value, "value", value)
    return str(value)


def _unlink(uow: UnitOfWork, reports: list[Incident], student_id: int) -> None:
    parts, named = _parts(reports, student_id), named_as(student_id, reports)
    for case, part in parts:
        part.student, part.student_id, part.description = None, None, ""
        uow.record(part, "case.person_taken_out", case_id=case.id)
    for person in named:
        person.kind, person.student, person.student_id = PersonKind.NOT_IDENTIFIED, None, None
        person.grade, person.description, person.family_text, person.facts, person.may_tell = None, "", "", {}, []
        uow.record(person, "incident.person_changed")
    for report in reports:
        forget_people(uow, report, {person.id for person in named})
        report.behavior_group = highest_group(report.people)
    uow.session.flush()
