"""Chromium, as Debian ships it, and axe."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright

from tests.support.depth import full_cross
from tests.support.pages.reading import forms, parse

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]
AXE_OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    "selectors": False,
    "preload": False,
}
"""What passed is not described, and what did not is shown by its HTML; only the contrast of colors and media that
play by themselves would want anything loaded before, and no page has these."""
AXE_RUN = "([within, options]) => axe.run(within || document, options).then(found => found.violations)"
"""What passed would take longer to be handed over than to be found."""
ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


def chromium() -> str | None:
    """Return the path of the installed browser, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def launch(playwright: Playwright) -> Browser:
    """Start the installed browser without a window; RuntimeError where there is none."""
    path = chromium()
    if path is None:
        raise RuntimeError("Chromium is not installed")
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS, env=dict(os.environ))


class Visitor:
    """One person's browser window on a live system; `problems` collects what the console and the network say."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if message.type != "error":
            return
        # it names what the server failed at, too: to be told of every answer takes longer than to draw the pages
        if answered := ANSWERED.match(message.text):
            if answered[1] >= "500":
                self.problems.append(f"{answered[1]} {message.location['url']}")
        elif not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def sign_in(self, email: str, password: str) -> None:
        """Sign in through the page as a person would."""
        self.page.goto("/sign-in")
        self.page.locator("[name=email]").fill(email)
        self.page.locator("[name=password]").fill(password)
        self.page.locator("main form [type=submit]").first.click()
        self.page.wait_for_url(lambda address: "/sign-in" not in address)

    def enter(self, email: str, password: str) -> None:
        """Be signed in as by that page, without looking at it or at what comes after it: for stories about something
        else. No page is open then."""
        page = self.context.request.get("/sign-in").text()
        form = next(form for form in forms(parse(page).find_all("main")[0]) if "password" in form.names)
        sent: dict[str, str | float | bool] = {name: held[0] for name, held in form.values().items()}
        sent |= {"email": email, "password": password}
        answer = self.context.request.post("/sign-in", form=sent, max_redirects=0)
        assert answer.status == 303, f"{email} is not signed in: {answer.status}"


def bring_axe(context: BrowserContext) -> None:
    """Let each page of a visitor begin with axe: handed over page by page it takes three times as long."""
    context.add_init_script(Axe().axe_script)


def axe_problems(page: Page, within: str | None = None, contrast: bool | None = None) -> list[str]:
    """Return the WCAG 2.2 AA violations of the open page, or of what is within a selector, one line a kind with the
    elements. The contrast of colours takes three quarters of the time: unless it is asked for, it is looked at in the
    full cross alone. The colours themselves are held to it in `tests/web/layout/test_theme.py`, and where
    templates have them in `tests/browser/test_accessibility.py`."""
    page.wait_for_load_state()  # a tap leads on before the next page has its styles
    left_out = not (full_cross() if contrast is None else contrast)
    options = AXE_OPTIONS | ({"rules": {"color-contrast": {"enabled": False}}} if left_out else {})
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(AXE_RUN, [within, options])
    return [
        f"{violation['id']}: {violation['help']}: "
        + " | ".join(str(node["html"])[:160] for node in violation["nodes"][:4])
        for violation in found
    ]


def overflow_problems(page: Page) -> list[str]:
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return [f"page is {wide} px wide in a window of {window}"] if wide > window else []


BROKEN_WORDS = """() => {
  const broken = [];
  for (const box of document.querySelectorAll(".tile > label, .btn")) {
    const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      for (const word of text.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map((rect) => Math.round(rect.top)));
        if (lines.size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
}"""


def large_text_problems(page: Page) -> list[str]:
    """Return what does not fit once the text is twice as large: a page to scroll sideways, a tile's or button's word
    on two lines. The text is as it was afterwards."""
    size = "size => { document.documentElement.style.fontSize = size; }"
    found = [f"broken as it is: {word}" for word in page.evaluate(BROKEN_WORDS)]
    page.evaluate(size, "200%")
    found += [*overflow_problems(page), *(f"broken at 200 %: {word}" for word in page.evaluate(BROKEN_WORDS))]
    page.evaluate(size, "")
    return found


def tap(what: Locator) -> None:
    """Click what stays on its page: a choice, a fold, a dialog."""
    what.click(timeout=30_000)


def go(page: Page, to: Locator) -> None:
    """Click what leads to another page, and be there: what is looked at next is never still the page before."""
    with page.expect_navigation():
        to.click()


NewVisitor = Callable[..., Visitor]
