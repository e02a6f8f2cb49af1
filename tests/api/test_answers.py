"""What the API answers: its own schools alone, each row once, nothing of which few may know, as its document says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.api.calling import HERE, ask, make_token, resolved, rows, wrong
from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, CaseIncidentFactory, PathwayFactory
from tests.factories.incidents import IncidentFactory, IncidentPersonFactory
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory, LegalDutyFactory
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.api.v1.pages import ENDPOINTS, MEASURES
from wss_cases.cases.case.models import Case, CaseResult, CaseState
from wss_cases.foundation.db import begin_reading, db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.routing.engine.vocabulary import Kind

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def moment(session: Any, at: Callable[..., Any]) -> Callable[..., Any]:
    at("2026-11-24 10:00")
    return at


def opened(school: Any, count: int = 1) -> list[Any]:
    return [CaseFactory(school_id=school.id) for _number in range(count)]


def ids(client: PageClient, secret: str, address: str = "cases?limit=500") -> list[str]:
    return [one["id"] for one in rows(client, secret, address)]


def test_a_token_of_one_school_sees_nothing_of_another(client: PageClient) -> None:
    own, other = SchoolFactory(), SchoolFactory()
    for school in (own, other):
        opened(school, 2)
        IncidentFactory(school_id=school.id)
    secret = make_token(own)
    assert [one["id"] for one in rows(client, secret, "schools")] == [own.id]
    assert {one["school_id"] for one in rows(client, secret, "counts")} == {own.id}
    assert [one["school_id"] for one in rows(client, secret, "cases")] == [own.id] * 2
    for address in ("schools", "counts", "cases"):
        beyond, nowhere = (ask(client, secret, f"{address}?school={one}") for one in (other.id, 999_999))
        assert beyond.status_code == 404 and beyond.data == nowhere.data, "forbidden looks like missing"
        assert beyond.get_json()["parameter"] == "school"
    everything = make_token()
    assert {one["school_id"] for one in rows(client, everything, "cases")} == {own.id, other.id}
    assert {one["school_id"] for one in rows(client, everything, f"cases?school={other.id}")} == {other.id}


@pytest.mark.parametrize("address", ["cases", "schools"])
def test_turning_pages_loses_none_and_doubles_none_while_rows_are_added(client: PageClient, address: str) -> None:
    school = SchoolFactory()
    opened(school, 7)
    for _number in range(6):
        SchoolFactory()
    secret = make_token()
    there = set(ids(client, secret, address))
    found, cursor = [], ""
    while cursor is not None:
        answer = ask(client, secret, f"{address}?limit=2" + (f"&cursor={cursor}" if cursor else "")).get_json()
        found += [one["id"] for one in answer["data"]]
        cursor = answer["next_cursor"]
        if len(found) == 4:
            opened(school)
            SchoolFactory()
            changed = db.session.scalars(select(Case).order_by(Case.id)).first()
            changed.state = CaseState.PREPARING
            db.session.commit()
    assert len(found) == len(set(found)) and there < set(found), "what was there is there once, and what came too"


def test_a_cursor_opens_only_its_own_question_and_shows_no_number(client: PageClient, moment: Any) -> None:
    opened(SchoolFactory(), 3)
    secret = make_token()
    cursor = ask(client, secret, "cases?limit=1").get_json()["next_cursor"]
    for address in (f"cases?limit=1&state=closed&cursor={cursor}", f"cases?cursor={cursor[:-9]}", "cases?cursor=x"):
        answer = ask(client, secret, address)
        assert (answer.status_code, answer.get_json()["parameter"]) == (400, "cursor"), address
    moment("2026-11-25 10:01")
    assert ask(client, secret, f"cases?limit=1&cursor={cursor}").status_code == 400


def for_few(school: Any) -> list[Any]:
    """Cases of which few may know, one of each kind."""
    found = []
    flags = ("intimate_partner", "self_harm", "abuse_suspected")
    facts_of = [({"sexual": "contact"}, ""), *(({name: True}, "") for name in flags), ({}, "title_ix_contact")]
    of_person = CaseFactory(school_id=school.id), IncidentFactory(school_id=school.id)
    IncidentPersonFactory(incident_id=of_person[1].id, facts={"self_harm": True})
    CaseIncidentFactory(case_id=of_person[0].id, incident_id=of_person[1].id)
    for facts, code in facts_of:
        case, report = CaseFactory(school_id=school.id), IncidentFactory(school_id=school.id, facts=facts)
        CaseIncidentFactory(case_id=case.id, incident_id=report.id)
        if code:
            LegalDutyFactory(incident_id=report.id, school_id=school.id, code=code)
        found.append(case)
    return found


@pytest.mark.both_databases
def test_a_case_of_which_few_may_know_is_nowhere(client: PageClient) -> None:
    school = SchoolFactory()
    plain, secret = CaseFactory(school_id=school.id), make_token()
    report = IncidentFactory(school_id=school.id, facts={"sexual": "none", "intimate_partner": False})
    CaseIncidentFactory(case_id=plain.id, incident_id=report.id)
    before = {address: ask(client, secret, address).get_json()["data"] for address in ("cases", "cases?state=intake")}
    for_few(school)
    for address in (*before, f"cases?school={school.id}", "cases?updated_since=2020-01-01T00:00:00Z", "cases?limit=1"):
        answer = ask(client, secret, address).get_json()
        assert (answer["data"], answer["next_cursor"]) == (before["cases"], None), address
    assert not [name for name in MEASURES if "case" in name], "no figure counts cases, so that none can be subtracted"


def test_no_name_number_or_text_of_a_case_leaves(client: PageClient) -> None:
    school = SchoolFactory(name="Elm")
    student = StudentFactory(school_id=school.id, given_name="Amara", family_name="Appleyard")
    case = CaseFactory(
        school_id=school.id, state=CaseState.CLOSED, result=CaseResult.DECLINED, closed_at=NOW,
        what_is_left="Amara said no", reference="ELM-0007",
    )  # fmt: skip
    CaseIncidentFactory(case_id=case.id, incident_id=IncidentFactory(school_id=school.id, narrative="Amara").id)
    for kind in (Kind.PEACE_CIRCLE, Kind.PEER_CONFERENCE, Kind.HOUSING_BASIC_NEEDS):
        PathwayFactory(case_id=case.id, school_id=school.id, kind=kind.value, proposed_at=NOW)
    answer = ask(client, make_token(), "cases")
    (row,) = answer.get_json()["data"]
    assert (row["pathways"], row["state"], row["closed_on"]) == (["circle"], "closed", "2026-11-24")
    assert row["updated_at"] == NOW.isoformat()
    told = answer.get_data(as_text=True)
    for word in ("Amara", "Appleyard", "0007", "declined", "housing", "wraparound", f'"{student.student_number}"'):
        assert word not in told, word
    assert str(case.id) not in (row["id"], answer.get_json()["next_cursor"] or "")


def test_only_what_changed_since_is_asked_for(client: PageClient, moment: Callable[..., Any]) -> None:
    school = SchoolFactory()
    old, changed = opened(school, 2)
    secret = make_token()
    first = ask(client, secret, "cases").get_json()
    assert first["next_updated_since"] == (NOW - timedelta(minutes=5)).isoformat()
    moment("2026-11-25 10:00")
    PathwayFactory(case_id=changed.id, school_id=school.id, proposed_at=NOW + timedelta(days=1))
    PathwayFactory(
        case_id=old.id, school_id=school.id, proposed_at=NOW + timedelta(days=1), kind=Kind.HOUSING_BASIC_NEEDS.value
    )
    since = first["next_updated_since"].replace("+00:00", "Z")
    assert ids(client, secret, f"cases?updated_since={since}") == [first["data"][1]["id"]]


def figures(client: PageClient, secret: str, address: str) -> dict[str, Any]:
    return {one["measure"]: (one["value"], one["of"], one["status"]) for one in rows(client, secret, address)}


def test_figures_are_those_of_the_pages_and_hold_back_what_they_hold_back(
    client: PageClient, client_as: Callable[[Any], PageClient]
) -> None:
    school, student = SchoolFactory(), None
    for day in (1, 2, 3):
        student = student or StudentFactory(school_id=school.id)
        report = IncidentFactory(
            school_id=school.id, local_date=date(2025, 9, day), occurred_at=datetime(2025, 9, day, 15, tzinfo=UTC)
        )
        IncidentPersonFactory(incident_id=report.id, student_id=student.id, role=PersonRole.CAUSED_HARM)
    DisciplineActionFactory(
        school_id=school.id, student_id=student.id, starts_on=date(2025, 9, 4), ends_on=date(2025, 9, 5), days=2
    )
    secret = make_token()
    found = figures(client, secret, f"counts?school={school.id}&school_year=2025-26")
    assert found["incidents"] == (3, None, "counted") and found["suspensions"] == (1, None, "counted")
    assert found["repeated_within_30"] == (None, None, "suppressed"), "fewer than ten windows"
    page = client_as(make_user(Role.DISTRICT)).page(f"/outcomes/incidents?school={school.id}&year=2025-26").text
    assert "3 incidents" in page or "3" in page
    assert figures(client, secret, f"counts?school={school.id}&measure=suspensions")["suspensions"] == (
        0, None, "counted",
    )  # fmt: skip
    assert {one[2] for one in figures(client, secret, f"counts?school={school.id}&school_year=2020-21").values()} == {
        "not_recorded"
    }
    month = f"counts?school={school.id}&school_year=2025-26&month=2025-09"
    assert set(figures(client, secret, month)) == {"incidents", "students"}
    assert figures(client, secret, month)["incidents"][0] == 3


@pytest.mark.parametrize(
    ("address", "parameter"),
    [
        ("schools?limit=0", "limit"),
        ("schools?limit=many", "limit"),
        ("schools?colour=red", "colour"),
        ("schools?school=1&school=2", "school"),
        ("cases?updated_since=yesterday", "updated_since"),
        ("cases?updated_since=2026-11-24T10:00:00", "updated_since"),
        ("cases?state=open", "state"),
        ("counts?school_year=2026", "school_year"),
        ("counts?school_year=2031-32", "school_year"),
        ("counts?month=2026-13", "month"),
        ("counts?month=2027-03", "month"),
        ("counts?month=2026-10&measure=suspensions", "measure"),
        ("counts?measure=everything", "measure"),
    ],
)
def test_what_is_wrong_is_named(client: PageClient, address: str, parameter: str) -> None:
    SchoolFactory()
    answer = ask(client, make_token(), address)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.get_json()["parameter"] == parameter and answer.headers["Cache-Control"] == "no-store"


def test_an_answer_that_did_not_change_is_not_sent_again_and_kept_by_nobody(client: PageClient) -> None:
    opened(SchoolFactory(), 2)
    secret = make_token()
    first = ask(client, secret, "cases?limit=1")
    assert first.headers["Cache-Control"] == "no-store"
    mark = {"If-None-Match": first.headers["ETag"]}
    assert ask(client, secret, "cases?limit=1", **mark).status_code == 304
    assert ask(client, secret, "cases", **mark).status_code == 200


def test_the_document_is_whole_and_is_what_the_routes_are(client: PageClient, app: Flask) -> None:
    document = client.get(f"{HERE}/openapi.json").get_json()
    assert document["openapi"].startswith("3.1") and {"title", "version"} <= set(document["info"])
    routes = {rule.rule.removeprefix(HERE) for rule in app.url_map.iter_rules() if rule.rule.startswith(f"{HERE}/")}
    assert routes == {*document["paths"], "/openapi.json"}
    for endpoint in ENDPOINTS:
        operation = document["paths"][endpoint.path]["get"]
        assert [one["name"] for one in operation["parameters"]] == [one.name for one in endpoint.parameters]
        assert all({"name", "in", "schema", "description"} <= set(one) for one in operation["parameters"])
        assert {"200", "400", "401", "404", "429"} <= set(operation["responses"])
        for answer in operation["responses"].values():
            assert resolved(document, answer)["description"]


def test_every_answer_is_what_the_document_says(client: PageClient) -> None:
    document = client.get(f"{HERE}/openapi.json").get_json()
    school = SchoolFactory(network=None, low_grade=None)
    case = CaseFactory(school_id=school.id, state=CaseState.CLOSED, result=CaseResult.REPAIRED, closed_at=NOW)
    PathwayFactory(case_id=case.id, school_id=school.id)
    opened(school)
    secret, problem = make_token(), {"$ref": "#/components/schemas/Problem"}
    for endpoint in ENDPOINTS:
        content = document["paths"][endpoint.path]["get"]["responses"]["200"]["content"]
        answer = ask(client, secret, f"{endpoint.name}?limit=1").get_json()
        assert answer["data"] and list(wrong(document, content["application/json"]["schema"], answer)) == []
        answer["data"][0]["student"] = "Amara"
        assert list(wrong(document, content["application/json"]["schema"], answer)), "a row that says more is found"
        for address, token in (("limit=x", secret), ("school=999999", secret), ("", "wss_no")):
            told = ask(client, token, f"{endpoint.name}?{address}").get_json()
            assert list(wrong(document, problem, told)) == [], told


@pytest.mark.both_databases
def test_what_is_read_for_a_call_changes_nothing(session: Any, backend: str) -> None:
    school = SchoolFactory()
    begin_reading()
    assert db.session.scalar(text("select count(*) from school where id = :id"), {"id": school.id}) == 1
    if backend == "postgresql":
        with pytest.raises(DBAPIError, match="read-only"):
            db.session.execute(text("update school set name = 'x'"))
    db.session.rollback()
