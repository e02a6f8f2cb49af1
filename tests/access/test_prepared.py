"""A statement that is kept for all who hold the same roles shows each their own, and not one row more."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.factories.base import one_commit
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import SYSTEM, Actor, Grant, Role
from wss_cases.access.prepared import PreparedFor, _kind_of
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import visible_to
from wss_cases.foundation.database import Prepared, among_ids
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.school_time import DISTRICT_NAME, DISTRICT_TIME_ZONE
from wss_cases.foundation.settings import KNOWN_DISTRICT

ROLES = (Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR, Role.DISTRICT)


@pytest.mark.both_databases
def test_each_of_one_kind_sees_their_own(session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    with one_commit():
        schools = [SchoolFactory() for _number in range(3)]
    people = [make_user(role, None if role is Role.DISTRICT else school) for school in schools for role in ROLES]
    for school in schools:
        report = make_incident(school)
        for person in people:
            FollowUpFactory(school_id=school.id, owner_id=person.id, incident_id=report.id)
    of_two = make_user(Role.DEAN, schools[0])
    RoleGrantFactory(user_id=of_two.id, role=Role.REPORTER, school_id=schools[1].id)
    both = make_user(Role.REPORTER, schools[2])
    RoleGrantFactory(user_id=both.id, role=Role.DEAN, school_id=schools[2].id)
    built: list[Actor] = []

    def build(actor: Actor) -> Any:
        built.append(actor)
        return visible_to(select(FollowUp.id), actor)

    kept = PreparedFor(build)
    actors = [acting(one) for one in (*people, both, of_two)]
    back = replace(actors[0], past_students=frozenset({1}))
    for actor in (*actors, *actors, back, SYSTEM):
        plain = set(session.scalars(visible_to(select(FollowUp.id), actor)))
        assert set(kept.rows(actor).scalars()) == plain, actor
    # of a kind once, both roles together too; of two schools, with past years open and for the system each time
    assert len(built) == len(ROLES) + 1 + 2 + 2
    assert len({frozenset(kept.rows(actor).scalars()) for actor in actors}) > len(ROLES)


class _NoSettings(dict[str, Any]):
    """What a session knows of the district, of which a statement that is kept may ask nothing."""

    def get(self, key: str, default: Any = None) -> Any:
        if key in (DISTRICT_NAME, DISTRICT_TIME_ZONE):
            return super().get(key, default)  # both are read at once, and for another zone there is another statement
        raise AssertionError(f"a kept statement depends on the setting {key}")


def _kept() -> dict[str, Any]:
    """Return the statements that modules keep for ids and for actors, by where they stand: by a name or in a table."""
    found: dict[str, Any] = {}
    for module in [one for name, one in sys.modules.items() if name.startswith("wss_cases.")]:
        for name, held in vars(module).items():
            each = held.values() if isinstance(held, dict) else [held]
            kept = (one for one in each if type(one) in (PreparedFor, Prepared))
            found |= {f"{module.__name__}.{name}.{number}": one for number, one in enumerate(kept)}
    return found


def _said(session: Any, statement: Any) -> tuple[str, dict[str, Any]]:
    compiled = statement.compile(dialect=session.get_bind().dialect)
    return str(compiled), dict(compiled.params)


@pytest.mark.both_databases
def test_no_kept_statement_holds_a_day_a_language_or_a_setting(session: Any, at: Any) -> None:
    grants = [
        (Grant(role, None if role is Role.DISTRICT else 1, district=role is Role.DISTRICT, sees_from=first),)
        for role in ROLES
        for first in (None, date(2025, 7, 1))
    ]
    kinds = [_kind_of(one) for one in grants]
    found: list[dict[tuple[str, Any], Any]] = []
    for when, language in (("2026-11-24 10:00", "en"), ("2028-02-29 23:30", "es")):
        at(when)
        with force_locale(language):
            session.info[KNOWN_DISTRICT] = _NoSettings()
            said: dict[tuple[str, Any], Any] = {}
            for name, one in _kept().items():
                for kind in kinds if isinstance(one, PreparedFor) else kinds[:1]:
                    built = one.build(kind) if isinstance(one, PreparedFor) else one.build(among_ids)
                    said[name, kind] = _said(session, built)
            found.append(said)
            del session.info[KNOWN_DISTRICT]
    assert len({name for name, _kind in found[0]}) > 40
    assert found[0] == found[1]
