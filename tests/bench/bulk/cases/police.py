"""Police-notification reviews at about the published rates, who approves, and the School Sergeants."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.bench.bulk.district.schools import Place
from tests.bench.bulk.reports.reports import Report, Scene
from tests.bench.bulk.writing.acts import PRIVATE, Somebody
from tests.bench.bulk.writing.store import Store
from tests.bench.bulk.writing.world import later
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.contacts import SchoolSergeant
from wss_cases.demo.names import name_of
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.routing.engine.vocabulary import Police
from wss_cases.safeguards.police.review.models import (
    DEFAULT_HOURS,
    POLICE_CODES,
    NotifiedStudent,
    PoliceNotification,
    PoliceReview,
    answer_by,
    record_due,
)

UNASKED = 0.0006
"""Notifications neither emergency nor required by law, of all reports."""
REFUSED = 0.004
"""Reviews that were refused, of all reports."""
SILENT = 0.3
ASKING = {
    "tried": "A counselor talked with the student in a quiet room for twenty minutes.",
    "alternatives": "A circle was offered, and a mentor for the rest of the week.",
    "guardian_attempts": "Called twice, left a voicemail, then reached at work.",
    "supports": "Supports on record were looked up and were followed.",
    "why": "The family of the other student asked for it.",
    "not_removal": True,
}
NO = "A circle comes first; nobody is in danger."
YES = "Everything else was tried, and the harm goes on outside the school."


def make_directory(store: Store, seed: int, places: list[Place], approver: Somebody) -> None:
    """Write who gives each network's second approvals, and one School Sergeant for each school."""
    rng = Random(f"{seed}/police")
    for network in sorted({place.network for place in places}):
        store.add(NetworkApprover, network=network, approver_id=approver.id, hours=DEFAULT_HOURS)
    for place in places:
        name = name_of(rng)
        store.add(
            SchoolSergeant,
            school_id=place.id,
            police_district=f"{1 + place.number % 25:03d}",
            name=f"{name.given} {name.family}",
            phone=f"312-555-{100 + place.number % 100:04d}",
        )


def add_police(
    scene: Scene, report: Report, police: Police, duty_ids: dict[str, int], at: datetime, dean: Somebody
) -> None:
    """Write the review of a report where there was one, and the notification behind it."""
    rng = scene.rng
    named = next((duty_ids[code] for code in duty_ids if code in POLICE_CODES), None)
    if police is Police.EMERGENCY or (police is Police.REQUIRED_BY_LAW and named is not None):
        _made(scene, report, None if police is Police.EMERGENCY else named, dean)
    elif (chance := rng.random()) < UNASKED:
        _approved(scene, report, at, dean)
    elif chance < UNASKED + REFUSED:
        _refused(scene, report, at, dean)
    elif scene.place.is_demo and not scene.asks_police and scene.world.now - at < timedelta(days=2):
        _waiting(scene, report, at, dean)


def _review(scene: Scene, report: Report, door: str, state: str, who: Somebody, **more: Any) -> dict[str, Any]:
    return scene.world.store.new(
        PoliceReview,
        school_id=scene.place.id,
        incident_id=report.id,
        door=door,
        state=state,
        requested_by_id=who.id,
        **more,
    )


def _made(scene: Scene, report: Report, duty_id: int | None, dean: Somebody) -> None:
    at = later(report.details_completed_at or report.submitted_at, scene.rng.randrange(5, 60))
    if at >= scene.world.now:
        return
    emergency = duty_id is None
    row = _review(
        scene, report, "emergency" if emergency else "required_by_law", "notified", dean,
        permits=True, requested_at=at, duty_id=duty_id, ended_at=at,
        called_at=at if emergency else None,
        record_due_at=record_due(at) if emergency else None,
        danger="A danger that staff could not safely de-escalate." if emergency else "",
    )  # fmt: skip
    kind = "police.called" if emergency else "police.allowed_by_law"
    said = {"door": row["door"]} if emergency else {}
    report.story.act(at, dean, ("police_review", row["id"]), kind, {"door": row["door"]}, **said)
    _notify(scene, report, row, at, dean)


def _notify(scene: Scene, report: Report, review: dict[str, Any], at: datetime, dean: Somebody) -> None:
    rng, store, emergency = scene.rng, scene.world.store, review["door"] == "emergency"
    made = store.new(
        PoliceNotification,
        school_id=scene.place.id,
        incident_id=report.id,
        review_id=review["id"],
        door=review["door"],
        notified_at=at,
        local_date=local_date(at, DEFAULT_ZONE),
        told_whom="911" if emergency else "School Sergeant",
        report_number=f"D{rng.randrange(10**6):06d}",
        channel="phone",
        guardian_told_at=min(later(at, rng.randrange(5, 50)), scene.world.now),
        guardian_manner="phone",
        guardian_result="reached",
        rights_sheet="both",
        adult_with_student=dean.name,
        recorded_by_id=dean.id,
    )
    for part in report.caused:
        if part.pupil:
            store.add(NotifiedStudent, notification_id=made["id"], student_id=part.pupil.id)
    report.story.act(
        at, dean, ("police_review", review["id"]), "police.recorded",
        {"state": "notified", "ended_at": at}, door=review["door"],
    )  # fmt: skip


def _ask(scene: Scene, report: Report, state: str, at: datetime, dean: Somebody, **more: Any) -> dict[str, Any]:
    row = _review(
        scene, report, "other", state, dean,
        requested_at=at, approver_id=scene.world.approver.id, hours=DEFAULT_HOURS,
        answer_by=answer_by(at, DEFAULT_HOURS), **ASKING, **more,
    )  # fmt: skip
    report.story.act(at, dean, ("police_review", row["id"]), "police.asked", {"why": PRIVATE})
    return row


def _approved(scene: Scene, report: Report, at: datetime, dean: Somebody) -> None:
    first, second = later(at, 40), later(at, 90)
    end = later(at, 120)
    if end >= scene.world.now:
        return
    head = scene.who("administrator")
    row = _ask(
        scene, report, "notified", at, dean,
        permits=True, first_by_id=head.id, first_at=first, first_approves=True, first_manner="here", first_reason=YES,
        second_by_id=scene.world.approver.id, second_at=second, second_approves=True, second_manner="phone",
        second_reason=YES, ended_at=end,
    )  # fmt: skip
    subject = ("police_review", row["id"])
    report.story.act(first, head, subject, "police.first_approved", {"state": ("asked", "approved_once")})
    changes = {"state": ("approved_once", "allowed")}
    report.story.act(second, scene.world.approver, subject, "police.second_approved", changes)
    _notify(scene, report, row, end, dean)


def _refused(scene: Scene, report: Report, at: datetime, dean: Somebody) -> None:
    silent = scene.rng.random() < SILENT
    end = answer_by(at, DEFAULT_HOURS) if silent else later(at, scene.rng.randrange(10, 200))
    if end >= scene.world.now:
        return
    head = scene.who("administrator")
    answer = {
        "first_by_id": head.id, "first_at": end, "first_approves": False, "first_manner": "here", "first_reason": NO,
    }  # fmt: skip
    row = _ask(scene, report, "refused", at, dean, ended_at=end, **({} if silent else answer))
    who, kind = (None, "police.silence") if silent else (head, "police.refused")
    report.story.act(end, who, ("police_review", row["id"]), kind, {"state": ("asked", "refused")})


def _waiting(scene: Scene, report: Report, at: datetime, dean: Somebody) -> None:
    asked = max(at, scene.world.now - timedelta(hours=1))
    if asked < scene.world.now:
        scene.asks_police = True
        _ask(scene, report, "asked", asked, dean)
