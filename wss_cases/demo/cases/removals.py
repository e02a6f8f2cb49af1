"""Suspensions, at about the published rates; each opens the student's return in the same act."""

from datetime import datetime

from wss_cases.demo.district.schools import Person
from wss_cases.demo.story.reports import Report
from wss_cases.demo.story.world import World
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.recording.pages import is_title_ix_matter, record_discipline
from wss_cases.safeguards.discipline.removals.models import Answer, DisciplineKind

OUT_OF_SCHOOL = {1: 0.0, 2: 0.02, 3: 0.24, 4: 0.5, 5: 0.65, 6: 0.7}
"""Out-of-school suspensions of a misconduct, by group: about 14 of 100 misconducts, as published."""
IN_SCHOOL = {1: 0.0, 2: 0.02, 3: 0.1, 4: 0.1, 5: 0.06, 6: 0.02}
YOUNGEST = 3
"""From this grade on anybody is removed at all."""


def perhaps_remove(world: World, report: Report, dean: Person, now: datetime) -> None:
    """Perhaps record the suspension of the first person who caused harm."""
    part = report.caused[0] if report.caused else None
    if part is None or part.pupil is None or part.behavior is None or report.story:
        return
    group, rng = part.behavior.group, report.place.rng
    if group is None or part.pupil.grades[school_year(report.day)] < YOUNGEST:
        return
    chance, out = rng.random(), OUT_OF_SCHOOL[group]
    if chance >= out + IN_SCHOOL[group] or is_title_ix_matter(db.session.get_one(Incident, report.id)):
        return
    kind = DisciplineKind.OUT_OF_SCHOOL_SUSPENSION if chance < out else DisciplineKind.IN_SCHOOL_SUSPENSION
    pupil, days, length = part.pupil, school_days(report.place.id), rng.choice((1, 1, 2, 2, 3))
    first = days.add(world.day(now), 1)
    while first in pupil.away:
        first = days.add(first, 1)
    away = [days.add(first, number) for number in range(length)]
    if away[-1] > world.calendar.term(school_year(away[-1]))[1]:
        return
    record_discipline(
        world.calls(dean, now), report.id,
        student_id=pupil.id, kind=kind, days=length, starts_on=first, ends_on=away[-1],
        reason="For the safety of others while the case is prepared.",
        disability=Answer.YES if pupil.is_protected else Answer.NO,
        suspected=Answer.NO,
        acknowledged=pupil.is_protected,
        length_reason="The time that the plan for the return takes.",
        facts_verified=True,
        student_said="It was not meant that way, and it was wrong.",
    )  # fmt: skip
    pupil.away |= set(away)
