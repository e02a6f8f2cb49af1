"""A need for housing support is shown to the coordinator alone; deans decide and see nothing of it.

Where a school has no coordinator it is nobody's, and waits for one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, select

from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.intake.making import NOW, WALL, Place, route
from wss_cases.access.actor import SYSTEM, Actor, Grant, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.cases.case.models import Case
from wss_cases.casework.case_list import CASES, NEWEST, CaseFilter
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import visible_to as follow_ups_visible
from wss_cases.followups.core.states import KINDS, LIAISON
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.corrections.changes import changes_for
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.delivery.messages import compose
from wss_cases.outcomes.counting.repair.queries import follow_ups
from wss_cases.outcomes.counting.scope.rules import scope_of
from wss_cases.outcomes.reports.pathways import figures_of_pathways
from wss_cases.pathways.common.actions import follow
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import visible_to as pathways_visible
from wss_cases.pathways.referrals.referral.models import FOLLOW_UPS, Referral, ReferralState
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.workday.digest.queries import weekly_count
from wss_cases.workday.digest.sweep import NO_COORDINATOR
from wss_cases.workday.sweep import sweep

BEHIND = ("follow_ups?choice=liaison", "funnel?choice=wraparound&step=proposed", "funnel?step=proposed")
"""Lists behind figures: two that hold nothing but the need, and one with the other pathways of the report."""
PARTNERS = [str(KINDS[kind]) for kind in FOLLOW_UPS]
WORDS = ("Basic needs support", "basic needs", "liaison", "Housing")


@dataclass(frozen=True)
class Scene:
    """A school with a report of a student who needs housing support, not decided yet."""

    place: Place
    student: Student
    report: Incident
    dean: Any


@pytest.fixture
def scene(session: Any, at: Callable[..., Any], client_as: Callable[[Any], Any]) -> Scene:
    at(WALL)
    place = Place()
    student = StudentFactory(school=place.school, has_housing_support=True)
    parts = (student, PersonRole.CAUSED_HARM), (place.students[1], PersonRole.HARMED)
    report = place.report(*parts, narrative="A fight.", injury="minor")
    return Scene(place, student, report, client_as(place.dean))


def decided(scene: Scene) -> tuple[Case, Pathway, FollowUp]:
    """Let the dean decide; returns the case, and what it has of the need."""
    given = {"reason": "other", "reason_text": "A case is right.", "open_case": "y"}
    address = f"/review/{scene.report.id}/otherwise"
    answer = scene.dean.submit(address, given, holding="reason_text")
    assert answer.status_code == 303, answer.text
    (case,) = db.session.scalars(select(Case))
    (made,) = db.session.scalars(select(Pathway).where(Pathway.kind == "housing_basic_needs"))
    (told,) = db.session.scalars(select(FollowUp).where(FollowUp.kind == LIAISON))
    return case, made, told


def words_on(client: Any, *addresses: str) -> list[str]:
    return [word for address in addresses for word in WORDS if word in client.page(address).text]


def test_a_dean_decides_and_sees_nothing_of_it(scene: Scene, at: Callable[..., Any], client_as: Any) -> None:
    place, report_id, dean = scene.place, scene.report.id, scene.dean
    actors = [acting(place.coordinator), acting(place.dean)]
    student_page = f"/students/{scene.student.id}"
    assert words_on(dean, "/review", f"/review/{report_id}", student_page) == []
    kept = dean.page(f"/review/{report_id}/otherwise").find_all("input")
    assert not [one for one in kept if one.get("name") == "keep" and "housing" in str(one.get("value"))]
    assert "Housing support" in client_as(place.coordinator).page(student_page).text
    _case, made, told = decided(scene)
    assert told.owner_id == made.owner_id == place.coordinator.id, "not the dean's who decides, as the template says"
    _called_for_no_more(report_id, actors, dean, at("2026-11-24 12:00"))


@pytest.mark.both_databases
def test_what_was_decided_is_the_coordinators_alone(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    place = scene.place
    case, made, told = decided(scene)
    told.due_on = date(2026, 11, 20)
    fresh(scene.report).local_date = date(2026, 10, 20)  # the funnel takes only incidents that have had their time
    db.session.commit()
    with unit_of_work(SYSTEM, NOW) as uow:
        asked = [follow(uow, uow.session.get_one(Pathway, made.id), kind, told.due_on) for kind in FOLLOW_UPS]
    assert weekly_count(acting(place.administrator), NOW.date(), NOW).at_schools == 0
    for who, sees in ((make_user(Role.DEAN, place.school), False), (place.coordinator, True)):
        actor, client = acting(who), client_as(who)
        wanted = select(Pathway.id).where(Pathway.id == made.id)
        assert (db.session.scalar(pathways_visible(wanted, actor)) is not None) is sees
        for row in (told, *asked):
            one = select(FollowUp.id).where(FollowUp.id == row.id)
            assert (db.session.scalar(follow_ups_visible(one, actor)) is not None) is sees
            assert (can(actor, Permission.FOLLOWUP_WORK, row), client.get(f"/follow-ups/{row.id}").status_code) == (
                (True, 200) if sees else (False, 404)
            )
        _pages(client, case, sees)
        _figures(actor, client, scene, sees)
        (listed,) = CASES.rows(actor, CaseFilter(), NOW, NEWEST)
        assert (listed.overdue, listed.live) == ((4, 2) if sees else (0, 1))
        closing = client.page(f"/cases/{case.id}/close")
        assert bool([word for word in WORDS if word in closing.text]) is sees
        assert ("Something that only the coordinator sees has not ended." in closing.text) is not sees
        assert any(link.get("href").endswith(f"/pathways/{made.id}") for link in closing.find_all("a")) is sees
    _answers_of_partners(made, place)


def _pages(client: Any, case: Case, sees: bool) -> None:
    for address in (f"/cases/{case.id}?tab=all", f"/cases/{case.id}?tab=history", "/follow-ups?whose=school"):
        shown = client.page(address).text
        assert any(words in shown for words in PARTNERS) is sees, address
    assert bool(words_on(client, f"/cases/{case.id}?tab=history")) is sees
    tabs = [f"/cases/{case.id}?tab=p{one}" for one in db.session.scalars(select(Pathway.id))]
    for address in (*tabs, f"/cases/{case.id}/print?section=history"):
        assert sees or not [word for word in WORDS if word in client.get(address).text], address


def _figures(actor: Actor, client: Any, scene: Scene, sees: bool) -> None:
    """No figure of follow-ups counts it for who may not know; the funnel names none, and leaves it out behind."""
    lists = [client.page(f"/outcomes/behind/{list_}&year=2026-27").find_all("main")[0].text for list_ in BEHIND]
    assert [scene.student.shown_name in rows for rows in lists] == [sees, sees, True]
    for scope_id in (scene.place.school.id, None):
        scope = scope_of(scope_id, "2026-27", NOW.date())
        assert scope is not None
        late = {LIAISON, *FOLLOW_UPS}
        assert late.intersection(follow_ups(actor, scope)) == (late if sees else set())
        assert late.isdisjoint(follow_ups(SYSTEM, scope)), "the whole district's figures are cached for everyone"


def _answers_of_partners(made: Pathway, place: Place) -> None:
    """A referral for the need counts for the coordinator, and in no figure of a dean or of the district."""
    db.session.add(Referral.of(made, state=ReferralState.SENT, sent_on=date(2026, 11, 20)))
    db.session.commit()
    scopes = [scope_of(scope_id, "2026-27", NOW.date()) for scope_id in (place.school.id, None)]
    readers = (acting(place.dean), acting(place.coordinator), SYSTEM)
    sent = [
        [figures_of_pathways(one, scope, school_days(scope.school_id)).answers.of for one in readers]
        for scope in scopes if scope is not None
    ]  # fmt: skip
    assert sent == [[0, 1, 0]] * 2


@pytest.mark.both_databases
def test_without_a_coordinator_it_is_nobodys_until_there_is_one(
    scene: Scene, at: Callable[..., Any], client_as: Callable[[Any], Any]
) -> None:
    place, dean, elsewhere_id = scene.place, scene.place.dean, make_user(Role.ADMINISTRATOR, SchoolFactory()).id
    db.session.execute(delete(RoleGrant).where(RoleGrant.user_id == place.coordinator.id))
    db.session.commit()
    case, made, told = decided(scene)
    with unit_of_work(SYSTEM, NOW) as uow:
        asked = [follow(uow, uow.session.get_one(Pathway, made.id), kind, told.due_on) for kind in FOLLOW_UPS]
    rows = [told, *asked]
    ours = FollowUp.id.in_([row.id for row in rows])
    assert (case.lead_id, made.owner_id) == (dean.id, None)
    sweep(at("2026-11-25 06:31"))
    assert {fresh(row).owner_id for row in rows} == {None}
    nobody = Actor(None, "A reader without an account", (Grant(Role.ADMINISTRATOR, place.school.id),))
    assert not any(can(nobody, Permission.FOLLOWUP_READ, row) for row in rows), "and what is no one's is not theirs"
    assert db.session.scalars(follow_ups_visible(select(FollowUp.id).where(ours), nobody)).all() == []
    client = client_as(dean)
    assert words_on(client, f"/cases/{case.id}?tab=all", "/follow-ups?whose=school", "/follow-ups", "/my-day") == []
    assert [client.get(f"/follow-ups/{row.id}").status_code for row in rows] == [404] * 4
    mailed = select(OutboxMessage.object_id).where(OutboxMessage.object_type == "follow_up")
    assert set(db.session.scalars(mailed)).isdisjoint(row.id for row in rows)
    mails = {one.recipient_id: one for one in db.session.scalars(select(OutboxMessage).filter_by(kind=NO_COORDINATOR))}
    assert set(mails) == {place.administrator.id, elsewhere_id}, "where nothing waits, too: else the mail would tell"
    mail = mails[place.administrator.id]
    said = compose(mail, at("2026-11-25 06:32"))
    assert said is not None and said["Subject"] == "Your school has no coordinator"
    now = at("2026-11-25 11:00")
    sweep(now)
    # a role that is given today and began years ago
    RoleGrantFactory(user_id=place.coordinator.id, role=Role.COORDINATOR, school_id=place.school.id)
    sweep(at("2026-11-25 11:01"))
    assert {fresh(row).owner_id for row in rows} == {place.coordinator.id}, "at once, and not on the day it is due"
    _came_with_its_history(made, place.coordinator)
    assert words_on(client_as(place.coordinator), f"/follow-ups/{told.id}") != []
    assert compose(mail, at("2026-11-25 11:02")) is None, "it has one now"


def _came_with_its_history(made: Pathway, coordinator: Any) -> None:
    """The pathway is the coordinator's too, and its history says so."""
    assert fresh(made).owner_id == coordinator.id
    given = select(TimelineEntry).where(TimelineEntry.kind == "pathway.owner", TimelineEntry.subject_id == made.id)
    assert [entry.data["to"] for entry in db.session.scalars(given)] == [coordinator.name]
    noted = select(AuditEntry).where(AuditEntry.action == "pathway.owner", AuditEntry.object_id == made.id)
    assert [one.changes["owner_id"] for one in db.session.scalars(noted)] == [[None, coordinator.id]]


def _called_for_no_more(report_id: int, actors: list[Any], dean: Any, later: Any) -> None:
    """What a correction would end stands for the coordinator alone, too."""
    report = db.session.get_one(Incident, report_id)
    for student in db.session.scalars(select(Student)):
        student.has_housing_support = False
    db.session.commit()
    route(report, later)
    changed = [changes_for(actor, db.session.get_one(Incident, report_id)) for actor in actors]
    kinds = [sorted(row.kind for row in (*one.pathways, *one.open)) for one in changed if one is not None]
    assert kinds == [["housing_basic_needs", LIAISON], []]
    assert not [word for word in WORDS if word in dean.page(f"/review/{report_id}").text]
