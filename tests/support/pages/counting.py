"""What a piece of work costs in the browser: pages loaded, forms sent, clicks."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page, Request

COUNT_CLICKS = """if (!self.countsClicks) addEventListener("pointerdown", () => {
  sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks") || 0) + 1);
}, true);
self.countsClicks = true;"""
"""Once on each page, however often it is counted there."""


@dataclass(frozen=True)
class Cost:
    """Pages that were loaded, forms that were sent, clicks."""

    loads: int
    forms: int
    clicks: int

    def __str__(self) -> str:
        counted = ((self.loads, "load"), (self.forms, "form"), (self.clicks, "click"))
        return ", ".join(f"{number} {what}{'' if number == 1 else 's'}" for number, what in counted)


class Counter:
    """Counts what happens in a window from now on; the page that is open was loaded before."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.loads = self.forms = 0
        page.add_init_script(COUNT_CLICKS)
        page.evaluate(COUNT_CLICKS)
        page.evaluate("sessionStorage.removeItem('clicks')")
        page.on("domcontentloaded", self._loaded)
        page.on("request", self._sent)

    def _loaded(self, _page: Page) -> None:
        self.loads += 1

    def _sent(self, request: Request) -> None:
        self.forms += request.method == "POST" and request.is_navigation_request()

    def cost(self) -> Cost:
        self.page.wait_for_load_state()
        return Cost(self.loads, self.forms, int(self.page.evaluate("sessionStorage.getItem('clicks') || 0")))
