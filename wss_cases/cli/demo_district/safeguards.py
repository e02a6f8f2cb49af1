"""Legal duties, removals and police notifications, at about the published rates."""

from datetime import datetime, timedelta
from typing import Any

from wss_cases.cli.demo_district.acts import PRIVATE, Somebody
from wss_cases.cli.demo_district.reports import Report, Scene
from wss_cases.cli.demo_district.world import later
from wss_cases.foundation.clock import DISTRICT_ZONE, local_date
from wss_cases.intake.rules import Plan
from wss_cases.routing.states import Police
from wss_cases.safeguards.models import DisciplineAction, LegalDuty, NotifiedStudent, PoliceNotification
from wss_cases.safeguards.rules import due_at, merged

SUSPENDED = {1: 0.0, 2: 0.02, 3: 0.22, 4: 0.5, 5: 0.65, 6: 0.75}
"""Out-of-school suspensions of a misconduct, by group."""


def add_safeguards(scene: Scene, report: Report, plan: Plan, at: datetime, dean: Somebody) -> None:
    """Write the duties that the answers raised, and what was recorded of removals and notifications."""
    duty_ids = _duties(scene, report, dean)
    if plan.police is not Police.NOT_INDICATED:
        _notification(scene, report, plan.police, duty_ids, dean)
    for part in report.caused:
        group = part.behavior.behavior_group if part.behavior else None
        if part.pupil and group and scene.rng.random() < SUSPENDED[group]:
            _suspension(scene, report, part.pupil.id, at, dean)
            break


def _duties(scene: Scene, report: Report, dean: Somebody) -> dict[str, int]:
    raised_at = report.details_completed_at or report.submitted_at
    found = {}
    for code, raised in merged(said["duties"] for _who, _facts, said in report.answers).items():
        kind_id, hours = scene.world.duty_kinds[code]
        is_due = raised.state == "due"
        row = scene.world.store.new(
            LegalDuty,
            incident_id=report.id,
            school_id=scene.place.id,
            kind_id=kind_id,
            code=code,
            state=raised.state.value,
            rules=list(raised.rules),
            was_due=is_due,
            raised_at=raised_at,
            due_at=due_at(raised_at, hours),
        )
        found[code] = row["id"]
        subject = ("legal_duty", row["id"])
        report.story.act(
            raised_at, report.reporter, subject, "duty.raised", {"code": code, "state": row["state"]},
            case_id=report.case_id or None, code=code, rules=", ".join(raised.rules),
        )  # fmt: skip
        _discharge(scene, report, row, raised_at, dean)
    return found


def _discharge(
    scene: Scene, report: Report, row: dict[str, Any], raised_at: datetime, dean: Somebody
) -> None:
    closed_at = later(raised_at, scene.rng.randrange(10, 240))
    is_recent = scene.world.now - raised_at < timedelta(days=4)
    if closed_at >= scene.world.now or (is_recent and scene.rng.random() < 0.4):
        return
    before, row["state"] = row["state"], "discharged"
    row["closed_at"], row["closed_by_id"], row["version"] = closed_at, dean.id, 2
    row["channel"], row["told_whom"] = "phone", "As the table of duties says"
    row["what_was_done"] = "Told by phone; the time and the name were written down."
    changes = {"state": (before, "discharged"), "closed_at": closed_at, "what_was_done": PRIVATE}
    report.story.act(
        closed_at, dean, ("legal_duty", row["id"]), "duty.discharged", changes,
        case_id=report.case_id or None, code=row["code"],
    )  # fmt: skip


def _notification(
    scene: Scene, report: Report, police: Police, duty_ids: dict[str, int], dean: Somebody
) -> None:
    rng = scene.rng
    at = later(report.details_completed_at or report.submitted_at, rng.randrange(5, 60))
    if at >= scene.world.now:
        return
    is_emergency = police is Police.EMERGENCY
    students = [part.pupil.id for part in report.caused if part.pupil]
    row = scene.world.store.new(
        PoliceNotification,
        school_id=scene.place.id,
        incident_id=report.id,
        door="emergency" if is_emergency else "required_by_law",
        duty_id=None if is_emergency else next(iter(duty_ids.values()), None),
        notified_at=at,
        local_date=local_date(at, DISTRICT_ZONE),
        told_whom="911" if is_emergency else "School Sergeant",
        report_number=f"D{rng.randrange(10**6):06d}",
        channel="phone",
        guardian_told_at=min(later(at, rng.randrange(5, 50)), scene.world.now),
        guardian_manner="phone",
        recorded_by_id=dean.id,
    )
    for student_id in students:
        scene.world.store.add(NotifiedStudent, notification_id=row["id"], student_id=student_id)
    report.story.act(
        at, dean, ("police_notification", row["id"]), "police.recorded",
        {"door": row["door"], "notified_at": at}, case_id=report.case_id or None, door=row["door"],
    )  # fmt: skip


def _suspension(scene: Scene, report: Report, student_id: int, at: datetime, dean: Somebody) -> None:
    rng, days = scene.rng, scene.world.days
    length = rng.choices((1, 2, 3), (4, 4, 3))[0]
    starts_on = days.add(local_date(at, DISTRICT_ZONE), 1)
    row = scene.world.store.new(
        DisciplineAction,
        school_id=scene.place.id,
        incident_id=report.id,
        student_id=student_id,
        kind="out_of_school_suspension",
        days=length,
        starts_on=starts_on,
        ends_on=days.add(starts_on, length - 1),
        reason="Safety of others while the case was prepared.",
        recorded_by_id=dean.id,
        recorded_at=at,
    )
    report.story.act(
        at, dean, ("discipline_action", row["id"]), "discipline.recorded",
        {"kind": row["kind"], "days": length, "starts_on": starts_on},
        case_id=report.case_id or None, what=row["kind"], days=length,
    )  # fmt: skip
