"""Support without an incident, and the pages of mentoring, as the coordinator, the mentor, and those who may not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.cases.making import actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.factories.mentoring import DailyCardFactory, MentorFactory, MentoringGroupFactory, MentoringPlanFactory
from tests.factories.roster import StudentFactory
from tests.pathways.mentoring.making import START, TODAY, make_matched, make_mentored, make_pathway
from wss_cases.access.actor import Invocation, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import UserAccount
from wss_cases.api.v1.pages import for_few
from wss_cases.cases.case.models import Case, CaseIncident, CaseOrigin
from wss_cases.cases.case.queries import visible_to as cases_visible
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import visible_to as follow_ups_visible
from wss_cases.followups.making import make
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.common.queries import visible_to as pathways_visible
from wss_cases.pathways.mentoring.case_page import next_steps
from wss_cases.pathways.mentoring.opening import AgreedHow, AgreedWho, Because, SupportStart, is_adult, open_support
from wss_cases.pathways.mentoring.plan.models import Cadence, DailyCardDay, Mentor, MentoringGroup, Missed
from wss_cases.pathways.mentoring.plan.queries import plan_of, reviews_of, session_on
from wss_cases.roster.directory.models import Guardian, GuardianLimit, School, StudentGuardian
from wss_cases.roster.directory.rules import Restriction
from wss_cases.routing.engine.vocabulary import Kind


@pytest.fixture
def student(made):
    return StudentFactory(school=made.world.school, given_name="Ines", family_name="Vega", birth_date=date(2012, 1, 1))


@pytest.fixture
def guardian(student):
    row = Guardian(sourced_id="g-support", name="Ana Vega", phone="312 555 0101", email="")
    db.session.add(row)
    db.session.flush()
    db.session.add(StudentGuardian(student_id=student.id, guardian_id=row.id, relation="mother", is_primary=True))
    db.session.commit()
    return row


def support(guardian=None, **values):
    given = {
        "kind": Kind.CHECK_IN_CHECK_OUT, "because": Because.ROUTINE, "why": "Starts the day calmly with an adult.",
        "agreed_who": AgreedWho.GUARDIAN, "guardian_id": guardian.id if guardian else None,
        "agreed_how": AgreedHow.PHONE, "agreed_on": TODAY,
    }  # fmt: skip
    return given | values


def opened(made, student, guardian, **values):
    return open_support(Invocation(made.actor, clock.now()), student.id, **support(guardian, **values))


def test_it_opens_from_the_students_page(made, student, guardian, client_as):
    client = client_as(made.world.coordinator)
    assert f"/students/{student.id}/support" in client.get(f"/students/{student.id}").text
    values = {"kind": "check_in_check_out", "because": "routine", "why": "", "agreed_who": "guardian"}
    values |= {"guardian_id": "", "agreed_how": "phone", "agreed_on": "2026-11-24"}
    refused = client.submit(f"/students/{student.id}/support", values)
    assert refused.status_code == 400 and "Enter the reason in a sentence" in refused.text
    values |= {"why": "A calm start.", "guardian_id": str(guardian.id)}
    done = client.submit(f"/students/{student.id}/support", values)
    assert done.status_code == 303 and "/pathways/" in done.headers["Location"]
    page = client.page(done.headers["Location"]).text
    assert all(words in page for words in ("Support without an incident", "A calm start.", "Ana Vega · By phone"))
    start = db.session.scalars(select(SupportStart)).one()
    assert (start.agreed_name, start.agreed_how, start.why) == ("Ana Vega", AgreedHow.PHONE, "A calm start.")
    told = db.session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "support.started")).one()
    assert (
        sentence(told)
        == "Opened without an incident: A steady start and end of the day. Family agreed: By phone, Tue, Nov 24, 2026"
    )


def test_no_incident_no_prior(made, student, guardian):
    before = db.session.scalar(select(func.count()).select_from(CaseIncident))
    row = db.session.get_one(Pathway, opened(made, student, guardian))
    assert row.case.harm_kind == CaseOrigin.SUPPORT and row.case.lead_id == made.actor.user_id
    assert db.session.scalar(select(func.count()).select_from(CaseIncident)) == before
    parts = select(func.count()).where(IncidentPerson.student_id == student.id)
    assert db.session.scalar(parts) == 0
    told_to_others = select(Case.id).where(Case.id == row.case_id, ~for_few())
    assert db.session.scalar(told_to_others) is None


def test_what_is_refused(made, student, guardian):
    limit = GuardianLimit(student_id=student.id, guardian_id=guardian.id)
    tries = (
        ({"why": "  "}, "Enter the reason in a sentence"),
        ({"guardian_id": None}, "Choose who agreed"),
        ({"guardian_id": guardian.id + 99}, "Not a valid choice"),
        ({"agreed_on": date(2026, 11, 25)}, "today or an earlier day"),
        ({"agreed_who": AgreedWho.STUDENT, "guardian_id": None}, "18 or older"),
    )
    for values, words in tries:
        with pytest.raises(Refused, match=words):
            opened(made, student, guardian, **values)
    with pytest.raises(Refused, match="Not a valid choice"):
        opened(made, student, guardian, kind=Kind.TALKING_CIRCLE)
    opened(made, student, guardian)
    with pytest.raises(Refused, match="has this already"):
        opened(made, student, guardian)
    limit.restriction, limit.restricted_on = Restriction.NO_CONTACT, TODAY
    db.session.add(limit)
    db.session.commit()
    with pytest.raises(Refused, match="Not a valid choice"):
        opened(made, student, guardian, kind=Kind.ONE_TO_ONE)


def test_who_sees_it(made, student, guardian, client_as):
    number, coordinator = student.id, made.world.coordinator.id
    row = db.session.get_one(Pathway, opened(made, student, guardian))
    school = db.session.get_one(School, row.school_id)
    people = [make_user(school, Role.DEAN).id, make_user(school, Role.ADMINISTRATOR).id, coordinator]
    with unit_of_work(made.actor, clock.now()) as uow:
        follow_up = make(
            uow, kind="other", due_on=TODAY, title="Ask how it goes",
            school_id=row.school_id, owner_id=made.actor.user_id, case_id=row.case_id,
        ).id  # fmt: skip
    row = db.session.scalars(select(Pathway).where(Pathway.kind == Kind.CHECK_IN_CHECK_OUT)).one()
    case_id, pathway_id, reference = row.case_id, row.id, row.case.reference
    for user_id, status in zip(people, (404, 200, 200), strict=True):
        client = client_as(db.session.get_one(UserAccount, user_id))
        assert client.get(f"/cases/{case_id}/pathways/{pathway_id}").status_code == status
        assert client.get(f"/cases/{case_id}").status_code == status
        assert (reference in client.page(f"/students/{number}").text) == (status == 200)
        assert client.get(f"/students/{number}/support").status_code == (200 if user_id == coordinator else 404)
    for user_id, sees in zip(people, (False, True, True), strict=True):
        actor = actor_for(db.session.get_one(UserAccount, user_id))
        for model, narrowed, record, permission in (
            (Case, cases_visible, case_id, Permission.CASE_READ),
            (Pathway, pathways_visible, pathway_id, Permission.CASE_WORK),
            (FollowUp, follow_ups_visible, follow_up, Permission.FOLLOWUP_READ),
        ):
            assert can(actor, permission, db.session.get_one(model, record)) is sees, (user_id, model)
            for live in (False, True):
                found = db.session.scalar(narrowed(select(model.id).where(model.id == record), actor, live=live))
                assert (found is not None) is sees, (user_id, model, live)


def test_adult_pure():
    assert is_adult(date(2008, 11, 24), TODAY) and not is_adult(date(2008, 11, 25), TODAY) and not is_adult(None, TODAY)


NOW = "2026-11-24 10:00"


@pytest.fixture
def made(session, at):
    at(NOW)
    return make_mentored()


def base_of(row):
    return f"/cases/{row.case_id}/pathways/{row.id}"


def test_mentors_and_groups(made, client_as):
    client = client_as(made.world.coordinator)
    assert "Mo Mentor" in client.page("/mentors").text
    refused = client.submit("/mentors/new", {"kind": "partner", "capacity": "x", "strengths": "Chess"})
    assert refused.status_code == 400 and "Chess" in refused.text
    values = {"kind": "partner", "name": "Ida Okafor", "organisation": "Club", "capacity": "3"}
    assert client.submit("/mentors/new", values).status_code == 303
    ida = db.session.scalar(select(Mentor).where(Mentor.name == "Ida Okafor"))
    assert client.submit(f"/mentors/{ida.id}", {"capacity": "61"}).status_code == 400
    assert client.submit(f"/mentors/{ida.id}", {"strengths": "Music"}).status_code == 303
    assert client.submit("/mentors/groups/new", {"name": "Lunch", "mentor": ""}).status_code == 400
    client.submit("/mentors/groups/new", {"name": "Lunch", "mentor": str(ida.id), "capacity": "4"})
    group = db.session.scalar(select(MentoringGroup))
    client.submit(f"/mentors/groups/{group.id}", {"name": "Lunch club"})
    listed = client.page("/mentors").text
    assert all(words in listed for words in ("Lunch club", "Music", "0 of 4 spots taken", "not trained yet"))
    assert client.submit(f"/mentors/{ida.id}/end", {}).status_code == 303
    assert "Former mentors" in client.page("/mentors").text
    assert (
        client.post(f"/mentors/{ida.id}/return", data={"csrf_token": client.csrf_token("/account")}).status_code == 303
    )
    assert fresh(ida).is_active


def test_a_mentor_does_not_vanish_silently(made, client_as):
    row = make_matched(made)
    group = MentoringGroupFactory(school_id=made.world.school.id, mentor_id=made.mentor.id)
    client = client_as(made.world.coordinator)
    page = client.page(f"/mentors/{made.mentor.id}/end")
    assert made.world.students[0].shown_name in page.text and "Change mentor" in page.text
    refused = client.submit(f"/mentors/{made.mentor.id}/end", {})
    assert refused.status_code == 400 and "Confirm that these students get a new mentor." in refused.text
    assert 'href="#rematch"' in refused.text
    form = {name: held[0] for name, held in client.form(f"/mentors/{made.mentor.id}/end").values().items() if held}
    assert client.submit(f"/mentors/{made.mentor.id}/end", {"rematch": "y"}).status_code == 303
    assert (fresh(made.mentor).is_active, fresh(group).is_active) == (False, False)
    assert (plan_of(row.id).mentor_id, fresh(row).next_step_on) == (None, TODAY)
    entry = db.session.scalar(select(TimelineEntry).where(TimelineEntry.kind == "mentoring.unmatched"))
    assert entry.case_id == row.case_id
    assert "Match a new mentor" in client.page(base_of(row)).text
    again = form | {"rematch": "y", "request_key": "again", "version": ""}
    refused = client.post(f"/mentors/{made.mentor.id}/end", data=again)
    assert refused.status_code == 400 and "already ended" in refused.text


def test_a_match_in_one_page(made, client_as):
    made.world.students[0].language = "es"
    db.session.commit()
    MentorFactory(school_id=made.world.school.id, name="Ana", languages=["es"], trained_on=START)
    MentorFactory(school_id=made.world.school.id, name="Full", capacity=0)
    row = make_pathway(made.world)
    client = client_as(made.world.coordinator)
    assert "Match with a mentor" in client.page(base_of(row)).text
    page = client.page(f"{base_of(row)}/match")
    assert page.text.index("Ana – 2 of 2 spots open") < page.text.index("Mo Mentor – 2 of 2 spots open")
    assert "Speaks the student’s language · Is trained" in page.text
    assert "Full – 0 of 0 spots open" in page.text
    values = {
        "chosen": str(made.mentor.id),
        "reasons": ["known"],
        "goal": "Calm starts",
        "preset": "own",
        "agreed": "yes",
    }
    empty = client.submit(f"{base_of(row)}/match", {}).text
    assert (
        empty.index("Choose the mentor.")
        < empty.index("Explain why you chose this mentor.")
        < empty.index("Write the goal.")
    )
    refused = client.submit(f"{base_of(row)}/match", values)
    assert refused.status_code == 400 and "Choose how often." in refused.text and "Calm starts" in refused.text
    values |= {"preset": "two_years", "starts_on": "2026-11-23"}
    assert client.submit(f"{base_of(row)}/match", values).status_code == 303
    plan = plan_of(row.id)
    assert (plan.rhythm, plan.weeks, plan.minutes) == (Cadence.WEEKLY, 104, 60)
    assert (plan.mentor_id, plan.match_reasons, plan.mentor_user_id) == (made.mentor.id, "known", made.user.id)
    row = fresh(row)
    assert (row.state, row.started_on, row.expected_end) == (
        PathwayState.ACTIVE, date(2026, 11, 23), date(2028, 11, 19)
    )  # fmt: skip
    [asked] = db.session.scalars(select(FollowUp).where(FollowUp.kind == "mentoring_review"))
    assert (asked.due_on, asked.owner_id) == (plan.next_review_on, made.world.coordinator.id)
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "mentoring.matched")).all()[-1]
    assert audited.changes["rhythm"] == [None, "weekly"] and audited.changes["goal"] == ["…", "…"]
    shown = client.page(base_of(row)).text
    assert all(words in shown for words in ("Mo Mentor", "They know each other already", "No session was due yet."))


def test_a_match_asks_for_the_student_where_none_is_named(made, client_as):
    row = make_pathway(made.world)
    row.participant_id = None
    db.session.commit()
    client = client_as(made.world.coordinator)
    values = {
        "chosen": str(made.mentor.id), "reasons": ["place"], "goal": "g", "preset": "weekly_27", "agreed": "not_yet",
    }  # fmt: skip
    refused = client.submit(f"{base_of(row)}/match", values)
    assert refused.status_code == 400 and "Choose the student." in refused.text
    values["participant_id"] = str(made.world.people[1].id)
    assert client.submit(f"{base_of(row)}/match", values).status_code == 303
    assert fresh(row).participant_id == made.world.people[1].id


def test_the_mentor_logs_and_never_sees_the_case(made, client_as):
    row = make_matched(made)
    client = client_as(made.user)
    student = made.world.students[0]
    mine = client.page("/mentoring")
    assert student.given_name in mine.text and "Calm starts" in mine.text
    assert made.world.case.reference not in mine.text and student.family_name not in mine.text
    assert student.given_name in client.get("/my-day").text
    address = f"/mentoring/{row.id}"
    page = client.page(address).text
    assert "0 sessions held, 3 planned so far." in page
    assert made.world.case.reference not in page and student.family_name not in page
    for missing in (base_of(row), f"/cases/{row.case_id}", f"{base_of(row)}/match", "/mentors"):
        assert client.get(missing).status_code == 404
    assert client.submit(address, {}).status_code == 400
    refused = client.submit(address, {"happened": "no", "note": "She was ill"})
    assert refused.status_code == 400 and "Explain why not." in refused.text and "She was ill" in refused.text
    assert client.submit(address, {"happened": "yes"}).status_code == 303
    assert session_on(row.id, TODAY).minutes == 30
    assert "Today is logged." in client.page(f"{address}?saved=1").text
    again = client.page(f"{address}?day=2026-11-24").text
    assert "Correct this day" in again
    corrected = client.submit(f"{address}?day=2026-11-24", {"happened": "no", "missed": "mentor_absent"})
    assert corrected.status_code == 303
    assert session_on(row.id, TODAY).missed is Missed.MENTOR_ABSENT
    for odd in ("0001-01-01", "9999-12-31", "x", "2027-01-01"):
        assert client.get(f"{address}?day={odd}").status_code == 200


def test_others_do_not_reach_a_mentors_students(made, client_as):
    row = make_matched(made, Kind.CHECK_IN_CHECK_OUT)
    group = MentoringGroupFactory(school_id=made.world.school.id, mentor_id=made.mentor.id)
    DailyCardFactory(pathway_id=row.id, case_id=row.case_id, school_id=row.school_id)
    addresses = [f"/mentoring/{row.id}", f"/mentoring/groups/{group.id}"]
    addresses += [f"/mentoring/{row.id}/card{tail}" for tail in ("", "/period", "/paper")]
    for user in (make_user(made.world.school, Role.REPORTER), make_user(make_world().school)):
        client = client_as(user)
        assert "You do not mentor anyone right now." in client.page("/mentoring").text
        assert [client.get(address).status_code for address in addresses] == [404] * len(addresses)
    mentor = client_as(made.user)
    assert [mentor.get(address).status_code for address in addresses] == [200] * len(addresses)
    row.state, row.outcome, row.ended_at = PathwayState.COMPLETED, "goal_reached", row.proposed_at
    db.session.commit()
    assert mentor.get(addresses[0]).status_code == 404
    assert client_as(made.world.coordinator).get(addresses[0]).status_code == 200


def test_a_group_is_logged_on_one_page(made, client_as):
    group = MentoringGroupFactory(school_id=made.world.school.id, mentor_id=made.mentor.id)
    rows = [make_matched(made, Kind.GROUP, group_id=group.id) for _number in range(3)]
    client = client_as(made.user)
    address = f"/mentoring/groups/{group.id}"
    assert client.submit(address, {f"s{rows[1].id}": "student_absent", f"s{rows[2].id}": ""}).status_code == 303
    assert session_on(rows[0].id, TODAY).minutes == 30
    assert session_on(rows[1].id, TODAY).missed is Missed.STUDENT_ABSENT
    assert session_on(rows[2].id, TODAY) is None
    page = client.page(address)
    asked = {control.get("name") for control in page.find_all("input", "select")}
    assert "Logged for this day" in page.text
    assert f"s{rows[2].id}" in asked and f"s{rows[0].id}" not in asked


def test_a_card_on_a_phone(made, client_as):
    row = make_matched(made, Kind.CHECK_IN_CHECK_OUT, rhythm=Cadence.DAILY, minutes=None)
    team = client_as(made.world.coordinator)
    assert "No card is set up yet." in team.page(base_of(row)).text
    lines = {"expectations": "Kind words\nOn time", "periods": "Period 1\nLunch", "goal_percent": "75"}
    assert team.submit(f"{base_of(row)}/card", lines | {"periods": "\n".join("abcdefghijk")}).status_code == 400
    assert team.submit(f"{base_of(row)}/card", lines).status_code == 303
    client = client_as(made.user)
    address = f"/mentoring/{row.id}/card"
    token = {"csrf_token": client.csrf_token("/account")}
    assert "Nothing recorded yet" in client.page(address).text
    assert client.post(f"{address}/check-out", data=token).status_code == 400
    assert client.post(f"{address}/check-in", data=token).status_code == 303
    assert client.submit(f"{address}/period?number=1", {"m0": "2", "m1": "1"}).status_code == 303
    page = client.page(address).text
    assert "75 percent" in page and "Goal of 75 percent reached" in page and "Checked in at 10:00 am" in page
    assert client.post(f"{address}/check-out", data=token).status_code == 303
    assert db.session.scalar(select(DailyCardDay)).marks == {"Period 1": [2, 1]}
    assert session_on(row.id, TODAY).held
    for odd in ("?number=99", "?number=x&day=9999-12-31", "?number=-1&day=zz"):
        assert client.get(f"{address}/period{odd}").status_code == 200
    for language in ("en", "es", "xx"):
        paper = client.get(f"{address}/paper?language={language}")
        assert paper.status_code == 200 and "Kind words" in paper.text
    assert 'lang="es"' in client.get(f"{address}/paper?language=es").text
    assert "The goal of 75 percent was reached on 1 of 1 recorded days." in team.page(base_of(row)).text


def test_review_and_ending_pages(made, client_as):
    row = make_matched(made, next_review_on=TODAY)
    client = client_as(made.world.coordinator)
    asked = FollowUpFactory(
        school_id=row.school_id, case_id=row.case_id, pathway_id=row.id, kind="mentoring_review",
        owner_id=made.world.coordinator.id, due_on=TODAY,
    )  # fmt: skip
    assert "Review the mentoring" in client.page(base_of(row)).text
    assert client.get(f"/mentoring/review-of/{asked.id}").location.endswith(f"{base_of(row)}/mentoring-review")
    assert f"/mentoring/review-of/{asked.id}" in client.get("/my-day").text
    address = f"{base_of(row)}/mentoring-review"
    assert client.submit(address, {}).status_code == 400
    ends = client.submit(address, {"stands": "goal_reached", "goes_on": "ends"})
    assert ends.location.endswith("/finish") and fresh(asked).outcome == "goal_reached"
    assert len(reviews_of(row.id)) == 1
    finish = f"{base_of(row)}/finish"
    refused = client.submit(finish, {"how": "early", "after": "nothing"})
    assert refused.status_code == 400 and "Choose the reason it is ending." in refused.text
    assert client.submit(finish, {"how": "goal_reached", "after": "stays_in_touch"}).status_code == 303
    shown = client.page(base_of(row)).text
    assert "The mentor stays in touch" in shown and "Change mentor" not in shown
    assert fresh(row).outcome == "goal_reached"


def test_next_steps(made, session):
    world = made.world
    proposed, unanswered = make_pathway(world), make_pathway(world)
    rows = {
        "match": proposed,
        "accept": unanswered,
        "finish": make_matched(made, weeks=2),
        "review": make_matched(made, next_review_on=TODAY),
        "session": make_matched(made),
        "course": make_matched(made, rhythm=None),
        "card": make_matched(made, Kind.CHECK_IN_CHECK_OUT, rhythm=Cadence.DAILY),
        "check_in": make_matched(made, Kind.CHECK_IN_CHECK_OUT, rhythm=Cadence.DAILY),
        "plan_step": make_matched(made),
    }
    MentoringPlanFactory(
        pathway_id=unanswered.id, case_id=world.case.id, school_id=world.school.id, mentor_id=made.mentor.id
    )
    card = rows["check_in"]
    DailyCardFactory(pathway_id=card.id, case_id=card.case_id, school_id=card.school_id)
    rows["plan_step"].next_step, rows["plan_step"].next_step_on = "Call home", TODAY
    ended = make_pathway(world, state=PathwayState.DECLINED)
    db.session.commit()
    found = next_steps([*rows.values(), ended], TODAY, fresh(proposed).proposed_at)
    assert {code: found[row.id].code for code, row in rows.items()} == {code: code for code in rows}
    assert ended.id not in found
    assert (found[rows["session"].id].on, found[rows["session"].id].waits) == (START + timedelta(days=4), False)


def test_students_of_one_name_are_told_apart(made, client_as):
    for student, family in zip(made.world.students, ("Ash", "Birch"), strict=True):
        fresh(student).given_name, fresh(student).family_name = "Zephyrine", family
    for person, goal in ((0, "Speak up"), (0, "Arrive on time"), (1, "Speak up")):
        fresh(make_matched(made, goal=goal)).participant_id = made.world.people[person].id
    db.session.commit()
    rows = [row.text for row in client_as(made.user).page("/mentoring").find_all("li")]
    seen = [(row.count("Zephyrine A."), row.count("Zephyrine B."), "One-to-one mentoring" in row) for row in rows]
    assert [row for row in seen if any(row)] == [(2, 0, True), (2, 0, True), (0, 2, False)]
