"""The people of a report."""

from typing import Any

from tests.bench.bulk.reports.reports import Part, Report, Scene
from tests.bench.bulk.writing.world import Behavior
from tests.support.behaviors import Profile, Shape
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.rules import code_set_for
from wss_cases.incidents.incident.states import PersonKind, PersonRole


def add_people(scene: Scene, report: Report, profile: Profile, causer: Any, year: str) -> None:
    """Give a report the people of its shape, the first of them `causer`."""
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


def without_details(scene: Scene, report: Report) -> None:
    """Leave a report as a capture does: nobody's part is set, and the behaviour is what the tile stands for."""
    report.details_completed_at, report.facts = None, {}
    report.story.forget(report.subject, "incident.details_completed")
    for part, row in zip(report.people, scene.world.store.rows[IncidentPerson][-len(report.people) :], strict=True):
        part.role, part.facts = PersonRole.INVOLVED, {}
        row["role"] = part.role.value
        code_set = code_set_for(part.grade, report.day)
        is_staff = part.kind is PersonKind.STAFF
        part.behavior = None if is_staff else scene.world.behavior_of_tile(code_set, report.tile)
        row["behavior_code_id"] = part.behavior.id if part.behavior else None
        row["motivation"] = None


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
