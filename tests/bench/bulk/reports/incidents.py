"""What happens on school days, who reports it, and what review makes of it."""

from datetime import date, datetime, timedelta
from typing import Any

from tests.bench.bulk.cases.cases import open_case, settle_light
from tests.bench.bulk.cases.safeguards import add_duties, add_records, draw_removal
from tests.bench.bulk.reports.parts import add_people, without_details
from tests.bench.bulk.reports.reports import Report, Scene, remember, route
from tests.bench.bulk.writing.acts import PRIVATE, Somebody, Story
from tests.bench.bulk.writing.world import later, moment
from tests.support.behaviors import PROFILES, Profile, draw_facts, draw_minute, draw_place
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.school_time import DEFAULT_ZONE, local
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import code_set_for, highest_group
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.decision import is_light
from wss_cases.intake.recommendation import Plan
from wss_cases.routing.rule_sets import RoutingAnswer

STORIES = frozenset({"fresh", "slow", "circle", "walked"})
DANGER = {4: 0.02, 5: 0.08, 6: 0.12}
"""How often somebody is in danger just then, by group."""
QUESTIONS = ("Who else was there?", "Was anybody hurt?", "Did this happen before or after lunch?")
NO_ACTION = ("settled", "settled", "settled", "unfounded", "unfounded", "not_school")


def make_report(scene: Scene, day: date, fate: str = "") -> bool:
    """Write one report of a school day and what became of it. False when nobody was at the school that day.

    `fate` 'waiting' or 'returned' leaves it in review; 'fresh' is decided at once with everything still to do,
    'slow' has follow-ups overdue, 'circle' has a circle planned for today, 'walked' one that ended early yesterday.
    """
    report = _capture(scene, day, fate)
    if report is None:
        return False
    rng, world = scene.rng, scene.world
    reviewed_at = _review_time(scene, report)
    if fate in ("waiting", "returned") or reviewed_at is None:
        if rng.random() < 0.35 and fate != "returned":
            without_details(scene, report)
        plan = route(world, report)
        if fate == "returned":
            _return(scene, report)
        elif rng.random() < 0.2:
            _mark(report, IncidentState.UNDER_REVIEW, later(report.submitted_at, 6), scene.who("dean"))
    else:
        plan = route(world, report)
        _decide(scene, report, plan, reviewed_at)
    _finish(scene, report)
    return True


def _capture(scene: Scene, day: date, fate: str) -> Report | None:
    rng, world = scene.rng, scene.world
    year = school_year(day)
    causer = scene.draw(day, year)
    if causer is None:
        return None
    code_set = code_set_for(causer.grades[year], day)
    behavior = world.draw_behavior(rng, code_set)
    if fate in STORIES:
        behavior = world.behavior_of_tile(code_set, "fight") or behavior
    profile = PROFILES[behavior.code]
    location = draw_place(rng, profile.tile)
    facts = draw_facts(rng, profile)
    if rng.random() < DANGER.get(behavior.behavior_group or 0, 0.0):
        facts["imminent_danger"] = True
    occurred_at = _occurred(scene, day, location)
    reporter = scene.who("reporter", "returned" if fate == "returned" else "")
    row = _incident_row(scene, day, profile, location, occurred_at, reporter)
    row["danger_now"] = "imminent_danger" in facts
    report = Report(
        id=row["id"],
        row=row,
        story=Story(scene.place.id),
        day=day,
        tile=profile.tile,
        place=world.locations[location],
        facts=facts,
        behavior=behavior,
        submitted_at=row["submitted_at"],
        details_completed_at=min(later(row["submitted_at"], rng.randrange(4, 150)), world.now),
        reporter=reporter,
        fate=fate,
    )
    add_people(scene, report, profile, causer, year)
    _tell_capture(report, row["reference"])
    return report


def _incident_row(
    scene: Scene, day: date, profile: Profile, location: str, occurred_at: datetime, reporter: Somebody
) -> dict[str, Any]:
    rng, world = scene.rng, scene.world
    scene.incidents += 1
    wall = local(occurred_at, DEFAULT_ZONE)
    is_exact = rng.random() < 0.9
    return world.store.new(
        Incident,
        school_id=scene.place.id,
        number=scene.incidents,
        reference=f"{scene.place.code}-I-{scene.incidents:04d}",
        reporter_id=reporter.id,
        submitted_at=min(later(occurred_at, rng.choice((2, 5, 9, 20, 45, 90))), world.now),
        occurred_at=occurred_at,
        local_date=day,
        local_minute=wall.hour * 60 + wall.minute if is_exact else None,
        when_precision="exact" if is_exact else "earlier_today",
        tile=profile.tile,
        location_code=location,
        place=world.locations[location],
        narrative=profile.what if rng.random() < 0.8 else "",
    )


def _occurred(scene: Scene, day: date, location: str) -> datetime:
    first, last = scene.place.first_bell, scene.place.last_bell
    minute = draw_minute(scene.rng, location, first.hour * 60 + first.minute, last.hour * 60 + last.minute)
    latest = scene.world.now - timedelta(minutes=25 + scene.rng.randrange(60))
    return min(moment(day, minute), latest.replace(second=0, microsecond=0))


def _tell_capture(report: Report, reference: str) -> None:
    row = report.row
    shown = ("number", "reference", "school_id", "tile", "location_code", "local_date", "danger_now")
    created = {name: row[name] for name in shown} | {"state": "submitted", "narrative": PRIVATE}
    report.story.act(
        report.submitted_at, report.reporter, report.subject, "incident.submitted", created, reference=reference
    )
    at = report.details_completed_at
    assert at is not None
    changes = {"details_completed_at": at, "facts": report.facts}
    report.story.act(at, report.reporter, report.subject, "incident.details_completed", changes)


def _review_time(scene: Scene, report: Report) -> datetime | None:
    rng, days = scene.rng, scene.world.days
    assert report.details_completed_at is not None
    if report.fate in STORIES:
        at = later(report.details_completed_at, 5)
        return at if at < scene.world.now else scene.world.now
    wait = rng.choices((0, 1, 2, 4), (52, 32, 11, 5))[0]
    day = days.add(report.day, wait) if wait else report.day
    at = moment(day, rng.randrange(9 * 60, 16 * 60))
    at = max(at, later(report.details_completed_at, rng.randrange(10, 50)))
    return at if at < scene.world.now else None


def _decide(scene: Scene, report: Report, plan: Plan, at: datetime) -> None:
    rng = scene.rng
    dean = scene.who("dean", report.fate)
    _asked(scene, report, at, dean)
    fate = 1.0 if report.fate else rng.random()
    has_duties = any(said["duties"] for _who, _facts, said in report.answers)
    if fate < 0.02 and scene.previous and scene.previous[2] == report.day:
        _duplicate(scene, report, at, dean)
    elif fate < 0.06 and not has_duties:
        report.row["outcome_reason"] = rng.choice(NO_ACTION)
        report.row["closing_note"] = "The dean spoke with everyone involved."
        _mark(report, IncidentState.NO_FURTHER_ACTION, at, dean)
    else:
        _route(scene, report, plan, at, dean)


def _route(scene: Scene, report: Report, plan: Plan, at: datetime, dean: Somebody) -> None:
    duty_ids = add_duties(scene, report, dean)
    _mark(report, IncidentState.ROUTED, at, dean)
    report.removal = None if report.fate else draw_removal(scene, report, at)
    if is_light(plan, len(duty_ids)) and report.removal is None:
        settle_light(scene, report, plan, at, dean)
    else:
        open_case(scene, report, plan, at, dean)
    case_id = report.case_id or None
    report.story.act(at, dean, report.subject, "review.accepted", {}, case_id=case_id, reason="")
    add_records(scene, report, plan, duty_ids, at, dean)


def _asked(scene: Scene, report: Report, decided_at: datetime, dean: Somebody) -> None:
    # a few reports went back to their reporter with a question before they were decided
    assert report.details_completed_at is not None
    asked_at, answered_at = later(report.details_completed_at, 20), later(report.details_completed_at, 75)
    if answered_at >= decided_at or report.fate or scene.rng.random() > 0.06:
        return
    report.row["question"], report.row["answer"] = scene.rng.choice(QUESTIONS), "Added what was missing."
    story, who = report.story, report.reporter
    story.act(
        asked_at, dean, report.subject, "incident.returned",
        {"state": ("submitted", "returned"), "question": PRIVATE},
    )  # fmt: skip
    story.act(answered_at, who, report.subject, "incident.answered", {"answer": PRIVATE})
    changes = {"state": ("returned", "submitted")}
    story.act(answered_at, who, report.subject, "incident.submitted_again", changes)


def _duplicate(scene: Scene, report: Report, at: datetime, dean: Somebody) -> None:
    assert scene.previous is not None
    report.row["duplicate_of_id"] = scene.previous[0]
    report.row["state"] = IncidentState.DUPLICATE.value
    _reviewed(report, at, dean)
    changes = {"state": ("submitted", "duplicate"), "duplicate_of_id": scene.previous[0]}
    report.story.act(at, dean, report.subject, "incident.duplicate", changes, reference=scene.previous[1])


def _return(scene: Scene, report: Report) -> None:
    report.row["question"] = scene.rng.choice(QUESTIONS)
    at = min(later(report.submitted_at, 15), scene.world.now)
    _mark(report, IncidentState.RETURNED, at, scene.who("dean"))


def _mark(report: Report, state: IncidentState, at: datetime, who: Somebody) -> None:
    before = report.row["state"]
    report.row["state"] = state.value
    _reviewed(report, at, who)
    report.story.act(at, who, report.subject, f"incident.{state.value}", {"state": (before, state.value)})


def _reviewed(report: Report, at: datetime, who: Somebody) -> None:
    report.row["reviewed_at"], report.row["reviewer_id"] = at, who.id


def _finish(scene: Scene, report: Report) -> None:
    row, facts, store = report.row, report.facts, scene.world.store
    row["details_completed_at"], row["facts"] = report.details_completed_at, facts
    row["behavior_group"] = highest_group(report.people)  # type: ignore[arg-type]
    row["injury"], row["weapon"] = facts.get("injury"), facts.get("weapon")
    row["substance"] = facts.get("substance")
    row["bias_basis"] = "unknown" if facts.get("bias") else None
    row["property_damage"] = True if report.tile == "property" else None
    remember(report)
    if scene.world.keeps_every_answer or report.case_id or row["state"] != "closed":
        for part, given, said in report.answers:
            store.add(
                RoutingAnswer,
                incident_id=report.id,
                incident_person_id=part.id,
                rule_set_id=scene.world.rule_set_id,
                created_at=report.details_completed_at or report.submitted_at,
                facts=given,
                answer=said,
            )
    if row["state"] not in ("duplicate",):
        scene.previous = (report.id, row["reference"], report.day)
    report.story.tell(store)
    store.pause(1)
