"""The list of accounts is narrowed by school, role and how they stand, a page at a time."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.accounts import RoleGrantFactory, UserFactory, make_user
from tests.factories.roster import SchoolFactory
from tests.support.pages.tables import rows_of
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState
from wss_cases.accounts.managed_accounts import PAGE
from wss_cases.foundation.db import db
from wss_cases.mail.common.pages import MailTrouble, TroubleKind


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
    for number in range(PAGE + 2):
        make_user(Role.REPORTER, school, email=f"page{number:02}@district.example", name=f"Page {number:02}")
    page = client_as(boss)
    main = page.page(f"/people?school={school.id}&sort=who").find_all("main")[0]
    [older] = [link for link in main.find_all("a") if link.get("rel") == "next"]
    assert f"school={school.id}" in older.get("href") and "sort=who" in older.get("href")
    second = page.page(older.get("href"))
    assert [row["Name"] for row in rows_of(second)] == [f"Page {PAGE:02}", f"Page {PAGE + 1:02}"]
    for odd in ("x", "-1", "9" * 40, "page02@district.example"):
        assert len(rows_of(page.page(f"/people?school={school.id}&after={odd}"))) == PAGE


@pytest.mark.both_databases
def test_every_order_has_every_account_once_as_its_words_go(session: Any, client_as: Callable[[Any], Any]) -> None:
    school = SchoolFactory()
    for number in range(PAGE + 5):
        state = (AccountState.ACTIVE, AccountState.INVITED, AccountState.DISABLED)[number % 3]
        name = f"{('Robin', 'ada', 'Mika')[number % 3]} Vale"
        make_user(Role.DEAN, school, email=f"dean{number * 7 % 29:02}@district.example", name=name, state=state)
    client = client_as(make_user(Role.SYSADMIN))
    for key, column in (("who", "Name"), ("address", "Email address"), ("state", "")):
        orders = []
        for sign in ("", "-"):
            found: list[dict[str, str]] = []
            address = f"/people?school={school.id}&sort={sign}{key}"
            while address:
                page = client.page(address)
                found += rows_of(page)
                address = next((link.get("href") for link in page.find_all("a") if link.get("rel") == "next"), "")
            orders.append([row["Email address"] for row in found])
            if sign == "" and column:
                words = [row[column].casefold() for row in found]
                assert words == sorted(words), key
        assert orders[0] == orders[1][::-1] and len(set(orders[0])) == len(orders[0]) == PAGE + 5, key


def test_an_administrator_takes_their_schools_people_as_a_file_and_no_one_elses(
    session: Any, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    at("2026-11-24 10:00")
    here, there = SchoolFactory(), SchoolFactory()
    boss = make_user(Role.ADMINISTRATOR, here)
    make_user(Role.ADMINISTRATOR, here)
    make_user(Role.DEAN, here, name="Ada Dean", email="z-ada@district.example")
    make_user(Role.DEAN, here, name="=SUM(A1) Dean", email="a-sum@district.example")
    colleague = make_user(Role.REPORTER, here)
    stranger = make_user(Role.DEAN, there, name="Dean There")
    client = client_as(boss)
    page = client.page("/people?role=dean&sort=-who")
    address = next(link.get("href") for link in page.find_all("a") if "/outcomes/lists/people.csv" in link.get("href"))
    answer = client.submit(address, {"reason": "For the meeting of the case team on Monday."})
    head, *rows = csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    assert head == ["Name", "Email address", "Roles", "State"]
    assert [row[0] for row in rows] == ["Ada Dean", "'=SUM(A1) Dean"]
    whole = client.submit("/outcomes/lists/people.csv", {"reason": "For the meeting of the case team on Monday."})
    assert colleague.email in whole.text and stranger.email not in whole.text
    first = client.page(f"/people?after={stranger.id}")
    assert rows_of(first) == rows_of(client.page("/people")), "no place behind somebody whom one does not manage"
    assert "/outcomes/lists/" not in client_as(make_user(Role.SYSADMIN)).page("/people").text
    assert client_as(make_user(Role.DISTRICT)).get("/outcomes/lists/people.csv").status_code == 404
