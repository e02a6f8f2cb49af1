"""Who has left a school no longer reaches there even what was their own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, make_user
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.mentoring import MentorFactory, MentoringGroupFactory, MentoringPlanFactory
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.pathways.referrals.making import make_scene, sent
from wss_cases.access.actor import CASE_TEAM, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.followups.core.models import ActKind, FollowUpAct
from wss_cases.foundation import clock
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.pathways.common.models import PathwayState

STAFF_ROLES = (Role.REPORTER, *sorted(CASE_TEAM))


@pytest.fixture(params=STAFF_ROLES)
def moved(request: Any, session: Any, client_as: Any) -> dict[str, Any]:
    """A person who reported and was to do something at one school, and then went to another in the same role."""
    left, now_at = SchoolFactory(), SchoolFactory()
    user = make_user(request.param, left)
    student = StudentFactory(school=left, given_name="Zephyrine", family_name="Quillfeather")
    incident = make_incident(left, [student], reporter_id=user.id, state=IncidentState.RETURNED)
    follow_up = FollowUpFactory(school_id=left.id, incident_id=incident.id, owner_id=user.id)
    client = client_as(user)
    assert client.get(f"/incidents/{incident.id}").status_code == 200
    assert client.get(f"/follow-ups/{follow_up.id}").status_code == 200
    grant = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user.id))
    grant.ends_on = clock.now().date() - timedelta(days=2)
    RoleGrantFactory(user_id=user.id, role=request.param, school_id=now_at.id, starts_on=date(2026, 8, 1))
    return {"client": client, "incident": incident, "follow_up": follow_up}


def test_own_reports_and_follow_ups_stay_with_the_school(moved: dict[str, Any]) -> None:
    client, incident, follow_up = moved["client"], moved["incident"], moved["follow_up"]
    report, task = f"/incidents/{incident.id}", f"/follow-ups/{follow_up.id}"
    for address in (
        *(report, f"{report}/details", f"{report}/details/check", f"{report}/saved", f"{report}/contacts/new"),
        *(task, f"{task}/move", f"{task}/hand-on", f"{task}/cancel", f"{task}/pause"),
        f"/follow-ups/re-plan?id={follow_up.id}",
    ):
        assert client.get(address).status_code == 404, address
    token = client.csrf_token("/account")
    for address in (f"{report}/addendum", f"{report}/answer", f"{report}/details/draft", task):
        answer = client.post(address, data={"csrf_token": token, "text": "More", "answer": "Yes"})
        assert answer.status_code == 404, address
    wanted = {"csrf_token": token, "move": f"{follow_up.id}.1.2026-12-01", "reason": "asked"}
    assert client.post("/follow-ups/re-plan/move", data=wanted).status_code == 404


def test_what_was_just_done_there_is_not_taken_back_from_elsewhere(moved: dict[str, Any], session: Any) -> None:
    client, row = moved["client"], moved["follow_up"]
    act = FollowUpAct(
        batch="b" * 32, user_id=row.owner_id, follow_up_id=row.id, school_id=row.school_id, kind=ActKind.MOVED,
        at=clock.now(), version=row.version, before={"due_on": "2026-11-16"},
    )  # fmt: skip
    session.add(act)
    session.commit()
    due_on = row.due_on
    sent = {"csrf_token": client.csrf_token("/account"), "batch": act.batch}
    assert client.post("/follow-ups/undo", data=sent).status_code == 404
    assert fresh(row).due_on == due_on
    assert "Undo" not in client.page("/my-day").text


def test_no_list_shows_them(moved: dict[str, Any]) -> None:
    client, reference = moved["client"], moved["incident"].reference
    for address in ("/my-day", "/incidents", "/incidents?state=todo", "/follow-ups", "/follow-ups?whose=school"):
        page = client.get(address)
        assert page.status_code == 200, address
        assert reference not in page.get_data(as_text=True), address


ROOMS = frozenset(
    {"casework", "case_acts", "case_moves", "case_print", "conversations", "mentoring", "mentoring_card"}
    | {"mentoring_sessions", "mentors", "pathway_acts", "pathway_ends", "pathways", "reengagement"}
    | {"referral_consent", "referral_service", "referrals", "returns", "students"}
)
"""Rooms in which a case, a pathway or a student of one school is worked."""


def test_whoever_worked_a_case_or_mentored_reaches_none_of_it(session: Any, app: Any, client_as: Any) -> None:
    scene = make_scene()
    referral_id = sent(scene)
    mentored = make_user(Role.REPORTER, scene.world.school)
    mentor = MentorFactory(school_id=scene.world.school.id, user_id=mentored.id)
    talk, meeting, back = (
        PathwayFactory(
            case_id=scene.world.case.id, school_id=scene.world.school.id, kind=kind, state=PathwayState.ACTIVE,
            participant_id=scene.world.people[0].id, owner_id=scene.world.coordinator.id,
        )
        for kind in ("conversation", "one_to_one", "reentry_circle")
    )  # fmt: skip
    place = {"case_id": scene.world.case.id, "school_id": scene.world.school.id}
    MentoringPlanFactory(pathway_id=meeting.id, mentor_id=mentor.id, **place)
    group = MentoringGroupFactory(school_id=scene.world.school.id, mentor_id=mentor.id)
    values = {
        "case_id": scene.world.case.id, "participant_id": scene.world.people[0].id, "referral_id": referral_id,
        "student_id": scene.world.students[0].id, "mentor_id": mentor.id, "group_id": group.id,
    }  # fmt: skip
    pathways = [row.id for row in (scene.pathway, talk, meeting, back)]
    people = {"coordinator": scene.world.coordinator, "mentor": mentored}
    assert client_as(mentored).get(f"/mentoring/{meeting.id}").status_code == 200
    assert client_as(scene.world.coordinator).get(f"/cases/{scene.world.case.id}").status_code == 200
    elsewhere = SchoolFactory()
    for user in people.values():
        grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)).one()
        grant.ends_on = clock.now().date() - timedelta(days=2)
        RoleGrantFactory(user_id=user.id, role=grant.role, school_id=elsewhere.id, starts_on=date(2026, 8, 1))
    session.commit()
    reached, tried = [], 0
    for who, user in people.items():
        client = client_as(user)
        token = client.csrf_token("/account")
        for rule in app.url_map.iter_rules():
            if rule.endpoint.split(".")[0] not in ROOMS or not rule.arguments:
                continue
            for pathway_id in pathways if "pathway_id" in rule.arguments else pathways[:1]:
                if rule.arguments - {*values, "pathway_id"}:
                    continue
                built = rule.build({**values, "pathway_id": pathway_id})
                assert built is not None
                for method in sorted({"GET", "POST"} & (rule.methods or set())):
                    data = {"csrf_token": token} if method == "POST" else None
                    status = client.open(built[1], method=method, data=data).status_code
                    tried += 1
                    reached += [f"{who} {method} {built[1]}: {status}"] if status != 404 else []
    assert tried > 200
    assert not reached, "\n".join(reached)
