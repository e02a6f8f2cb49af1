"""Who of a large roster's staff gets what is kept: its page reads fifty people, whatever the size of the district."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from tests.factories.accounts import UserFactory, acting, make_user
from tests.factories.roster import SchoolFactory
from tests.roster.oneroster.bundles import NOW
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import take_rosters
from wss_cases.roster.directory.models import School, StaffMember, StaffPost
from wss_cases.roster.staff_accounts.models import AccountTally, Standing, proposals
from wss_cases.roster.staff_accounts.pages import FEW, confirm_rule, keep_tallies, set_rule

PAGE = "/people/roster"
MOST_STATEMENTS = 25
MANY = FEW + 150


@pytest.fixture
def boss(session: Any, at: Callable[..., Any]) -> Any:
    """Who runs the system of a district with more staff than are judged while somebody waits."""
    at("2026-11-24 10:00")
    boss, schools = make_user(Role.SYSADMIN), [SchoolFactory() for _number in range(3)]
    plant(session, schools, range(MANY))
    for role, given in (("teacher", Role.REPORTER), ("dean", Role.DEAN)):
        set_rule(Invocation(acting(boss), NOW), staff_role=role, role=given, starts_on=NOW.date())
    return boss


def plant(session: Any, schools: list[School], numbers: range) -> None:
    """Write staff as an import does: of seven one has no address, one no rule, one an account with all, one with none,
    and of two one address is the same; the first has an account that ended."""
    rows = [
        {
            "source": "sis", "sourced_id": f"t{n}", "name": f"Teacher {n:05}", "search_key": f"teacher {n:05}",
            "email": "" if n % 7 == 1 else f"shared{n // 14}@x.example" if n % 14 in (2, 3) else f"T{n}@x.example",
            "school_id": schools[n % 3].id, "is_active": True,
        }
        for n in numbers
    ]  # fmt: skip
    session.execute(insert(StaffMember), rows)
    ids = {row[0]: row[1] for row in session.execute(select(StaffMember.sourced_id, StaffMember.id))}
    roles = ("teacher", "teacher", "teacher", "teacher", "aide", "dean", "dean")
    posts = [{"staff_id": ids[f"t{n}"], "school_id": schools[n % 3].id, "role": roles[n % 7]} for n in numbers]
    session.execute(insert(StaffPost), posts)
    for n in (5, 6, 12):
        person = UserFactory(email=f"t{n}@x.example", state=AccountState.DISABLED if n == 5 else AccountState.ACTIVE)
        if n == 6:
            session.add(RoleGrant(user_id=person.id, role=Role.DEAN, school_id=schools[0].id, starts_on=NOW.date()))
    session.commit()


@contextmanager
def counted(session: Any) -> Iterator[list[int]]:
    """Give the number of rows that each statement of the block read, as far as the database says it."""
    rows: list[int] = []
    note = event.listens_for(db.engine, "after_cursor_execute")(lambda *said: rows.append(said[1].rowcount))
    try:
        yield rows
    finally:
        event.remove(db.engine, "after_cursor_execute", note)


def listed(client: Any, standing: Standing) -> list[str]:
    """Return the names that the pages of a standing show, one page after the other."""
    address, names = f"{PAGE}?standing={standing.value}", list[str]()
    while address:
        page = client.page(address)
        titles = [one.text.strip() for one in page.find_all("span") if one.get("class") == "work-title"]
        names += [title for title in titles if title.startswith("Teacher 0")]
        address = next((link.get("href") for link in page.find_all("a") if link.get("rel") == "next"), "")
    return names


@pytest.mark.both_databases
def test_the_pages_list_everybody_of_a_standing_and_read_few_rows(
    session: Any, boss: Any, client_as: Callable[[Any], Any], backend: str
) -> None:
    client = client_as(boss)
    assert "Being counted" in client.get(PAGE).text
    assert take_rosters("one", NOW) == f"staff judged {MANY}"
    assert take_rosters("one", NOW) == "", "nothing changed"
    of = {one: [each.member.name for each in proposals(NOW) if each.standing is one] for one in Standing}
    assert all(of[one] for one in (Standing.NEW, Standing.ADDS, Standing.RETURNS, Standing.HAS, Standing.NO_ADDRESS))
    assert all(of[one] for one in (Standing.TAKEN, Standing.NO_RULE)) and len(of[Standing.NO_ADDRESS]) > 300
    for one in (Standing.NO_ADDRESS, Standing.TAKEN, Standing.RETURNS, Standing.ADDS, Standing.STUDENT):
        assert listed(client, one) == of[one]
    page = client.get(PAGE).text
    assert f"{Standing.NEW.label}: {len(of[Standing.NEW]):,}" in page and "Counted on" in page
    assert "changed since then" not in page
    for address in (PAGE, f"{PAGE}?standing=new&start=1000", f"{PAGE}?standing=returns", f"{PAGE}/wave"):
        with counted(session) as rows:
            assert client.get(address).status_code == 200
        assert 5 < len(rows) <= MOST_STATEMENTS, (address, len(rows))
        assert backend == "sqlite" or sum(rows) < 500, (address, rows)


def test_what_is_kept_follows_rules_at_once_and_everything_else_within_the_hour(
    session: Any, boss: Any, client_as: Callable[[Any], Any]
) -> None:
    client, second = client_as(boss), make_user(Role.SYSADMIN)
    keep_tallies(NOW)
    kept = dict(session.execute(select(AccountTally.standing, AccountTally.number)).all())
    rule_id = set_rule(Invocation(acting(boss), NOW), staff_role="aide", role=Role.ADMINISTRATOR, starts_on=NOW.date())
    assert keep_tallies(NOW) == {"judged": MANY}
    assert dict(session.execute(select(AccountTally.standing, AccountTally.number)).all()) == kept
    confirm_rule(Invocation(acting(second), NOW), rule_id)
    assert "The numbers follow in a few minutes" in client.get(PAGE).text
    assert keep_tallies(NOW + timedelta(minutes=1)) == {"judged": MANY}
    assert "The numbers follow" not in client.get(PAGE).text
    session.expire_all()
    assert session.get(AccountTally, Standing.NO_RULE).number == 0 < kept[Standing.NO_RULE]
    assert "Teacher 00006" in listed(client, Standing.HAS)
    ended = session.scalars(select(UserAccount).where(UserAccount.email == "t6@x.example")).one()
    ended.state = AccountState.DISABLED
    session.commit()
    assert keep_tallies(NOW + timedelta(minutes=59)) == {}
    assert "Teacher 00006" not in listed(client, Standing.HAS), "what is kept says who was, not who is"
    assert keep_tallies(NOW + timedelta(minutes=61)) == {"judged": MANY}
    session.expire_all()
    assert session.get(AccountTally, Standing.RETURNS).number == kept[Standing.RETURNS] + 1
