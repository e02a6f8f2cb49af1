"""Copies for families in the demo: of reports in which the names tell the students apart."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory, StudentGuardianFactory
from wss_cases.demo.today import copy_chances


@pytest.mark.parametrize(("surnames", "found"), [(("Elm", "Fuentes"), 1), (("Fuentes", "Fuentes"), 0)])
def test_a_copy_is_asked_for_where_nobody_else_has_the_childs_name(
    session: Any, surnames: tuple[str, str], found: int
) -> None:
    school = SchoolFactory()
    students = [
        StudentFactory(school=school, given_name=given, family_name=family, birth_date=date(2012, 5, 1))
        for given, family in zip(("Amara", "Zoë"), surnames, strict=True)
    ]
    StudentGuardianFactory(student=students[0])
    make_incident(school, students)
    assert len(copy_chances(school.id, date(2026, 11, 24))) == found
