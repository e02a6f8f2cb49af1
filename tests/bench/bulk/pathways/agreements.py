"""What a circle agreed: terms, signatures, terms changed by consent, and the end of it."""

from datetime import date, datetime

from tests.bench.bulk.cases.followups import close
from tests.bench.bulk.pathways.circle_start import Circle
from tests.bench.bulk.writing.acts import PRIVATE
from tests.bench.bulk.writing.world import later, moment
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.pathways.circles.agreements.term_changes import BY_CONSENT
from wss_cases.pathways.circles.circle.rules import outcome_of as suggested
from wss_cases.pathways.circles.terms import (
    Agreement,
    AgreementSignature,
    AgreementTerm,
    AgreementTermConsent,
    WithoutMeeting,
)

PROMISES = (
    "Repairs what was broken, together with the engineer.",
    "Writes a letter and reads it out.",
    "Eats lunch at another table until winter break.",
    "Helps in the library on two afternoons.",
    "Meets the counselor once a week for a month.",
    "Says good morning and keeps a distance otherwise.",
    "Replaces what was taken.",
)
INSTEAD = "The same with the counselor present, because that felt safer."
EVIDENCE = "The coordinator saw it or was told by both."
TERM_STATES = ("kept", "late", "not_kept", "changed")
MANNERS = ("paper", "paper", "screen", "spoken", "interpreter")


def agree(circle: Circle, meeting_id: int, held_at: datetime, on: date) -> date | None:
    """Perhaps agree on some terms; returns the day on which the last of them is due, or None without agreement."""
    course = circle.course
    rng = course.scene.rng
    if rng.random() < 0.2:
        return None
    agreed_at = later(held_at, 40)
    circle.agreement = course.new(Agreement, agreed_on=on)
    number = rng.choice((1, 2, 2, 3))
    course.tell(agreed_at, "agreement", circle.agreement["id"], "agreement.made", {"agreed_on": on}, terms=number)
    course.work.agreed = min(course.work.agreed or agreed_at, agreed_at)
    course.work.agreements.append(agreed_at)
    last = on
    for position, text in enumerate(rng.sample(PROMISES, number), start=1):
        last = max(last, _term(circle, position, text, agreed_at, rng.choice(circle.invited).id))
    last = max([last, *_replaced(circle, number)])
    circle.completion = course.follow("completion_meeting", agreed_at, due_on=last)
    for column, person_id in circle.came[meeting_id]:
        if rng.random() < 0.95:
            _sign(circle, column, person_id, later(agreed_at, 4), on)
    return last


def _term(
    circle: Circle, position: int, text: str, agreed_at: datetime, owner_id: int, replaces_id: int | None = None
) -> date:
    course = circle.course
    rng, world, lead = course.scene.rng, course.scene.world, course.work.lead
    assert circle.agreement is not None
    follow_up = course.follow("agreement_term", agreed_at, days=rng.choice((3, 5, 10, 15)))
    due_on: date = follow_up["due_on"]
    row = world.store.new(
        AgreementTerm,
        agreement_id=circle.agreement["id"],
        position=position,
        text=text,
        owner_participant_id=owner_id,
        due_on=due_on,
        evidence=EVIDENCE,
        follow_up_id=follow_up["id"],
        replaces_id=replaces_id,
    )
    circle.terms.append(row)
    weights = (72, 13, 10, 0 if replaces_id else 5)
    state = rng.choices(TERM_STATES, weights)[0]
    day = world.days.add(due_on, 2) if state == "late" else due_on
    decided_at = moment(day, rng.randrange(14 * 60, 16 * 60))
    if decided_at < world.now:
        row["state"], row["decided_at"], row["decided_by_id"], row["version"] = state, decided_at, lead.id, 2
        course.tell(
            decided_at, "agreement_term", row["id"], "agreement.term_marked",
            {"state": ("open", state), "decided_at": decided_at}, position=position, state=state,
        )  # fmt: skip
        outcome = BY_CONSENT if state == "changed" else state
        close(course.scene, course.report, follow_up, decided_at, lead, outcome)
    return due_on


def _replaced(circle: Circle, number: int) -> list[date]:
    # what was changed by consent goes on as another term of the same person
    found = []
    for old in [row for row in circle.terms if row["state"] == "changed"]:
        number += 1
        at = old["decided_at"]
        found.append(_term(circle, number, INSTEAD, at, old["owner_participant_id"], old["id"]))
        new = circle.terms[-1]
        for person in circle.invited:
            circle.course.scene.world.store.add(AgreementTermConsent, term_id=new["id"], participant_id=person.id)
        changes = {"replaces_id": old["id"], "text": PRIVATE}
        data = {"position": number, "replaces": old["position"]}
        circle.course.tell(at, "agreement_term", new["id"], "agreement.term_replaced", changes, **data)
    return found


def _sign(circle: Circle, column: str, person_id: int, at: datetime, on: date) -> None:
    course = circle.course
    assert circle.agreement is not None
    row = course.scene.world.store.new(
        AgreementSignature,
        agreement_id=circle.agreement["id"],
        manner=course.scene.rng.choice(MANNERS),
        signed_on=on,
        recorded_at=at,
        recorded_by_id=course.work.lead.id,
        **{column: person_id},
    )
    changes = {"manner": row["manner"], "signed_on": on}
    course.tell(at, "agreement_signature", row["id"], "agreement.signed", changes)


def decided_on(circle: Circle) -> list[date]:
    """Return the school-local days on which terms were marked."""
    return [local_date(row["decided_at"], DEFAULT_ZONE) for row in circle.terms if row["decided_at"]]


def settle(circle: Circle, at: datetime, outcome: str) -> None:
    """Close the follow-up for the meeting at the end."""
    row = circle.completion
    if row is not None and row["state"] == "open" and at < circle.course.scene.world.now:
        close(circle.course.scene, circle.course.report, row, at, circle.course.work.lead, outcome)


def end_without_meeting(circle: Circle, at: datetime) -> None:
    """Say why the agreement ends without a meeting."""
    course = circle.course
    assert circle.agreement is not None
    reason = course.scene.rng.choice((WithoutMeeting.APART, WithoutMeeting.DECLINED)).value
    circle.agreement["without_meeting"], circle.agreement["version"] = reason, 2
    changes = {"without_meeting": reason}
    course.tell(at, "agreement", circle.agreement["id"], "agreement.without_meeting", changes, reason=reason)
    settle(circle, at, "not_possible")


def outcome_of(circle: Circle) -> str:
    """Return how the circle ends, from what became of its terms."""
    outcome = suggested([row["state"] for row in circle.terms])
    work = circle.course.work
    if circle.terms:
        kept = outcome == "agreement_kept"
        work.kept = kept if work.kept is None else work.kept and kept
    return outcome
