"""A teacher keeps a circle, on a phone: sees who comes, copies a ready-made plan, says that everyone came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.cases.making import make_user, make_world
from tests.factories.accounts import PASSWORD, PASSWORD_HASH
from tests.factories.base import fresh
from tests.pathways.circles.making import plan, ready_circle, train
from tests.support.applications import make_app
from tests.support.pages.browser import PHONE, NewVisitor, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.keepers import add_keeper

pytestmark = pytest.mark.browser

NOW = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("America/Chicago"))
SPOKEN = {
    "en": ("Write the circle plan", "Start from a plan on the shelf", "Copy it", "Circle to talk about harm",
           "Save the plan", "Did it take place?", "Yes, and everyone came", "Next", "Held"),
    "es": ("Escribir el plan del círculo", "Empezar con un plan del estante", "Copiarlo",
           "Círculo para hablar de un daño", "Guardar el plan", "¿Se realizó?", "Sí, y vinieron todos",
           "Siguiente", "Realizado"),
}  # fmt: skip
"""What is pressed and seen, by language."""


@dataclass(frozen=True)
class Cast:
    """The teacher's address of mail, the circle's, and who comes."""

    teacher: str
    circle: int
    people: list[str]


def cast_of(live_system: LiveSystem, tmp_path: Path, language: str) -> Cast:
    """A circle that meets in five minutes, led by a trained teacher beside the coordinator."""
    live_system.set_clock(NOW)
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        world = make_world()
        circle = ready_circle(world)
        teacher = make_user(world.school, Role.REPORTER)
        train(world, teacher)
        add_keeper(Invocation(world.actor, NOW), circle.id, keeper=teacher.id)
        plan(world, circle, NOW + timedelta(minutes=5), now=NOW, keeper_id=teacher.id)
        person = fresh(teacher)
        person.password_hash, person.locale = PASSWORD_HASH, language
        db.session.commit()
        return Cast(person.email, circle.id, [one.shown_name for one in world.students])


def sound(page: Page) -> None:
    """The open page can be used by everybody and fits its window."""
    assert axe_problems(page) == [] and overflow_problems(page) == []


def test_a_teacher_keeps_a_circle(live_server: LiveSystem, tmp_path: Path, new_visitor: NewVisitor) -> None:
    keep(live_server, tmp_path, new_visitor, "en")


@pytest.mark.full_cross_only("tests/pathways/circles/keeping/test_keeping.py")
def test_a_teacher_keeps_a_circle_in_spanish(live_server: LiveSystem, tmp_path: Path, new_visitor: NewVisitor) -> None:
    keep(live_server, tmp_path, new_visitor, "es")


def keep(live_server: LiveSystem, tmp_path: Path, new_visitor: NewVisitor, language: str) -> None:
    """Tell the story in one language."""
    write, shelf, copy, ready, save, asked, everyone, onward, held = SPOKEN[language]
    cast = cast_of(live_server, tmp_path, language)
    visitor = new_visitor(viewport=PHONE)
    page = visitor.page
    page.clock.set_fixed_time(NOW)
    visitor.enter(cast.teacher, PASSWORD)
    page.goto("/my-day")
    go(page, page.locator(f"a[href$='/keeping/{cast.circle}']").first)
    for name in cast.people:
        expect(page.get_by_text(name)).to_be_visible()
    sound(page)
    go(page, page.get_by_role("link", name=write))
    tap(page.get_by_text(shelf))
    go(page, page.get_by_role("link", name=f"{copy} {ready}"))
    sound(page)
    go(page, page.get_by_role("button", name=save))
    expect(page.locator(".circle-rounds li")).to_have_count(7)
    live_server.set_clock(NOW + timedelta(minutes=10))
    page.reload()
    go(page, page.get_by_role("link", name=asked))
    tap(page.get_by_text(everyone))
    go(page, page.get_by_role("button", name=onward))
    expect(page.get_by_text(held, exact=True)).to_be_visible()
    sound(page)
