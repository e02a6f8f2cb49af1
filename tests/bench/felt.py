"""`python -m tests.bench.felt`: what a person feels on a cheap phone with 3G, page by page, in the demo district.

Chromium with a processor four times slower and a network of 1.6 Mbit/s down, 0.75 up and 300 ms there and back. Twice
for each page: the first time of all, with nothing kept by the browser, and again. Printed are the kilobytes that came
over the network, when something could first be seen, and when the page could be worked with: its scripts have run, and
no task longer than 50 ms is left. The service worker is left out: its own requests would not be slowed down.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, Databases
from tests.support.demo import client_of
from tests.support.pages.browser import PHONE, Visitor, launch
from tests.support.servers.live_system import LiveSystem

SLOWER = 4
NETWORK = {"offline": False, "latency": 300, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
LONG_TASKS = """
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.lastTask = task.startTime + task.duration;
}).observe({type: "longtask", buffered: true});
"""
FIGURES = """async () => {
  await new Promise((resolve) => requestIdleCallback(resolve, {timeout: 10000}));
  const [page] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return [paint.startTime, Math.max(paint.startTime, page.domContentLoadedEventEnd, window.lastTask || 0)];
}"""
WAYS = (
    ("capture", "dean", ("/incidents/new",)),
    ("My day", "dean", ("/my-day",)),
    ("review", "administrator", ("/review", r"/review/\d+")),
    ("party page", "coordinator", ("/cases", r"/cases/\d+", r"/cases/\d+/pathways/\d+/parties/\d+")),
    ("outcomes", "district", ("/outcomes",)),
)
"""Each page, who opens it, and the links that lead to it."""
HEAD = "| page | first: kB | seen | to act | again: kB | seen | to act |\n|---|---|---|---|---|---|---|"


@dataclass
class Felt:
    """One time that a page was opened: kilobytes, and seconds until something was seen and until it could be used."""

    size: float
    seen: float
    ready: float


def found(app: Flask, role: str, way: tuple[str, ...]) -> str:
    """Return the first address to which the links of a way lead. LookupError where there is none."""
    client = client_of(app, role)

    def follow(address: str, rest: tuple[str, ...]) -> str | None:
        if not rest:
            return address
        links = dict.fromkeys(re.findall(rf'href="({rest[0]})["?#]', client.get(address).get_data(as_text=True)))
        return next((there for link in links if (there := follow(link, rest[1:]))), None)

    address = follow(way[0], way[1:])
    if address is None:
        raise LookupError(f"{role} finds nothing by {way}")
    return address


@contextmanager
def slow_phone(browser: Browser, system: LiveSystem, role: str) -> Iterator[tuple[Page, list[float]]]:
    """Give a page of somebody who is signed in, and the bytes of what came over the network."""
    context = browser.new_context(base_url=system.url, viewport=PHONE, service_workers="block")
    context.set_default_timeout(120_000)
    context.add_init_script(LONG_TASKS)
    page = context.new_page()
    Visitor(context, page).enter(f"{role}@demo.example", DEMO_PASSWORD)
    arrived: list[float] = []
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda told: arrived.append(told["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    try:
        yield page, arrived
    finally:
        context.close()


def opened(page: Page, arrived: list[float], address: str) -> Felt:
    """Open a page once."""
    arrived.clear()
    answer = page.goto(address)
    assert answer is not None and answer.status == 200, f"{address}: {answer and answer.status}"
    seen, ready = page.evaluate(FIGURES)
    return Felt(sum(arrived) / 1000, seen / 1000, ready / 1000)


def middle(times: list[Felt]) -> str:
    size, seen, ready = (statistics.median(getattr(one, name) for one in times) for name in ("size", "seen", "ready"))
    return f"{size:.0f} | {seen:.1f} s | {ready:.1f} s"


def main() -> int:
    """Measure each page, and print the table."""
    parser = argparse.ArgumentParser(prog="tests.bench.felt")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        databases = Databases(Path(name), synchronous_commit="on")
        database = databases.copy(databases.demo("postgresql"))
        system = LiveSystem(database, Path(name), {})
        app, browser = make_app(database.url, Path(name)), launch(playwright)
        try:
            system.start_web(workers=2)
            print(HEAD)
            for words, role, way in WAYS:
                address = found(app, role, way)
                first, again = [], []
                for _round in range(rounds):
                    with slow_phone(browser, system, role) as (page, arrived):
                        first.append(opened(page, arrived, address))
                        page.goto("about:blank")
                        again.append(opened(page, arrived, address))
                print(f"| {words} | {middle(first)} | {middle(again)} |", flush=True)
        finally:
            browser.close()
            system.stop()
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
