"""What the demo coordinator's days have: a cover, work given away, a paused reminder, a student who changed school."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from wss_cases.access.actor import SYSTEM
from wss_cases.cases.case.models import OPEN, Case, CaseParticipant
from wss_cases.casework.transfer.pages import notice_moves
from wss_cases.demo.district.calendar import moment
from wss_cases.demo.district.schools import Place, add_rows
from wss_cases.demo.story.world import Life, World, rows
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.pages.follow_up import reassign, snooze
from wss_cases.followups.snooze import why_not, wrong_day
from wss_cases.followups.undo import why_fixed
from wss_cases.foundation.db import db, table_of
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.circles.privilege import open_hold, record_waiver
from wss_cases.pathways.common.rules import Pathway
from wss_cases.pathways.legal_holds import HoldKind
from wss_cases.roster.directory.models import Enrolment, Student
from wss_cases.workday.cover import set_cover

GIVEN, PAUSED_FOR = 2, 2


def lives(world: World) -> Iterator[Life]:
    """Yield what happens at the demo school in its last days."""
    place = world.places[0]
    if len(place.staff["dean"]) > 1:
        yield _cover(world, place)
    yield _give_away(world, place)
    yield _pause(world, place)
    yield _hold_notes(world, place)
    if len(world.places) > 1:
        yield _change_school(world, place, world.places[-1])


def _cover(world: World, place: Place) -> Life:
    """The second dean is away this week; the coordinator stands in."""
    calendar = world.calendar
    now = yield moment(calendar.school_days.add(calendar.today, -2), 14 * 60)
    set_cover(
        world.calls(place.head, now),
        place.id,
        place.staff["dean"][-1].id,
        place.coordinator.id,
        starts_on=calendar.today - timedelta(days=1),
        ends_on=calendar.today + timedelta(days=6),
        note="Call the front office for anything about the bus lane.",
    )


def _open_of(place: Place) -> list[Any]:
    """Return open follow-ups of the coordinator that may go to another person, the newest first."""
    one = FollowUp
    columns = (one.id, one.kind, one.same_day, one.due_on)
    mine = (one.owner_id == place.coordinator.id) & (one.state == FollowUpState.OPEN) & one.case_id.is_not(None)
    found = rows(*columns, where=mine, order_by=one.id.desc())
    return [row for row in found if why_fixed(row.kind, row.same_day) is None]


def _give_away(world: World, place: Place) -> Life:
    """Two open follow-ups are given to the dean on the school day before today."""
    calendar = world.calendar
    now = yield moment(calendar.school_days.add(calendar.today, -1), 15 * 60 + 20)
    for row in _open_of(place)[:GIVEN]:
        reassign(world.calls(place.coordinator, now), row.id, owner=str(place.staff["dean"][0].id))


def _pause(world: World, place: Place) -> Life:
    """The reminders of one follow-up are paused for two school days, since somebody else is waited for."""
    days, today = world.calendar.school_days, world.calendar.due_today
    until = days.add(today, PAUSED_FOR)
    now = yield moment(today, 8 * 60 + 12)
    for row in _open_of(place):
        may = not why_not(row.kind, row.same_day, row.due_on, 0, today, days)
        if may and row.due_on <= until and not wrong_day(until, row.due_on, today, days):
            snooze(world.calls(place.coordinator, now), row.id, until=until, reason="waiting")
            return


def _hold_notes(world: World, place: Place) -> Life:
    """A records request stops the shredding of one circle's notes; in another somebody waives privilege in writing."""
    now = yield moment(world.calendar.school_days.add(world.calendar.today, -1), 11 * 60 + 10)
    call = world.calls(place.coordinator, now)
    statement = (
        select(CircleNote.pathway_id, Pathway.case_id)
        .join(Pathway, Pathway.id == CircleNote.pathway_id)
        .where(Pathway.school_id == place.id, CircleNote.author_id == place.coordinator.id)
    )
    noted = {row[0]: row[1] for row in db.session.execute(statement.order_by(CircleNote.id))}
    for number, (pathway_id, case_id) in enumerate(list(noted.items())[-2:]):
        if number == 0:
            words = "A family asked for everything on file; counsel answers."
            open_hold(call, pathway_id, kind=HoldKind.RECORDS_REQUEST, reason=words)
        else:
            signer = rows(CaseParticipant.id, where=CaseParticipant.case_id == case_id)[0][0]
            record_waiver(
                call,
                pathway_id,
                participant=signer,
                signed_on=world.day(now),
                scope="That a letter of thanks was written.",
                reason="They wish to show it when they apply for a summer job.",
            )


def _change_school(world: World, place: Place, elsewhere: Place) -> Life:
    """A student of an open case is at another school since this week: the nightly import brought it, before anyone is
    reported that day.
    """
    calendar = world.calendar
    now = yield moment(calendar.last_report_day, 5 * 60)
    before = calendar.school_days.add(calendar.today, -4)
    person = CaseParticipant
    statement = (
        select(person.student_id)
        .join(Case, Case.id == person.case_id)
        .where(
            Case.school_id == place.id, Case.state.in_(OPEN), Case.opened_on < before,
            person.role == PersonRole.CAUSED_HARM, Case.id.not_in(sorted(world.stories)),
        )
        .order_by(Case.id.desc())
    )  # fmt: skip
    leaving = set(db.session.scalars(statement))
    pupil = next((one for one in place.pupils if one.id in leaving and one.ends is None), None)
    if pupil is None:
        return
    since = calendar.school_days.add(calendar.last_report_day, -1)
    pupil.ends = since - timedelta(days=1)
    stay = table_of(Enrolment)
    with unit_of_work(SYSTEM, now) as uow:
        own = (stay.c.student_id == pupil.id) & stay.c.ends_on.is_(None)
        uow.session.execute(update(stay).where(own).values(ends_on=pupil.ends))
        uow.session.get_one(Student, pupil.id).school_id = elsewhere.id
        grade = max(pupil.grades.items())[1]
        add_rows(uow, Enrolment, [
            {"student_id": pupil.id, "school_id": elsewhere.id, "grade": grade, "starts_on": since}
        ])  # fmt: skip
        uow.audit("demo.enrolled", "student", pupil.id, {"school_id": [place.id, elsewhere.id]})
    notice_moves(now)
