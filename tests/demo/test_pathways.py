"""The demo district's pathways and copies hold what the rooms' own rules demand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory, StudentGuardianFactory
from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, Database
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.accounts.grants import actor_of
from wss_cases.casework.next_act import READ, ROOMS, steps_alone, steps_of
from wss_cases.demo.circles import NOTES_WRITTEN, WORDS
from wss_cases.demo.today import copy_chances
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, db
from wss_cases.foundation.keys import unseal, unwrap
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.foundation.settings import setting
from wss_cases.journal.models import Disclosure
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.circles.circle.models import CircleMeeting, MeetingKind, TermState
from wss_cases.pathways.circles.circle.queries import led_visible_to, with_keepers
from wss_cases.pathways.circles.circle.rules import requirement_words, unmet
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.circles.notes.pages import own_key_of
from wss_cases.pathways.circles.plans.models import CirclePlan, CirclePlanKind
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.pathways.circles.questionnaires.pages import PURPOSE as ANSWERS
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import LIVE, Pathway, PathwayState
from wss_cases.pathways.mentoring.plan.models import Mentor, MentoringPlan, MentoringSession
from wss_cases.pathways.mentoring.plan.rules import dose
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.pathways.referrals.referral.models import TAKES_A_PLACE, Partner, Referral
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.removals.models import DisciplineAction


@pytest.fixture
def demo(demo_database: Database, tmp_path: Path) -> Iterator[Flask]:
    """An application on a copy of the small demo district, inside a request for its words."""
    application = make_app(demo_database.url, tmp_path, WSS_DEMO_PASSWORD=DEMO_PASSWORD)
    with application.app_context(), application.test_request_context("/"):
        yield application
        db.session.remove()
        db.engine.dispose()


def every(model: type[Base], *conditions: Any) -> list[Any]:
    return list(db.session.scalars(select(model).where(*conditions)))


def test_no_meeting_was_planned_or_held_with_a_closed_gate(demo: Flask) -> None:
    looked_at = 0
    for meeting in every(CircleMeeting, CircleMeeting.not_held_reason == ""):
        pathway = db.session.get_one(Pathway, meeting.pathway_id)
        circle = circle_of(pathway)
        day = local_date(meeting.starts_at, DEFAULT_ZONE)
        shut = [requirement_words(one, circle.names) for one in unmet(circle.requirements_on(day))]
        # a plan that ended with its case was agreed while the meeting was held
        assert [words for words in shut if "H2" not in words] == [], pathway.case.reference
        assert meeting.happened is None or pathway.held_on is not None
        looked_at += 1
    assert looked_at > 12


def test_many_next_acts_read_at_once_are_those_of_each_case(demo: Flask) -> None:
    now = clock.now()
    families = set()
    for school in every(School):
        today, days = local_date(now, DEFAULT_ZONE), school_days(school.id)
        live = every(Pathway, Pathway.school_id == school.id, Pathway.state.in_(LIVE))
        each = {number: step for row in live for number, step in steps_of([row], today, now).items()}
        columns = select(*READ).where(Pathway.school_id == school.id, Pathway.state.in_(LIVE))
        assert steps_alone(db.session.execute(columns).all(), today, now, days) == each
        families |= {(row.pathway, each[row.id].code) for row in live}
    assert len({family for family, _code in families}) == len(ROOMS) and len(families) > 8


def test_each_school_plans_circles_and_a_teacher_keeps_one_beside_the_coordinator(demo: Flask) -> None:
    for school in every(School):
        (_shelf,), (planned,), plans = (
            every(CirclePlan, CirclePlan.school_id == school.id, CirclePlan.kind == kind)
            for kind in (CirclePlanKind.SHELF, CirclePlanKind.COMMUNITY, CirclePlanKind.CIRCLE)
        )
        now, days = planned.written_at, school_days(school.id)
        today = local_date(now, DEFAULT_ZONE)
        assert days.is_school_day(planned.planned_on) and days.between(today, planned.planned_on) in (1, 2)
        teacher = actor_of(planned.keeper_id, now)
        assert teacher is not None and [grant.role for grant in teacher.grants] == [Role.REPORTER]
        led = list(db.session.scalars(led_visible_to(select(Pathway), teacher, today)))
        assert [circle.id for circle in led] == [plan.pathway_id for plan in plans]
        for circle, plan in zip(led, plans, strict=True):
            assert with_keepers(circle).keeper_ids >= {plan.written_by_id, teacher.user_id}
        meetings = every(CircleMeeting, CircleMeeting.school_id == school.id, CircleMeeting.happened.is_(None))
        assert not meetings or plans[0].pathway_id in {meeting.pathway_id for meeting in meetings}
        assert plans or school.id > 1


def test_what_was_agreed_ends_as_the_rules_say(demo: Flask) -> None:
    for agreement in every(Agreement):
        pathway = db.session.get_one(Pathway, agreement.pathway_id)
        states = [term.state for term in agreement.terms]
        replaced = {term.replaces_id for term in agreement.terms}
        changed = {term.id for term in agreement.terms if term.state is TermState.CHANGED}
        assert changed <= replaced
        assert agreement.signatures
        if pathway.state is PathwayState.COMPLETED:
            assert TermState.OPEN not in states
            held = every(
                CircleMeeting, CircleMeeting.pathway_id == pathway.id, CircleMeeting.kind == MeetingKind.COMPLETION
            )
            assert bool(held) != (agreement.without_meeting is not None)
    assert every(AgreementTerm)


def test_nobody_mentors_more_students_than_they_have_places_for(demo: Flask) -> None:
    taken = (
        select(MentoringPlan.mentor_id, func.count())
        .join(Pathway, Pathway.id == MentoringPlan.pathway_id)
        .where(Pathway.state.in_(LIVE), MentoringPlan.group_id.is_(None))
        .group_by(MentoringPlan.mentor_id)
    )
    for mentor_id, number in db.session.execute(taken):
        assert number <= db.session.get_one(Mentor, mentor_id).capacity
    for plan in every(MentoringPlan):
        sessions = every(MentoringSession, MentoringSession.pathway_id == plan.pathway_id)
        if sessions:
            last = max(session.on_day for session in sessions)
            found = dose(plan, sessions, last, school_days(plan.school_id))
            assert found.planned is not None and found.held + found.missed <= found.planned
    assert every(MentoringSession)


def test_partners_have_only_what_was_consented_to_and_disclosed(demo: Flask) -> None:
    disclosed = {row.object_id: row for row in every(Disclosure, Disclosure.object_type == "referral")}
    sent = [row for row in every(Referral) if row.sent_on is not None]
    assert len(sent) > 3
    for row in sent:
        assert row.consent is not None and row.sent_fields
        assert set(row.sent_fields) <= set(row.consent.fields)
        assert row.consent.signed_on <= row.sent_on <= row.consent.until_on
        assert sorted(disclosed[row.id].fields) == sorted(row.sent_fields)
        assert (row.first_service_on is None) == (not row.services)
    assert {row.id for row in sent} == set(disclosed)
    for partner in every(Partner):
        places = [row for row in every(Referral, Referral.partner_id == partner.id) if row.state in TAKES_A_PLACE]
        assert len(places) <= partner.capacity


def test_the_demo_person_of_a_partner_reaches_that_partner_alone(demo: Flask) -> None:
    account = select(UserAccount.id).where(UserAccount.email == "partner@demo.example")
    (grant,) = every(RoleGrant, RoleGrant.user_id == db.session.scalar(account))
    partner = db.session.get_one(Partner, grant.partner_id)
    assert partner.name == "Lakeside Family Center" and grant.school_id is None
    assert every(Referral, Referral.partner_id == partner.id)


def test_a_removal_opened_its_return(demo: Flask) -> None:
    plans = {row.cause_key: row for row in every(ReengagementPlan, ReengagementPlan.cause_key.is_not(None))}
    removals = every(DisciplineAction)
    assert set(plans) == {f"removal:{action.id}" for action in removals}
    for action in removals:
        plan = plans[f"removal:{action.id}"]
        assert (plan.student_id, plan.away_from) == (action.student_id, action.starts_on)
        assert plan.return_on > action.starts_on


def test_notes_and_free_texts_are_sealed_and_open_with_the_installation_s_keys(demo: Flask) -> None:
    secret = {*NOTES_WRITTEN, *WORDS}
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            assert not [text for text in secret if any(text in str(value) for value in row)], table.name
    keys = setting("WSS_KEYS")
    notes = every(CircleNote)
    with unit_of_work(SYSTEM, clock.now()) as uow:
        uow.no_audit()
        assert {unwrap(own_key_of(uow, row), row.sealed_text) for row in notes} <= set(NOTES_WRITTEN)
    free = every(Questionnaire, Questionnaire.sealed_text.is_not(None))
    assert {unseal(keys, ANSWERS, row.sealed_text, row.sealed_key) for row in free} <= set(WORDS)
    assert notes and free


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
