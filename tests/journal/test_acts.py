"""An act refuses values as its page does, is done once for each key, and writes nothing over a newer version."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event, func, select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.training.conftest import NOW, TODAY
from wss_cases.access.actor import Invocation, Role
from wss_cases.access.permissions import Permission
from wss_cases.contacts import SafePassageRoute, SchoolSergeant, add_route, correct_team, file_team
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale, existing
from wss_cases.foundation.forms import PlainForm
from wss_cases.journal.acts import Act, Subject
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School

ROUTE = {"place": "Corner of Maple", "hours": "7 to 9", "vendor": "Brick House"}


@pytest.fixture
def scene(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    school = SchoolFactory(name="Willow")
    head = make_user(Role.ADMINISTRATOR, school)
    return SimpleNamespace(school=school, head=head, call=Invocation(acting(head), NOW))


def count(model: Any, **of: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(model).filter_by(**of)) or 0)


@pytest.mark.parametrize("name", list(ROUTE))
def test_values_are_refused_as_on_the_page(scene: Any, client_as: Any, name: str) -> None:
    with pytest.raises(Refused) as refused:
        add_route(scene.call, scene.school.id, **ROUTE | {name: " "})
    assert refused.value.field == name
    answer = client_as(scene.head).submit("/contacts/routes/new", ROUTE | {name: " "})
    assert (answer.status_code, refused.value.message in answer.text) == (400, True)
    assert count(SafePassageRoute) == 0


def test_a_value_that_the_form_does_not_ask_for_is_a_mistake_of_the_caller(scene: Any) -> None:
    with pytest.raises(TypeError, match="RouteForm has no color"):
        add_route(scene.call, scene.school.id, **ROUTE, color="red")


def test_it_writes_its_timeline_and_audit_rows_and_is_done_once_for_each_key(scene: Any) -> None:
    call = Invocation(acting(scene.head), NOW, request_key="a" * 32)
    route_id = add_route(call, scene.school.id, **ROUTE)
    assert add_route(call, scene.school.id, **ROUTE | {"place": "Elsewhere"}) == route_id
    assert count(SafePassageRoute) == count(TimelineEntry, kind="route.added") == 1
    assert count(AuditEntry, action="route.added") == 1


def test_an_older_version_writes_nothing(scene: Any) -> None:
    team_id = file_team(scene.call, scene.school.id, filed_on=TODAY, roles=["teacher"])
    seen = Invocation(acting(scene.head), NOW, version=1)
    correct_team(seen, team_id, filed_on=TODAY, roles=["police"])
    with pytest.raises(Stale):
        correct_team(seen, team_id, filed_on=TODAY, roles=["other"])
    assert count(TimelineEntry, kind="threat_team.corrected") == 1


def test_who_may_not_learns_nothing_of_the_form(scene: Any) -> None:
    stranger = Invocation(acting(make_user(Role.ADMINISTRATOR, SchoolFactory())), NOW)
    with pytest.raises(NotFound):
        add_route(stranger, scene.school.id, place="")


def test_the_page_keeps_what_was_typed(scene: Any, client_as: Any) -> None:
    answer = client_as(scene.head).submit("/contacts/routes/new", ROUTE | {"hours": ""})
    assert answer.status_code == 400 and "Corner of Maple" in answer.text


def test_what_is_sent_before_a_school_is_chosen_is_answered_with_the_page(scene: Any, client_as: Any) -> None:
    SchoolFactory()
    client = client_as(make_user(Role.DISTRICT))
    token = client.csrf_token("/contacts")
    answer = client.post("/school-sergeants", data={"csrf_token": token, "police_district": "9"})
    assert (answer.status_code, "Choose a school" in answer.text) == (200, True)
    assert count(SchoolSergeant) == 0


def test_what_adds_beside_its_record_compares_no_version(scene: Any, client_as: Any) -> None:
    client = client_as(scene.head)
    sent = {"csrf_token": client.csrf_token("/contacts/routes/new"), "version": "7"}
    assert client.post("/contacts/routes/new", data=ROUTE | sent).status_code == 303
    assert count(SafePassageRoute) == 1


def test_the_policy_may_read_more_than_the_row(scene: Any) -> None:
    route_id, elsewhere = add_route(scene.call, scene.school.id, **ROUTE), SchoolFactory()
    with pytest.raises(NotFound):
        ending(of=lambda _route: elsewhere)(scene.call, route_id)
    assert ending(of=lambda _route: scene.school)(scene.call, route_id) == route_id


def test_the_row_above_is_locked_first(scene: Any) -> None:
    route_id = add_route(scene.call, scene.school.id, **ROUTE)
    tables: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        tables.extend(re.findall(r"FROM (\w+)\s+WHERE \w+\.id", statement))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ending(above=lambda route: (School, route.school_id))(scene.call, route_id)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert tables[-2:] == ["school", "safe_passage_route"]


def test_a_form_may_need_what_the_page_found_beside_the_row(scene: Any) -> None:
    route_id, places = add_route(scene.call, scene.school.id, **ROUTE), []

    class WhereForm(PlainForm):
        def fit(self, seen: Any) -> None:
            places.append(seen)

    def look(uow: UnitOfWork, _route: SafePassageRoute, _form: WhereForm) -> None:
        uow.no_audit()

    beside = Subject(SafePassageRoute, existing, seen=lambda route: (route.id, route.place))
    Act(look, Permission.SCHOOL_MANAGE, beside, WhereForm)(scene.call, route_id)
    assert places == [(route_id, "Corner of Maple")]


def ending(**how: Any) -> Act:
    def end(uow: UnitOfWork, _route: SafePassageRoute) -> None:
        uow.no_audit()

    return Act(end, Permission.SCHOOL_MANAGE, Subject(SafePassageRoute, existing, **how), None)


def test_another_record_may_carry_the_version(scene: Any) -> None:
    subject = Subject(School, lambda _actor, school_id: db.session.get(School, school_id), version=lambda _school: 7)
    act = Act(lambda uow, _school: uow.no_audit(), Permission.SCHOOL_MANAGE, subject, None)
    with pytest.raises(Stale):
        act(Invocation(acting(scene.head), NOW, version=6), scene.school.id)
    assert act(Invocation(acting(scene.head), NOW, version=7), scene.school.id) == scene.school.id


def test_locks_that_the_answers_name_come_before_that_of_the_record(scene: Any) -> None:
    def refuse(_uow: Any, school: School, _form: Any) -> None:
        raise Refused("chosen", school.name)

    subject = Subject(School, lambda _actor, school_id: db.session.get(School, school_id), version=lambda _school: 7)
    act = Act(lambda uow, _school: uow.no_audit(), Permission.SCHOOL_MANAGE, subject, None, refuse)
    with pytest.raises(Refused, match=scene.school.name):
        act(Invocation(acting(scene.head), NOW, version=6), scene.school.id)
