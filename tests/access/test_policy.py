"""Default no; forbidden looks like missing; the predicate and the SQL filter say the same."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import SYSTEM, Actor, Grant, Role, in_schools
from wss_cases.access.gate import NOBODY
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, load_object, might, require
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.permission_map import PAGES, PERMISSION_MAP
from wss_cases.roster.directory.models import School

OPEN = {Permission.PUBLIC, Permission.SIGNED_IN}


def test_every_permission_has_its_row_and_its_reason(app: Any) -> None:
    assert set(PERMISSION_MAP) == set(Permission) - OPEN
    assert all(rule.because and rule.roles for rule in PERMISSION_MAP.values())
    assert sum(map(len, PAGES)) == len(PERMISSION_MAP), "a permission has two rows: the last one would win"


def test_nobody_may_anything(app: Any) -> None:
    record = SimpleNamespace(school_id=1, id=1, reporter_id=None, owner_id=None)
    for permission in set(Permission) - OPEN:
        assert not might(NOBODY, permission)
        assert not can(NOBODY, permission, record)
        with pytest.raises(NotFound):
            require(NOBODY, permission, record)


def test_a_missing_record_is_forbidden_to_people_of_every_role(app: Any) -> None:
    everyone = Actor(1, "All Roles", tuple(Grant(role, school_id=1, district=False) for role in Role))
    for permission in set(Permission) - OPEN:
        assert not can(everyone, permission, None)


def test_the_system_acts_only_by_its_own_commands(app: Any) -> None:
    assert SYSTEM.user_id is None and not SYSTEM.grants
    assert can(SYSTEM, Permission.CASE_READ, object())
    assert load_object("no such table", 1) is None


GRANTS = st.lists(
    st.builds(
        lambda role, where: Grant(role, school_id=where if isinstance(where, int) else None, district=where == "all"),
        st.sampled_from(list(Role)),
        st.sampled_from([0, 1, 2, "all", None]),
    ),
    max_size=4,
)


def test_predicate_and_filter_agree(session: Any) -> None:
    schools = [SchoolFactory() for _ in range(3)]
    session.flush()
    ids = [school.id for school in schools]

    @given(GRANTS, st.sets(st.sampled_from(list(Role)), min_size=1, max_size=3))
    def agree(grants: list[Grant], roles: set[Role]) -> None:
        placed = tuple(Grant(g.role, ids[g.school_id] if g.school_id is not None else None, g.district) for g in grants)
        actor = Actor(1, "Anyone", placed)
        statement = select(School.id).where(School.id.in_(ids), in_schools(School.id, actor, *roles))
        by_filter = set(db.session.scalars(statement))
        assert by_filter == {school_id for school_id in ids if actor.covers(school_id, *roles)}

    agree()
