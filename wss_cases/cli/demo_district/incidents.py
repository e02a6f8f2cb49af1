"""What happens on school days, who reports it, and what review makes of it."""

from datetime import date, datetime, timedelta
from typing import Any

from wss_cases.cli.demo_district.acts import PRIVATE, Somebody, Story
from wss_cases.cli.demo_district.behaviors import (
    PROFILES,
    Profile,
    Shape,
    draw_facts,
    draw_minute,
    draw_place,
)
from wss_cases.cli.demo_district.cases import open_case, settle_light
from wss_cases.cli.demo_district.reports import Part, Report, Scene, route
from wss_cases.cli.demo_district.safeguards import add_safeguards
from wss_cases.cli.demo_district.world import Behavior, later, moment
from wss_cases.foundation.clock import DISTRICT_ZONE, local, school_year
from wss_cases.incidents.models import Incident, IncidentPerson
from wss_cases.incidents.rules import code_set_for, highest_group
from wss_cases.incidents.states import IncidentState, PersonKind, PersonRole
from wss_cases.intake.rules import is_light
from wss_cases.routing.models import RoutingAnswer

QUESTIONS = ("Who else was there?", "Was anybody hurt?", "Did this happen before or after lunch?")
NO_ACTION = ("settled", "settled", "settled", "unfounded", "unfounded", "not_school")


def make_report(scene: Scene, day: date, fate: str = "") -> bool:
    """Write one report of a school day and what became of it; `fate` 'waiting' or 'returned' leaves it in review.

    False when nobody was at the school that day.
    """
    report = _capture(scene, day)
    if report is None:
        return False
    rng, world = scene.rng, scene.world
    reviewed_at = _review_time(scene, report)
    if fate or reviewed_at is None:
        if rng.random() < 0.35 and fate != "returned":
            _without_details(scene, report)
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


def _capture(scene: Scene, day: date) -> Report | None:
    rng, world, place = scene.rng, scene.world, scene.place
    year = school_year(day)
    causer = scene.draw(day, year)
    if causer is None:
        return None
    grade = causer.grades[year]
    behavior = world.draw_behavior(rng, code_set_for(grade, day))
    profile = PROFILES[behavior.code]
    location = draw_place(rng, profile.tile)
    occurred_at = _occurred(scene, day, location)
    reported_at = min(later(occurred_at, rng.choice((2, 5, 9, 20, 45, 90))), world.now)
    scene.incidents += 1
    reference = f"{place.code}-I-{scene.incidents:04d}"
    reporter = scene.who("reporter")
    minute = local(occurred_at, DISTRICT_ZONE)
    row = world.store.new(
        Incident,
        school_id=place.id,
        number=scene.incidents,
        reference=reference,
        reporter_id=reporter.id,
        submitted_at=reported_at,
        occurred_at=occurred_at,
        local_date=day,
        local_minute=minute.hour * 60 + minute.minute if rng.random() < 0.9 else None,
        when_precision="exact",
        tile=profile.tile,
        location_code=location,
        place=world.locations[location],
        danger_now=False,
        narrative=profile.what if rng.random() < 0.8 else "",
    )
    if row["local_minute"] is None:
        row["when_precision"] = "earlier_today"
    report = Report(
        id=row["id"],
        row=row,
        story=Story(place.id),
        day=day,
        tile=profile.tile,
        place=world.locations[location],
        facts=draw_facts(rng, profile),
        behavior=behavior,
        submitted_at=reported_at,
        details_completed_at=min(later(reported_at, rng.randrange(4, 150)), world.now),
        reporter=reporter,
    )
    _people(scene, report, profile, causer, year)
    _tell_capture(report, reference)
    return report


def _occurred(scene: Scene, day: date, location: str) -> datetime:
    first, last = scene.place.first_bell, scene.place.last_bell
    minute = draw_minute(scene.rng, location, first.hour * 60 + first.minute, last.hour * 60 + last.minute)
    latest = scene.world.now - timedelta(minutes=25 + scene.rng.randrange(60))
    return min(moment(day, minute), latest.replace(second=0, microsecond=0))


def _people(scene: Scene, report: Report, profile: Profile, causer: Any, year: str) -> None:
    rng = scene.rng
    shape = rng.choice(profile.shapes)
    mutual = shape in (Shape.MUTUAL, Shape.CROWD)
    if shape is Shape.ALONE and rng.random() < 0.03:
        _add(scene, report, PersonRole.CAUSED_HARM, None, None, report.behavior)
        return
    role = PersonRole.BOTH if mutual else PersonRole.CAUSED_HARM
    chosen = [causer]
    _add(scene, report, role, causer, year, report.behavior)
    wanted = {Shape.PAIR: 1, Shape.MUTUAL: 1, Shape.CROWD: rng.randrange(2, 4)}.get(shape, 0)
    for _ in range(wanted):
        other = scene.draw(report.day, year, tuple(one.id for one in chosen))
        if other is not None:
            chosen.append(other)
            known = PersonRole.BOTH if mutual else PersonRole.HARMED
            _add(scene, report, known, other, year, report.behavior if mutual else None)
    if shape is Shape.STAFF:
        _add(scene, report, PersonRole.HARMED, None, None, None, rng.choice(scene.place.staff_ids))
    if mutual and len(chosen) > 1:
        report.facts["mutual"] = True
    if rng.random() < 0.18:
        witness = scene.draw(report.day, year, tuple(one.id for one in chosen))
        if witness is not None:
            _add(scene, report, PersonRole.WITNESS, witness, year, None)


def _add(
    scene: Scene,
    report: Report,
    role: PersonRole,
    pupil: Any,
    year: str | None,
    behavior: Behavior | None,
    staff_id: int | None = None,
) -> None:
    kind = PersonKind.STUDENT if pupil else PersonKind.STAFF if staff_id else PersonKind.NOT_IDENTIFIED
    grade = pupil.grades[year] if pupil else None
    fits = behavior if pupil is None or behavior is None else _fitting(scene, behavior, grade, report)
    person_id = scene.world.store.add(
        IncidentPerson,
        incident_id=report.id,
        role=role.value,
        kind=kind.value,
        student_id=pupil.id if pupil else None,
        staff_id=staff_id,
        grade=grade,
        description="" if pupil or staff_id else "A student in a dark hooded jacket",
        behavior_code_id=fits.id if fits else None,
        motivation=scene.rng.choice(("peer_attention", "avoid_task", "unknown", None)) if fits else None,
    )
    report.people.append(Part(person_id, role, kind, pupil, grade, fits))


def _fitting(scene: Scene, behavior: Behavior, grade: int | None, report: Report) -> Behavior | None:
    code_set = code_set_for(grade, report.day)
    return behavior if behavior.code_set == code_set else scene.world.behavior_of_tile(code_set, report.tile)


def _tell_capture(report: Report, reference: str) -> None:
    row = report.row
    shown = ("number", "reference", "school_id", "tile", "location_code", "local_date", "danger_now")
    created = {name: row[name] for name in shown} | {"state": "submitted", "narrative": PRIVATE}
    report.story.act(
        report.submitted_at,
        report.reporter,
        report.subject,
        "incident.submitted",
        created,
        reference=reference,
    )
    at = report.details_completed_at
    assert at is not None
    changes = {"details_completed_at": at, "facts": report.facts}
    report.story.act(at, report.reporter, report.subject, "incident.details_completed", changes)


def _without_details(scene: Scene, report: Report) -> None:
    # as a capture leaves it: nobody's part is set yet, and the behaviour is what the tile stands for
    report.details_completed_at, report.facts = None, {}
    report.story.forget(report.subject, "incident.details_completed")
    for part, row in zip(
        report.people, scene.world.store.rows[IncidentPerson][-len(report.people) :], strict=True
    ):
        part.role, part.facts = PersonRole.INVOLVED, {}
        row["role"] = part.role.value
        code_set = code_set_for(part.grade, report.day)
        is_staff = part.kind is PersonKind.STAFF
        part.behavior = None if is_staff else scene.world.behavior_of_tile(code_set, report.tile)
        row["behavior_code_id"] = part.behavior.id if part.behavior else None
        row["motivation"] = None


def _review_time(scene: Scene, report: Report) -> datetime | None:
    rng, days = scene.rng, scene.world.days
    assert report.details_completed_at is not None
    wait = rng.choices((0, 1, 2, 4), (52, 32, 11, 5))[0]
    day = days.add(report.day, wait) if wait else report.day
    at = moment(day, rng.randrange(9 * 60, 16 * 60))
    at = max(at, later(report.details_completed_at, rng.randrange(10, 50)))
    return at if at < scene.world.now else None


def _decide(scene: Scene, report: Report, plan: Any, at: datetime) -> None:
    rng = scene.rng
    dean = scene.who("dean")
    fate = rng.random()
    open_duties = sum(len(said["duties"]) for _who, _facts, said in report.answers)
    if fate < 0.02 and scene.previous and scene.previous[2] == report.day:
        _duplicate(scene, report, at, dean)
    elif fate < 0.06 and not open_duties:
        report.row["outcome_reason"] = rng.choice(NO_ACTION)
        report.row["closing_note"] = "The dean spoke with everyone involved."
        _mark(report, IncidentState.NO_FURTHER_ACTION, at, dean)
    else:
        report.story.act(at, dean, report.subject, "review.accepted", {}, reason="")
        _mark(report, IncidentState.ROUTED, at, dean)
        if is_light(plan, open_duties):
            settle_light(scene, report, plan, at, dean)
        else:
            open_case(scene, report, plan, at, dean)
        add_safeguards(scene, report, plan, at, dean)
    if rng.random() < 0.05 and report.row["state"] != "duplicate":
        report.row["question"], report.row["answer"] = rng.choice(QUESTIONS), "Added what was missing."


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
    for part in report.people:
        if part.pupil is not None and part.role in (PersonRole.CAUSED_HARM, PersonRole.BOTH):
            part.pupil.reports.append(report.day)
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
