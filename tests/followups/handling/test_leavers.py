"""What somebody had open when they left is never nobody's: who takes it over, what that leaves, whom it tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.factories.cases import CaseFactory, PathwayFactory
from tests.followups.reminders.making import At, Place, make_place
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.accounts.people.pages import end_role, set_enabled
from wss_cases.accounts.sign_in.sessions.actions import OWN_ROLE_ENDED, ROLES_CHANGED
from wss_cases.cases.case.models import CaseState
from wss_cases.casework.case_page.acts import hand_over
from wss_cases.casework.next_act import Stuck
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.states import LIAISON
from wss_cases.followups.reminders.rules import reassignee
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.mail.delivery.messages import compose
from wss_cases.pathways.common.models import PathwayState
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.workday.digest.sweep import NO_COORDINATOR

MONDAY, LATER = date(2026, 11, 16), date(2026, 12, 15)
GIVEN = "followups.given"


def disable(place: Place, who: str) -> None:
    set_enabled(SYSTEM, place.ids[who], False, None, clock.now())


def end_roles(place: Place, who: str, *roles: Role) -> None:
    """End some or all of somebody's roles; they are told of that at once, before any sweep."""
    grants = select(RoleGrant).where(RoleGrant.user_id == place.ids[who], RoleGrant.role.in_(roles or Role))
    for grant in db.session.scalars(grants).all():
        end_role(SYSTEM, place.ids[who], grant.id, clock.now())
    told = db.session.execute(
        select(OutboxMessage.id, OutboxMessage.recipient_id, OutboxMessage.kind).where(OutboxMessage.id > place.seen)
    ).all()
    assert (place.ids[who], OWN_ROLE_ENDED) in {(recipient, kind) for _number, recipient, kind in told}
    assert {kind for _number, _recipient, kind in told} <= {OWN_ROLE_ENDED, ROLES_CHANGED}, "of the role alone"
    place.seen = max(number for number, _recipient, _kind in told)


@pytest.mark.parametrize("leave", [disable, end_roles])
def test_all_of_it_goes_to_the_lead_at_once_and_one_mail_says_so(
    session: Any, at: At, leave: Callable[[Place, str], None]
) -> None:
    place = make_place()
    asleep = {"snoozed_until": date(2026, 11, 18), "snooze_count": 1, "snooze_reason": "waiting"}
    rows = [
        place.due(MONDAY),
        place.due(MONDAY, kind="safety_plan", **asleep),
        place.due(LATER, kind="circle", single_mail=False),
    ]
    assert place.sweep(at("2026-11-16 06:30")) == {"owner followup.due", "owner digest"}
    at("2026-11-16 10:00")
    leave(place, "owner")
    assert place.sweep(at("2026-11-16 10:01")) == {f"lead {GIVEN}", "lead followup.due"}
    assert place.sweep(at("2026-11-16 10:02")) == set()
    lead = fresh(place.people["lead"])
    for row in rows:
        assert (fresh(row).owner_id, fresh(row).snoozed_until) == (lead.id, None)
        [entry] = db.session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "followup.left", TimelineEntry.subject_id == row.id)
        )
        assert (entry.case_id, entry.data["owner"]) == (row.case_id, lead.name)
        [noted] = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "followup.left", AuditEntry.object_id == row.id)
        )
        assert noted.changes["owner_id"] == [place.ids["owner"], lead.id]


@pytest.mark.parametrize(
    ("gone", "covered", "expected"),
    [((), False, "lead"), (("lead",), True, "dean"), (("lead",), False, "other"), (("lead", "other"), False, "admin")],
)
def test_who_takes_over(session: Any, at: At, gone: tuple[str, ...], covered: bool, expected: str) -> None:
    at("2026-11-16 10:00")
    place = make_place()
    # busier than "other", so that he would come last
    CaseFactory(school_id=place.school.id, lead_id=place.ids["lead"], state=CaseState.IN_PROCESS)
    row = place.due(LATER)
    if covered:
        place.cover("owner", "dean", MONDAY, LATER)
    for who in (*gone, "owner"):
        end_roles(place, who)
    place.sweep(at("2026-11-16 10:01"))
    assert fresh(row).owner_id == place.ids[expected]


@pytest.mark.parametrize("others", [("lead", "other"), ()])
def test_what_tells_of_a_need_for_housing_goes_to_coordinators_alone(
    session: Any, at: At, others: tuple[str, ...]
) -> None:
    now = at("2026-11-16 10:00")
    place = make_place()
    case = place.case("owner")
    need = PathwayFactory(
        kind=Kind.HOUSING_BASIC_NEEDS.value, state=PathwayState.ACTIVE, case_id=case.id, school_id=place.school.id,
        owner_id=place.ids["owner"],
    )  # fmt: skip
    row, same_day = {"lead": "owner"}, {"kind": LIAISON, "same_day": True}
    told, of_pathway = place.due(MONDAY, **row, **same_day), place.due(MONDAY, **row, pathway_id=need.id)
    nobodys, covered = place.due(MONDAY, None, **row, **same_day), place.due(MONDAY, lead="none", **same_day)
    hand_over(Invocation(acting(place.people["owner"]), now), case.id, to=place.ids["dean"], note="Yours.")
    place.cover("owner", "admin", MONDAY, LATER)
    place.seen = max(db.session.scalars(select(OutboxMessage.id)))
    for who in {"owner", "lead", "other"}.difference(others):
        end_roles(place, who)
    queued = place.sweep(at("2026-11-19 10:01"))
    of_school = set() if others else {f"admin {NO_COORDINATOR}"}
    assert {words for words in queued if words.split()[0] in ("dean", "admin")} <= {"admin digest", *of_school}, queued
    assert of_school <= queued, "that nobody there may know, whatever waits"
    digests = db.session.scalars(select(OutboxMessage).filter_by(kind="digest", recipient_id=place.ids["admin"]))
    assert [one for one in digests if compose(one, at("2026-11-19 10:02"))] == [], "of nothing they may know"
    for late in db.session.scalars(select(OutboxMessage).filter_by(kind="followup.late", object_id=told.id)):
        said = compose(late, at("2026-11-19 10:02"))
        assert said and "you are next in line to see to it" in said.get_body().get_content(), "a dean leads its case"
    rows, heir = (told, of_pathway, nobodys, covered), place.ids["lead"]
    if not others:
        kept = place.ids["owner"]
        assert [fresh(one).owner_id for one in rows] == [kept, kept, None, kept]
        heir = place.join("newcomer", Role.COORDINATOR).id
        assert f"newcomer {GIVEN}" in place.sweep(at("2026-11-20 10:01"))
    assert {fresh(one).owner_id for one in rows} == {heir}


@pytest.mark.both_databases
def test_what_a_dean_could_not_have_goes_to_the_coordinator_after_them(session: Any, at: At) -> None:
    now = at("2026-11-16 10:00")
    place = make_place()
    case, hung = place.case("owner"), {"lead": "owner"}
    need = PathwayFactory(
        kind=Kind.HOUSING_BASIC_NEEDS.value, state=PathwayState.ACTIVE, case_id=case.id, school_id=place.school.id,
        owner_id=place.ids["owner"],
    )  # fmt: skip
    rows = place.due(LATER, **hung, kind=LIAISON), place.due(LATER, **hung, pathway_id=need.id), need
    colleagues = place.due(LATER, "lead", **hung, kind=LIAISON)
    plain = place.due(LATER, **hung)
    for giver, to, keeps in (("owner", "dean", "owner"), ("dean", "admin", "owner"), ("admin", "other", "other")):
        hand_over(Invocation(acting(place.people[giver]), now), case.id, to=place.ids[to], note="Yours.")
        assert {fresh(one).owner_id for one in rows} == {place.ids[keeps]}, to
        assert fresh(plain).owner_id == place.ids[to]
    assert fresh(colleagues).owner_id == place.ids["lead"], "what never was the lead's"
    mine = place.due(LATER, "owner", **hung, kind=LIAISON)
    hand_over(Invocation(acting(place.people["other"]), now), case.id, to=place.ids["lead"], note="Yours.")
    assert fresh(mine).owner_id == place.ids["owner"], "after one who could know of it, it is theirs who have it"


def test_nobodys_goes_the_same_way(session: Any, at: At) -> None:
    at("2026-11-16 10:00")
    place = make_place()
    nobodys, report = place.due(LATER, owner=None), place.due(LATER, owner=None, lead="none")
    assert place.sweep(at("2026-11-16 10:01")) == {f"lead {GIVEN}", f"owner {GIVEN}"}
    assert fresh(nobodys).owner_id == place.ids["lead"]
    assert fresh(report).owner_id == place.ids["owner"], "the coordinator with the fewest open cases"


def test_at_a_school_without_anybody_it_waits_for_the_first(session: Any, at: At) -> None:
    at("2026-11-16 10:00")
    place = make_place()
    row = place.due(MONDAY, lead="none")
    for who in place.ids:
        disable(place, who)
    assert place.sweep(at("2026-11-17 10:00")) == set()
    assert fresh(row).owner_id == place.ids["owner"]
    newcomer = place.join("newcomer", Role.ADMINISTRATOR)
    assert place.sweep(at("2026-11-17 10:01")) == {f"newcomer {GIVEN}", "newcomer followup.due"}
    assert fresh(row).owner_id == newcomer.id


def test_who_still_works_there_in_another_part_keeps_it(session: Any, at: At) -> None:
    at("2026-11-16 10:00")
    place = make_place()
    owner = place.people["owner"]
    row = place.due(LATER)
    db.session.add(
        RoleGrant(user_id=owner.id, role=Role.REPORTER, school_id=place.school.id, starts_on=date(2026, 8, 1))
    )
    db.session.commit()
    end_roles(place, "owner", Role.COORDINATOR)
    assert place.sweep(at("2026-11-16 10:01")) == set()
    assert fresh(row).owner_id == owner.id


def test_a_role_that_ran_out_long_ago_is_found_within_a_week(session: Any, at: At) -> None:
    at("2026-11-09 10:00")
    place = make_place()
    row = place.due(LATER)
    place.sweep(at("2026-11-09 10:00"))
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == place.ids["owner"])).one()
    grant.ends_on = date(2026, 10, 1)
    db.session.commit()
    place.sweep(at("2026-11-16 10:00"))
    assert fresh(row).owner_id == place.ids["lead"]


def test_the_mail_says_nothing_but_where_to_look(session: Any, at: At) -> None:
    at("2026-11-16 10:00")
    place = make_place()
    place.due(LATER, title="Quillfeather")
    disable(place, "owner")
    place.sweep(at("2026-11-16 10:01"))
    message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == GIVEN)).one()
    assert (message.object_type, message.object_id) == ("user_account", place.ids["lead"])


def test_a_case_whose_lead_left_asks_for_a_coordinator(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-16 10:00")
    place = make_place()
    case_id, name = place.due(LATER).case_id, place.people["lead"].name
    admin = client_as(place.people["admin"])
    addresses = (f"/cases/{case_id}", "/cases?whose=school", "/desk?whose=school")
    assert not any(f"{name}, who left" in admin.page(address).text for address in addresses)
    end_roles(place, "lead")
    case, cases, desk = (admin.page(address).text for address in addresses)
    assert [f"{name}, who left" in text for text in (case, cases, desk)] == [True] * 3
    assert "No coordinator" in desk
    assert str(Stuck.LEAD.label) in cases


COORDINATORS, ADMINISTRATORS = {5: "E", 6: "F"}, {7: "G", 8: "H"}
TEAM = {Role.COORDINATOR: COORDINATORS, Role.ADMINISTRATOR: ADMINISTRATORS, Role.DEAN: {9: "I"}}


@pytest.mark.parametrize(
    ("owner", "lead", "cover", "team", "load", "expected"),
    [
        (1, 2, 3, TEAM, {}, 2),
        (1, 1, 3, TEAM, {}, 3),
        (1, None, 3, TEAM, {}, 3),
        (1, None, None, TEAM, {5: 4, 6: 2}, 6),
        (1, None, None, TEAM, {}, 5),
        (5, 5, None, TEAM, {6: 9}, 6),
        (1, None, None, {Role.ADMINISTRATOR: ADMINISTRATORS}, {7: 1}, 8),
        (1, None, None, {Role.DEAN: {9: "I"}}, {}, None),
        (None, None, None, {}, {}, None),
    ],
)
def test_the_rule(
    owner: int | None, lead: int | None, cover: int | None, team: Any, load: dict[int, int], expected: int | None
) -> None:
    assert reassignee(owner, lead, cover, team, load) == expected


def test_the_new_owner_may_work_on_it_and_the_old_one_may_not(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-16 10:00")
    place = make_place()
    row = place.due(LATER)
    end_roles(place, "owner")
    place.sweep(at("2026-11-16 10:01"))
    page = client_as(place.people["lead"]).page(f"/follow-ups/{row.id}").text
    assert place.people["lead"].name in page
    assert client_as(place.people["owner"]).get(f"/follow-ups/{row.id}").status_code == 404
    assert db.session.get(FollowUp, row.id) is not None
    assert acting(place.people["lead"]).user_id == fresh(row).owner_id
