"""Staff who leave the roster are out at their next click, and nobody is left without whom nothing goes on."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.roster.oneroster.bundles import (
    DISTRICT,
    NEWER_USERS,
    NOW,
    ORGS,
    ROLES,
    manifest,
    roster,
    table,
    take,
    user,
    write,
)
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.accounts.people.pages import give_role
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.models import School, StaffMember, StaffPost, Student
from wss_cases.roster.import_files import BundleRefused

STAFF = 30


def staff(numbers: range, **more: str) -> list[Any]:
    return [user(n, "teacher", email=f"Staff{n}@district.example", **more) for n in numbers]


@pytest.fixture
def taken(session: Any, tmp_path: Path, at: Callable[..., Any]) -> Any:
    at(NOW.isoformat()[:16].replace("T", " "))
    take(write(tmp_path, roster(staff(range(STAFF)))))
    return session.scalars(select(School).where(School.sourced_id == "s1")).one()


def account(number: int, role: Role, school: Any = None) -> Any:
    one = make_user(role, school) if school is not None else make_user(role)
    one.email = f"staff{number}@district.example"
    return one


def kinds(session: Any, user_id: int) -> set[str]:
    return set(session.scalars(select(OutboxMessage.kind).where(OutboxMessage.recipient_id == user_id)))


def test_who_left_is_out_and_the_others_stay(
    session: Any, taken: Any, tmp_path: Path, client_as: Callable[[Any], Any]
) -> None:
    gone, here = account(29, Role.REPORTER, taken), account(1, Role.REPORTER, taken)
    ids = [one.id for one in (gone, here, make_user(Role.REPORTER, taken))]
    client = client_as(gone)
    assert client.get("/account").status_code == 200

    def active() -> list[bool]:
        session.expire_all()
        return [session.get(UserAccount, user_id).state is AccountState.ACTIVE for user_id in ids]

    delta = {"manifest": manifest(users="delta"), "users": roster(staff(range(1)))["users"]}
    take(write(tmp_path, delta), source="d1")
    assert active() == [True, True, True], "absence from a delta means nothing"
    refused = [*staff(range(28)), user(28, "teacher"), user(29, "", email="staff29@district.example")]
    take(write(tmp_path, roster(refused)))
    assert active() == [True, True, True], "a row that is refused is there"
    take(write(tmp_path, roster(staff(range(29)))))
    assert client.get("/account").status_code == 303
    assert active() == [False, True, True]


@pytest.mark.parametrize("how", [{"status": "tobedeleted"}, {"status": "inactive"}, {"enabledUser": "false"}])
def test_who_is_marked_as_gone_or_disabled_is_out(
    session: Any, taken: Any, tmp_path: Path, how: dict[str, str]
) -> None:
    gone, here = account(29, Role.REPORTER, taken), account(1, Role.REPORTER, taken)
    session.commit()
    rows = [*staff(range(29)), *staff(range(29, 30), **how), user(50, enabledUser="false")]
    take(write(tmp_path, roster(rows)))
    assert (fresh(gone).state, fresh(here).state) == (AccountState.DISABLED, AccountState.ACTIVE)
    active = session.scalars(select(StaffMember.is_active).where(StaffMember.sourced_id == "u29")).one()
    assert (active, session.scalar(select(Student.is_active))) == (False, True), "a student needs no account"
    many = [*staff(range(22)), *staff(range(22, 29), **how), *rows[29:], *(user(n) for n in range(51, 90))]
    take(write(tmp_path, roster([*rows, *many[31:]])))
    if "enabledUser" in how:
        with pytest.raises(BundleRefused, match="7 of 29 members of staff are no longer enabled"):
            take(write(tmp_path, roster(many)))


def test_where_too_much_is_missing_no_account_ends(session: Any, taken: Any, tmp_path: Path) -> None:
    gone = account(29, Role.REPORTER, taken)
    session.commit()
    report = take(write(tmp_path, roster(staff(range(5)))), shrink=True)
    assert fresh(gone).state is AccountState.ACTIVE
    assert any("no account was ended" in problem.message for problem in report.problems)


def test_the_last_of_a_school_ends_with_the_day_and_the_district_is_told(
    session: Any, taken: Any, tmp_path: Path
) -> None:
    dean, district = account(29, Role.DEAN, taken), make_user(Role.DISTRICT)
    session.commit()
    take(write(tmp_path, roster(staff(range(29)))))
    assert fresh(dean).state is AccountState.ACTIVE
    assert "account.last_of_school" in kinds(session, district.id)
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == dean.id)).one()
    assert grant.ends_on == date(2026, 11, 24) if NOW.date() == date(2026, 11, 24) else grant.ends_on is not None


def test_the_last_who_gives_roles_is_kept_and_every_administrator_alarmed(
    session: Any, taken: Any, tmp_path: Path
) -> None:
    boss, head = account(29, Role.SYSADMIN), make_user(Role.ADMINISTRATOR, taken)
    session.commit()
    take(write(tmp_path, roster(staff(range(29)))))
    assert fresh(boss).state is AccountState.ACTIVE
    assert "account.left_but_kept" in kinds(session, head.id) & kinds(session, boss.id)


def test_a_role_given_by_hand_ends_in_a_year_where_a_roster_ends_the_others(session: Any, taken: Any) -> None:
    boss, known, unknown = make_user(Role.SYSADMIN), account(2, Role.REPORTER, taken), make_user(Role.REPORTER, taken)
    session.commit()
    given = [(known, Role.DEAN), (unknown, Role.DEAN), (unknown, Role.SYSADMIN)]
    for one, role in given:
        give_role(acting(boss), one.id, role, taken.id, date(2026, 11, 24), None, NOW)
    rows = session.execute(select(RoleGrant.user_id, RoleGrant.role, RoleGrant.ends_on).order_by(RoleGrant.id)).all()
    assert [row.ends_on for row in rows[-3:]] == [None, date(2027, 11, 24), None]


def test_the_last_approver_of_a_network_is_kept_and_every_administrator_alarmed(
    session: Any, taken: Any, tmp_path: Path
) -> None:
    """The only one of a network, and the last of two who leave with the same run: the other one ends."""
    head = make_user(Role.ADMINISTRATOR, taken)
    only, first, deputy = (account(number, Role.DISTRICT) for number in (27, 28, 29))
    session.add(NetworkApprover(network="Network 1", approver_id=only.id, hours=4))
    session.add(NetworkApprover(network="Network 2", approver_id=first.id, deputy_id=deputy.id, hours=4))
    session.commit()
    take(write(tmp_path, roster(staff(range(27)))))
    states = [fresh(one).state is AccountState.ACTIVE for one in (only, first, deputy)]
    assert states == [True, False, True]
    told = session.scalars(select(OutboxMessage.object_id).where(OutboxMessage.recipient_id == head.id))
    assert set(told) == {only.id, deputy.id}
    take(write(tmp_path, roster(staff(range(27)))))
    assert fresh(only).state is fresh(deputy).state is AccountState.ACTIVE, "nor by the next run"


def test_a_file_of_roles_that_holds_only_changes_ends_no_post_and_no_role(session: Any, tmp_path: Path) -> None:
    def newer(roles: list[tuple[str, str]], how: str) -> dict[str, str]:
        cells = [
            {"sourcedId": f"r{org}{role}", "userSourcedId": "u1", "role": role, "orgSourcedId": org}
            for org, role in roles
        ]
        person = user(1, email="Staff1@district.example")
        users = [{name: value for name, value in person.items() if name in NEWER_USERS}]
        files = {"users": table(NEWER_USERS, users), "roles": table(ROLES, cells)}
        modes = manifest("1.2", orgs="bulk", users="bulk", roles=how)
        return {"orgs": table(ORGS, DISTRICT), "manifest": modes} | files

    def posts() -> set[tuple[str, str]]:
        of = select(School.sourced_id, StaffPost.role).join(School, School.id == StaffPost.school_id)
        return {(row[0], row[1]) for row in session.execute(of)}

    here = [("s1", role) for role in ("teacher", "counselor", "proctor", "nurse")]
    take(write(tmp_path, newer([*here, ("s2", "teacher")], "bulk")))
    assert posts() == {*here, ("s2", "teacher")}
    second = session.scalars(select(School).where(School.sourced_id == "s2")).one()
    person = account(1, Role.REPORTER, second)
    session.commit()
    take(write(tmp_path, newer([("s1", "aide")], "delta")))
    assert posts() == {*here, ("s2", "teacher"), ("s1", "aide")}, "what is not among the changes is still so"
    assert [one.ends_on for one in fresh(person).grants] == [None]
    take(write(tmp_path, newer([*here, ("s1", "aide")], "bulk")))
    assert posts() == {*here, ("s1", "aide")}
    assert [one.ends_on is None for one in fresh(person).grants] == [False], "a whole file ends it"
