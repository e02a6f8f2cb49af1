"""Whose names are looked for in a copy: all around what happened, their families, the school's other students."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, or_, select

from wss_cases.cases.case.models import CaseIncident, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.other_schools import named_elsewhere
from wss_cases.pathways.circles.circle.models import CircleOutsideKeeper, CircleSupporter
from wss_cases.pathways.circles.circle.states import SupporterRelation
from wss_cases.records.family_copies.copy.models import FamilyRelease
from wss_cases.roster.directory.models import Enrolment, Student
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.queries import COLUMNS, finder_around, siblings, students_named
from wss_cases.roster.names.spellings import Named


def finder_for(release: FamilyRelease) -> Finder:
    """Return what finds every other child in the texts of one copy."""
    own_id = release.student_id
    case_ids = list(
        db.session.scalars(select(CaseIncident.case_id).where(CaseIncident.incident_id.in_(release.incident_ids)))
    )
    together = select(CaseIncident.incident_id).where(CaseIncident.case_id.in_(case_ids))
    incident_ids = {*release.incident_ids, *db.session.scalars(together)}
    near_ids = _students_in(incident_ids, case_ids)
    near_ids |= siblings(near_ids | {own_id})
    others = students_named(_at_school(release.school_id, near_ids | {own_id}))
    also = [*_described(incident_ids, case_ids, own_id), *named_elsewhere(incident_ids)]
    return finder_around(own_id, near_ids, also, others)


def _students_in(incident_ids: Iterable[int], case_ids: Sequence[int]) -> set[int]:
    on_reports = select(IncidentPerson.student_id).where(IncidentPerson.incident_id.in_(sorted(incident_ids)))
    in_cases = select(CaseParticipant.student_id).where(CaseParticipant.case_id.in_(case_ids))
    helped = select(CircleOutsideKeeper.student_id).where(CircleOutsideKeeper.case_id.in_(case_ids))
    found = (*db.session.scalars(on_reports), *db.session.scalars(in_cases), *db.session.scalars(helped))
    return {one for one in found if one is not None}


def _described(incident_ids: Iterable[int], case_ids: Sequence[int], own_id: int) -> list[Named]:
    """Return the names that stand in descriptions of people who are in no roster, and of who supports a party
    or, without the roster, helped to keep a circle."""
    people = select(IncidentPerson.description).where(
        IncidentPerson.incident_id.in_(sorted(incident_ids)), IncidentPerson.student_id.is_(None)
    )
    parts = select(CaseParticipant.description).where(
        CaseParticipant.case_id.in_(case_ids), CaseParticipant.student_id.is_(None)
    )
    own = select(CaseParticipant.id).where(CaseParticipant.student_id == own_id)
    supporters = select(CircleSupporter.name).where(
        CircleSupporter.case_id.in_(case_ids),
        or_(CircleSupporter.participant_id.not_in(own), CircleSupporter.relation != SupporterRelation.FAMILY),
    )
    described = [*db.session.scalars(people), *db.session.scalars(parts)]
    names = {word for text in described for word in text.split() if len(word) > 2 and word[0].isupper()}
    helpers = select(CircleOutsideKeeper.name).where(
        CircleOutsideKeeper.case_id.in_(case_ids), CircleOutsideKeeper.adult_id.is_not(None),
        CircleOutsideKeeper.name != "",
    )  # fmt: skip
    names |= {*db.session.scalars(supporters), *db.session.scalars(helpers)}
    return [Named(name, (name,), ()) for name in sorted(names)]


def _at_school(school_id: int, but: Iterable[int]) -> Select[Any]:
    was_here = select(Enrolment.student_id).where(Enrolment.school_id == school_id)
    return select(*COLUMNS).where(
        or_(Student.school_id == school_id, Student.id.in_(was_here)), Student.id.not_in(sorted(but))
    )
