"""Legal duties and removals, at about the published rates."""

from datetime import datetime, timedelta
from typing import Any

from tests.bench.bulk.cases.police import add_police
from tests.bench.bulk.reports.reports import Removal, Report, Scene
from tests.bench.bulk.writing.acts import PRIVATE, Somebody
from tests.bench.bulk.writing.world import later
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.intake.recommendation import Plan
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, Tried
from wss_cases.safeguards.duties.duty.models import LegalDuty, LegalDutyStep, Raised, due_at, merged

OUT_OF_SCHOOL = {1: 0.0, 2: 0.03, 3: 0.22, 4: 0.5, 5: 0.65, 6: 0.7}
"""Out-of-school suspensions of a misconduct, by group: about 14 of 100 misconducts, as published."""

IN_SCHOOL = {1: 0.0, 2: 0.03, 3: 0.14, 4: 0.12, 5: 0.06, 6: 0.02}
EXPELLED = {5: 0.01, 6: 0.06}
NOT_SO = "Looked at closely: it was not what it seemed."


def draw_removal(scene: Scene, report: Report, at: datetime) -> Removal | None:
    """Perhaps remove somebody; never pre-K to grade 2."""
    rng = scene.rng
    part = report.caused[0] if report.caused else None
    group = part.behavior.behavior_group if part and part.behavior else None
    if part is None or part.pupil is None or group is None or (part.grade or 0) <= 2:
        return None
    chance = rng.random()
    out, inside = OUT_OF_SCHOOL[group], IN_SCHOOL[group]
    if chance < out:
        kind, length = "out_of_school_suspension", rng.choices((1, 2, 3), (4, 4, 3))[0]
    elif chance < out + inside:
        kind, length = "in_school_suspension", rng.choices((1, 2), (3, 1))[0]
    elif chance < out + inside + EXPELLED.get(group, 0.0):
        kind, length = "expulsion", 60
    else:
        return None
    starts_on = scene.world.days.add(local_date(at, DEFAULT_ZONE), 1)
    return Removal(part, kind, length, starts_on)


def add_duties(scene: Scene, report: Report, dean: Somebody) -> dict[str, int]:
    """Write the duties that the answers raised; returns code to id. Those still open keep their case open."""
    raised_at = report.details_completed_at or report.submitted_at
    found = {}
    for code, raised in merged(said["duties"] for _who, _facts, said in report.answers).items():
        row = _duty(scene, report, code, raised, raised_at)
        found[code] = row["id"]
        _discharge(scene, report, row, raised_at, dean)
        report.open_duties += row["closed_at"] is None
    return found


def add_records(
    scene: Scene, report: Report, plan: Plan, duty_ids: dict[str, int], at: datetime, dean: Somebody
) -> None:
    """Write what was recorded of notifications and removals."""
    add_police(scene, report, plan.police, duty_ids, at, dean)
    if report.removal is not None:
        _record(scene, report, report.removal, at, dean)


def _duty(scene: Scene, report: Report, code: str, raised: Raised, raised_at: datetime) -> dict[str, Any]:
    kind_id, hours = scene.world.duty_kinds[code]
    row = scene.world.store.new(
        LegalDuty,
        incident_id=report.id,
        school_id=scene.place.id,
        kind_id=kind_id,
        code=code,
        state=raised.state.value,
        rules=list(raised.rules),
        was_due=raised.state == "due",
        raised_at=raised_at,
        aware_at=raised_at,
        due_at=due_at(raised_at, hours),
    )
    changes = {"code": code, "state": row["state"], "due_at": row["due_at"]}
    report.story.act(
        raised_at, report.reporter, ("legal_duty", row["id"]), "duty.raised", changes,
        code=code, rules=", ".join(raised.rules),
    )  # fmt: skip
    return row


def _discharge(scene: Scene, report: Report, row: dict[str, Any], raised_at: datetime, dean: Somebody) -> None:
    closed_at = later(raised_at, scene.rng.randrange(10, 240))
    is_recent = scene.world.now - raised_at < timedelta(days=4)
    if closed_at >= scene.world.now or (is_recent and scene.rng.random() < 0.4):
        return
    if row["state"] == "verify_first" and scene.rng.random() < 0.4:
        _not_applicable(scene, report, row, closed_at, dean)
        return
    before, row["state"] = row["state"], "discharged"
    row["closed_at"], row["closed_by_id"], row["version"] = closed_at, dean.id, 2
    row["channel"], row["told_whom"] = "phone", "As the table of duties says"
    for step_id in scene.world.duty_steps.get(row["kind_id"], ()):
        scene.world.store.add(
            LegalDutyStep, duty_id=row["id"], kind_step_id=step_id, school_id=row["school_id"], outcome="done",
            done_at=closed_at, told_whom=row["told_whom"], channel="phone", recorded_by_id=dean.id,
            recorded_at=closed_at,
        )  # fmt: skip
    row["what_was_done"] = "Told by phone; the time and the name were written down."
    changes = {"state": (before, "discharged"), "closed_at": closed_at, "what_was_done": PRIVATE}
    report.story.act(
        closed_at, dean, ("legal_duty", row["id"]), "duty.discharged", changes,
        code=row["code"],
    )  # fmt: skip


def _not_applicable(scene: Scene, report: Report, row: dict[str, Any], proposed_at: datetime, dean: Somebody) -> None:
    subject, second = ("legal_duty", row["id"]), scene.who("administrator")
    looked_at = min(later(proposed_at, 90), scene.world.now)
    before, row["state"] = row["state"], "not_applicable"
    row["proposed_by_id"], row["proposed_at"], row["proposed_reason"] = dean.id, proposed_at, NOT_SO
    row["closed_at"], row["closed_by_id"], row["what_was_done"], row["version"] = (looked_at, second.id, NOT_SO, 3)
    report.story.act(
        proposed_at, dean, subject, "duty.not_applicable_proposed", {"proposed_reason": PRIVATE},
        code=row["code"],
    )  # fmt: skip
    report.story.act(
        looked_at, second, subject, "duty.not_applicable", {"state": (before, "not_applicable")},
        code=row["code"],
    )  # fmt: skip


def _record(scene: Scene, report: Report, removal: Removal, at: datetime, dean: Somebody) -> None:
    is_long, pupil = removal.days > 3, removal.part.pupil
    row = scene.world.store.new(
        DisciplineAction,
        school_id=scene.place.id,
        incident_id=report.id,
        student_id=removal.part.student_id,
        kind=removal.kind,
        days=removal.days,
        starts_on=removal.starts_on,
        ends_on=scene.world.days.add(removal.starts_on, removal.days - 1),
        reason="Safety of others while the case was prepared.",
        interventions="A circle and mentoring were offered first." if is_long else "",
        disruption="The threat to others went on." if is_long else "",
        support_services="Counseling and school work at home." if is_long else "",
        answers=dict.fromkeys(Tried, "Offered by phone, before this system.") if is_long else {},
        disability="yes" if pupil is not None and (pupil.has_iep or pupil.has_504) else "no",
        suspected="no",
        recorded_by_id=dean.id,
        recorded_at=at,
    )
    report.story.act(
        at, dean, ("discipline_action", row["id"]), "discipline.recorded",
        {"kind": row["kind"], "days": removal.days, "starts_on": removal.starts_on},
        what=row["kind"], days=removal.days,
    )  # fmt: skip
