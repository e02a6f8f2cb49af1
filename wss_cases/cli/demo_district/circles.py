"""What circles have of their own: consents, meetings, attendance, agreements and their terms."""

from datetime import date, datetime
from typing import Any

from wss_cases.cli.demo_district.courses import Course
from wss_cases.cli.demo_district.followups import add_follow_up, close
from wss_cases.cli.demo_district.world import later, moment
from wss_cases.pathways.circles.agreements.models import Agreement, AgreementTerm
from wss_cases.pathways.circles.models import CircleAttendance, CircleConsent, CircleMeeting
from wss_cases.pathways.circles.rules import parties

ROOMS = ("Room 104", "Library corner", "Circle room", "Counseling office", "Room 212")
PROMISES = (
    "Repairs what was broken, together with the engineer.",
    "Writes a letter and reads it out.",
    "Eats lunch at another table until winter break.",
    "Helps in the library on two afternoons.",
    "Meets the counselor once a week for a month.",
    "Says good morning and keeps a distance otherwise.",
    "Replaces what was taken.",
)
EVIDENCE = "The coordinator saw it or was told by both."
TERM_STATES = ("kept", "late", "not_kept", "changed")


def consent(course: Course, at: datetime, on: date) -> None:
    """Everyone invited says yes, their guardians too."""
    for participant_id in _invited(course):
        consent_id = course.scene.world.store.add(
            CircleConsent,
            **_keys(course),
            participant_id=participant_id,
            consented=True,
            guardian_consented=True,
            given_on=on,
            recorded_at=at,
            recorded_by_id=course.work.lead.id,
        )
        _act(course, at, "circle_consent", consent_id, "circle.consent_given", {"consented": True})


def plan(course: Course, planned_at: datetime, starts_at: datetime, *, held: bool) -> None:
    """Plan the meeting; some are moved once because somebody did not come. Then it is held, or still ahead."""
    rng = course.scene.rng
    if held and rng.random() < 0.06:
        _meeting(course, planned_at, later(planned_at, 60), "postponed")
    meeting_id = _meeting(course, planned_at, starts_at, "")
    if not held:
        return
    row = course.scene.world.store.rows[CircleMeeting][-1]
    row["happened"], row["version"] = True, 2
    invited = _invited(course)
    came = [rng.random() < 0.96 or index == 0 for index, _one in enumerate(invited)]
    for participant_id, attended in zip(invited, came, strict=True):
        course.scene.world.store.add(
            CircleAttendance, meeting_id=meeting_id, participant_id=participant_id, attended=attended
        )
    data = {"came": sum(came), "invited": len(invited)}
    _act(course, starts_at, "circle_meeting", meeting_id, "circle.held", {"happened": True}, **data)


def agree(course: Course, held_at: datetime, on: date) -> date | None:
    """Perhaps agree on some terms; returns the day on which the last of them is due, or None without agreement."""
    rng, world = course.scene.rng, course.scene.world
    if rng.random() < 0.2:
        return None
    agreed_at = later(held_at, 40)
    agreement_id = world.store.add(Agreement, **_keys(course), agreed_on=on)
    number = rng.choice((1, 2, 2, 3))
    _act(course, agreed_at, "agreement", agreement_id, "agreement.made", {"agreed_on": on}, terms=number)
    course.work.agreed = min(course.work.agreed or agreed_at, agreed_at)
    course.work.agreements.append(agreed_at)
    invited, last = _invited(course), on
    for position, text in enumerate(rng.sample(PROMISES, number), start=1):
        due_on = _term(course, agreement_id, position, text, agreed_at, rng.choice(invited))
        last = max(last, due_on)
    return last


def _term(
    course: Course, agreement_id: int, position: int, text: str, agreed_at: datetime, owner_id: int
) -> date:
    scene, report, lead = course.scene, course.report, course.work.lead
    rng, world = scene.rng, scene.world
    follow_up = add_follow_up(
        scene, report, kind="agreement_term", days=rng.choice((3, 5, 10, 15)), made_at=agreed_at, maker=lead,
        owner=lead, pathway_id=course.row["id"], settles=False,
    )  # fmt: skip
    due_on: date = follow_up["due_on"]
    row = world.store.new(
        AgreementTerm,
        agreement_id=agreement_id,
        position=position,
        text=text,
        owner_participant_id=owner_id,
        due_on=due_on,
        evidence=EVIDENCE,
        follow_up_id=follow_up["id"],
    )
    state = rng.choices(TERM_STATES, (72, 13, 10, 5))[0]
    decided_at = moment(
        world.days.add(due_on, 2) if state == "late" else due_on, rng.randrange(14 * 60, 16 * 60)
    )
    if decided_at < world.now:
        row["state"], row["decided_at"], row["decided_by_id"], row["version"] = state, decided_at, lead.id, 2
        course.terms.append(state)
        _act(
            course, decided_at, "agreement_term", row["id"], "agreement.term_marked",
            {"state": ("open", state), "decided_at": decided_at}, position=position, state=state,
        )  # fmt: skip
        close(scene, report, follow_up, decided_at, lead, state)
    return due_on


def outcome_of(course: Course) -> str:
    """Return how the circle ends, from what became of its terms."""
    if not course.terms:
        return "held_without_agreement"
    broken = course.terms.count("not_kept")
    kept = broken == 0
    course.work.kept = kept if course.work.kept is None else course.work.kept and kept
    if kept:
        return "agreement_kept"
    return "agreement_not_kept" if broken == len(course.terms) else "agreement_partly_kept"


def _meeting(course: Course, planned_at: datetime, starts_at: datetime, not_held: str) -> int:
    meeting_id = course.scene.world.store.add(
        CircleMeeting,
        **_keys(course),
        keeper_id=course.work.lead.id,
        starts_at=starts_at,
        room=course.scene.rng.choice(ROOMS),
        happened=False if not_held else None,
        not_held_reason=not_held,
    )
    _act(course, planned_at, "circle_meeting", meeting_id, "circle.planned", {"starts_at": starts_at})
    if not_held:
        changes = {"happened": False, "not_held_reason": not_held}
        at = later(starts_at, 15)
        _act(course, at, "circle_meeting", meeting_id, "circle.not_held", changes, reason=not_held)
    return meeting_id


def _keys(course: Course) -> dict[str, int]:
    return {
        "pathway_id": course.row["id"],
        "case_id": course.report.case_id,
        "school_id": course.scene.place.id,
    }


def _invited(course: Course) -> list[int]:
    found = parties(course.row["for_whom"], course.row["participant_id"], course.work.people)
    return [person.id for person in found]


def _act(
    course: Course,
    at: datetime,
    table: str,
    number: int,
    kind: str,
    changes: dict[str, Any],
    **data: Any,
) -> None:
    course.report.story.act(
        at, course.work.lead, (table, number), kind, changes, case_id=course.report.case_id, **data
    )
