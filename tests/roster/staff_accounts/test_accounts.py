"""Accounts of the roster's staff: who gets which role by the rules and why not, invited in waves, never twice."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.roster.oneroster.bundles import NOW, roster, take, user, write
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.people.pages import set_enabled
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.models import School
from wss_cases.roster.staff_accounts.models import AccountWave, Standing, newest_rule, proposals
from wss_cases.roster.staff_accounts.pages import NO_ROLE, confirm_rule, give_again, make_wave, send_waves, set_rule

TODAY = date(2026, 11, 24)


def teacher(number: int, **more: str) -> Any:
    return user(number, **({"role": "teacher", "email": f"t{number}@district.example"} | more))


@pytest.fixture
def boss(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return make_user(Role.SYSADMIN)


def feed(folder: Path, *people: Any, **more: Any) -> None:
    take(write(folder, roster([user(900), *people])), **more)


def said(boss: Any, staff_role: str, role: Role | None, school_id: int | None = None) -> int:
    call = Invocation(acting(boss), NOW)
    return set_rule(call, staff_role=staff_role, school_id=school_id, role=role or NO_ROLE, starts_on=TODAY)


def wave(boss: Any, size: int, ticks: int = 1) -> None:
    make_wave(Invocation(acting(boss), NOW), size, newest_rule())
    for _tick in range(ticks):
        send_waves(NOW)


def standings() -> dict[str, Standing]:
    return {one.member.email or one.member.name: one.standing for one in proposals(NOW)}


def roles(session: Any, email: str) -> set[tuple[Role, str]]:
    statement = (
        select(RoleGrant.role, School.sourced_id)
        .join(School, School.id == RoleGrant.school_id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(UserAccount.email == email, RoleGrant.ends_on.is_(None))
    )
    return {(row[0], row[1]) for row in session.execute(statement)}


def test_a_preview_says_who_gets_what_and_why_not(session: Any, boss: Any, tmp_path: Path) -> None:
    people = [
        teacher(1), teacher(2, email=""), teacher(3, email="both@district.example"),
        teacher(4, email="Both@district.example"), teacher(5, role="aide"), teacher(6, role="proctor"),
        teacher(7, email="no address"), user(8, email="pupil@district.example"),
        teacher(9, email="outside@partner.example"),
    ]  # fmt: skip
    feed(tmp_path, *people)
    partner = make_user(Role.PARTNER, email="outside@partner.example")
    said(boss, "teacher", Role.REPORTER)
    said(boss, "aide", None)
    with pytest.raises(Refused):
        said(boss, "wizard", Role.REPORTER)
    with pytest.raises(Refused):
        said(boss, "teacher", Role.SYSADMIN)
    assert standings() == {
        "t1@district.example": Standing.NEW, "Given2 Hazelton": Standing.NO_ADDRESS,
        "both@district.example": Standing.TAKEN, "t5@district.example": Standing.NONE,
        "t6@district.example": Standing.NO_RULE, "Given7 Hazelton": Standing.NO_ADDRESS,
        partner.email: Standing.TAKEN,
    }  # fmt: skip
    assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 0, "a preview sends nothing"


def test_waves_invite_each_person_once_and_tie_nobody(session: Any, boss: Any, tmp_path: Path) -> None:
    feed(tmp_path, *(teacher(number) for number in range(5)))
    other = make_user(Role.SYSADMIN)
    said(boss, "teacher", Role.REPORTER)
    wave(boss, 2, ticks=3)
    invited = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "invitation")
    assert len(session.scalars(invited).all()) == 2
    told = session.scalars(select(OutboxMessage.kind).where(OutboxMessage.recipient_id == other.id)).all()
    assert told == ["account.wave"], "the other administrators hear once, not of each role"
    wave(boss, 100, ticks=2)
    feed(tmp_path, *(teacher(number) for number in range(6)))
    wave(boss, 100, ticks=2)
    reached = session.scalars(invited).all()
    assert len(reached) == len(set(reached)) == 6
    assert [one.invited for one in session.scalars(select(AccountWave).order_by(AccountWave.id))] == [2, 3, 1]
    assert roles(session, "t1@district.example") == {(Role.REPORTER, "s1")}
    assert not any(session.scalars(select(UserAccount.first_setup).where(UserAccount.email.like("t%@district%"))))


def test_a_wave_stops_where_the_rules_changed_after_the_preview(session: Any, boss: Any, tmp_path: Path) -> None:
    feed(tmp_path, teacher(1))
    seen = said(boss, "teacher", Role.REPORTER)
    make_wave(Invocation(acting(boss), NOW), 5, seen)
    with pytest.raises(Refused, match="Invitations are being sent"):
        make_wave(Invocation(acting(boss), NOW), 5, seen)
    said(boss, "teacher", Role.DEAN)
    send_waves(NOW)
    assert session.scalars(select(AccountWave)).one().stopped and standings()["t1@district.example"] is Standing.NEW
    with pytest.raises(Refused, match="rules have changed"):
        make_wave(Invocation(acting(boss), NOW), 5, seen)


def test_an_administrators_role_waits_for_a_second_person(session: Any, boss: Any, tmp_path: Path) -> None:
    feed(tmp_path, teacher(1, role="principal"))
    second = make_user(Role.SYSADMIN)
    rule_id = said(boss, "principal", Role.ADMINISTRATOR)
    assert standings()["t1@district.example"] is Standing.NO_RULE
    with pytest.raises(Refused, match="second person"):
        confirm_rule(Invocation(acting(boss), NOW), rule_id)
    confirm_rule(Invocation(acting(second), NOW), rule_id)
    wave(boss, 5)
    assert roles(session, "t1@district.example") == {(Role.ADMINISTRATOR, "s1")}


def test_two_schools_are_one_account_and_what_ended_is_asked_about(session: Any, boss: Any, tmp_path: Path) -> None:
    feed(tmp_path, teacher(1), teacher(2))
    second = session.scalars(select(School).where(School.sourced_id == "s2")).one()
    said(boss, "teacher", Role.REPORTER)
    said(boss, "teacher", Role.COORDINATOR, second.id)
    wave(boss, 5)
    feed(tmp_path, teacher(1, orgSourcedIds="s1,s2"), teacher(2))
    assert standings()["t1@district.example"] is Standing.ADDS
    wave(boss, 5)
    assert roles(session, "t1@district.example") == {(Role.REPORTER, "s1"), (Role.COORDINATOR, "s2")}
    make_user(Role.COORDINATOR, second)
    feed(tmp_path, teacher(1), teacher(2))
    assert roles(session, "t1@district.example") == {(Role.REPORTER, "s1")}, "who left one of two schools is out there"
    feed(tmp_path, teacher(1, orgSourcedIds="s1,nowhere"), teacher(2))
    feed(tmp_path, teacher(1, orgSourcedIds="nowhere"), teacher(2))
    assert roles(session, "t1@district.example") == {(Role.REPORTER, "s1")}, "an odd cell ends nothing"
    feed(tmp_path, teacher(2), shrink=True)
    gone = session.scalars(select(UserAccount).where(UserAccount.email == "t1@district.example")).one()
    set_enabled(acting(boss), gone.id, False, None, NOW)
    feed(tmp_path, teacher(1), teacher(2))
    assert standings()["t1@district.example"] is Standing.RETURNS
    wave(boss, 5, ticks=2)
    assert fresh(gone).state is AccountState.DISABLED


def test_pages_lead_from_a_rule_to_the_invitations(
    session: Any, boss: Any, tmp_path: Path, client_as: Callable[[Any], Any]
) -> None:
    feed(tmp_path, teacher(1), teacher(2, email=""))
    page = client_as(boss)
    assert "Accounts from the roster" in page.get("/people").text
    values = {"staff_role": "teacher", "role": "reporter", "starts_on": "2026-11-24"}
    assert page.submit("/people/roster/rule", values).status_code == 303
    shown = page.page("/people/roster").find_all("main")[0].text
    assert "Given1 Hazelton" in shown and "Reporter (any staff) · Willow Street s1" in shown
    assert "Given2" in page.page("/people/roster?standing=no_address").find_all("main")[0].text
    assert page.submit("/people/roster/wave", {"size": "0"}).status_code == 400
    assert page.submit("/people/roster/wave", {"size": "3"}).status_code == 303
    assert send_waves(NOW + timedelta(minutes=1)) == {"invited": 1}
    assert "1 of 3 invited" in page.get("/people/roster").text


def test_who_came_back_is_given_it_back_after_asking_and_only_then(
    session: Any, boss: Any, tmp_path: Path, client_as: Callable[[Any], Any]
) -> None:
    feed(tmp_path, teacher(1), teacher(2))
    said(boss, "teacher", Role.REPORTER)
    wave(boss, 5)
    feed(tmp_path, teacher(2), shrink=True)
    gone, stays = (
        session.scalars(select(UserAccount).where(UserAccount.email == f"t{number}@district.example")).one()
        for number in (1, 2)
    )
    set_enabled(acting(boss), gone.id, False, None, NOW)
    page, address = client_as(boss), f"/people/roster/returns/{gone.id}"
    assert page.get(address).headers["Location"].endswith("/people/roster"), "the roster does not have them"
    with pytest.raises(Refused, match="did not come back"):
        give_again(Invocation(acting(boss), NOW), stays.id)
    feed(tmp_path, teacher(1), teacher(2))
    assert f'href="{address}"' in page.get("/people/roster?standing=returns").text
    asked = page.page(address).find_all("main")[0].text
    assert "Give back to Given1 Hazelton" in asked and "another reason than leaving" in asked
    assert fresh(gone).state is AccountState.DISABLED, "asking gives nothing"
    assert page.submit(address, {}).status_code == 303
    assert (fresh(gone).state, roles(session, gone.email)) == (AccountState.INVITED, {(Role.REPORTER, "s1")})
    assert standings()[gone.email] is Standing.HAS
