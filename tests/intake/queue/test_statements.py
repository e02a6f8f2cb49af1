"""What the review queue asks of the database: as much for a page of reports as for two of them, pairs or none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.factories.base import one_commit
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW, Place
from tests.support.pages.asked import asked
from wss_cases.incidents.incident.states import PersonRole

MOST = 20
ORDERS = ("", "?sort=who", "?sort=-when", "?sort=reporter", "?sort=-waiting", "?sort=first", "?days=1", "?whose=mine")


def plant(place: Place, pairs: int) -> None:
    """Twice as many reports, two of one event each, by two students of their own."""
    with one_commit():
        students = [StudentFactory(school=place.school) for _number in range(2 * pairs)]
    for number in range(pairs):
        happened = NOW - timedelta(days=2, hours=3 * number)
        for side in (0, 1):
            one = students[2 * number + side]
            place.report((one, PersonRole.CAUSED_HARM), occurred_at=happened, narrative=f"Pushed {number}.")


def ask(client: Any, address: str) -> tuple[int, list[str]]:
    with asked() as statements:
        page = client.page(address)
    return len([row for row in page.find_all("tbody") if (row.get("id") or "").startswith("report-")]), statements


def test_a_full_page_asks_no_more_than_one_pair(place: Place, client_as: Callable[[Any], Any]) -> None:
    client = client_as(place.dean)
    plant(place, 1)
    ask(client, "/review")  # what a process asks once and keeps
    (shown, few), before = ask(client, "/review"), {order: len(ask(client, f"/review{order}")[1]) for order in ORDERS}
    assert shown == 2
    plant(place, 5)
    full, many = ask(client, "/review")
    assert full > shown and len(few) == len(many) <= MOST, "\n".join(many)
    after = {order: len(ask(client, f"/review{order}")[1]) for order in ORDERS}
    assert after == before and max(after.values()) <= MOST, (before, after)
