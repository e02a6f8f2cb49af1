"""A role begins and ends at its school's midnight, one that reaches no school at the district's."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, UserFactory, make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import Cover
from wss_cases.accounts.coverage import near
from wss_cases.accounts.grants import actor_of
from wss_cases.accounts.managed_accounts import managed_by
from wss_cases.accounts.teams import colleagues, teams_at, works
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.rules import Capture
from wss_cases.incidents.incident.states import Tile
from wss_cases.intake.report.actions import submit_incident
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.delivery.messages import compose

DAY = date(2026, 11, 24)
ZONES = ("America/New_York", "America/Chicago", "Pacific/Honolulu")
MIDNIGHTS = tuple(datetime(2026, 11, 25, hour, tzinfo=UTC) for hour in (5, 6, 10))
"""When this day ends in each of these zones."""
MOMENT = timedelta(seconds=1)


def person(role: Role, school: Any = None, **grant: Any) -> Any:
    user = UserFactory()
    RoleGrantFactory(user_id=user.id, role=role, school_id=school.id if school else None, **grant)
    return user


def holds(user: Any, now: datetime) -> bool:
    """Whether somebody has a role now."""
    actor = actor_of(user.id, now)
    assert actor is not None
    return bool(actor.grants)


@pytest.mark.parametrize("late", ["18:30", "23:59"])
def test_an_urgent_message_reaches_a_dean_on_the_evening_of_their_last_day(app, session, at, late):
    now = at(f"2026-11-24 {late}")
    school = SchoolFactory()
    dean, reporter = person(Role.DEAN, school, ends_on=DAY), make_user(Role.REPORTER, school)
    acting = actor_of(reporter.id, now)
    with app.test_request_context():
        submit_incident(Invocation(acting, now), Capture(school.id, True, Tile.FIGHT, "hallway", now))
        urgent = select(OutboxMessage).where(OutboxMessage.kind == "incident.danger")
        [message] = db.session.scalars(urgent.where(OutboxMessage.recipient_id == dean.id))
        assert compose(message, now) is not None
        assert compose(message, at("2026-11-25 00:00")) is None


def test_a_signed_in_dean_works_until_midnight(app, session, client_as, at):
    at("2026-11-24 23:59")
    client = client_as(person(Role.DEAN, SchoolFactory(), ends_on=DAY))
    assert client.get("/incidents").status_code == 200
    at("2026-11-25 00:00")
    assert client.get("/incidents").status_code != 200


def test_a_role_begins_and_ends_at_midnight_of_its_school(session):
    for zone, midnight in zip(ZONES, MIDNIGHTS, strict=True):
        school = SchoolFactory(time_zone=zone)
        former = person(Role.DEAN, school, ends_on=DAY)
        coming = person(Role.DEAN, school, starts_on=DAY + timedelta(days=1))
        assert [holds(former, midnight - MOMENT), holds(coming, midnight - MOMENT)] == [True, False]
        assert [holds(former, midnight), holds(coming, midnight)] == [False, True]


@pytest.mark.parametrize(("role", "district"), [(Role.DISTRICT, True), (Role.SYSADMIN, False)])
def test_a_role_that_reaches_no_school_ends_at_midnight_of_the_district(session, role, district):
    SchoolFactory(time_zone="Pacific/Honolulu")
    user = person(role, district=district, ends_on=DAY)
    assert holds(user, MIDNIGHTS[1] - MOMENT)
    assert not holds(user, MIDNIGHTS[1])


def test_one_query_over_many_schools_takes_the_day_of_each(session):
    schools = [SchoolFactory(time_zone=zone) for zone in ZONES]
    deans = [person(Role.DEAN, school, ends_on=DAY) for school in schools]
    ids = [dean.id for dean in deans]
    for over, midnight in enumerate(MIDNIGHTS, start=1):
        still = [False] * over + [True] * (len(ZONES) - over)
        teams = teams_at([school.id for school in schools], midnight)
        assert [bool(teams[school.id]) for school in schools] == still
        assert [bool(colleagues(ids, midnight)[number].grants) for number in ids] == still
        known = (works(dean.id, school.id, [Role.DEAN], midnight) for dean, school in zip(deans, schools, strict=True))
        assert list(db.session.execute(select(*known)).one()) == still


def test_who_left_a_school_is_its_to_manage_until_its_midnight(session):
    school = SchoolFactory(time_zone="Pacific/Honolulu")
    user, head = person(Role.DEAN, school, ends_on=DAY), make_user(Role.ADMINISTRATOR, school)
    for now, managed in ((MIDNIGHTS[2] - MOMENT, True), (MIDNIGHTS[2], False)):
        found = db.session.scalars(select(type(user).id).where(managed_by(actor_of(head.id, now), now)))
        assert (user.id in list(found)) is managed


def test_a_cover_ends_at_midnight_of_its_school(session):
    for zone, midnight in zip(ZONES, MIDNIGHTS, strict=True):
        school = SchoolFactory(time_zone=zone)
        away, stands_in = (make_user(Role.COORDINATOR, school) for _ in range(2))
        db.session.add(
            Cover(
                school_id=school.id, user_id=away.id, cover_id=stands_in.id, starts_on=DAY, ends_on=DAY,
                made_at=midnight, made_by_id=away.id,
            )
        )  # fmt: skip
        assert near(stands_in.id, midnight - MOMENT)
        assert not near(stands_in.id, midnight)
