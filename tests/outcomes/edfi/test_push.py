"""`flask edfi push` and the nightly push: an ODS/API comes to stand as it is here, and what it refuses is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import config
from tests.factories.accounts import make_user
from tests.factories.incidents import IncidentFactory, IncidentPersonFactory, behavior_code
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory
from tests.outcomes.edfi.ods import ACTIONS, BEHAVIORS, INCIDENTS, OTHERS, World, serving
from tests.outcomes.edfi.test_export import CANARY
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.settings import STANDARDS
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole
from wss_cases.journal.models import AuditEntry, Disclosure, OutboxMessage
from wss_cases.outcomes.edfi import pushing as pages
from wss_cases.outcomes.edfi.common import VERSIONS, EdfiPushed
from wss_cases.outcomes.edfi.ods import MOST_TRIES, Ods
from wss_cases.outcomes.edfi.pushing import FAILED, KIND, push_due
from wss_cases.roster.directory.models import ImportRun, School
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction

pytestmark = pytest.mark.any_database("the thread is the other system's server")
YEAR = ("--school-year", "2026-27")
ALL = {INCIDENTS: 2, BEHAVIORS: 2, OTHERS: 2, ACTIONS: 2}


@pytest.fixture
def ods(app: Flask, session: Any, at: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    """A server that the settings name, and two decided reports of a school: one fight between two students each."""
    at("2026-11-24 10:00")
    world = World()
    with serving(world) as address:
        environ = {
            "WSS_EDFI_URL": f"{address}/data/v3/", "WSS_EDFI_TOKEN_URL": f"{address}/oauth/token",
            "WSS_EDFI_KEY": "us", "WSS_EDFI_SECRET": "s", "WSS_EDFI_HOURS": "1-5",
            "WSS_EDFI_DISCLOSED": "State Board; 34 CFR 99.31(a)(3); Yearly collection",
        }  # fmt: skip
        for name, value in config.from_environment(environ, tmp_path).items():
            if name.startswith("EDFI_"):
                monkeypatch.setitem(app.config, name, value)
        monkeypatch.setattr(pages, "Ods", partial(Ods, pause=world.paused.append))
        school = SchoolFactory(identifier="400001")
        for _number in range(2):
            report(school)
        db.session.commit()
        yield world


def report(school: School) -> Incident:
    """Make a decided report with who caused harm, who was harmed, somebody from outside twice, and a removal."""
    incident: Incident = IncidentFactory(
        school_id=school.id, state=IncidentState.ROUTED, local_date=date(2026, 10, 5), narrative=CANARY
    )
    caused, harmed = StudentFactory(school=school), StudentFactory(school=school)
    person = {"incident_id": incident.id}
    fight = behavior_code("fight").id
    IncidentPersonFactory(**person, role=PersonRole.CAUSED_HARM, student_id=caused.id, behavior_code_id=fight)
    IncidentPersonFactory(**person, role=PersonRole.HARMED, student_id=harmed.id)
    for _number in range(2):
        IncidentPersonFactory(**person, role=PersonRole.WITNESS, kind=PersonKind.NOT_IDENTIFIED, student_id=None)
    DisciplineActionFactory(school_id=school.id, student_id=caused.id, incident_id=incident.id, reason=CANARY)
    return incident


def push(app: Flask, *more: str, status: int = 0) -> dict[str, Any]:
    """Run the command and return its document."""
    done = app.test_cli_runner().invoke(args=["edfi", "push", *YEAR, "--json", *more])
    assert done.exit_code == status, (done.stderr, done.exception)
    return dict(json.loads(done.stdout))


def counted(document: dict[str, Any], what: str) -> dict[str, int]:
    return {name: counts[what] for name, counts in document["files"].items() if what in counts}


def test_everything_is_sent_in_the_order_of_references_and_once(app: Flask, ods: World) -> None:
    document = push(app)
    assert document["problems"] == []
    assert counted(document, "created") == ods.count() == ALL
    assert CANARY not in json.dumps([list(rows.values()) for rows in ods.held.values()])
    [action, _other] = [body for _id, body in ods.held[ACTIONS].values()]
    [about] = action["studentDisciplineIncidentBehaviorAssociations"]
    assert set(about["studentDisciplineIncidentBehaviorAssociationReference"]) == {
        "incidentIdentifier", "schoolId", "studentUniqueId", "behaviorDescriptor",
    }  # fmt: skip
    assert all(len(body["externalParticipants"]) == 1 for _id, body in ods.held[INCIDENTS].values())
    disclosed = list(db.session.scalars(select(Disclosure)))
    assert (len(disclosed), {one.told_whom for one in disclosed}) == (4, {"State Board"})
    assert db.session.scalars(select(AuditEntry.action).where(AuditEntry.action == "edfi.pushed")).all()
    asked = len(ods.asked)
    assert counted(push(app), "unchanged") == ALL
    assert len(ods.asked) == asked, "what is unchanged is not sent again"
    assert db.session.scalar(select(func.count(Disclosure.id))) == 4, "nor told again"
    runs = db.session.scalars(select(ImportRun).where(ImportRun.kind == KIND)).all()
    assert [(run.source, run.landed) for run in runs] == [("127.0.0.1", True)] * 2


def test_what_was_withdrawn_or_corrected_is_so_there(app: Flask, ods: World) -> None:
    push(app)
    first, _second = db.session.scalars(select(Incident).order_by(Incident.id))
    first.state = IncidentState.SUBMITTED
    behavior_code("fight").edfi = "Other"
    removal = select(DisciplineAction).where(DisciplineAction.incident_id == first.id)
    db.session.scalars(removal).one().state = ActionState.REVERSED
    db.session.commit()
    document = push(app)
    assert document["problems"] == []
    assert counted(document, "deleted") == {INCIDENTS: 1, BEHAVIORS: 2, OTHERS: 1, ACTIONS: 1}
    assert ods.count() == {INCIDENTS: 1, BEHAVIORS: 1, OTHERS: 1, ACTIONS: 1}
    [(_id, behavior)] = ods.held[BEHAVIORS].values()
    assert behavior["behaviorDescriptor"].endswith("#Other")
    assert db.session.scalar(select(func.count(EdfiPushed.id))) == 4
    assert counted(push(app), "unchanged") == {INCIDENTS: 1, BEHAVIORS: 1, OTHERS: 1, ACTIONS: 1}


def test_what_cannot_be_deleted_is_named_and_tried_again(app: Flask, ods: World) -> None:
    push(app)
    [incident, _other] = db.session.scalars(select(Incident).order_by(Incident.id))
    incident.state = IncidentState.SUBMITTED
    db.session.commit()
    number, body = ods.held[OTHERS].popitem()[1]
    about = {"incidentIdentifier": incident.reference, "schoolId": 400001}
    ods.held[OTHERS]["of another system"] = number, {**body, "disciplineIncidentReference": about}  # type: ignore[index]
    document = push(app, status=3)
    words = f"{incident.reference}: not deleted: status 409: The item is referenced by another item."
    assert words in [one["message"] for one in document["problems"]]
    del ods.held[OTHERS]["of another system"]  # type: ignore[arg-type]
    assert push(app)["problems"] == []
    assert (incident.reference, 400001) not in ods.held[INCIDENTS]


def test_what_is_refused_is_named_with_its_reason_and_the_rest_goes_on(app: Flask, ods: World, client_as: Any) -> None:
    ods.unknown = {"OutOfNowhere"}
    person = db.session.scalars(select(IncidentPerson).where(IncidentPerson.role == PersonRole.CAUSED_HARM)).first()
    assert person is not None
    person.behavior_code_id = behavior_code("argument").id
    behavior_code("argument").edfi = "uri://district.example/BehaviorDescriptor#OutOfNowhere"
    boss = make_user(Role.SYSADMIN)
    db.session.commit()
    document = push(app, status=3)
    assert [(one["file"], one["message"].partition(": ")[2]) for one in document["problems"]] == [
        (INCIDENTS, "status 400: Descriptor value 'OutOfNowhere' does not exist."),
        (BEHAVIORS, "status 400: Descriptor value 'OutOfNowhere' does not exist."),
        (OTHERS, "status 409: The referenced item does not exist."),
        (ACTIONS, "status 400: Descriptor value 'OutOfNowhere' does not exist."),
    ]
    assert ods.count() == dict.fromkeys(ALL, 1), "the other report is there"
    run = db.session.scalars(select(ImportRun.id).where(ImportRun.kind == KIND)).one()
    page = client_as(boss).page(f"/system/imports/{run}")
    assert "status 400: Descriptor value" in page.text and INCIDENTS in page.text
    ods.unknown.clear()
    assert push(app)["problems"] == []
    assert ods.count() == ALL


def test_a_token_that_ends_and_a_server_that_is_busy_are_survived(app: Flask, ods: World) -> None:
    ods.uses, ods.first = 3, [429, 503, 500]
    assert push(app)["problems"] == []
    assert ods.paused[:3] == [7.0, 2.0, 4.0]
    assert ods.count() == ALL and ods.tokens > 2


def test_a_server_that_is_away_stops_the_push_and_the_next_goes_on(app: Flask, ods: World) -> None:
    ods.first = [500] * (3 * MOST_TRIES)
    document = push(app, status=1)
    assert [one["message"] for one in document["problems"]][-1].startswith("The server does not respond, or is busy.")
    run = db.session.scalars(select(ImportRun).where(ImportRun.kind == KIND)).one()
    assert not run.landed
    assert push(app)["problems"] == []
    assert ods.count() == ALL


def test_a_wrong_secret_sends_nothing_and_says_so(app: Flask, ods: World) -> None:
    ods.secret_is_right = False
    document = push(app, status=1)
    assert [one["message"] for one in document["problems"]] == ["The server returns no token for this key and secret."]
    assert ods.asked == []


def test_a_school_does_not_vanish_there_by_mistake(app: Flask, ods: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "FEW", 3)
    school = db.session.scalars(select(School)).one()
    push(app)
    for incident in db.session.scalars(select(Incident)):
        incident.state = IncidentState.SUBMITTED
    db.session.commit()
    document = push(app, status=3)
    assert [one["message"] for one in document["problems"]] == [
        f"{school.code}: 6 records were not deleted, because that is most of the school."
    ]
    assert ods.count() == ALL
    assert push(app, "--accept-shrink")["problems"] == []
    assert ods.count() == {INCIDENTS: 0, BEHAVIORS: 0, OTHERS: 0, ACTIONS: 2}
    school.identifier = "N/A"
    db.session.commit()
    push(app, "--accept-shrink")
    assert ods.count()[ACTIONS] == 2, "a school that lost its number loses nothing there"


def test_each_night_once_between_its_hours(app: Flask, ods: World, at: Any) -> None:
    assert push_due(clock.now()) == {}, "10 in the morning is no night"
    at("2026-11-25 01:10")
    assert push_due(clock.now()) == {"sent": 8, "deleted": 0, "refused": 0}
    assert push_due(clock.now()) == {}
    at("2026-11-26 01:10")
    assert push_due(clock.now()) == {"sent": 0, "deleted": 0, "refused": 0}


def test_a_night_that_failed_is_told_once_a_day_to_those_who_run_the_system(app: Flask, ods: World, at: Any) -> None:
    boss = make_user(Role.SYSADMIN)
    make_user(Role.DISTRICT)
    db.session.commit()
    away, told = [500] * (3 * MOST_TRIES), select(OutboxMessage.recipient_id).where(OutboxMessage.kind == FAILED)
    ods.first = list(away)
    push(app, status=1)
    assert db.session.scalars(told).all() == [], "whoever waits for the command reads it there"
    for hour in ("01", "02"):
        at(f"2026-11-25 {hour}:20")
        ods.first = list(away)
        assert push_due(clock.now())["refused"] > 0
        assert db.session.scalars(told).all() == [boss.id]
    at("2026-11-25 03:40")
    assert push_due(clock.now())["sent"] == 8
    at("2026-11-26 01:10")
    ods.unknown = {"Other"}
    behavior_code("fight").edfi = "Other"
    db.session.commit()
    assert push_due(clock.now())["refused"] > 0
    assert db.session.scalars(told).all() == [boss.id] * 2, "what the server did not take is told, too"
    at("2026-11-27 01:10")
    ods.unknown.clear()
    ran = ImportRun(kind=KIND, source="127.0.0.1", started_at=clock.now(), landed=False, report={"files": {}})
    db.session.add(ran)
    db.session.commit()
    at("2026-11-27 02:10")
    assert push_due(clock.now())["refused"] == 0
    last = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == FAILED)).all()[2:]
    assert [(mail.recipient_id, mail.object_id) for mail in last] == [(boss.id, ran.id)], "one that died half-way"


def test_without_settings_nothing_is_sent_and_the_command_says_so(app: Flask, session: Any) -> None:
    assert push_due(clock.now()) == {}
    done = app.test_cli_runner().invoke(args=["edfi", "push", *YEAR])
    assert (done.exit_code, done.stderr) == (1, "Refused: WSS_EDFI_URL is not set: there is no ODS/API to send to.\n")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"WSS_EDFI_KEY": ""}, "WSS_EDFI_URL needs"),
        ({"WSS_EDFI_STANDARD": "6.0"}, "write one of 4.0, 5.0, 5.1, 5.2"),
        ({"WSS_EDFI_HOURS": "5-2"}, "two hours of the day"),
        ({"WSS_EDFI_DISCLOSED": "State Board"}, "to whom; by which right; what for"),
        ({"WSS_EDFI_URL": f"http://x/{'y' * 200}"}, "at most 200"),
    ],
)
def test_its_settings_are_checked_at_the_start(tmp_path: Path, wrong: dict[str, str], words: str) -> None:
    whole = {
        "WSS_EDFI_URL": "http://x/data/v3", "WSS_EDFI_TOKEN_URL": "http://x/oauth/token", "WSS_EDFI_KEY": "us",
        "WSS_EDFI_SECRET": "s",
    }  # fmt: skip
    assert tuple(VERSIONS) == STANDARDS and config.from_environment(whole, tmp_path)["EDFI_HOURS"] is None
    with pytest.raises(RuntimeError, match=words):
        config.from_environment({**whole, **wrong}, tmp_path)
