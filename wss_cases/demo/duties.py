"""What is due by law and by plan: duties, police, suspensions, and the follow-ups that people close each school day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from wss_cases.demo.calendar import Steps, moment
from wss_cases.demo.district import Person, Place, Pupil, World, rows
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.presenters import needs_note, outcomes_of
from wss_cases.followups.core.states import CONVERSATION, GUARDIAN_CALLS, HAPPENED_AGAIN
from wss_cases.followups.evidence import BY_CONTACT, LEAST_ATTEMPTS, NAMES_WHOM, WITHOUT_CONTACT, Evidence
from wss_cases.followups.making import close
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.incidents.pages import record_guardian_contact
from wss_cases.intake.decision import CONVERSATION_OUTCOMES, record_conversation
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Police
from wss_cases.safeguards.discipline.recording.acts import is_title_ix_matter, record_discipline
from wss_cases.safeguards.discipline.removals.models import Answer as Disability
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, DutyState, LegalDuty, LegalDutyKindStep, LegalDutyStep
from wss_cases.safeguards.duties.duty.pages import take_second_review
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS
from wss_cases.safeguards.police.asking import ask, call_first, open_by_law
from wss_cases.safeguards.police.notification import record_notification
from wss_cases.safeguards.police.review.models import POLICE_CODES, PoliceNotification, PoliceReview
from wss_cases.safeguards.police.review.pages import answer_first, answer_second
from wss_cases.safeguards.police.second_person import review_afterwards, second


@dataclass(frozen=True)
class Scene:
    """One kind of incident. `people` has a letter for each person (LETTERS); `out` and `held` are days of suspension
    out of school and in school.
    """

    often: int
    code: str
    tile: str
    where: str
    people: str
    what: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    out: int = 0
    held: int = 0
    asks_police: bool = False


@dataclass
class Part:
    """One person of a report."""

    role: PersonRole
    pupil: Pupil | None = None
    staff_id: int | None = None
    code_id: int | None = None
    id: int = 0


@dataclass
class Report:
    """One report; `story` says what is to be seen of it today, '' for most."""

    scene: Scene
    place: Place
    story: str
    day: date
    where: str
    at: datetime
    reporter: Person
    people: list[Part]
    id: int = 0
    reference: str = ""
    duties: set[int] = field(default_factory=set)

    @property
    def caused(self) -> list[Part]:
        """Who is reported to have caused harm."""
        return [part for part in self.people if part.role in (PersonRole.CAUSED_HARM, PersonRole.BOTH)]

    @property
    def today(self) -> str:
        """What is to be seen of it today."""
        return "" if self.story == "twice" else self.story

    @property
    def students(self) -> tuple[int, ...]:
        """The students who are reported to have caused harm."""
        return tuple(sorted(part.pupil.id for part in self.caused if part.pupil))


YOUNGEST = 3
"""From this grade on anybody is removed at all."""


def remove(world: World, report: Report, dean: Person, now: datetime) -> None:
    """Record the suspension of the first person who caused harm, where the scene has one; it opens their return."""
    part, scene = report.caused[0], report.scene
    length = scene.out or scene.held
    if part.pupil is None or not length or report.story or part.pupil.grades[school_year(report.day)] < YOUNGEST:
        return
    pupil, days = part.pupil, school_days(report.place.id)
    first = days.add(world.day(now), 1)
    while first in pupil.away:
        first = days.add(first, 1)
    away = [days.add(first, number) for number in range(length)]
    is_over = away[-1] > world.calendar.term(school_year(away[-1]))[1]
    if is_over or is_title_ix_matter(db.session.get_one(Incident, report.id)):
        return
    kind = DisciplineKind.OUT_OF_SCHOOL_SUSPENSION if scene.out else DisciplineKind.IN_SCHOOL_SUSPENSION
    record_discipline(
        world.calls(dean, now), report.id, student_id=pupil.id, kind=kind, days=length, starts_on=first,
        ends_on=away[-1], reason="For the safety of others while the case is prepared.",
        disability=Disability.YES if pupil.is_protected else Disability.NO, suspected=Disability.NO,
        acknowledged=pupil.is_protected, length_reason="The time that the plan for the return takes.",
        facts_verified=True, student_said="It was not meant that way, and it was wrong.",
    )  # fmt: skip
    pupil.away |= set(away)


NOT_SO = "Looked at closely: it was not what it seemed."
SEEN = "The reporter and a second adult told the same."
BY_TABLE = "As the table of duties says"
DONE = "Told by phone; the time and the name were written down."
ASKING = {
    "tried": "A counselor talked with the student in a quiet room for twenty minutes.",
    "alternatives": "A circle was offered, and a mentor for the rest of the week.",
    "guardian_attempts": "Called twice, left a voicemail, then reached at work.",
    "supports": "Supports on record were looked up and were followed.",
    "why": "The family of the other student asked for it.",
    "not_removal": True,
}


APPROVED, REFUSED, CONFIRMED, NOT_CONFIRMED = "approved", "refused", "confirmed", "not confirmed"
"""Stories of a police review that was asked for, and of an emergency call."""
NEEDED, FIRST_A_CIRCLE = "The family asked for it in writing.", "A circle comes first; nobody is in danger."


def begin_duties(world: World, report: Report, dean: Person, now: datetime) -> None:
    """Let the duties by law be carried out that the report raised by now."""
    duty = LegalDuty
    raised = (duty.incident_id == report.id) & duty.state.in_(OPEN_DUTY)
    for number, code, state in rows(duty.id, duty.code, duty.state, where=raised):
        if number not in report.duties:
            report.duties.add(number)
            world.agenda.begin(_carry_out(world, report, dean, number, code, state, now))


def _carry_out(
    world: World, report: Report, dean: Person, duty_id: int, code: str, state: DutyState, now: datetime
) -> Steps:
    """Record the steps of a duty and discharge it; where the law names the police, their notification does that."""
    calendar, place = world.calendar, report.place
    now = yield calendar.soon(now, place.rng.randrange(10, 200))
    if calendar.now - now < timedelta(days=4) and (report.story == "waiting" or place.take((True, False))):
        return
    if state is DutyState.VERIFY_FIRST and place.take((True, False)):
        SCHOOL_ACTS["not_applicable"](world.calls(dean, now), duty_id, reason=NOT_SO)
        now = yield calendar.soon(now, 90)
        take_second_review(world.calls(place.head, now), duty_id, agrees=True)
        return
    steps = _steps_left(duty_id)
    if code in POLICE_CODES and state is DutyState.DUE:
        review = open_by_law(world.calls(dean, now), report.id, duty_id=duty_id, source_how="saw")
        if rows(PoliceReview.id, where=(PoliceReview.id == review) & ~PoliceReview.permits):
            now = yield calendar.soon(now, 6)
            second(world.calls(place.head, now), review, verified="yes", reason=SEEN)
        _notify(world, report, dean, review, "", steps, now)
        return
    for step in steps[:-1]:
        SCHOOL_ACTS["step"](world.calls(dean, now), duty_id, step_id=step, **_told(report, now))
        now = yield calendar.soon(now, 8)
    SCHOOL_ACTS["discharge"](world.calls(dean, now), duty_id, what_was_done=DONE, **_told(report, now))


def _told(report: Report, now: datetime) -> dict[str, Any]:
    """Who was told for a step: where the police are, once for the report."""
    known = rows(PoliceNotification.id, where=PoliceNotification.incident_id == report.id)
    return {
        "told_whom": BY_TABLE, "channel": "phone", "done_at": now, "student_ids": report.students,
        "same_call": "yes" if known else "",
    }  # fmt: skip


def _steps_left(duty_id: int) -> list[int]:
    step, done = LegalDutyKindStep, LegalDutyStep
    kind_id = rows(LegalDuty.kind_id, where=LegalDuty.id == duty_id)[0][0]
    recorded = {row[0] for row in rows(done.kind_step_id, where=done.duty_id == duty_id)}
    every = rows(step.id, where=step.kind_id == kind_id, order_by=step.position)
    return [number for (number,) in every if number not in recorded]


def tell_police(world: World, report: Report, police: Police, dean: Person, now: datetime) -> None:
    """Call the police in an emergency; ask for them where the scene does, which is refused unless the story says so.

    One request of the demo school still waits for its answer today.
    """
    waits = report.story == "fresh" and report.day == world.calendar.last_report_day and "police" not in world.seen
    asks = police is Police.NOT_INDICATED and report.scene.asks_police
    if police is Police.EMERGENCY:
        world.agenda.begin(_emergency(world, report, dean, now))
    elif waits or (asks and (report.story or report.place.take((True, False)))):
        world.seen |= {"police"} if waits else set()
        world.agenda.begin(_ask(world, report, dean, now, waits=waits))


def _emergency(world: World, report: Report, dean: Person, now: datetime) -> Steps:
    now = yield world.calendar.soon(now, 3)
    review = call_first(world.calls(dean, now), report.id, called_at=now)
    now = yield world.calendar.soon(now, 25)
    _notify(world, report, dean, review, "A danger that staff could not safely de-escalate.", [], now)
    now = yield world.calendar.in_days(now, 1, 9 * 60)
    confirms = report.story == CONFIRMED if report.story else report.place.take((True, True, True, False))
    call = world.calls(report.place.head, now)
    review_afterwards(call, review, confirms="yes" if confirms else "no", reason=SEEN if confirms else NOT_SO)


def _notify(
    world: World, report: Report, dean: Person, review: int, danger: str, steps: list[int], now: datetime
) -> None:
    record_notification(
        world.calls(dean, now), review, notified_at=now, channel="phone", adult_with_student=dean.name, danger=danger,
        told="911" if danger else "other", told_whom="" if danger else "School Sergeant", step_ids=steps,
        student_ids=report.students, report_number=f"D{report.place.rng.randrange(10**6):06d}", guardian_told_at=now,
        guardian_manner="phone", guardian_result="reached", rights_sheet="both",
    )  # fmt: skip


def _ask(world: World, report: Report, dean: Person, now: datetime, *, waits: bool) -> Steps:
    now = yield world.calendar.soon(now, 10) if waits else world.calendar.in_days(now, 1, 9 * 60)
    review = ask(world.calls(dean, now), report.id, **ASKING)
    if waits:
        return
    now = yield now + timedelta(minutes=40)
    approves, reason = ("yes", NEEDED) if report.story == APPROVED else ("no", FIRST_A_CIRCLE)
    answer = {"approves": approves, "manner": "here", "reason": reason}
    answer_first(world.calls(report.place.head, now), review, answered_at=now, **answer)
    if report.story == APPROVED:
        now = yield now + timedelta(minutes=50)
        answer_second(world.calls(world.district, now), review, answered_at=now, **answer)
        now = yield now + timedelta(minutes=15)
        _notify(world, report, dean, review, "", [], now)


BY_HAND = (
    "guardian_contact", "guardian_contact_harmed", "contact_person_harmed", "safe_passage_contact",
    "check_in_person_harmed", "plan_case_manager", "plan_case_manager_harmed", "counselor_harmed", "threat_team",
    "liaison", "agreement_check_in", "care_screen", "repair_step",
    "mentoring_missed", "work_missed", "referral_consent_ends", "case_review", "after_walk_out", "after_no_show",
    "interpreter", "manifestation_review", "disability_day_ten", "safety_plan", "other",
)  # fmt: skip
"""Kinds that somebody closes with what came of it; the others close where the thing itself is recorded."""
OF_CIRCLES = {
    "pre_meetings": {"planned": "all_held", "held": "all_held", "declined": "declined"},
    "circle": {"planned": "planned", "held": "held", "declined": "declined"},
}
"""Kinds that wait for a circle, and how they close by how far it has come."""
CONVERSATIONS = tuple(CONVERSATION_OUTCOMES)
"""How the conversation of a report without a case went."""
ROUNDS = (8 * 60 + 5, 12 * 60 + 50, 15 * 60 + 40)
"""Minutes of the day at which people look what is due."""
FIRST_ANSWER = (True, True, True, False, True, True, True)
"""Whether a follow-up ends as most do."""
BUSY_DAYS = 3
"""A slow case was slow for so many school days."""


def rounds(world: World) -> Steps:
    """Close what is due three times a school day; one in twelve is closed a day late."""
    places = {place.id: place for place in world.places}
    people = {person.id: person for place in world.places for staff in place.staff.values() for person in staff}
    item = FollowUp
    columns = (
        item.id, item.school_id, item.kind, item.owner_id, item.due_on, item.incident_id, item.case_id,
        item.incident_person_id,
    )  # fmt: skip
    kinds = item.kind.in_((*BY_HAND, *OF_CIRCLES, CONVERSATION))
    for day in world.calendar.past:
        for minute in ROUNDS:
            now = yield moment(day, minute)
            due = (item.state == FollowUpState.OPEN) & (item.due_on <= day) & kinds
            for row in rows(*columns, where=due):
                is_late = row.due_on == day and row.id % 12 == 0
                outcome = (
                    "" if is_late or row.owner_id not in people else _outcome(world, places[row.school_id], row, day)
                )
                if outcome:
                    now = yield now + timedelta(seconds=40)
                    _close(world, places[row.school_id], people[row.owner_id], row, outcome, now)


def _outcome(world: World, place: Place, row: Any, day: date) -> str:
    """How a follow-up that is due is closed; '' where it waits for something else, or nobody does it yet."""
    calendar, story = world.calendar, world.today.get(row.case_id or 0, "")
    near = calendar.school_days.between(row.due_on, calendar.due_today)
    is_left = row.due_on == day == calendar.due_today and row.id % 4 > (0 if place.is_demo else 2)
    if is_left or story == "fresh" or (story == "slow" and near < BUSY_DAYS):
        return ""
    if row.kind in OF_CIRCLES:
        return OF_CIRCLES[row.kind].get(world.circles[row.case_id], "")
    if row.kind == "safety_plan":
        return "not_possible" if row.case_id is None or row.case_id in world.unprotected else ""
    if row.kind == CONVERSATION:
        return place.take(CONVERSATIONS)
    if row.kind == "referral_consent_ends":
        return "not_renewed"
    outcomes = tuple(str(outcome) for outcome in outcomes_of(row.kind) if outcome != HAPPENED_AGAIN)
    return outcomes[0] if place.take(FIRST_ANSWER) else place.take(outcomes)


def _close(world: World, place: Place, who: Person, row: Any, outcome: str, now: datetime) -> None:
    """Close a follow-up that is still open; some guardians are called from the report, which closes theirs."""
    if not rows(FollowUp.id, where=(FollowUp.id == row.id) & (FollowUp.state == FollowUpState.OPEN)):
        return
    if row.kind == CONVERSATION:
        record_conversation(world.calls(who, now), row.incident_id, outcome, "")
        return
    person = IncidentPerson
    columns = (person.incident_id, person.student_id)
    for incident_id, student_id in rows(*columns, where=person.id == row.incident_person_id):
        pupil = next((pupil for pupil in place.pupils if pupil.id == student_id), None)
        if row.kind in GUARDIAN_CALLS and outcome == "reached" and pupil is not None and row.id % 5 == 0:
            called = now - timedelta(seconds=30)
            record_guardian_contact(
                world.calls(who, called), incident_id, person=str(row.incident_person_id),
                guardian=str(pupil.guardian_id), at=called, manner="phone", result="reached",
                language=pupil.row["language"],
            )  # fmt: skip
            return
    close(world.calls(who, now), row.id, outcome, _evidence(row.kind, outcome, now, world))


def _evidence(kind: str, outcome: str, now: datetime, world: World) -> Evidence:
    """What shows it: of a contact how and when, else a sentence."""
    by_contact = kind in BY_CONTACT
    note = "Written down in the office after the talk." if not by_contact or needs_note(outcome) else ""
    if not by_contact or outcome == "not_to_contact":
        return Evidence(note=note)
    reached = outcome not in WITHOUT_CONTACT
    who = "The person in charge" if kind in NAMES_WHOM and reached else ""
    tries = 1 if reached else LEAST_ATTEMPTS
    return Evidence(note=note, manner="phone", on_day=world.day(now), who=who, attempts=tries)
