"""Publishing a plan: allowed by the district, approved by the council, read by a person, frozen, withdrawn."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import (
    GuardianFactory,
    SchoolFactory,
    StaffMemberFactory,
    StudentFactory,
    StudentGuardianFactory,
)
from tests.plans.public.making import CONFIRMED, SUMMARY, PublicScene, change, row, switch
from wss_cases.access.actor import Role
from wss_cases.access.invocation import Invocation
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import TimelineEntry
from wss_cases.plans.plan.committee.models import PlanMember
from wss_cases.plans.plan.committee.states import MemberGroup
from wss_cases.plans.plan.core.states import PlanState
from wss_cases.plans.public.publications.actions import Confirmed, publish, withdraw
from wss_cases.plans.public.publications.models import PlanPublication
from wss_cases.plans.public.publications.presenters import Summary
from wss_cases.plans.public.publications.queries import read_by_anyone

TODAY = date(2026, 11, 24)


@pytest.fixture
def scene(session: Any, at: Any) -> PublicScene:
    at("2026-11-24 10:00")
    switch("on")
    return PublicScene()


def test_off_by_default_and_off_again(session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    scene = PublicScene()
    with pytest.raises(Refused, match="has not turned on"):
        scene.publish()
    switch("on")
    assert read_by_anyone(scene.school.id, TODAY) is None, "the school has not published"
    scene.publish()
    assert read_by_anyone(scene.school.id, TODAY) is not None
    at("2026-11-25 10:00")
    switch("off")
    assert read_by_anyone(scene.school.id, date(2026, 11, 25)) is None


@pytest.mark.parametrize("state", [PlanState.DRAFT, PlanState.COMMITTEE, PlanState.COUNCIL_VOTE])
def test_nobody_outside_reads_a_plan_before_it_is_approved(scene: PublicScene, state: PlanState) -> None:
    change(scene.plan, state=state)
    with pytest.raises(Refused, match="Only an approved plan"):
        scene.publish()


def test_what_is_published_is_frozen_in_both_languages(scene: PublicScene) -> None:
    first = scene.publish()
    change(scene.goal, statement="Something else")
    english, spanish = fresh(first).content["en"], fresh(first).content["es"]
    assert "Everyone is greeted by name at the door" in str(english["goals"])
    assert (english["summary"], spanish["summary"]) == (SUMMARY.en, SUMMARY.es)
    assert english["voices"][0]["theme"] == "Arrival, dismissal, and the way to school"
    assert spanish["as_of"].startswith("mar") and english["as_of"].startswith("Tue")
    assert "bus stop" not in str(first.content), "what was heard leaves as its theme alone"
    second = scene.publish()
    assert (second.number, fresh(first).replaced_at is None) == (2, False)
    assert "Something else" in str(second.content["en"]["goals"])


def test_a_goal_that_was_taken_out_is_on_no_page_any_more(scene: PublicScene) -> None:
    change(scene.goal, removed_on=TODAY)
    assert scene.goal.statement not in str(fresh(scene.publish()).content)


def test_a_person_confirms_that_no_child_is_named(scene: PublicScene) -> None:
    with pytest.raises(Refused, match="confirm that it names no student"):
        scene.publish(Confirmed(False, frozenset(), ""))
    assert db.session.scalar(select(PlanPublication.id)) is None


def test_the_finder_warns_of_every_text_before_a_person_can_confirm(scene: PublicScene) -> None:
    StudentFactory(school=scene.school, given_name="Zenobia")
    for summary in (Summary("Zenobia led it.", SUMMARY.es), Summary(SUMMARY.en, "Zenobia lo dirigió.")):
        with pytest.raises(Refused, match="may name a student: Zenobia"):
            scene.publish(summary=summary)
    change(scene.heard, answer="Zenobia gets a lamp.")
    with pytest.raises(Refused, match="may name a student: Zenobia"):
        scene.publish()
    assert scene.publish(Confirmed(True, frozenset({"Zenobia"}), "")).number == 1


def test_no_adult_is_named_without_a_written_yes(scene: PublicScene) -> None:
    StaffMemberFactory(school=scene.school, name="Ottoline Quillfeather")
    student = StudentFactory(school=scene.school)
    StudentGuardianFactory(student=student, guardian=GuardianFactory(name="Perpetua Thistledown"))
    for words in ("Thanks to Ottoline Quillfeather.", "Thanks to Perpetua Thistledown."):
        with pytest.raises(Refused) as refused:
            scene.publish(summary=Summary(words, SUMMARY.es))
        assert refused.value.field == "written_yes"
    said = Confirmed(True, frozenset(), "O. Q., letter of 3 November, office")
    assert scene.publish(said, Summary("Thanks to Ottoline Quillfeather.", SUMMARY.es)).written_yes


def test_members_are_counted_and_named_only_by_their_written_yes(scene: PublicScene) -> None:
    of_plan = {"school_id": scene.school.id, "plan_id": scene.plan.id, "starts_on": date(2026, 9, 1)}
    for name, agreed in (("Ada Rowanberry", date(2026, 9, 2)), ("Ivo Sandpiper", None)):
        row(PlanMember, member_group=MemberGroup.PARENT, name=name, named_yes_on=agreed, **of_plan)
    row(PlanMember, member_group=MemberGroup.STUDENT, people=6, **of_plan)
    content = scene.publish().content["en"]
    assert content["committee"] == [["Parent or guardian", 2], ["Students", 6]]
    assert content["named"] == [["Ada Rowanberry", "Parent or guardian"]]
    assert "Sandpiper" not in str(content)


def test_withdrawing_leaves_a_trace_and_brings_no_earlier_version_back(scene: PublicScene) -> None:
    first, second = scene.publish(), scene.publish()
    with pytest.raises(Refused, match="not public any more"):
        withdraw(scene.call(), first.id, "Wrong figures")
    with pytest.raises(Refused, match="Write why"):
        withdraw(scene.call(), second.id, " ")
    withdraw(scene.call(), second.id, "Wrong figures")
    assert read_by_anyone(scene.school.id, TODAY) is None
    assert fresh(second).withdrawn_because == "Wrong figures"
    kinds = db.session.scalars(select(TimelineEntry.kind).where(TimelineEntry.subject_type == "plan_publication"))
    assert list(kinds)[-1] == "plan_publication.withdrawn"
    assert scene.publish().number == 3


def test_who_publishes_and_who_withdraws(scene: PublicScene) -> None:
    one = scene.publish()
    for who in (make_user(Role.COORDINATOR, scene.school), make_user(Role.ADMINISTRATOR, SchoolFactory())):
        call = Invocation(acting(who), clock.now())
        with pytest.raises(NotFound):
            publish(call, scene.plan.id, SUMMARY, CONFIRMED)
        with pytest.raises(NotFound):
            withdraw(call, one.id, "No")
    withdraw(Invocation(acting(make_user(Role.DISTRICT)), clock.now()), one.id, "The district asks")
    assert read_by_anyone(scene.school.id, TODAY) is None


@pytest.mark.both_databases
def test_both_databases_keep_one_page_of_a_school_live(scene: PublicScene) -> None:
    one = scene.publish()
    same = {column.name: getattr(one, column.name) for column in PlanPublication.__table__.columns}
    second = {**same, "id": None, "number": 2}
    with pytest.raises(IntegrityError, match=r"uq_plan_publication_live|plan_publication\.school_id"):
        with db.session.begin_nested():
            db.session.add(PlanPublication(**second))


def test_publishing_on_a_page_shows_the_page_as_it_would_be(scene: PublicScene, client_as: Any) -> None:
    StudentFactory(school=scene.school, given_name="Zenobia")
    client = client_as(scene.head)
    page = f"/safety-plans/{scene.plan.id}/publish"
    assert "Everyone is greeted by name at the door" in client.page(page).text
    typed = {"summary_en": "Zenobia led it.", "summary_es": SUMMARY.es, "names_no_child": "y"}
    data = {name: held[0] for name, held in client.form(page).values().items() if held} | typed
    refused = client.post(page, data=data)
    assert refused.status_code == 400 and "This may name a student: Zenobia" in refused.text
    assert 'name="shown" value="Zenobia"' in refused.text and "Zenobia led it." in refused.text
    sent = client.post(page, data=data | {"summary_en": SUMMARY.en})
    assert sent.status_code == 303
    shown = client.page(f"/safety-plans/{scene.plan.id}/public").text
    assert "Version 1" in shown and f"/public/en/{scene.school.id}" in shown
    live = db.session.scalars(select(PlanPublication)).one()
    away = client.submit(f"/safety-plans/publications/{live.id}/withdraw", {"because": "Wrong figures"})
    assert away.status_code == 303
    assert "Nothing is public now." in client.page(f"/safety-plans/{scene.plan.id}/public").text
