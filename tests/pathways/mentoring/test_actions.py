"""Mentoring through its use cases, on both databases: matches and places, sessions, reviews, endings."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tests.cases.making import actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.followups import shown
from tests.factories.mentoring import DailyCardFactory, MentorFactory, MentoringGroupFactory
from tests.pathways.mentoring.making import COURSE, NOW, TODAY, make_matched, make_mentored, make_pathway, match
from wss_cases.access.actor import Invocation, Role
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import close
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.pathways.common.models import EndReason, PathwayState
from wss_cases.pathways.mentoring import card as cards
from wss_cases.pathways.mentoring import mentors
from wss_cases.pathways.mentoring.course import EARLY, finish, review, save_plan
from wss_cases.pathways.mentoring.plan.models import (
    After,
    Cadence,
    DailyCardDay,
    GoesOn,
    MentoringSession,
    MentorKind,
    Missed,
)
from wss_cases.pathways.mentoring.plan.queries import my_students, plan_of, session_on
from wss_cases.pathways.mentoring.sessions import DayAnswer, log_group, log_session
from wss_cases.routing.engine.vocabulary import Kind

ABSENT = DayAnswer(missed=Missed.STUDENT_ABSENT)
HELD = DayAnswer(minutes=30)


@pytest.fixture
def made(session):
    return make_mentored()


def follow_ups(row, kind):
    found = select(FollowUp).where(FollowUp.pathway_id == row.id, FollowUp.kind == kind).order_by(FollowUp.id)
    return list(db.session.scalars(found))


def test_a_match_waits_for_the_yes_and_the_first_day(made):
    waiting, later = make_pathway(made.world), make_pathway(made.world)
    match(made, waiting, agreed=False)
    assert fresh(waiting).state is PathwayState.PROPOSED
    match(made, later, starts_on=TODAY + timedelta(days=6))
    assert fresh(later).state is PathwayState.PREPARING
    with pytest.raises(Refused):
        log_session(Invocation(made.as_mentor, NOW), waiting.id, TODAY, HELD, None)
    log_session(Invocation(made.as_mentor, NOW), later.id, TODAY, HELD, None)
    assert (fresh(later).state, fresh(later).started_on) == (PathwayState.ACTIVE, TODAY)


def test_places_are_never_given_twice(made):
    rows = [make_pathway(made.world) for _number in range(3)]
    match(made, rows[0])
    match(made, rows[1], agreed=False)
    with pytest.raises(Refused) as refusal:
        match(made, rows[2])
    assert refusal.value.field == "chosen"
    match(made, rows[0], goal="The same mentor again")
    with pytest.raises(Refused) as refusal:
        change(made, capacity=1)
    assert refusal.value.field == "capacity"
    finish(Invocation(made.actor, NOW), rows[0].id, how="goal_reached", after=After.NOTHING)
    match(made, rows[2])


def change(made, **values):
    given = {"kind": MentorKind.STAFF, "capacity": 2, "user_id": made.user.id}
    return mentors.change_mentor(Invocation(made.actor, NOW), made.mentor.id, **given | values)


def test_groups_have_places_of_their_own(made):
    group = MentoringGroupFactory(school_id=made.world.school.id, mentor_id=made.mentor.id, capacity=2)
    single = [make_pathway(made.world) for _number in range(2)]
    rows = [make_pathway(made.world, Kind.GROUP) for _number in range(3)]
    for row in single:
        match(made, row)
    for row in rows[:2]:
        match(made, row, group.id)
    with pytest.raises(Refused):
        match(made, rows[2], group.id)
    said = {rows[0].id: HELD, rows[1].id: ABSENT}
    log_group(Invocation(made.as_mentor, NOW), group.id, TODAY, said)
    assert session_on(rows[0].id, TODAY).minutes == 30
    assert session_on(rows[1].id, TODAY).missed is Missed.STUDENT_ABSENT
    with pytest.raises(Refused):
        log_group(Invocation(made.as_mentor, NOW), group.id, TODAY, said)
    with pytest.raises(NotFound):
        log_group(Invocation(made.as_mentor, NOW), group.id, TODAY - timedelta(days=1), {single[0].id: HELD})


def test_what_a_match_refuses(made):
    row = make_pathway(made.world)
    elsewhere = MentorFactory(school_id=make_world().school.id)
    gone = MentorFactory(school_id=made.world.school.id, is_active=False)
    for wrong in (elsewhere.id, gone.id, 10**9):
        with pytest.raises(Refused):
            match(made, row, wrong)
    for values in (
        {"reasons": []},
        {"goal": "  "},
        {"weeks": 209},
        {"minutes": 0},
        {"starts_on": date(9999, 12, 1)},
        {"review_on": TODAY - timedelta(days=1)},
    ):
        with pytest.raises(Refused):
            match(made, row, **values)
    with pytest.raises(Stale):
        save_plan(Invocation(made.actor, NOW, version=row.version + 1), row.id, **COURSE)


def test_a_log_and_its_correction(made):
    row = make_matched(made)
    log_session(Invocation(made.as_mentor, NOW), row.id, TODAY, ABSENT, None)
    [asked] = follow_ups(row, "mentoring_missed")
    assert (asked.owner_id, asked.due_on) == (made.world.coordinator.id, date(2026, 11, 25))
    with pytest.raises(Refused) as refusal:
        log_session(Invocation(made.actor, NOW), row.id, TODAY, HELD, None)
    assert refusal.value.field == "day"
    seen = session_on(row.id, TODAY).version
    log_session(Invocation(made.actor, NOW + timedelta(minutes=1)), row.id, TODAY, HELD, seen)
    assert (fresh(asked).state, session_on(row.id, TODAY).minutes) == (FollowUpState.CANCELLED, 30)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "mentoring.corrected")).all()[-1]
    assert entry.changes["held"] == [False, True] and entry.changes["missed"] == ["student_absent", None]
    assert db.session.scalar(select(TimelineEntry).where(TimelineEntry.kind == "mentoring.corrected"))


def test_one_week_asks_once(made):
    row = make_matched(made)
    log_session(Invocation(made.as_mentor, NOW), row.id, TODAY, ABSENT, None)
    log_session(Invocation(made.as_mentor, NOW), row.id, TODAY - timedelta(days=1), ABSENT, None)
    log_session(
        Invocation(made.as_mentor, NOW), row.id, TODAY - timedelta(days=8), DayAnswer(missed=Missed.NO_SCHOOL), None
    )
    [asked] = follow_ups(row, "mentoring_missed")
    # one of the two was held after all: the other is still missed
    seen = session_on(row.id, TODAY).version
    log_session(Invocation(made.actor, NOW + timedelta(minutes=1)), row.id, TODAY, HELD, seen)
    assert fresh(asked).state is FollowUpState.OPEN
    close(Invocation(made.actor, NOW), asked.id, "reached", shown(TODAY))
    wednesday = NOW + timedelta(days=1)
    log_session(Invocation(made.as_mentor, wednesday), row.id, TODAY + timedelta(days=1), ABSENT, None)
    assert len(follow_ups(row, "mentoring_missed")) == 1
    log_session(Invocation(made.as_mentor, NOW + timedelta(days=7)), row.id, TODAY + timedelta(days=7), ABSENT, None)
    assert len(follow_ups(row, "mentoring_missed")) == 2


def test_a_session_held_since_is_the_contact_that_a_missed_one_asked_for(made):
    row, tomorrow = make_matched(made), NOW + timedelta(days=1)
    log_session(Invocation(made.as_mentor, NOW), row.id, TODAY, ABSENT, None)
    [asked] = follow_ups(row, "mentoring_missed")
    log_session(Invocation(made.as_mentor, tomorrow), row.id, TODAY - timedelta(days=1), HELD, None)
    assert fresh(asked).state is FollowUpState.OPEN, "of a day before"
    log_session(Invocation(made.as_mentor, tomorrow), row.id, TODAY + timedelta(days=1), HELD, None)
    asked = fresh(asked)
    assert (asked.state, asked.outcome, asked.closed_on) == (FollowUpState.DONE, "reached", TODAY + timedelta(days=1))


def test_who_may_log(made):
    row = make_matched(made)
    other = actor_for(make_user(made.world.school, Role.REPORTER))
    stranger = actor_for(make_user(make_world().school))
    for who in (other, stranger):
        with pytest.raises(NotFound):
            log_session(Invocation(who, NOW), row.id, TODAY, HELD, None)
        assert my_students(who) == []
    assert [own.name for own in my_students(made.as_mentor)] == [made.world.students[0].given_name]
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=61)):
        with pytest.raises(Refused):
            log_session(Invocation(made.as_mentor, NOW), row.id, day, HELD, None)
    mentors.end_mentor(Invocation(made.actor, NOW), made.mentor.id, rematch=True)
    with pytest.raises(NotFound):
        log_session(Invocation(made.as_mentor, NOW), row.id, TODAY, HELD, None)
    assert my_students(made.as_mentor) == []


def test_who_may_mentor(made):
    def add(**values):
        given = {"kind": MentorKind.PARTNER, "capacity": 3, "name": "Ida", "organisation": "Club"}
        return mentors.add_mentor(Invocation(made.actor, NOW), made.world.school.id, **given | values)

    assert add()
    elsewhere = make_user(make_world().school)
    staff = {"kind": MentorKind.STAFF, "name": ""}
    for values in (
        {"capacity": -1},
        {"capacity": 61},
        {"name": " "},
        {"organisation": ""},
        {"trained_on": TODAY + timedelta(days=1)},
        staff | {"user_id": None},
        staff | {"user_id": elsewhere.id},
        staff | {"user_id": made.user.id},
    ):
        with pytest.raises(Refused):
            add(**values)


def test_reviews_ask_for_the_next_one(made):
    row = make_pathway(made.world)
    match(made, row, review_on=date(2026, 12, 14))
    for values in (
        {"stands": "goal"},
        {"goes_on": GoesOn.CHANGES},
        {"next_on": None},
        {"next_on": TODAY},
        {"next_on": date(9999, 12, 31)},
    ):
        with pytest.raises(Refused):
            say_review(made, row, **values)
    say_review(made, row)
    first, second = follow_ups(row, "mentoring_review")
    assert (first.state, first.outcome) == (FollowUpState.DONE, "goal_partly_reached")
    assert (second.state, second.due_on) == (FollowUpState.OPEN, date(2027, 1, 11))
    save_plan(Invocation(made.actor, NOW), row.id, **COURSE)
    assert fresh(second).state is FollowUpState.CANCELLED
    say_review(made, row, goes_on=GoesOn.ENDS, next_on=None)
    assert plan_of(row.id).next_review_on is None


def test_endings_say_what_comes_after(made):
    well, early, unbegun = (make_matched(made), make_matched(made), make_pathway(made.world))

    def end(row, outcome="", reason=None):
        how = EARLY if reason else outcome
        return finish(Invocation(made.actor, NOW), row.id, how=how, reason=reason, after=After.OTHER_ADULT)

    with pytest.raises(Refused):
        end(well)
    with pytest.raises(Refused):
        end(unbegun, "goal_reached")
    end(well, "goal_reached")
    end(early, reason=EndReason.MOVED_SCHOOL)
    assert [fresh(row).state for row in (well, early)] == [PathwayState.COMPLETED, PathwayState.ENDED_EARLY]
    assert plan_of(well.id).comes_after == "other_adult"
    with pytest.raises(Refused):
        log_session(Invocation(made.actor, NOW), well.id, TODAY, HELD, None)
    with pytest.raises(Refused):
        end(early, reason=EndReason.MOVED_SCHOOL)
    with pytest.raises(Refused):
        say_review(made, well)


def say_review(made, row, **values):
    given = {"stands": "goal_partly_reached", "goes_on": GoesOn.SAME, "note": "", "next_on": date(2027, 1, 11)}
    return review(Invocation(made.actor, NOW), row.id, **given | values)


def test_a_card_from_check_in_to_check_out(made):
    row = make_matched(made, Kind.CHECK_IN_CHECK_OUT, rhythm=Cadence.DAILY, minutes=None)
    with pytest.raises(Refused):
        set_card(made, row, expectations="a\nb\nc\nd\ne\nf")
    with pytest.raises(Refused):
        set_card(made, row, periods="same\nsame")
    set_card(made, row)
    log_session(Invocation(made.as_mentor, NOW), row.id, TODAY, ABSENT, None)
    with pytest.raises(Refused):
        cards.check_out(Invocation(made.as_mentor, NOW), row.id)
    cards.check_in(Invocation(made.as_mentor, NOW), row.id)
    held = session_on(row.id, TODAY)
    assert (held.held, held.minutes) == (True, None)
    with pytest.raises(Refused):
        cards.check_in(Invocation(made.as_mentor, NOW), row.id)
    with pytest.raises(Refused):
        log_session(Invocation(made.actor, NOW), row.id, TODAY, ABSENT, held.version)
    mark(made, row, "Period 1", [2, None], 1)
    mark(made, row, "Lunch", [0, 1], 2)
    mark(made, row, "Period 1", [None, None], 3)
    with pytest.raises(Stale):
        mark(made, row, "Period 1", [1, 1], 2)
    for wrong in (("Night", [1, 1]), ("Lunch", [1]), ("Lunch", [3, 0])):
        with pytest.raises(Refused):
            mark(made, row, *wrong, 4)
    with pytest.raises(Refused):
        mark(made, row, "Lunch", [1, 1], 0, date(2026, 11, 22))
    cards.check_out(Invocation(made.as_mentor, NOW), row.id)
    day = db.session.scalar(select(DailyCardDay))
    assert day.marks == {"Lunch": [0, 1]} and day.checked_out_at == NOW


def set_card(made, row, **values):
    given = {"expectations": "Kind words\n \nHands to myself", "periods": "Period 1\nLunch", "goal_percent": 80}
    return cards.set_card(Invocation(made.actor, NOW), row.id, **given | values)


def mark(made, row, period, marks, version, day=TODAY):
    return cards.mark(Invocation(made.as_mentor, NOW, version=version), row.id, day, period, marks)


@pytest.mark.both_databases
def test_the_database_refuses_what_cannot_be(made):
    row = make_matched(made, Kind.CHECK_IN_CHECK_OUT)
    card = DailyCardFactory(pathway_id=row.id, case_id=row.case_id, school_id=row.school_id)
    log_session(Invocation(made.as_mentor, NOW), row.id, TODAY, HELD, None)
    day = DailyCardDay(card_id=card.id, school_id=row.school_id, on_day=TODAY, marks={})
    db.session.add(day)
    db.session.commit()
    for model, values in (
        (MentoringSession, {"missed": Missed.OTHER}),
        (MentoringSession, {"held": False}),
        (MentoringSession, {"minutes": 0}),
        (DailyCardDay, {"checked_out_at": NOW}),
    ):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(update(model.__table__).values(**values))
