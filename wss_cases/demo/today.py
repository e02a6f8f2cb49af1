"""What is on the desks of the demo school today beside its incidents: the scenes of its last days and last evening."""

import copy
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.cases.case.models import OPEN, Case, CaseParticipant
from wss_cases.casework.access import open_one
from wss_cases.casework.transfer.pages import notice_moves
from wss_cases.demo.calendar import Steps, moment
from wss_cases.demo.courses import daily_cards
from wss_cases.demo.district import Place, World, add_rows, rows
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.pages.follow_up import reassign, snooze
from wss_cases.followups.reminders.rules import why_not, wrong_day
from wss_cases.followups.undo import why_fixed
from wss_cases.foundation.db import db, table_of
from wss_cases.incidents.changes import add_addendum
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.journal.changes import changes_of
from wss_cases.journal.models import Disclosure
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.outcomes.reports.core import save_view
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.circles.plans.models import CirclePlanKind, PlanContent, content_of, ready_made
from wss_cases.pathways.circles.plans.pages import make_plan, write_for_circle
from wss_cases.pathways.circles.privilege import open_hold, record_waiver
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.legal_holds import HoldKind
from wss_cases.practice.log import Leader, PracticeKind, Purpose, log_practice
from wss_cases.records.family_copies.copy.models import Manner, Part, is_eligible
from wss_cases.records.family_copies.copy.pages import suspects_abuse
from wss_cases.records.family_copies.draft import decide, hand_on, release
from wss_cases.records.family_copies.request import ask as ask_copy
from wss_cases.records.retention.holds import Asked as HoldRequest
from wss_cases.records.retention.holds import open_record_hold
from wss_cases.roster.directory.models import Enrolment, Student, StudentGuardian
from wss_cases.routing.drafts.pages import draft_from
from wss_cases.routing.replay.actions import ask as ask_replay
from wss_cases.routing.replay.actions import carry_on
from wss_cases.routing.row_editor.pages import save_row
from wss_cases.routing.rule_sets import rule_set_in_force
from wss_cases.safeguards.discipline.appeals import ask_appeal
from wss_cases.safeguards.discipline.recording.acts import record_discipline
from wss_cases.safeguards.discipline.removals.models import Answer, AskedBy, DisciplineKind
from wss_cases.safeguards.questioning.models import QuestionedBy
from wss_cases.safeguards.questioning.pages import record_notice, record_questioning
from wss_cases.safeguards.restraint import RestraintKind, record_restraint
from wss_cases.workday.cover import set_cover


def scenes(world: World) -> Iterator[Steps]:
    """Yield what happens at the demo school in its last days."""
    place = world.places[0]
    yield daily_cards(world, place)
    if len(place.staff[Role.DEAN]) > 1:
        yield _cover(world, place)
    yield _give_away(world, place)
    yield _pause(world, place)
    yield _hold_notes(world, place)
    if len(world.places) > 1:
        yield _change_school(world, place, world.places[-1])


def fill(world: World, now: datetime) -> None:
    """Add in the last evening what only the demo school has, and each school's circle plans."""
    place = world.places[0]
    _add_records(world, place, world.places[-1], now)
    _make_copies(world, place, now)
    _use_last_resorts(world, place, now)
    _replay_a_draft(world, place, now)
    _log_practice(world, place, now)
    for every in world.places:
        _plan_circles(world, every, now)


def _cover(world: World, place: Place) -> Steps:
    """The second dean is away this week; the coordinator stands in."""
    calendar = world.calendar
    now = yield moment(calendar.school_days.add(calendar.today, -2), 14 * 60)
    set_cover(
        world.calls(place.head, now), place.id, place.staff[Role.DEAN][-1].id, place.coordinator.id,
        starts_on=calendar.today - timedelta(days=1), ends_on=calendar.today + timedelta(days=6),
        note="Call the front office for anything about the bus lane.",
    )  # fmt: skip


def _open_of(place: Place) -> list[Any]:
    """Open follow-ups of the coordinator that may go to another person, the newest first."""
    item = FollowUp
    mine = (item.owner_id == place.coordinator.id) & (item.state == FollowUpState.OPEN) & item.case_id.is_not(None)
    items = rows(item.id, item.kind, item.same_day, item.due_on, where=mine, order_by=item.id.desc())
    return [row for row in items if why_fixed(row.kind, row.same_day) is None]


def _give_away(world: World, place: Place) -> Steps:
    """Two open follow-ups go to the dean on the school day before today."""
    now = yield moment(world.calendar.school_days.add(world.calendar.today, -1), 15 * 60 + 20)
    for row in _open_of(place)[:2]:
        reassign(world.calls(place.coordinator, now), row.id, owner=str(place.staff[Role.DEAN][0].id))


def _pause(world: World, place: Place) -> Steps:
    """The reminders of one follow-up are paused for two school days, since somebody else is waited for."""
    days, today = world.calendar.school_days, world.calendar.due_today
    until = days.add(today, 2)
    now = yield moment(today, 8 * 60 + 12)
    for row in _open_of(place):
        may = not why_not(row.kind, row.same_day, row.due_on, 0, today, days)
        if may and row.due_on <= until and not wrong_day(until, row.due_on, today, days):
            snooze(world.calls(place.coordinator, now), row.id, until=until, reason="waiting")
            return


def _hold_notes(world: World, place: Place) -> Steps:
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
                call, pathway_id, participant=signer, signed_on=world.day(now),
                scope="That a letter of thanks was written.",
                reason="They wish to show it when they apply for a summer job.",
            )  # fmt: skip


def _change_school(world: World, place: Place, elsewhere: Place) -> Steps:
    """A student of an open case is at another school since this week: the nightly import brought it, before anyone is
    reported that day.
    """
    calendar, person = world.calendar, CaseParticipant
    now = yield moment(calendar.last_report_day, 5 * 60)
    statement = select(person.student_id).join(Case, Case.id == person.case_id)
    statement = statement.where(
        Case.school_id == place.id, Case.state.in_(OPEN),
        Case.opened_on < calendar.school_days.add(calendar.today, -4),
        person.role == PersonRole.CAUSED_HARM, Case.id.not_in(sorted(world.today)),
    )  # fmt: skip
    leaving = set(db.session.scalars(statement))
    pupil = next((pupil for pupil in place.pupils if pupil.id in leaving and pupil.ends is None), None)
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
        there = {"student_id": pupil.id, "school_id": elsewhere.id, "grade": grade, "starts_on": since}
        add_rows(uow, Enrolment, [there])
        uow.audit("demo.enrolled", "student", pupil.id, {"school_id": [place.id, elsewhere.id]})
    notice_moves(now)


SIX_YEARS = timedelta(days=364 * 6)


def _add_records(world: World, place: Place, elsewhere: Place, now: datetime) -> None:
    """Two students have been in the district for years, one left long ago, and one case is under a legal hold."""
    person = IncidentPerson
    seen = select(person.student_id).where(person.student_id.is_not(None))
    here = (
        select(Student.id, func.min(Enrolment.starts_on))
        .join(Enrolment, Enrolment.student_id == Student.id)
        .where(Student.school_id == place.id, Student.is_active, Student.id.in_(seen))
        .group_by(Student.id)
        .order_by(Student.id)
        .limit(2)
    )
    at_school = select(Enrolment.student_id).where(Enrolment.school_id == place.id)
    gone = select(Student.id).where(~Student.is_active, Student.id.in_(at_school), Student.id.not_in(seen))
    with unit_of_work(SYSTEM, now) as uow:
        stays = [
            {"student_id": number, "school_id": elsewhere.id, "starts_on": began - SIX_YEARS,
             "ends_on": began - timedelta(days=60)}
            for number, began in uow.session.execute(here).all()
        ]  # fmt: skip
        add_rows(uow, Enrolment, stays)
        uow.audit("demo.enrolled", "enrolment", None, {"rows": [None, len(stays)]})
        for student_id in uow.session.scalars(gone.order_by(Student.id).limit(1)).all():
            _leave_long_ago(uow, student_id, place.id)
    with_student = select(CaseParticipant.case_id).where(CaseParticipant.student_id.is_not(None))
    known = (Case.school_id == place.id) & Case.state.in_(OPEN) & Case.id.in_(with_student)
    for (reference,) in rows(Case.reference, where=known, order_by=Case.id)[:1]:
        letter = "Letter 14 of this year: keep everything until it is answered."
        request = HoldRequest(reference, HoldKind.LEGAL_HOLD, "The district’s counsel", letter)
        open_record_hold(world.calls(world.district, now), request)


def _leave_long_ago(uow: UnitOfWork, student_id: int, school_id: int) -> None:
    for stay in uow.session.scalars(select(Enrolment).where(Enrolment.student_id == student_id)):
        stay.starts_on -= SIX_YEARS
        stay.ends_on = stay.ends_on and stay.ends_on - SIX_YEARS
    office = "Records office of the next school"
    sent = Disclosure(
        student_id=student_id, school_id=school_id, at=uow.now - SIX_YEARS, asked_by=office, told_whom=office,
        interest="The student goes on there", purpose="To go on where this school ended",
        fields=["Attendance of the last year"], object_type="student", object_id=student_id,
    )  # fmt: skip
    changes = changes_of(sent)
    uow.add(sent)
    uow.audit("disclosure.made", "disclosure", sent.id, changes)


def _make_copies(world: World, place: Place, now: datetime) -> None:
    """Two families ask for copies: the first is still to be looked through, the second was given to its family."""
    first, second = world.calls(place.coordinator, now), world.calls(place.head, now)
    asked_on = world.calendar.school_days.add(world.day(now), -2)
    for at, (incident, own, guardian_id) in enumerate(copy_chances(place.id, world.day(now))[:2]):
        other = next(person.student for person in incident.people if person.student and person.student_id != own.id)
        initials = f"{other.given_name[0]}.{other.family_name[0]}."
        text = f"{own.shown_name} says that {other.shown_name} began it, and that {initials} was only standing there."
        own_id, incident_id = own.id, incident.id
        add_addendum(first, incident_id, text)
        made = ask_copy(
            first, own_id, who=str(guardian_id), asked_on=asked_on, purpose="A meeting with the counselor",
            language="en", reports=[incident_id], parts=list(Part), orders_checked=True,
        )  # fmt: skip
        if at:
            decide(first, made, {}, [], the_rest=True)
            hand_on(first, made)
            release(second, made, manner=Manner.IN_PERSON, identity="Known to the office")


def copy_chances(school_id: int, today: Any) -> list[tuple[Incident, Student, int]]:
    """Reports with two students or more, each with a student under 18 and their guardian.

    No other student of the report shares a name with that one: a person would have to read such a copy.
    """
    statement = (
        select(Incident, Student, StudentGuardian.guardian_id)
        .join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
        .join(Student, Student.id == IncidentPerson.student_id)
        .join(StudentGuardian, StudentGuardian.student_id == Student.id)
        .where(Incident.school_id == school_id, Student.school_id == school_id)
        .order_by(Incident.id.desc(), Student.id, StudentGuardian.id)
    )
    chances: dict[int, tuple[Incident, Student, int]] = {}
    for incident, student, guardian_id in db.session.execute(statement.limit(400)):
        others = [person.student for person in incident.people if person.student and person.student_id != student.id]
        is_told_apart = others and all(_names(student).isdisjoint(_names(other)) for other in others)
        if is_told_apart and not suspects_abuse(incident) and not is_eligible(student.birth_date, today):
            chances.setdefault(incident.id, (incident, student, guardian_id))
    return list(chances.values())


def _names(student: Student) -> set[str]:
    return set(f"{student.given_name} {student.family_name} {student.shown_name}".split())


def _use_last_resorts(world: World, place: Place, now: datetime) -> None:
    """Record removals by other names, an appeal, a time-out and a questioning on the newest reports, each once.

    The guardian of the questioned student was rung and not reached, so the questioning has not begun. The district
    opens one case.
    """
    head, day = world.calls(place.head, now), world.calendar.school_days.add(world.day(now), -1)
    chances = _newest_routed(place.id)
    others = (DisciplineKind.EARLY_PICK_UP, DisciplineKind.BUS_REMOVAL)
    for kind, (incident_id, student_id) in zip(others, chances, strict=False):
        action = record_discipline(
            head, incident_id, student_id=student_id, kind=kind, days=1, starts_on=day, ends_on=day,
            reason="Asked for by the school after what happened; written down as what it is.", disability=Answer.NO,
            suspected=Answer.NO, facts_verified=True, student_said="I wanted to go home anyway.",
        )  # fmt: skip
        if kind is DisciplineKind.EARLY_PICK_UP:
            ask_appeal(head, action, asked_by=AskedBy.GUARDIAN, asked_name="The guardian", asked_on=world.day(now))
    began = moment(day, 13 * 60 + 10)
    for incident_id, student_id in chances[2:3]:
        record_restraint(
            head, incident_id, student_id=student_id, kind=RestraintKind.TIME_OUT, started_at=began,
            ended_at=began + timedelta(minutes=10), danger="Things were thrown and others stood close.",
            tried="Talking, and clearing the room.", staff_present="Two trained adults", harm="none",
            guardian_told_at=began + timedelta(hours=1), guardian_manner="phone",
        )  # fmt: skip
    for incident_id, student_id in chances[-1:]:
        questioning = record_questioning(
            head, incident_id, student_id=student_id, asked_by=QuestionedBy.SCHOOL_SECURITY, begun="no",
            who="The security office", why="What the student saw.",
        )  # fmt: skip
        record_notice(head, questioning, at=head.now, manner="phone", result="no_answer")
    newest = (Case.school_id == place.id) & Case.state.in_(OPEN)
    for (reference,) in rows(Case.reference, where=newest, order_by=Case.id.desc())[:1]:
        open_one(world.calls(world.district, now), reference, "The family asked the network for help.")


def _newest_routed(school_id: int) -> list[tuple[int, int]]:
    """Report and student reported to have caused harm, from grade 3 on, of the newest routed reports, each once."""
    statement = (
        select(Incident.id, Student.id)
        .join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
        .join(Student, Student.id == IncidentPerson.student_id)
        .where(
            Incident.school_id == school_id, Incident.state == IncidentState.ROUTED,
            IncidentPerson.role == PersonRole.CAUSED_HARM, Student.school_id == school_id, Student.grade >= 3,
            Student.has_iep.is_not(True), Student.has_504.is_not(True),
        )
        .order_by(Incident.id.desc(), IncidentPerson.id)
    )  # fmt: skip
    chances: list[tuple[int, int]] = []
    for incident_id, student_id in db.session.execute(statement.limit(50)):
        if all(incident_id != known[0] and student_id != known[1] for known in chances):
            chances.append((incident_id, student_id))
    return chances


def _replay_a_draft(world: World, place: Place, now: datetime) -> None:
    """The administrator keeps a view; the district replays a draft that offers a circle from group 2 on."""
    today, district = world.day(now), world.actor(world.district, now)
    view = {"school": str(place.id), "place": "hallway", "term": "1"}
    save_view(world.calls(place.head, now), "Hallway, first half of the year", view)
    in_force = rule_set_in_force(today)
    draft = draft_from(world.calls(world.district, now), in_force.id)
    circles = next(row for row in in_force.table_rows["rows"] if row["id"] == "P4")
    wider = copy.deepcopy(circles)
    wider["when"]["all"][1]["any"][0]["value"] = 2
    save_row(district, draft, circles, wider, now)
    ask_replay(district, draft, today - timedelta(days=90), today, now)
    carry_on(now, 30.0)


HELD = (
    (PracticeKind.COMMUNITY, Purpose.START, "Room 204", 22, 1, 20),
    (PracticeKind.PEACE_ROOM, None, "Peace room", 1, 1, 15),
    (PracticeKind.CHECK_IN, Purpose.START, "Room 204", 24, 1, 10),
    (PracticeKind.CHAT, Purpose.AFTER, "Hallway", 2, 1, 15),
    (PracticeKind.FAMILY, None, "Peace room", 1, 3, 45),
    (PracticeKind.STAFF, Purpose.LEARNING, "Library", 0, 12, 45),
)
"""The latest first, one a school day: kind, purpose, place, students, adults, minutes."""


def _log_practice(world: World, place: Place, now: datetime) -> None:
    call, days = world.calls(place.coordinator, now), world.calendar.school_days
    for back, (kind, purpose, where, students, adults, minutes) in reversed(list(enumerate(HELD))):
        day = days.add(world.day(now), -back) if back else world.day(now)
        grade = place.row["low_grade"] if students > 1 else None
        keeper = place.coordinator.id
        held = {"held_on": day, "kind": kind, "purpose": purpose, "grade": grade, "place": where, "minutes": minutes}
        held |= {"leader": Leader.STAFF, "led_by_id": keeper, "students": students, "adults": adults, "plan_id": None}
        log_practice(call, place.id, held)


SHELF = PlanContent(
    title="Community circle: after a hard week",
    opening="Dim the lights and breathe together. Say that it was a hard week and that everyone is welcome.",
    talking_piece="The smooth stone from the shelf by the window. Anyone may pass.",
    shared_values="Patience\nListen to understand\nWhat is said here stays here",
    rounds="Which color was your week, and why?\nWhat helped you through it?\nWhat can we do for each other on Monday?",
    closing="Each person thanks the person on their left.",
)
WEEK, HARM = 0, 2
"""Which of the ready-made plans: a community circle at the start of the week, a circle to talk about harm."""


def _plan_circles(world: World, place: Place, now: datetime) -> None:
    """Plan circles with a teacher; `anyway`, since these texts are the demo's own and name no child."""
    teacher, lead = world.calls(place.teacher, now), world.calls(place.coordinator, now)
    ready = [content_of(plan) for plan in ready_made(lead.actor, "en")]
    make_plan(lead, place.id, CirclePlanKind.SHELF, SHELF, anyway=True)
    next_day = world.calendar.school_days.add(world.calendar.due_today, 1)
    make_plan(teacher, place.id, CirclePlanKind.COMMUNITY, ready[WEEK], next_day, place.teacher.id, anyway=True)
    statement = (
        select(Pathway.id, CircleMeeting.starts_at)
        .join(CircleKeeper, CircleKeeper.pathway_id == Pathway.id)
        .outerjoin(CircleMeeting, (CircleMeeting.pathway_id == Pathway.id) & CircleMeeting.happened.is_(None))
        .where(
            Pathway.school_id == place.id, Pathway.state.in_(LIVE), CircleKeeper.user_id == place.coordinator.id,
            CircleKeeper.ended_at.is_(None), CircleMeeting.id.is_not(None) | Pathway.held_on.is_(None),
        )
    )  # fmt: skip
    # the circle that meets next; else one that met and waits for an answer, else one that is prepared
    circles = [
        (at is None, at is not None and at < now, at or now, number) for number, at in db.session.execute(statement)
    ]
    if circles:
        circle_id = min(circles)[-1]
        write_for_circle(lead, circle_id, ready[HARM], anyway=True)
        add_keeper(lead, circle_id, keeper=place.teacher.id)
