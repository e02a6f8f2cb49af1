"""The list of accounts is narrowed by school, role and how they stand, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.factories.accounts import RoleGrantFactory, UserFactory, make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState
from wss_cases.foundation.db import db
from wss_cases.mail.common.models import MailTrouble
from wss_cases.mail.common.states import TroubleKind


def test_accounts_are_found_by_school_role_and_how_they_stand(
    session: Any, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    now = at("2026-11-24 10:00")
    here, there = SchoolFactory(), SchoolFactory()
    boss = make_user(Role.SYSADMIN, name="Boss")
    dean = make_user(Role.DEAN, here, name="Dean Here")
    RoleGrantFactory(user_id=dean.id, role=Role.REPORTER, school_id=there.id)
    make_user(Role.DEAN, there, name="Dean There", state=AccountState.INVITED)
    lost = make_user(Role.REPORTER, here, name="Lost Mail")
    trouble = {"kind": TroubleKind.BOUNCED, "since": now}
    db.session.add(MailTrouble(user_id=lost.id, address=lost.email, **trouble))
    db.session.add(MailTrouble(user_id=dean.id, address="before@district.example", **trouble))
    make_user(Role.REPORTER, there, name="Locked Out", state=AccountState.DISABLED)
    UserFactory(name="No Role")
    names = ["Boss", "Dean Here", "Dean There", "Lost Mail", "Locked Out", "No Role"]
    page = client_as(boss)

    def listed(asked: str) -> list[str]:
        text = page.page(f"/people?{asked}").find_all("main")[0].text
        return [name for name in names if name in text]

    assert listed("") == names
    assert listed(f"school={here.id}") == ["Dean Here", "Lost Mail"]
    assert listed(f"school={there.id}&role=dean") == ["Dean There"], "one role of theirs must be both"
    assert listed("standing=never") == ["Dean There"]
    assert listed("standing=failing") == ["Lost Mail"], "an address that they had before counts no more"
    assert listed("standing=ended") == ["Locked Out", "No Role"]
    assert listed(f"role=nonsense&standing=x&school={there.id}&q=dean") == ["Dean Here", "Dean There"]


def test_paging_keeps_what_was_asked(session: Any, client_as: Callable[[Any], Any]) -> None:
    school, boss = SchoolFactory(), make_user(Role.SYSADMIN)
    for number in range(52):
        make_user(Role.REPORTER, school, email=f"page{number:02}@district.example", name=f"Page {number:02}")
    page = client_as(boss)
    main = page.page(f"/people?school={school.id}").find_all("main")[0]
    [older] = [link for link in main.find_all("a") if link.get("rel") == "next"]
    second = page.page(older.get("href")).find_all("main")[0].text
    assert "Page 50" in second and "Page 49" not in second and f"school={school.id}" in older.get("href")
