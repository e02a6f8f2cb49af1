"""Where each person begins: as the table of accounts in README.md says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role

BEGINS = {
    Role.REPORTER: "/my-day",
    Role.DEAN: "/my-day",
    Role.COORDINATOR: "/my-day",
    Role.ADMINISTRATOR: "/my-day",
    Role.DISTRICT: "/outcomes",
    Role.SYSADMIN: "/people",
    Role.AUDITOR: "/audit",
}


def test_each_role_begins_where_the_readme_says(session: Any, client_as: Callable[[Any], Any]) -> None:
    school = SchoolFactory()
    users = {role: make_user(role, school if page == "/my-day" else None) for role, page in BEGINS.items()}
    session.commit()
    assert {role: client_as(user).get("/").location for role, user in users.items()} == BEGINS


def test_while_there_is_no_school_setup_comes_first(session: Any, client_as: Callable[[Any], Any]) -> None:
    users = {role: make_user(role, None) for role in (Role.SYSADMIN, Role.DISTRICT, Role.AUDITOR)}
    session.commit()
    begins = {role: client_as(user).get("/").location for role, user in users.items()}
    setup = "/setup/checklist"
    assert begins == {Role.SYSADMIN: setup, Role.DISTRICT: setup, Role.AUDITOR: "/audit"}


def test_the_bar_of_a_phone_holds_what_each_role_does_most(session: Any, client_as: Callable[[Any], Any]) -> None:
    school = SchoolFactory()
    wanted = {
        Role.REPORTER: ["My day", "Log", "Find"],
        Role.DEAN: ["My day", "Log", "Review", "Find"],
        Role.COORDINATOR: ["My day", "Log", "Caseload", "Find"],
        Role.DISTRICT: ["Outcomes", "Plans", "Find"],
        Role.SYSADMIN: ["People", "System", "Find"],
    }
    for role, words in wanted.items():
        page = client_as(make_user(role, None if role in (Role.DISTRICT, Role.SYSADMIN) else school)).page("/account")
        [bar] = [one for one in page.find_all("nav") if one.get("class") == "phone-bar"]
        assert [one.text for one in bar.find_all("a")] == words, role
