"""Invitations of circles: what calendars are told, whom, and in which order; over a real SMTP server."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.pathways.circles.making import LATER, answer, circle_now, plan, ready_circle, train
from tests.support.servers.receiving_calendar import ReceivingCalendar
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.casework.case_page.acts import hand_over
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, OutboxMessage, OutboxState
from wss_cases.mail.delivery.queue import deliver
from wss_cases.pathways.circles import keepers
from wss_cases.pathways.circles.circle.models import CircleMeeting, MeetingInvitation, MeetingState
from wss_cases.pathways.circles.meeting import pages
from wss_cases.pathways.circles.notes import grants
from wss_cases.workday.sweep import sweep

MOVED = LATER + timedelta(days=1, hours=1)
CANARY = "Zephyrine", "Quillfeather", "CANARY77"
SENT, RETRY = {"retry": 0, "failed": 0}, {"sent": 0, "failed": 0}


@pytest.fixture
def mailing(app, smtp_server):
    app.config["SMTP_URL"] = smtp_server.url
    yield smtp_server
    app.config["SMTP_URL"] = ""


@pytest.fixture
def world(session, at):
    at("2026-11-24 10:00")
    made = make_world()
    student = made.students[0]
    student.given_name, student.family_name, student.student_number = CANARY
    db.session.commit()
    return made


@pytest.fixture
def keeper(world):
    return make_user(world.school)


@pytest.fixture
def circle(world, keeper):
    """Kept by a dean; the coordinator leads the case."""
    return ready_circle(world, keeper)


def move(world, circle, to=MOVED, room="Library, east; 2nd floor 🌱", minutes=90):
    keeper_id = next(iter(circle_now(circle).keeper_names))
    return pages.plan_meeting(
        Invocation(world.actor, NOW),
        circle.id,
        starts_at=to,
        room=room,
        keeper_id=keeper_id,
        minutes=minutes,
        anyway=True,
    )


def outbox():
    db.session.expire_all()
    found = select(OutboxMessage).where(OutboxMessage.kind == "circle.invitation")
    return list(db.session.scalars(found.order_by(OutboxMessage.id)))


def send(count):
    assert deliver(NOW)["sent"] == count


def calendars(mails, *people):
    """The mails of these people, each in a calendar of their own."""
    found = []
    for person in people:
        calendar = ReceivingCalendar(person.email)
        for mail in mails:
            if mail.recipients == (person.email,) and mail.message.get_content_type() == "multipart/mixed":
                calendar.take(mail)
        found.append(calendar)
    return found


def invitations(mails):
    return [mail for mail in mails if mail.message.get_content_type() == "multipart/mixed"]


def test_a_meeting_is_planned_moved_put_off_and_planned_anew(world, circle, keeper, mailing):
    deliver(NOW)  # what was said before, of the keeper
    mailing.mails.clear()
    meeting = plan(world, circle)
    send(2)
    for calendar in calendars(mailing.mails, keeper, world.coordinator):
        (event,) = calendar.standing()
        assert (event.sequence, event.starts, event.room) == (0, LATER, "204")
        assert event.ends - event.starts == timedelta(minutes=60)
    assert move(world, circle) == meeting
    send(2)
    for calendar in calendars(mailing.mails, keeper, world.coordinator):
        (event,) = calendar.standing()
        assert (event.sequence, event.starts, event.room) == (1, MOVED, "Library, east; 2nd floor 🌱")
        assert event.ends - event.starts == timedelta(minutes=90)
    answer(world, circle, meeting, MeetingState.POSTPONED, now=NOW)
    send(2)
    for calendar in calendars(mailing.mails, keeper, world.coordinator):
        assert calendar.standing() == []
        assert [kept.sequence for kept in calendar.events.values()] == [2]
    assert plan(world, circle, MOVED) != meeting
    send(2)
    for calendar in calendars(mailing.mails, keeper, world.coordinator):
        (event,) = calendar.standing()
        assert (event.sequence, event.starts, len(calendar.events)) == (0, MOVED, 2)
    assert [mail.message["Subject"].split(":")[0] for mail in mailing.mails[::2]] == [
        "Invitation", "Changed", "Canceled", "Invitation",
    ]  # fmt: skip
    # in whatever order mail arrives, a calendar ends with the same
    own = [mail for mail in mailing.mails if mail.recipients == (keeper.email,)]
    (expected,) = calendars(own, keeper)
    for order in permutations(own):
        (calendar,) = calendars(order, keeper)
        assert calendar.standing() == expected.standing()


def test_saving_the_same_again_tells_nobody(world, circle, mailing):
    plan(world, circle)
    before = len(outbox())
    plan(world, circle)  # its sequence grows, and nothing of it changed
    assert len(outbox()) == before == 2


def test_an_attempt_that_failed_is_repeated_with_the_same_message_id(world, circle, keeper, mailing):
    plan(world, circle)
    mailing.replies[keeper.email] = "451 later"
    assert deliver(NOW)["retry"] >= 1
    mailing.replies.clear()
    deliver(NOW + timedelta(hours=1))
    deliver(NOW + timedelta(hours=2))
    mine = [mail for mail in invitations(mailing.mails) if mail.recipients == (keeper.email,)]
    (row,) = [row for row in outbox() if row.recipient_id == keeper.id]
    assert [mail.message["Message-ID"] for mail in mine] == [f"<{row.message_id}@localhost>"]
    assert (row.state, row.attempts) == (OutboxState.SENT, 2)


def test_only_the_newest_leaves_when_nothing_left_before(world, circle, mailing):
    meeting = plan(world, circle)
    move(world, circle)
    send_all = deliver(NOW)["sent"]
    assert len(invitations(mailing.mails)) == 2 and send_all >= 2
    assert all("Invitation" in mail.subject for mail in invitations(mailing.mails))
    answer(world, circle, meeting, MeetingState.CALLED_OFF, now=NOW)
    deliver(NOW)
    assert [row.state.value for row in outbox()].count("dropped") == 2
    other = plan(world, circle)
    answer(world, circle, other, MeetingState.CALLED_OFF, now=NOW)
    mailing.mails.clear()
    deliver(NOW)
    assert mailing.mails == []  # there is nothing to strike out


def test_who_keeps_it_no_longer_is_told_and_comes_back_with_a_higher_number(world, circle, keeper, mailing):
    other = make_user(world.school, Role.COORDINATOR)
    train(world, other)
    plan(world, circle)
    deliver(NOW)
    keepers.add_keeper(Invocation(actor_for(fresh(keeper)), NOW), circle.id, keeper=other.id)
    deliver(NOW)
    (his,) = calendars(mailing.mails, other)
    assert [event.starts for event in his.standing()] == [LATER]
    grants.end_keeper(Invocation(actor_for(fresh(keeper)), NOW), circle.id, other.id)
    move(world, circle)
    deliver(NOW)
    his, hers = calendars(mailing.mails, other, keeper)
    assert his.standing() == [] and [event.starts for event in hers.standing()] == [MOVED]
    assert next(iter(his.events.values())).starts == LATER  # the new time is not theirs to know
    last = [mail for mail in invitations(mailing.mails) if mail.recipients == (other.email,)][-1]
    assert last.subject.startswith("No longer in your calendar") and "takes place without you" in last.everything
    keepers.add_keeper(Invocation(actor_for(fresh(keeper)), NOW), circle.id, keeper=other.id)
    deliver(NOW)
    (his,) = calendars(mailing.mails, other)
    assert [event.starts for event in his.standing()] == [MOVED]
    assert not [mail for mail in invitations(mailing.mails) if mail.recipients == (world.coordinator.email,)][2:]


def test_a_case_handed_over_goes_into_the_next_calendar(world, circle, mailing):
    plan(world, circle)
    deliver(NOW)
    other = make_user(world.school, Role.COORDINATOR)
    hand_over(Invocation(world.actor, NOW), world.case.id, to=other.id, note="All is ready.")
    deliver(NOW)
    former, present = calendars(mailing.mails, world.coordinator, other)
    assert former.standing() == [] and [event.starts for event in present.standing()] == [LATER]


def ended(world, keeper):
    grant = db.session.scalar(select(RoleGrant).where(RoleGrant.user_id == keeper.id))
    grant.ends_on = date(2026, 11, 23)
    db.session.commit()


@pytest.mark.both_databases
def test_a_role_that_ended_is_noticed_by_the_sweep_once(world, circle, keeper, mailing):
    plan(world, circle)
    deliver(NOW)
    sweep(NOW)
    ended(world, keeper)
    counted = sweep(NOW, dry_run=True)["queued"]
    rows = len(outbox())
    assert (counted, sweep(NOW)["queued"], sweep(NOW)["queued"]) == (1, 1, 0)
    assert len(outbox()) == rows + 1
    deliver(NOW)
    (calendar,) = calendars(mailing.mails, keeper)
    assert calendar.standing() == []
    last = [mail for mail in invitations(mailing.mails) if mail.recipients == (keeper.email,)][-1]
    assert "/cases/" not in last.everything  # no address that is no longer theirs


@pytest.mark.both_databases
@pytest.mark.parametrize("how", ["role", "account", "keeper"])
def test_an_invitation_that_waits_is_not_sent_to_somebody_who_may_no_longer_know(world, circle, keeper, mailing, how):
    second = make_user(world.school)
    train(world, second)
    keepers.add_keeper(Invocation(actor_for(fresh(keeper)), NOW), circle.id, keeper=second.id)
    plan(world, circle, keeper_id=keeper.id)
    if how == "role":
        ended(world, second)
    elif how == "account":
        db.session.get(UserAccount, second.id).state = AccountState.DISABLED
        db.session.commit()
    else:
        grants.end_keeper(Invocation(actor_for(fresh(keeper)), NOW), circle.id, second.id)
    deliver(NOW)
    assert not [mail for mail in invitations(mailing.mails) if mail.recipients == (second.email,)]
    assert len(invitations(mailing.mails)) == 2


@pytest.mark.parametrize("locale", ["en", "es"])
def test_no_mail_names_a_student_or_the_case(world, circle, keeper, mailing, locale, caplog):
    for person in (keeper, world.coordinator):
        db.session.get(UserAccount, person.id).locale = locale
    db.session.commit()
    meeting = plan(world, circle)
    deliver(NOW)
    move(world, circle)
    deliver(NOW)
    answer(world, circle, meeting, MeetingState.CALLED_OFF, now=NOW)
    deliver(NOW)
    sent = invitations(mailing.mails)
    assert len(sent) == 6
    spanish = [mail.subject.split(":")[0] for mail in sent[::2]]
    assert (spanish == ["Invitación", "Cambió", "Cancelada"]) == (locale == "es")
    audited = " ".join(
        str(row.changes) for row in db.session.scalars(select(AuditEntry).where(AuditEntry.action == "circle.invited"))
    )
    for text in [*(mail.message.as_string() + mail.everything for mail in sent), caplog.text, audited]:
        for word in (*CANARY, world.case.reference, world.students[1].family_name):
            assert word not in text


def test_families_students_and_others_of_the_school_get_nothing(world, circle, keeper, mailing):
    make_user(world.school, Role.ADMINISTRATOR)
    make_user(world.school, Role.REPORTER)
    plan(world, circle)
    assert {row.recipient_id for row in outbox()} == {keeper.id, world.coordinator.id}
    meeting = db.session.scalar(select(CircleMeeting))
    rows = db.session.scalars(select(MeetingInvitation)).all()
    assert {(row.meeting_id, row.sequence) for row in rows} == {(meeting.id, 0)}
