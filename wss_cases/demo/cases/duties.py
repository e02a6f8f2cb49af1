"""Legal duties and notifications of the police, at about the published rates."""

from datetime import datetime, timedelta
from typing import Any

from wss_cases.demo.district.schools import Person
from wss_cases.demo.story.reports import Report
from wss_cases.demo.story.world import Life, World, rows
from wss_cases.routing.engine.pages import Police
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, DutyState, LegalDuty, LegalDutyKindStep, LegalDutyStep
from wss_cases.safeguards.duties.duty.pages import take_second_review
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS
from wss_cases.safeguards.police.asking import ask, call_first, open_by_law
from wss_cases.safeguards.police.notification import record_notification
from wss_cases.safeguards.police.review.actions import POLICE_CODES
from wss_cases.safeguards.police.review.models import PoliceNotification, PoliceReview
from wss_cases.safeguards.police.review.pages import answer_first
from wss_cases.safeguards.police.second_review import review_afterwards
from wss_cases.safeguards.police.seconding import second

NOT_SO = "Looked at closely: it was not what it seemed."
SEEN = "The reporter and a second adult told the same."
UNCONFIRMED = 7
"""Of so many emergencies the second review does not confirm one."""
BY_TABLE = "As the table of duties says"
DONE = "Told by phone; the time and the name were written down."
REFUSED = 0.005
"""How often the police are wished for where they are not indicated; the first answer is no."""
ASKING = {
    "tried": "A counselor talked with the student in a quiet room for twenty minutes.",
    "alternatives": "A circle was offered, and a mentor for the rest of the week.",
    "guardian_attempts": "Called twice, left a voicemail, then reached at work.",
    "supports": "Supports on record were looked up and were followed.",
    "why": "The family of the other student asked for it.",
    "not_removal": True,
}
NO = "A circle comes first; nobody is in danger."


def raised(world: World, report: Report, dean: Person, now: datetime) -> None:
    """Let the duties of a report be carried out that its details raised, and the police be told where one says so."""
    duty = LegalDuty
    for number, code, state in rows(
        duty.id, duty.code, duty.state, where=(duty.incident_id == report.id) & duty.state.in_(OPEN_DUTY)
    ):
        if number in report.duties:
            continue
        report.duties.add(number)
        by_law = code in POLICE_CODES and state is DutyState.DUE
        world.agenda.begin(_carry_out(world, report, dean, number, state, by_law, now))


def _carry_out(
    world: World, report: Report, dean: Person, duty_id: int, state: DutyState, by_law: bool, now: datetime
) -> Life:
    rng, calendar = report.place.rng, world.calendar
    is_recent = calendar.now - now < timedelta(days=4)
    now = yield calendar.soon(now, rng.randrange(10, 200))
    if is_recent and (report.story == "waiting" or rng.random() < 0.4):
        return
    if state is DutyState.VERIFY_FIRST and rng.random() < 0.4:
        SCHOOL_ACTS["not_applicable"](world.calls(dean, now), duty_id, reason=NOT_SO)
        now = yield calendar.soon(now, 90)
        take_second_review(world.calls(report.place.head, now), duty_id, agrees=True)
        return
    steps = _steps_left(duty_id)
    if by_law:
        review = open_by_law(world.calls(dean, now), report.id, duty_id=duty_id, source_how="saw")
        if rows(PoliceReview.id, where=(PoliceReview.id == review) & ~PoliceReview.permits):
            now = yield calendar.soon(now, 6)
            second(world.calls(report.place.head, now), review, verified="yes", reason=SEEN)
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
        "told_whom": BY_TABLE, "channel": "phone", "done_at": now, "student_ids": _students(report),
        "same_call": "yes" if known else "",
    }  # fmt: skip


def _students(report: Report) -> tuple[int, ...]:
    return tuple(sorted(one.pupil.id for one in report.caused if one.pupil))


def _steps_left(duty_id: int) -> list[int]:
    step, done = LegalDutyKindStep, LegalDutyStep
    kind_id = rows(LegalDuty.kind_id, where=LegalDuty.id == duty_id)[0][0]
    recorded = {row[0] for row in rows(done.kind_step_id, where=done.duty_id == duty_id)}
    every = rows(step.id, where=step.kind_id == kind_id, order_by=step.position)
    return [number for (number,) in every if number not in recorded]


def tell_police(world: World, report: Report, police: Police, dean: Person, now: datetime) -> None:
    """Call the police in an emergency, and rarely ask for what is neither that nor the law's."""
    rng = report.place.rng
    asks_now = report.story == "fresh" and report.day == world.calendar.last_report_day and not world.has_asked_police
    if police is Police.EMERGENCY:
        world.agenda.begin(_emergency(world, report, dean, now))
    elif asks_now and report.caused:
        world.has_asked_police = True
        world.agenda.begin(_ask(world, report, dean, now, waits=True))
    elif police is Police.NOT_INDICATED and rng.random() < REFUSED:
        world.agenda.begin(_ask(world, report, dean, now, waits=False))


def _emergency(world: World, report: Report, dean: Person, now: datetime) -> Life:
    now = yield world.calendar.soon(now, 3)
    review = call_first(world.calls(dean, now), report.id, called_at=now)
    now = yield world.calendar.soon(now, 25)
    _notify(world, report, dean, review, "A danger that staff could not safely de-escalate.", [], now)
    now = yield world.calendar.in_days(now, 1, 9 * 60)
    call, confirms = world.calls(report.place.head, now), review % UNCONFIRMED != 0
    review_afterwards(call, review, confirms="yes" if confirms else "no", reason=SEEN if confirms else NOT_SO)


def _notify(
    world: World, report: Report, dean: Person, review: int, danger: str, steps: list[int], now: datetime
) -> None:
    record_notification(
        world.calls(dean, now), review, notified_at=now, channel="phone", adult_with_student=dean.name, danger=danger,
        told="911" if danger else "other", told_whom="" if danger else "School Sergeant", step_ids=steps,
        student_ids=_students(report), report_number=f"D{report.place.rng.randrange(10**6):06d}", guardian_told_at=now,
        guardian_manner="phone", guardian_result="reached", rights_sheet="both",
    )  # fmt: skip


def _ask(world: World, report: Report, dean: Person, now: datetime, *, waits: bool) -> Life:
    """Ask; the answer is no, or still to come."""
    now = yield world.calendar.soon(now, 10)
    if not waits:
        now = yield world.calendar.in_days(now, 1, 9 * 60)
    review = ask(world.calls(dean, now), report.id, **ASKING)
    if not waits:
        now = yield now + timedelta(minutes=40)
        head = world.calls(report.place.head, now)
        answer_first(head, review, approves="no", answered_at=now, manner="here", reason=NO)
