"""Who may know of what an adult is said to have done: pages, lists, counts and mails say the same of everyone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, UserFactory, acting, make_user
from tests.factories.base import fresh
from tests.factories.cases import CaseFactory, CaseIncidentFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import IncidentPersonFactory, make_incident
from tests.factories.roster import SchoolFactory, StaffMemberFactory, StudentFactory
from tests.intake.making import route
from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import can
from wss_cases.cases.case.queries import visible_to as cases_visible
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import visible_to as follow_ups_visible
from wss_cases.foundation.db import db
from wss_cases.incidents.incident import models
from wss_cases.incidents.incident.models import Alarm, Incident, alarm_of
from wss_cases.incidents.incident.queries import visible_to
from wss_cases.incidents.incident.states import KeptFrom, PersonKind, PersonRole, Tile
from wss_cases.journal.models import OutboxMessage

STATED, UNKNOWN, SENT_ON = {"adult_conduct": True}, {"adult_conduct": "unknown"}, {"sent_on": ["adult_conduct"]}


class Town:
    """A school of a network with its team, and whoever else has a role that reaches it."""

    def __init__(self) -> None:
        self.school = SchoolFactory(network="North")
        other = SchoolFactory(network="South")
        self.student = StudentFactory(school=self.school)
        self.people = {
            "reporter": make_user(Role.REPORTER, self.school),
            "teacher": make_user(Role.REPORTER, self.school),
            "dean": make_user(Role.DEAN, self.school),
            "other_dean": make_user(Role.DEAN, self.school),
            "coordinator": make_user(Role.COORDINATOR, self.school),
            "principal": make_user(Role.ADMINISTRATOR, self.school),
            "assistant": make_user(Role.ADMINISTRATOR, self.school),
            "of_two": make_user(Role.ADMINISTRATOR, self.school),
            "elsewhere": make_user(Role.ADMINISTRATOR, other),
            "district": make_user(Role.DISTRICT),
            "north": UserFactory(),
            "south": UserFactory(),
        }
        RoleGrantFactory(user_id=self.people["of_two"].id, role=Role.COORDINATOR, school_id=other.id)
        for network in ("North", "South"):
            person = self.people[network.lower()]
            RoleGrantFactory(user_id=person.id, role=Role.DISTRICT, network=network)

    def staff(self, who: str, *, by_email: bool = False, **more: Any) -> Any:
        user = self.people[who]
        tie = {"email": user.email.upper()} if by_email else {"user_id": user.id}
        return StaffMemberFactory(school_id=self.school.id, school=self.school, **(tie | more))

    def report(self, facts: dict[str, Any], *adults: Any, role: PersonRole = PersonRole.INVOLVED) -> Incident:
        """Return a routed report of danger now, in which a student was harmed and these adults stand."""
        report = make_incident(
            self.school, [self.student], PersonRole.HARMED, facts=facts, danger_now=True,
            reporter_id=self.people["reporter"].id, narrative="He grabbed her by the arm.",
        )  # fmt: skip
        for staff in adults:
            IncidentPersonFactory(incident_id=report.id, kind=PersonKind.STAFF, staff_id=staff.id, role=role)
        db.session.expire(report, ["people"])
        route(report)
        return fresh(report)

    def readers(self, report: Incident) -> set[str]:
        """Return who may read a report; the list and the record must agree."""
        able = {name for name, user in self.people.items() if can(acting(user), P.INCIDENT_READ, report)}
        for name, user in self.people.items():
            shown = db.session.scalars(visible_to(select(Incident.id), acting(user))).all()
            assert (report.id in shown) == (name in able), name
        return able

    def mailed(self, report: Incident) -> set[str]:
        """Return who is written to of a report, or of what hangs on it: by the mail of danger."""
        sent = select(OutboxMessage.recipient_id).where(
            OutboxMessage.kind == "incident.danger", OutboxMessage.object_id == report.id
        )
        ids = set(db.session.scalars(sent))
        return {name for name, user in self.people.items() if user.id in ids}


@pytest.fixture
def town(session: Any, at: Any) -> Town:
    at("2026-11-24 11:00")
    return Town()


HEADS = {"principal", "assistant", "of_two"}
TEAM = {"dean", "other_dean", "coordinator"} | HEADS
CASES: dict[str, tuple[Callable[[Town], Incident], KeptFrom | None, set[str], set[str]]] = {
    "nothing is said of an adult": (
        lambda town: town.report({}, town.staff("teacher")), None, TEAM, TEAM - {"coordinator"},
    ),
    "a teacher, by account": (
        lambda town: town.report(STATED, town.staff("teacher")), KeptFrom.NAMED, TEAM, TEAM - {"coordinator"},
    ),
    "a dean, unknown": (
        lambda town: town.report(UNKNOWN, town.staff("dean")),
        KeptFrom.NAMED, TEAM - {"dean"}, TEAM - {"dean", "coordinator"},
    ),
    "a dean, by email, sent on": (
        lambda town: town.report(SENT_ON, town.staff("dean", by_email=True)),
        KeptFrom.NAMED, TEAM - {"dean"}, TEAM - {"dean", "coordinator"},
    ),
    "a coordinator who is marked": (
        lambda town: town.report({}, town.staff("coordinator"), role=PersonRole.CAUSED_HARM),
        KeptFrom.NAMED, TEAM - {"coordinator"}, TEAM - {"coordinator"},
    ),
    "a dean who saw it": (
        lambda town: town.report(UNKNOWN, town.staff("dean"), role=PersonRole.WITNESS),
        None, TEAM, TEAM - {"coordinator"},
    ),
    "nobody named, stated": (
        lambda town: town.report(STATED), KeptFrom.TEAM, HEADS | {"district", "north"}, HEADS | {"district", "north"},
    ),
    "nobody named, sent on": (
        lambda town: town.report(SENT_ON), KeptFrom.TEAM, HEADS | {"district", "north"}, HEADS | {"district", "north"},
    ),
    "nobody named, unknown": (lambda town: town.report(UNKNOWN), None, TEAM, TEAM - {"coordinator"}),
    "the principal": (
        lambda town: town.report(STATED, town.staff("principal")),
        KeptFrom.SCHOOL, {"of_two", "district", "north"}, {"of_two"},
    ),
    "the principal of the roster, who has no account": (
        lambda town: town.report(STATED, StaffMemberFactory(school=town.school, role="Principal")),
        KeptFrom.SCHOOL, {"of_two", "district", "north"}, {"of_two"},
    ),
    "the one administrator who works elsewhere too": (
        lambda town: town.report(STATED, town.staff("of_two")),
        KeptFrom.SCHOOL, {"district", "north"}, {"district", "north"},
    ),
}  # fmt: skip


@pytest.mark.both_databases
@pytest.mark.parametrize("name", CASES)
def test_page_list_and_mail_agree_on_who_may_know(town: Town, name: str) -> None:
    make, kept, readers, mailed = CASES[name]
    report = make(town)
    assert report.kept_from is kept
    assert town.readers(report) == readers | {"reporter"}
    assert town.mailed(report) == mailed


def test_nobody_is_left_at_a_school_whose_one_dean_it_is_about(town: Town) -> None:
    for name in ("other_dean", "principal", "assistant", "of_two"):
        db.session.delete(town.people[name].grants[0])
    db.session.commit()
    report = town.report(STATED, town.staff("dean"))
    assert report.kept_from is KeptFrom.SCHOOL
    assert town.mailed(report) == {"district", "north"}


def test_whoever_reported_it_reads_it_though_they_are_of_the_team(town: Town) -> None:
    report = town.report(STATED)
    report.reporter_id = town.people["dean"].id
    db.session.commit()
    assert "dean" in town.readers(fresh(report)) and "other_dean" not in town.readers(fresh(report))


def test_what_hangs_on_it_is_kept_from_them_too(town: Town) -> None:
    report = town.report(STATED, town.staff("dean"))
    case = CaseFactory(school_id=town.school.id)
    CaseIncidentFactory(case_id=case.id, incident_id=report.id)
    rows = [
        FollowUpFactory(school_id=town.school.id, incident_id=report.id),
        FollowUpFactory(school_id=town.school.id, case_id=case.id),
        FollowUpFactory(school_id=town.school.id, case_id=case.id, owner_id=town.people["dean"].id),
    ]
    for name, seen in (("dean", False), ("other_dean", True)):
        actor = acting(town.people[name])
        assert (case.id in db.session.scalars(cases_visible(select(type(case).id), actor)).all()) is seen
        assert can(actor, P.CASE_READ, case) is seen
        listed = db.session.scalars(follow_ups_visible(select(FollowUp.id), actor)).all()
        assert [row.id in listed for row in rows] == [seen] * 3
        assert [can(actor, P.FOLLOWUP_READ, row) for row in rows] == [seen] * 3


def test_no_page_of_the_adult_tells_of_it(town: Town, client_as: Callable[[Any], Any]) -> None:
    report = town.report(STATED, town.staff("dean"), role=PersonRole.CAUSED_HARM)
    same = make_incident(town.school, [town.student], PersonRole.HARMED, narrative="They were loud.")
    pages = ("/incidents", "/review", "/my-day", "/duties", f"/students/{town.student.id}", f"/review/{same.id}")
    for name, seen in (("dean", False), ("other_dean", True)):
        client = client_as(town.people[name])
        texts = {page: client.get(page).get_data(as_text=True) for page in pages}
        found = {
            page
            for page, text in texts.items()
            if report.reference in text or f"/incidents/{report.id}" in text or f"/review/{report.id}" in text
        }
        assert found == (set(pages) if seen else set()), name
        assert client.get(f"/incidents/{report.id}").status_code == (200 if seen else 404)
        assert client.get(f"/review/{report.id}").status_code == (200 if seen else 404)
    assert "grabbed" not in client_as(town.people["other_dean"]).get("/review").get_data(as_text=True)


def test_the_districts_office_reads_it_and_what_the_law_asks(town: Town, client_as: Callable[[Any], Any]) -> None:
    report, plain = town.report(STATED, town.staff("principal"), role=PersonRole.CAUSED_HARM), town.report({})
    client = client_as(town.people["north"])
    assert client.get(f"/incidents/{report.id}").status_code == 200
    assert client.get(f"/incidents/{plain.id}").status_code == 404
    page = client.get("/incidents").get_data(as_text=True)
    assert report.reference in page and plain.reference not in page
    assert report.reference in client.get("/duties").get_data(as_text=True)


def test_the_name_is_masked_once_it_is_unfounded(town: Town, client_as: Callable[[Any], Any]) -> None:
    staff = town.staff("dean", name="Quillon Ambersley")
    report = town.report(STATED, staff)
    client = client_as(town.people["other_dean"])
    assert staff.name in client.get(f"/incidents/{report.id}").get_data(as_text=True)
    report.outcome_reason = "unfounded"
    db.session.commit()
    assert staff.name not in client.get(f"/incidents/{report.id}").get_data(as_text=True)


def test_a_planted_filter_is_found(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    report = town.report(STATED, town.staff("dean"))
    monkeypatch.setattr(models.Incident, "is_closed_to", lambda self, actor: False)
    with pytest.raises(AssertionError, match="dean"):
        town.readers(report)


GUN = {"sign": "gun", "from": "word", "facts": ["weapon", "gun_violence_threat"]}
BOMB = {"sign": "bomb", "from": "word", "facts": ["fire_or_bomb"]}
TOUCH = {"sign": "touch", "from": "word", "facts": ["sexual"]}
BELT = {"sign": "belt", "from": "word", "facts": ["abuse_suspected"]}


def answered(sign: dict[str, Any], answer: str) -> list[dict[str, Any]]:
    return [{**sign, "answer": answer}]


@pytest.mark.parametrize(
    ("facts", "signs", "tile", "alarm"),
    [
        ({}, [], "fight", None),
        ({"imminent_danger": True}, [], "fight", Alarm.DANGER),
        ({"imminent_danger": False}, [], "fight", None),
        # the tile, unless it was answered that it was none
        ({}, [], "weapon", Alarm.WEAPON),
        ({"weapon": "unknown"}, [], "weapon", Alarm.WEAPON),
        ({"weapon": "lookalike"}, [], "weapon", None),
        ({"weapon": "none"}, [], "weapon", None),
        # an answer that states it, or leaves it at maybe
        ({"weapon": "firearm"}, [], "fight", Alarm.WEAPON),
        ({"weapon": "maybe_firearm"}, [], "other", Alarm.WEAPON),
        ({"weapon": "other"}, [], "threat", Alarm.WEAPON),
        ({"weapon": "lookalike", "gun_violence_threat": True}, [], "weapon", Alarm.WEAPON),
        ({"fire_or_bomb": True}, [], "threat", Alarm.WEAPON),
        ({"fire_or_bomb": "unknown", "maybe": ["fire_or_bomb"]}, [], "threat", Alarm.WEAPON),
        ({"fire_or_bomb": False, "maybe": ["fire_or_bomb"]}, [], "threat", None),
        # what is only unknown is marked, and wakes nobody
        ({"weapon": "unknown", "gun_violence_threat": "unknown", "fire_or_bomb": "unknown"}, [], "threat", None),
        # the reporter's confirmation
        ({"weapon": "unknown"}, answered(GUN, "yes"), "fight", Alarm.WEAPON),
        ({"weapon": "unknown"}, answered(GUN, "maybe"), "fight", Alarm.WEAPON),
        ({"weapon": "unknown"}, answered(GUN, "figure"), "fight", None),
        ({"weapon": "unknown"}, answered(GUN, ""), "fight", None),
        ({"weapon": "none", "gun_violence_threat": False}, answered(GUN, "yes"), "fight", None),
        ({"fire_or_bomb": "unknown"}, answered(BOMB, "maybe"), "fight", Alarm.WEAPON),
        # sexual contact is stated or it is none
        ({"sexual": "contact"}, [], "other", Alarm.SEXUAL),
        ({"sexual": "harassment"}, [], "other", None),
        ({"sexual": "image"}, [], "other", None),
        ({"sexual": "unknown", "sent_on": ["sexual"]}, [], "hurtful_words", None),
        ({"sexual": "unknown"}, answered(TOUCH, "yes"), "other", Alarm.SEXUAL),
        ({"sexual": "unknown"}, answered(TOUCH, "maybe"), "other", None),
        ({"abuse_suspected": "unknown"}, answered(BELT, "yes"), "other", None),
        ({"bias": True, "self_harm": True, "substance": "cannabis"}, [], "substance", None),
    ],
)
def test_what_is_an_alarm(facts: dict[str, Any], signs: list[dict[str, Any]], tile: str, alarm: Alarm | None) -> None:
    assert alarm_of(facts, signs, tile, danger_now=False) is alarm


def test_danger_now_comes_before_everything_else() -> None:
    for tile in Tile:
        assert alarm_of({"sexual": "contact", "weapon": "none"}, [], tile, danger_now=True) is Alarm.DANGER


def test_only_the_tile_of_weapons_is_an_alarm_by_itself() -> None:
    assert [tile for tile in Tile if alarm_of({}, [], tile, danger_now=False)] == [Tile.WEAPON]
