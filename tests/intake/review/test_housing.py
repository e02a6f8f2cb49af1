"""A need for housing support is shown to the coordinator alone; deans decide and see nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW, WALL, Place, route
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import Case
from wss_cases.casework.case_list.queries import CaseFilter, Sorting, case_rows
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import visible_to as follow_ups_visible
from wss_cases.followups.core.states import KINDS, LIAISON
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.corrections.changes.queries import changes_for
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.common.follow_ups import follow
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import visible_to as pathways_visible
from wss_cases.pathways.referrals.referral.states import FOLLOW_UPS
from wss_cases.roster.directory.models import Student
from wss_cases.workday.digest.weekly import weekly_count

BEHIND = ("follow_ups?choice=liaison", "funnel?choice=wraparound&step=proposed", "funnel?step=proposed")
"""Lists behind figures: two that hold nothing but the need, and one with the other pathways of the report."""
PARTNERS = [str(KINDS[kind]) for kind in FOLLOW_UPS]
WORDS = ("Basic needs support", "basic needs", "liaison", "Housing")


def test_no_dean_sees_that_a_student_needs_housing_support(
    session: Any, at: Callable[..., Any], client_as: Callable[[Any], Any]
) -> None:
    at(WALL)
    place = Place()
    student = StudentFactory(school=place.school, has_housing_support=True)
    report = place.report(
        (student, PersonRole.CAUSED_HARM), (place.students[1], PersonRole.HARMED), narrative="A fight.", injury="minor"
    )
    report_id, actors = report.id, [acting(place.coordinator), acting(place.dean)]
    dean, coordinator = client_as(place.dean), client_as(place.coordinator)
    for address in ("/review", f"/review/{report.id}", f"/students/{student.id}"):
        page = dean.page(address).text
        assert not [word for word in WORDS if word in page], address
    kept = dean.page(f"/review/{report.id}/otherwise").find_all("input")
    assert not [one for one in kept if one.get("name") == "keep" and "housing" in str(one.get("value"))]
    assert "Housing support" in coordinator.page(f"/students/{student.id}").text
    decided = dean.submit(
        f"/review/{report.id}/otherwise",
        {"reason": "other", "reason_text": "A case is right.", "open_case": "y"},
        holding="reason_text",
    )
    assert decided.status_code == 303, decided.text
    (case,) = db.session.scalars(select(Case))
    (made,) = db.session.scalars(select(Pathway).where(Pathway.kind == "housing_basic_needs"))
    (told,) = db.session.scalars(select(FollowUp).where(FollowUp.kind == LIAISON))
    assert told.owner_id == place.coordinator.id, "not the dean's who decides, as its template says of others"
    told.due_on = date(2026, 11, 20)
    db.session.commit()
    with unit_of_work(SYSTEM, NOW) as uow:
        asked = [follow(uow, made, kind, told.due_on) for kind in FOLLOW_UPS]
    assert weekly_count(acting(place.administrator), NOW.date(), NOW).at_schools == 0
    for who, sees in ((make_user(Role.DEAN, place.school), False), (place.coordinator, True)):
        actor = acting(who)
        assert (
            db.session.scalar(pathways_visible(select(Pathway.id).where(Pathway.id == made.id), actor)) is not None
        ) is sees
        client = client_as(who)
        for row in (told, *asked):
            one = select(FollowUp.id).where(FollowUp.id == row.id)
            assert (db.session.scalar(follow_ups_visible(one, actor)) is not None) is sees
            assert (can(actor, Permission.FOLLOWUP_WORK, row), client.get(f"/follow-ups/{row.id}").status_code) == (
                (True, 200) if sees else (False, 404)
            )
        for address in (f"/cases/{case.id}?tab=all", f"/cases/{case.id}?tab=history", "/follow-ups?whose=school"):
            shown = client.page(address).text
            assert any(words in shown for words in PARTNERS) is sees, address
        (listed,) = case_rows(actor, CaseFilter(), NOW, Sorting())
        assert (listed.overdue, listed.live) == ((4, 2) if sees else (0, 1))
        history = client.page(f"/cases/{case.id}?tab=history").text
        assert bool([word for word in WORDS if word in history]) is sees
        for address in ([f"/cases/{case.id}?tab=p{one.id}" for one in db.session.scalars(select(Pathway))]
                        + [f"/cases/{case.id}/print?section=history"]):  # fmt: skip
            assert sees or not [word for word in WORDS if word in client.get(address).text], address
        lists = [client.page(f"/outcomes/behind/{list_}&year=2026-27").find_all("main")[0].text for list_ in BEHIND]
        assert [student.shown_name in rows for rows in lists] == [sees, sees, True], "the figures count it all the same"
        closing = client.page(f"/cases/{case.id}/close")
        assert bool([word for word in WORDS if word in closing.text]) is sees
        assert ("Something that only the coordinator sees has not ended." in closing.text) is not sees
        assert any(link.get("href").endswith(f"/pathways/{made.id}") for link in closing.find_all("a")) is sees
    _called_for_no_more(report_id, actors, dean, at("2026-11-24 12:00"))


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
