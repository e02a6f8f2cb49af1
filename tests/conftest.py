"""The bench: databases, applications, clients, live systems, mail, browser, clock. See docs/testing.md."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support import depth, ledger, order, postgres
from tests.support.applications import Applications, Rollback, people_client
from tests.support.compiled.addresses import share_what_addresses_take
from tests.support.compiled.revisions import share_revisions
from tests.support.compiled.statements import share_statements
from tests.support.compiled.templates import share_compiled_templates
from tests.support.databases import ROOT, Database, Databases
from tests.support.depth import BACKENDS
from tests.support.ending import Ending
from tests.support.fixed import day, seed
from tests.support.ledger import Ledger
from tests.support.memory import keep_temporary_files_in_memory
from tests.support.network import Guard, guarded
from tests.support.once import shared_folder
from tests.support.pages.browser import DESK, NewVisitor, Visitor, chromium, launch
from tests.support.pages.client import PageClient
from tests.support.passwords import make_passwords_cheap
from tests.support.servers.live_system import LONGEST_WAIT, LiveSystem
from tests.support.servers.mail import MailServer
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import pango_is_here

SHARED_DATA = ROOT.parent / "shared" / "data"
SCHOOL_ZONE = "America/Chicago"

# examples are drawn the same way every time: a failure belongs to the change, not to the day
settings.register_profile(
    "bench",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("bench")
keep_temporary_files_in_memory()
share_compiled_templates()
share_what_addresses_take()
share_revisions()
share_statements()
make_passwords_cheap()
shared_folder()
day.begin()
seed.begin()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full-cross`: see `tests/support/depth.py`."""
    parser.addoption("--full-cross", action="store_true", help="every test on every database, in the full sizes")


def pytest_configure(config: pytest.Config) -> None:
    """Say how deep this run goes, and keep the ledger where its words are printed; a worker ends at once."""
    depth.set_full_cross(config.getoption("full_cross"))
    config.pluginmanager.register(Ending() if hasattr(config, "workerinput") else Ledger())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the full cross what is its own, after `-k` and `-m` have chosen: what they leave of a test runs. Several
    workers are given them in rows."""
    for item in items:
        if database := depth.database_of(item):
            item.user_properties.append((ledger.PROPERTY, database))
    left_out = [] if depth.full_cross() else depth.left_to_the_full_cross(items)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        items[:] = order.in_rows(items, workers)


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: looking through all of it for garbage, again and again, would
    take a tenth of the whole run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each test, and what is made for it first, a seed of its own."""
    seed.seed(item.nodeid)


@pytest.fixture(scope="module", autouse=True)
def _nothing_held() -> Iterator[None]:
    """A module that leaves every session bound to its own connection would fail the tests after it instead."""
    yield
    assert db.session.session_factory.kw.get("bind") is None, "this module still holds a connection"


def leave_out(reason: str) -> None:
    """Skip what this machine cannot run; where CI=true that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Every database of this test process."""
    # autovacuum would find only dead rows beside those of a test's open transaction and note that the table is empty; a
    # plan made for that takes minutes. A table never looked at is taken for what its pages can hold.
    made = Databases(tmp_path_factory.mktemp("databases"), autovacuum="off")
    yield made
    made.close()


@pytest.fixture(scope="session")
def applications(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Applications:
    """One application for each kind of database, made when first wanted."""
    return Applications(databases, tmp_path_factory.mktemp("instance"))


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database: a test that uses it, even through another fixture, runs on the one that its name chooses;
    on both where it is marked `both_databases` or the full cross is asked for."""
    kind: str = request.param
    if kind == "postgresql" and postgres.binaries() is None:
        leave_out("PostgreSQL's server programs are missing (apt install postgresql)")
    return kind


@pytest.fixture
def empty_database(backend: str, databases: Databases) -> Iterator[Database]:
    """A new database without a schema."""
    database = databases.empty(backend)
    yield database
    databases.drop(database)


@pytest.fixture
def database(backend: str, databases: Databases) -> Iterator[Database]:
    """A copy of the migrated database, for tests with processes or threads of their own."""
    copy = databases.copy(databases.template(backend))
    yield copy
    databases.drop(copy)


@pytest.fixture
def demo_database(backend: str, databases: Databases) -> Iterator[Database]:
    """A copy of a small demo district; its people sign in with DEMO_PASSWORD."""
    copy = databases.copy(databases.demo(backend))
    yield copy
    databases.drop(copy)


@pytest.fixture
def app(backend: str, applications: Applications) -> Iterator[Flask]:
    """The application on one connection whose outer transaction is rolled back after the test."""
    application = applications.get(backend)
    with Rollback(application):
        yield application


@pytest.fixture
def session(app: Flask) -> Iterator[Any]:
    """The database session, inside an application context, rolled back after the test."""
    with app.app_context():
        yield app.extensions["sqlalchemy"].session


@pytest.fixture
def client(app: Flask) -> PageClient:
    """A browser without JavaScript, nobody signed in; every page it gets is checked."""
    return people_client(app)


@pytest.fixture
def client_as(app: Flask) -> Callable[[Any], PageClient]:
    """`client_as(user)`: a client with a session of that user, made without the sign-in page."""
    return lambda user: people_client(app, user)


@pytest.fixture
def at() -> Iterator[Callable[..., datetime]]:
    """`at("2026-11-24 10:00")` stops the clock there, wall time of a school in Chicago unless `zone` says otherwise;
    call it again to move on. Returns the instant in UTC."""
    travels: list[time_machine.travel] = []

    def move(wall: str, zone: str = SCHOOL_ZONE) -> datetime:
        instant = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        while travels:
            travels.pop().stop()
        travel = time_machine.travel(instant, tick=False)
        travel.start()
        travels.append(travel)
        return instant

    yield move
    for travel in travels:
        travel.stop()


@pytest.fixture
def network_guard() -> Guard:
    """What the test may reach."""
    return Guard()


@pytest.fixture(autouse=True)
def _guarded(request: pytest.FixtureRequest, network_guard: Guard) -> Iterator[None]:
    if request.node.get_closest_marker("network"):
        yield
        return
    with guarded(network_guard):
        yield


@pytest.fixture
def smtp_server(network_guard: Guard) -> Iterator[MailServer]:
    """A real SMTP server; `mails` holds what arrived."""
    server = MailServer()
    server.start()
    network_guard.mail_ports.add(server.port)
    yield server
    server.stop()


@pytest.fixture
def live_system(database: Database, tmp_path: Path, smtp_server: MailServer) -> Iterator[LiveSystem]:
    """A copied database with processes of its own, mail going to `smtp_server`; nothing is started yet."""
    system = LiveSystem(database, tmp_path, {"SMTP_URL": smtp_server.url, "MAIL_FROM": "wss@district.example"})
    yield system
    system.stop()


@pytest.fixture
def live_server(live_system: LiveSystem) -> LiveSystem:
    """The same with the web server running at `url`."""
    live_system.start_web()
    return live_system


@pytest.fixture(scope="session")
def pango() -> None:
    """What PDFs are laid out with."""
    if not pango_is_here():
        leave_out("Pango is missing (apt install libpango-1.0-0 libpangoft2-1.0-0)")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    if chromium() is None:
        leave_out("Chromium is missing (apt install chromium)")
    with sync_playwright() as playwright:
        expect.set_options(timeout=LONGEST_WAIT * 1000)
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def new_visitor(browser: Browser, live_server: LiveSystem) -> Iterator[NewVisitor]:
    """`new_visitor(viewport=PHONE, javascript=True)`: another person's window; a script or console error, or an
    answer of 5xx, fails the test at its end."""
    visitors: list[Visitor] = []

    def new(
        viewport: dict[str, int] | None = None,
        javascript: bool = True,
        locale: str = "en-US",
        worker: Literal["allow", "block"] = "block",
    ) -> Visitor:
        # a service worker fetches every static file of the release: only stories about it pay for that
        context = browser.new_context(
            base_url=live_server.url, viewport=viewport or DESK, java_script_enabled=javascript, locale=locale,
            reduced_motion="reduce", timezone_id=SCHOOL_ZONE, service_workers=worker,
        )  # fmt: skip
        context.set_default_timeout(LONGEST_WAIT * 1000)
        visitor = Visitor(context, context.new_page())
        visitors.append(visitor)
        return visitor

    yield new
    problems = [problem for visitor in visitors for problem in visitor.problems]
    for visitor in visitors:
        visitor.context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real input beside the repository; tests that want it are left out where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real input files are not on this machine")
    return SHARED_DATA
