"""Removals, at about the published rates; each opens the student's return in the same act."""

from datetime import datetime
from typing import Any

from wss_cases.demo.district.schools import Person
from wss_cases.demo.story.reports import Part, Report
from wss_cases.demo.story.world import World
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.recording.pages import is_title_ix_matter, record_discipline
from wss_cases.safeguards.discipline.removals.models import Answer, DisciplineKind, Tried
from wss_cases.safeguards.discipline.removals.rules import is_exclusion

OUT_OF_SCHOOL = {1: 0.0, 2: 0.02, 3: 0.24, 4: 0.5, 5: 0.65, 6: 0.7}
"""Out-of-school suspensions of a misconduct, by group: about 14 of 100 misconducts, as published."""
IN_SCHOOL = {1: 0.0, 2: 0.02, 3: 0.1, 4: 0.1, 5: 0.06, 6: 0.02}
EXPELLED = {5: 0.01, 6: 0.06}
YOUNGEST = 3
"""From this grade on anybody is removed at all."""
OFFERED = "Offered by phone, before this system."


def perhaps_remove(world: World, report: Report, dean: Person, now: datetime) -> None:
    """Perhaps record the removal of the first person who caused harm."""
    part = report.caused[0] if report.caused else None
    if part is None or part.pupil is None or part.behavior is None or report.story:
        return
    group, rng = part.behavior.group, report.place.rng
    if group is None or part.pupil.grades[school_year(report.day)] < YOUNGEST:
        return
    chance, out, inside = rng.random(), OUT_OF_SCHOOL[group], IN_SCHOOL[group]
    if chance < out:
        _record(world, report, part, dean, DisciplineKind.OUT_OF_SCHOOL_SUSPENSION, rng.choice((1, 1, 2, 2, 3)), now)
    elif chance < out + inside:
        _record(world, report, part, dean, DisciplineKind.IN_SCHOOL_SUSPENSION, rng.choice((1, 1, 1, 2)), now)
    elif chance < out + inside + EXPELLED.get(group, 0.0):
        _record(world, report, part, dean, DisciplineKind.EXPULSION, 60, now)


def _record(
    world: World, report: Report, part: Part, dean: Person, kind: DisciplineKind, days: int, now: datetime
) -> None:
    pupil, place = part.pupil, report.place
    assert pupil is not None
    calendar = school_days(place.id)
    first = calendar.add(world.day(now), 1)
    while first in pupil.away:
        first = calendar.add(first, 1)
    is_long = is_exclusion(kind, days)
    title_ix = is_title_ix_matter(db.session.get_one(Incident, report.id))
    if title_ix and kind is not DisciplineKind.OUT_OF_SCHOOL_SUSPENSION:
        return
    away = [calendar.add(first, number) for number in range(days)]
    if away[-1] > world.calendar.term(school_year(away[-1]))[1]:
        return
    record_discipline(
        world.calls(place.head if is_long else dean, now), report.id,
        student_id=pupil.id, kind=kind, days=days, starts_on=first, ends_on=away[-1],
        reason="For the safety of others while the case is prepared.",
        disability=Answer.YES if pupil.is_protected else Answer.NO,
        suspected=Answer.NO,
        interventions="A circle and mentoring were offered first." if is_long else "",
        disruption="The threat to others goes on." if is_long else "",
        support_services="Counseling and school work at home." if is_long else "",
        acknowledged=pupil.is_protected,
        length_reason="The time that the plan for the return takes.",
        **({f"answer_{what.value}": OFFERED for what in Tried} if is_long else {}),
        **_heard(title_ix),
    )  # fmt: skip
    pupil.away |= set(away)


def _heard(title_ix: bool) -> dict[str, Any]:
    """Return the emergency removal of a matter of Title IX, else that the student was heard."""
    if title_ix:
        return {
            "analysis": "The threats were repeated this morning, and no other place in the building keeps them apart.",
            "challenge": "With the principal, by phone or in person, on the first day.",
        }
    return {"facts_verified": True, "student_said": "It was not meant that way, and it was wrong."}
