"""The list of open follow-ups: page after page, one's own or the school's, nothing lost between."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.factories.accounts import make_user
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import IncidentFactory
from tests.factories.roster import SchoolFactory
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.followups.core.queries import OPEN_PAGE


def test_every_own_follow_up_is_on_one_of_the_pages(session: Any, client_as: Callable[[Any], PageClient]) -> None:
    school = SchoolFactory()
    mine, other = make_user(Role.COORDINATOR, school), make_user(Role.COORDINATOR, school)
    incident = IncidentFactory(school_id=school.id)
    made = set()
    for number in range(OPEN_PAGE * 2 + 10):
        owner = mine if number % 2 else other
        row = FollowUpFactory(
            school_id=school.id,
            incident_id=incident.id,
            owner_id=owner.id,
            due_on=date(2026, 11, 2) + timedelta(days=number // 10),
        )
        if owner is mine:
            made.add(row.id)
    client = client_as(mine)
    seen: set[int] = set()
    address, pages = "/follow-ups", 0
    while address:
        text = client.get(address).get_data(as_text=True)
        found = {int(i) for i in re.findall(r'href="/follow-ups/(\d+)"', text)}
        assert len(found) <= OPEN_PAGE and not found & seen
        seen |= found
        pages += 1
        onward = re.search(r'href="(/follow-ups\?after=[^"]+)"', text)
        address = onward.group(1).replace("&amp;", "&") if onward else ""
    assert (seen, pages) == (made, 2)


def test_a_damaged_place_in_the_list_shows_the_first_page(session: Any, client_as: Callable[[Any], PageClient]) -> None:
    client = client_as(make_user(Role.COORDINATOR, SchoolFactory()))
    for after in ("x", "2026-13-40.1", "2026-11-02.-1", "2026-11-02." + "9" * 40, "2026-11-02"):
        assert client.get("/follow-ups", query_string={"after": after}).status_code == 200
