"""A person's private calendar: what kind of thing is due, when and where, never whom it is about."""

from __future__ import annotations

import logging
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import vobject
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory, shown
from tests.factories.mentoring import MentorFactory, MentoringPlanFactory
from tests.pathways.circles.making import LATER, answer, plan, ready_circle
from tests.support.applications import people_client
from tests.support.pages.asked import asked
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import AccountState, CalendarFeed, Cover, RoleGrant, UserAccount
from wss_cases.accounts.account.rules import FEED_READINGS
from wss_cases.accounts.people.pages import set_enabled
from wss_cases.followups import making
from wss_cases.followups.pages import follow_up as follow_up_pages
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import new_token, token_digest
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.circles.circle.models import CircleKeeper, MeetingState
from wss_cases.pathways.circles.meeting import pages as actions_plan
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.mentoring.plan.models import Mentor
from wss_cases.pathways.reengagement.plan import ReengagementPlan

CANARY = "Zephyrine", "Quillfeather", "CANARY77"


def made_address(client):
    answer_ = client.submit("/account/calendar", action="/account/calendar")
    assert answer_.status_code == 200 and answer_.headers["Cache-Control"] == "no-store"
    (found,) = re.findall(r'value="https?://[^/"]+(/calendar/[\w-]{43}\.ics)"', answer_.get_data(as_text=True))
    return found


def read(client, address, **headers):
    return client.get(address, headers=headers)


def events(app, address):
    """Read an address as a calendar does, with no sign-in; return its entries by summary."""
    got = read(people_client(app), address)
    assert got.status_code == 200, got.get_data(as_text=True)
    calendar = vobject.readOne(got.get_data(as_text=True))
    found = {}
    for one in getattr(calendar, "vevent_list", []):
        found.setdefault(one.summary.value, []).append(one)
    return found


def reentry(world, **values):
    """Plan a re-entry meeting of the world's case for tomorrow at 8."""
    row = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, pathway="reengagement", kind="reengagement",
        owner_id=world.coordinator.id, state=PathwayState.PREPARING, accepted_on=TODAY,
    )  # fmt: skip
    made = ReengagementPlan(
        pathway_id=row.id, case_id=world.case.id, school_id=world.school.id, return_on=date(2026, 11, 27),
        meeting_at=NOW + timedelta(hours=22), meeting_place="Office", supporters=f"Ask {CANARY[0]}",
        **values,
    )  # fmt: skip
    db.session.add(made)
    db.session.commit()
    return made


def mentored(world, mentor_user, students=1):
    mentor = MentorFactory(school_id=world.school.id, user_id=mentor_user.id)
    mentored_by(world, mentor, students)


def mentored_by(world, mentor, students):
    for _ in range(students):
        row = PathwayFactory(
            case_id=world.case.id, school_id=world.school.id, pathway="mentoring", kind="one_to_one",
            state=PathwayState.ACTIVE, accepted_on=TODAY, started_on=TODAY,
        )  # fmt: skip
        MentoringPlanFactory(
            pathway_id=row.id, case_id=world.case.id, school_id=world.school.id, mentor_id=mentor.id,
            starts_on=date(2026, 11, 2), goal=f"{CANARY[0]} is calm",
        )  # fmt: skip


def full(world):
    """One of everything that may stand in the coordinator's calendar."""
    circle = ready_circle(world, make_user(world.school))
    plan(world, circle)
    reentry(world)
    mentored(world, world.coordinator, 2)
    FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id, due_on=date(2026, 11, 30),
        kind="check_in_person_harmed", title=f"Call {CANARY[0]} {CANARY[1]}",
    )  # fmt: skip
    return circle


def circle_keeper(circle):
    return db.session.scalar(select(CircleKeeper.user_id).where(CircleKeeper.pathway_id == circle.id))


MOST_STATEMENTS = 12


@pytest.fixture
def world(session, at):
    at("2026-11-24 10:00")
    made = make_world()
    student = made.students[0]
    student.given_name, student.family_name, student.student_number = CANARY
    db.session.commit()
    return made


def test_it_holds_what_is_mine_as_other_programs_read_it(world, client_as, app):
    circle = full(world)
    got = events(app, made_address(client_as(world.coordinator)))
    (due,) = got["Check-in with the person harmed"]
    assert (due.dtstart.value, due.dtend.value) == (date(2026, 11, 30), date(2026, 12, 1))
    assert due.transp.value == "TRANSPARENT" and "/follow-ups/" in due.description.value == due.url.value
    (meeting,) = got["Peer conference"]
    assert (meeting.dtstart.value, meeting.dtend.value) == (LATER, LATER + timedelta(hours=1))
    assert (meeting.location.value, meeting.transp.value) == ("204", "OPAQUE")
    assert meeting.url.value.endswith(f"/cases/{world.case.id}/pathways/{circle.id}")
    (back,) = got["Re-entry meeting"]
    assert (back.dtstart.value, back.location.value) == (datetime(2026, 11, 25, 14, tzinfo=UTC), "Office")
    assert all(one.dtstart.value >= TODAY for one in got["2 mentoring sessions planned"])
    assert len({one.uid.value for group in got.values() for one in group}) == sum(map(len, got.values()))


def test_what_changes_keeps_its_uid_and_what_is_over_leaves(world, client_as, app):
    circle = full(world)
    client = client_as(world.coordinator)
    address = made_address(client)
    before = events(app, address)
    plan(world, circle)
    keeper_id = circle_keeper(circle)
    actions_plan.plan_meeting(
        Invocation(world.actor, NOW),
        circle.id,
        starts_at=LATER + timedelta(days=1),
        room="B1",
        keeper_id=keeper_id,
        anyway=True,
    )
    (due,) = before["Check-in with the person harmed"]
    number = int(due.url.value.rpartition("/")[2])
    follow_up_pages.move(
        Invocation(world.actor, NOW + timedelta(minutes=5)), number, due_on=date(2026, 12, 1), reason="waiting"
    )
    after = events(app, address)
    for words in ("Check-in with the person harmed", "Peer conference"):
        (old,), (new,) = before[words], after[words]
        assert new.uid.value == old.uid.value
        assert int(new.sequence.value) > int(old.sequence.value)
        assert new.dtstart.value > old.dtstart.value
        assert new.last_modified.value >= old.last_modified.value
    making.close(Invocation(world.actor, NOW), number, "well", shown(NOW.date()))
    meeting_id = int(after["Peer conference"][0].uid.value.split("@")[0].rpartition("-")[2])
    answer(world, circle, meeting_id, MeetingState.POSTPONED, now=NOW)
    assert not {"Check-in with the person harmed", "Peer conference"} & set(events(app, address))


def test_the_window_is_bounded_and_the_hour_stands_once(world, client_as, app):
    made = reentry(world)
    due = {"school_id": world.school.id, "case_id": world.case.id, "owner_id": world.coordinator.id}
    FollowUpFactory(due_on=date(2026, 11, 25), kind="reentry_meeting", pathway_id=made.pathway_id, **due)
    FollowUpFactory(due_on=TODAY - timedelta(days=31), kind="interpreter", **due)
    FollowUpFactory(due_on=TODAY + timedelta(days=181), kind="interpreter", **due)
    got = events(app, made_address(client_as(world.coordinator)))
    assert {words: len(found) for words, found in got.items()} == {"Re-entry meeting": 1}


def test_another_persons_things_never_appear(world, client_as, app):
    circle = full(world)
    reentry_owner = make_user(world.school, Role.COORDINATOR)
    for role in (Role.COORDINATOR, Role.ADMINISTRATOR, Role.REPORTER):
        assert events(app, made_address(client_as(make_user(world.school, role)))) == {}
    keeper = db.session.get(UserAccount, circle_keeper(circle))
    assert set(events(app, made_address(client_as(keeper)))) == {"Peer conference"}
    assert events(app, made_address(client_as(reentry_owner))) == {}


def test_while_standing_in_their_things_are_there_and_marked(world, client_as, app):
    full(world)
    other = make_user(world.school, Role.COORDINATOR)
    cover = Cover(
        school_id=world.school.id, user_id=world.coordinator.id, cover_id=other.id, starts_on=TODAY, ends_on=TODAY,
        made_at=NOW,
    )  # fmt: skip
    db.session.add(cover)
    db.session.commit()
    address = made_address(client_as(other))
    kinds = ("Check-in with the person harmed", "Peer conference", "Re-entry meeting")
    assert set(events(app, address)) == {f"Covering: {kind}" for kind in kinds}
    fresh(cover).ended_at = NOW
    db.session.commit()
    assert events(app, address) == {}


@pytest.mark.parametrize("locale", ["en", "es"])
def test_nothing_names_a_student_or_a_case(world, client_as, app, locale, caplog):
    caplog.set_level(logging.DEBUG)
    full(world)
    db.session.get(UserAccount, world.coordinator.id).locale = locale
    db.session.commit()
    address = made_address(client_as(world.coordinator))
    got = read(people_client(app), address)
    text = got.get_data(as_text=True).replace("\r\n ", "")
    assert ("SUMMARY:Reunión de reingreso" in text) == (locale == "es")
    secret = address.split("/")[2].removesuffix(".ics")
    for word in (*CANARY, world.students[1].family_name, world.case.reference, world.coordinator.name):
        assert word not in text + str(got.headers)
    logged = caplog.text + " ".join(str(row.changes) for row in db.session.scalars(select(AuditEntry)))
    assert secret not in logged and token_digest(secret) not in logged and CANARY[0] not in logged
    stored = db.session.scalar(select(CalendarFeed))
    assert stored.secret_digest == token_digest(secret)


def test_a_role_or_account_that_ends_takes_the_address_along(world, client_as, app):
    FollowUpFactory(school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id, due_on=TODAY)
    address = made_address(client_as(world.coordinator))
    assert len(events(app, address)) == 1
    grant = db.session.scalar(select(RoleGrant).where(RoleGrant.user_id == world.coordinator.id))
    grant.ends_on = TODAY - timedelta(days=1)
    db.session.commit()
    gone = read(people_client(app), address)
    assert gone.status_code == 404
    fresh(grant).ends_on = None
    db.session.commit()
    assert read(people_client(app), address).status_code == 404  # a role that comes back brings no address back
    again = made_address(client_as(world.coordinator))
    operator = actor_for(make_user(world.school, Role.SYSADMIN))
    set_enabled(operator, world.coordinator.id, False, None, NOW)
    set_enabled(operator, world.coordinator.id, True, None, NOW)
    db.session.get(UserAccount, world.coordinator.id).state = AccountState.ACTIVE
    db.session.commit()
    assert read(people_client(app), again).data == gone.data


def test_a_role_at_one_of_two_schools_ends(world, client_as, app):
    full(world)
    other = make_world()
    db.session.add(
        RoleGrant(user_id=world.coordinator.id, role=Role.DEAN, school_id=other.school.id, starts_on=date(2026, 8, 1))
    )
    db.session.commit()
    address = made_address(client_as(world.coordinator))
    assert len(events(app, address)) == 4
    grant = db.session.scalar(
        select(RoleGrant).where(RoleGrant.user_id == world.coordinator.id, RoleGrant.school_id == world.school.id)
    )
    grant.ends_on = TODAY - timedelta(days=1)
    db.session.commit()
    assert events(app, address) == {}


def test_ended_renewed_guessed_and_broken_addresses_look_alike(world, client_as, app):
    client = client_as(world.coordinator)
    first = made_address(client)
    second = made_address(client)
    reader = people_client(app)
    assert read(reader, second).status_code == 200
    ended = read(reader, first)
    client.submit("/account/calendar", action="/account/calendar/end")
    guesses = [second, f"/calendar/{new_token()}.ics", "/calendar/x.ics", "/calendar/%00%F0%9F%8C%B1'--.ics"]
    for address in guesses:
        got = read(reader, address)
        assert (got.status_code, got.data) == (404, ended.data) == (404, b"Not found\n")
        assert {**got.headers} == {**ended.headers}
    assert reader.head(second).status_code == 404


def test_it_is_kept_by_its_etag_and_touches_no_session(world, client_as, app, at):
    full(world)
    client = client_as(world.coordinator)
    address = made_address(client)
    for reader in (people_client(app), client):
        got = read(reader, address)
        assert got.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert got.headers["Cache-Control"] == "private, no-cache"
        assert "Set-Cookie" not in got.headers
    text = got.get_data(as_text=True)
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in text and "X-WR-CALNAME:Whole School Safety" in text
    at("2026-11-24 10:40")
    same = read(people_client(app), address, **{"If-None-Match": got.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    head = people_client(app).head(address)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", got.headers["ETag"])
    assert "10:40" in client.page("/account/calendar").text
    FollowUpFactory(school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id, due_on=TODAY)
    other = read(people_client(app), address, **{"If-None-Match": got.headers["ETag"]})
    assert other.status_code == 200


def test_a_calendar_gone_wild_is_slowed_down(world, client_as, app, at):
    address = made_address(client_as(world.coordinator))
    reader = people_client(app)
    assert [read(reader, address).status_code for _ in range(FEED_READINGS)] == [200] * FEED_READINGS
    slowed = read(reader, address)
    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "900")
    at("2026-11-24 10:16")
    assert read(reader, address).status_code == 200


def test_reading_it_costs_the_same_for_few_and_many(world, client_as, app, session):
    full(world)
    address = made_address(client_as(world.coordinator))
    costs = []
    for _more in range(2):
        with asked() as counted:
            read(people_client(app), address)
        costs.append(len(counted))
        for n in range(30):
            FollowUpFactory(
                school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id,
                due_on=TODAY + timedelta(days=n),
            )  # fmt: skip
        mentored_by(world, db.session.scalar(select(Mentor)), 10)
    assert costs[0] == costs[1] and 5 < costs[0] <= MOST_STATEMENTS, counted


def test_the_form_sent_twice_shows_no_second_address(world, client_as, app):
    client = client_as(world.coordinator)
    form = client.form("/account/calendar", action="/account/calendar")
    data = {name: values[0] for name, values in form.values().items()}
    first = client.post("/account/calendar", data=data).get_data(as_text=True)
    second = client.post("/account/calendar", data=data).get_data(as_text=True)
    assert "/calendar/" in first and ".ics" in first and ".ics" not in second
    (address,) = re.findall(r"(/calendar/[\w-]{43}\.ics)", first)
    assert read(people_client(app), address).status_code == 200
