"""The pages of a circle in Chromium, on a phone and at a desk: usable by everybody, nothing to scroll sideways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cases.making import make_user, make_world
from tests.factories.accounts import PASSWORD, PASSWORD_HASH
from tests.factories.base import fresh
from tests.pathways.circles.making import add_supporter, answer, make_circle, plan, put_hold, ready_circle, train
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, overflow_problems
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.circle.models import MeetingState, SupporterRelation

pytestmark = pytest.mark.browser

MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@pytest.fixture
def people(live_system: LiveSystem, tmp_path: Path) -> dict[str, Any]:
    """One circle that was only proposed, one with a meeting that began, and the school's administrator."""
    live_system.set_clock(MORNING)
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        world = make_world()
        ready = ready_circle(world)
        person = world.people[1].id
        add_supporter(Invocation(world.actor, MORNING), ready.id, person, SupporterRelation.FAMILY, "Grandmother Ana")
        past = plan(world, ready, starts_at=MORNING - timedelta(hours=3), now=MORNING)
        answer(world, ready, past, MeetingState.NO_SHOW, absent=[person], now=MORNING)
        begun = plan(world, ready, starts_at=MORNING - timedelta(hours=1), now=MORNING)
        put_hold(world)
        proposed = make_circle(world)
        administrator = make_user(world.school, Role.ADMINISTRATOR)
        train(world, administrator, until=MORNING.date() + timedelta(days=9))
        coordinator = fresh(world.coordinator)
        coordinator.password_hash = fresh(administrator).password_hash = PASSWORD_HASH
        db.session.commit()
        return {
            "coordinator": coordinator.email,
            "administrator": administrator.email,
            "ready": f"/cases/{ready.case_id}/pathways/{ready.id}",
            "proposed": f"/cases/{proposed.case_id}/pathways/{proposed.id}",
            "person": person,
            "past": past,
            "begun": begun,
        }


def addresses(people: dict[str, Any]) -> list[str]:
    """Return every page of the two circles."""
    pages = ["/circles", "/circles/week", f"/circles/{people['past']}", f"/circles/{people['begun']}"]
    pages += [f"/circles/{people['begun']}/{state}" for state in ("held", "walked_out")]
    for circle in (people["ready"], people["proposed"]):
        party = f"{circle}/parties/{people['person']}"
        pages += [circle, party, f"{party}/letter", f"{circle}/meeting", f"{circle}/holds/H2"]
    return pages


@pytest.mark.full_cross_only("tests/browser/test_accessibility.py")
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_of_a_circle_is_clean(
    people: dict[str, Any], live_server: LiveSystem, new_visitor: NewVisitor, size: dict[str, int]
) -> None:
    problems: list[str] = []
    for email, pages in (
        (people["coordinator"], addresses(people)),
        (people["administrator"], ["/circles/training", "/circles/training/new", "/circles/setting"]),
    ):
        visitor = new_visitor(viewport=size)
        visitor.page.clock.set_fixed_time(MORNING)
        visitor.enter(email, PASSWORD)
        for address in pages:
            answered = visitor.page.goto(address)
            assert answered is not None and answered.status == 200, address
            found = [*axe_problems(visitor.page), *overflow_problems(visitor.page)]
            problems += [f"{address}: {problem}" for problem in found]
    assert not problems, "\n".join(problems)
