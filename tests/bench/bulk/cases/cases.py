"""What review leads to: a conversation logged on the incident, or a case with its pathways and follow-ups."""

from datetime import date, datetime
from typing import Any

from tests.bench.bulk.cases import safety
from tests.bench.bulk.cases.courses import Participant, Work
from tests.bench.bulk.cases.followups import add_follow_up, cancel
from tests.bench.bulk.pathways.pathways import add_pathway
from tests.bench.bulk.reports.reports import Part, Report, Scene
from tests.bench.bulk.writing.acts import PRIVATE, Somebody
from tests.bench.bulk.writing.world import moment
from wss_cases.cases.case.models import Case, CaseIncident, CaseNote, CaseParticipant, CaseResult
from wss_cases.followups.core.states import CONVERSATION
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.decision import CONVERSATION_OUTCOMES
from wss_cases.intake.recommendation import Plan, PlanItem
from wss_cases.routing.engine.vocabulary import FollowUpKind, Kind, Pathway, Person

CHECK_INS = (5, 20, 60)
NOTES = (
    "Spoke with the homeroom teacher about the seating plan.",
    "The family asked to be called in the afternoon.",
    "Both students were greeted at the door this week.",
    "Agreed with the counselor who checks in on Mondays.",
    "Translated letter sent home.",
)


def settle_light(scene: Scene, report: Report, plan: Plan, at: datetime, dean: Somebody) -> None:
    """A tier-1 conversation: follow-ups on the incident, and closing once the talk was held."""
    people = {part.id: part for part in report.people}
    _follow_ups(scene, report, plan, at, dean, scene.who("coordinator"), None)
    talks = [
        add_follow_up(
            scene, report, kind=CONVERSATION, days=item.start, made_at=at, maker=dean, owner=dean,
            person=people.get(item.person_id or 0), rules=item.rules,
        )
        for item in plan.items
    ]  # fmt: skip
    closed = [row["closed_at"] for row in talks]
    if talks and None not in closed:
        held_at = max(closed)
        outcome = scene.rng.choices(list(CONVERSATION_OUTCOMES), (6, 4, 1))[0]
        report.story.act(held_at, dean, report.subject, "review.conversation", {}, outcome=outcome)
        report.row["outcome_reason"] = outcome
        _close_incident(report, held_at, dean)


def open_case(scene: Scene, report: Report, plan: Plan, at: datetime, dean: Somebody) -> None:
    """Open a case, work it as far as it has come by now, and close it when its pathways have ended."""
    rng, days = scene.rng, scene.world.days
    lead = scene.who("coordinator", report.fate)
    opened_on = local_date(at, DEFAULT_ZONE)
    row = _case_row(scene, report, plan.tier, lead, at, dean)
    participants = {part.id: _participant(scene, report, part) for part in report.people}
    people = [Participant(participants[part.id], part.role, part) for part in report.people]
    work = Work(at, opened_on, lead, participants, people)
    for asked in plan.follow_ups:
        if asked.kind is FollowUpKind.SAFETY_PLAN and work.plan is None:
            safety.agree(scene, report, work, asked.days, dean, tuple(asked.rules))
    for item in [*plan.items, *_return_after(report)]:
        add_pathway(scene, report, work, item, dean)
    over_at = None if report.open_duties else _over_at(scene, work)
    _follow_ups(scene, report, plan, at, dean, lead, over_at)
    _check_ins(scene, report, work, over_at)
    safety.review(scene, report, work, over_at)
    for _ in range(rng.choices((0, 1, 2), (5, 4, 2))[0]):
        _note(scene, report, lead, opened_on, over_at)
    _tell_states(report, row, work, over_at)
    if over_at is None:
        scene.open_cases.append((report, work))
        row["next_review_on"] = days.add(scene.world.calendar.due_today, rng.randrange(1, 10))
        if rng.random() < 0.15:
            row["next_review_on"] = scene.world.calendar.due_today
    else:
        _close(scene, report, row, work, over_at)


def _case_row(scene: Scene, report: Report, tier: int, lead: Somebody, at: datetime, dean: Somebody) -> dict[str, Any]:
    scene.cases += 1
    row = scene.world.store.new(
        Case,
        school_id=scene.place.id,
        number=scene.cases,
        reference=f"{scene.place.code}-{scene.cases:04d}",
        harm_kind=report.tile,
        location_code=report.row["location_code"],
        tier=tier,
        lead_id=lead.id,
        opened_at=at,
        opened_on=local_date(at, DEFAULT_ZONE),
    )
    report.case_id = row["id"]
    scene.world.store.add(CaseIncident, case_id=row["id"], incident_id=report.id)
    created = {"number": row["number"], "reference": row["reference"], "state": "intake", "lead_id": lead.id}
    report.story.act(
        at, dean, ("case_record", row["id"]), "case.opened", created, case_id=row["id"],
        reference=row["reference"], incidents=report.row["reference"],
    )  # fmt: skip
    return row


def _return_after(report: Report) -> list[PlanItem]:
    # whoever is removed gets a re-engagement pathway the same day
    if report.removal is None:
        return []
    return [PlanItem(Kind.REENTRY_CIRCLE, Person.CAUSED_HARM, report.removal.part.id, 2, 1, ())]


def _check_ins(scene: Scene, report: Report, work: Work, over_at: datetime | None) -> None:
    for agreed_at in work.agreements:
        for days in CHECK_INS:
            add_follow_up(
                scene, report, kind="agreement_check_in", days=days, made_at=agreed_at, maker=work.lead,
                owner=work.lead, over_at=over_at,
            )  # fmt: skip


def _participant(scene: Scene, report: Report, part: Part) -> int:
    return scene.world.store.add(
        CaseParticipant,
        case_id=report.case_id,
        role=part.role.value,
        student_id=part.student_id,
        incident_person_id=part.id,
        description="" if part.pupil else "A member of staff" if part.kind == "staff" else "Not identified yet",
    )


def _follow_ups(
    scene: Scene, report: Report, plan: Plan, at: datetime, dean: Somebody, lead: Somebody, over_at: datetime | None
) -> None:
    people = {part.id: part for part in report.people}
    circles = any(item.pathway is Pathway.CIRCLE for item in plan.items)
    for wanted in plan.follow_ups:
        if wanted.kind is FollowUpKind.SAFETY_PLAN and report.case_id:
            continue
        if wanted.kind is FollowUpKind.PRE_MEETINGS and not (circles and report.case_id):
            continue
        template = scene.world.templates.get(wanted.kind.value)
        is_deans = template is not None and template.owner_role == "dean"
        add_follow_up(
            scene, report, kind=wanted.kind.value, days=wanted.days, made_at=at, maker=dean,
            owner=dean if is_deans else lead, person=people.get(wanted.person_id or 0), rules=wanted.rules,
            over_at=over_at,
        )  # fmt: skip


def _over_at(scene: Scene, work: Work) -> datetime | None:
    if not work.ended or None in work.ended:
        return None
    day = scene.world.days.add(max(day for day in work.ended if day), scene.rng.randrange(1, 6))
    at = moment(day, scene.rng.randrange(9 * 60, 15 * 60))
    return at if at < scene.world.now else None


def _note(scene: Scene, report: Report, lead: Somebody, since: date, over_at: datetime | None) -> None:
    rng = scene.rng
    at = moment(scene.world.days.add(since, rng.randrange(1, 12)), rng.randrange(9 * 60, 15 * 60))
    if at >= (over_at or scene.world.now):
        return
    note_id = scene.world.store.add(CaseNote, case_id=report.case_id, author_id=lead.id, at=at, text=rng.choice(NOTES))
    report.story.act(at, lead, ("case_note", note_id), "case.note_added", {"text": PRIVATE}, case_id=report.case_id)


def _tell_states(report: Report, row: dict[str, Any], work: Work, over_at: datetime | None) -> None:
    steps = [("preparing", work.prepared), ("in_process", work.begun), ("monitoring", work.agreed)]
    last: datetime | None = None
    for state, at in steps:
        if at is None or (last is not None and at < last):
            continue
        before, row["state"] = row["state"], state
        last = at
        report.story.act(
            at, work.lead, ("case_record", row["id"]), "case.state_changed", {"state": (before, state)},
            case_id=row["id"], state=state,
        )  # fmt: skip


def _close(scene: Scene, report: Report, row: dict[str, Any], work: Work, at: datetime) -> None:
    rng = scene.rng
    has_harmed = any(part.role in (PersonRole.HARMED, PersonRole.BOTH) for part in report.people)
    kept = "no_agreement" if work.kept is None else "kept" if work.kept else "partly"
    if work.all_declined:
        result, says = CaseResult.DECLINED, "did_not_wish_to_say"
    else:
        result = CaseResult.REPAIRED if work.kept or rng.random() < 0.6 else CaseResult.PARTLY_REPAIRED
        says = "repaired" if result is CaseResult.REPAIRED else "partly"
    before, row["state"] = row["state"], "closed"
    row["result"], row["closed_at"], row["next_review_on"] = result.value, at, None
    row["agreement_kept"], row["harmed_says"] = kept, says if has_harmed else "nobody_harmed"
    report.story.act(
        at, work.lead, ("case_record", row["id"]), "case.closed",
        {"state": (before, "closed"), "result": result.value, "closed_at": at},
        case_id=row["id"], result=result.value,
    )  # fmt: skip
    for waiting in work.waiting:
        if waiting["state"] == "open":
            cancel(scene, report, waiting, at, work.lead)
    _close_incident(report, at, work.lead)


def _close_incident(report: Report, at: datetime, who: Somebody) -> None:
    report.row["state"] = "closed"
    report.row["reviewed_at"], report.row["reviewer_id"] = at, who.id
    report.story.act(at, who, report.subject, "incident.closed", {"state": ("routed", "closed")})
