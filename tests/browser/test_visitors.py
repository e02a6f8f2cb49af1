"""The browser's own checks are each seen to fail on something planted."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page

from tests.support.pages.browser import PHONE, Visitor, axe_problems, overflow_problems
from tests.support.pages.looks import look_of

pytestmark = pytest.mark.browser
SOUND = (
    '<!doctype html><html lang="en"><title>Home</title><main><h1>Home</h1>'
    '<form><label for="a">Name</label> <input id="a"> <button>Send</button></form></main>'
)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone's window that belongs to no system."""
    context = browser.new_context(viewport=PHONE)
    yield context.new_page()
    context.close()


def test_axe_passes_a_sound_page(page: Page) -> None:
    page.set_content(SOUND)
    assert axe_problems(page, contrast=True) == []
    assert axe_problems(page, "main") == []
    assert overflow_problems(page) == []


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (SOUND.replace('<label for="a">Name</label>', ""), "label"),
        (SOUND.replace(' lang="en"', ""), "html-has-lang"),
        (SOUND.replace("<h1>", '<h1 style="color:#ccc;background:#fff">'), "color-contrast"),
        (SOUND.replace("<h1>", '<a href="/x" style="display:inline-block;width:9px;height:9px"></a><h1>'), "link-name"),
        (SOUND.replace("Send", ""), "button-name"),
    ],
)
def test_axe_names_a_planted_fault(page: Page, wrong: str, rule: str) -> None:
    page.set_content(wrong)
    assert any(problem.startswith(f"{rule}:") for problem in axe_problems(page, contrast=True))
    plainly = axe_problems(page, "main", contrast=False)
    assert any(problem.startswith(f"{rule}:") for problem in plainly) == (
        rule not in ("html-has-lang", "color-contrast")
    )


def test_a_page_too_wide_is_seen(page: Page) -> None:
    page.set_content(SOUND.replace("<form>", '<form style="width:900px">'))
    assert overflow_problems(page)


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ("", ""),
        ('<div style="height:3500px"></div>', "screens long, more than 4"),
        ("<details><summary>More</summary><div style='height:3500px'></div></details>", ""),
        ('<p style="font-size:13px">Small print</p>', "words of 13.0 px: Small print"),
        ('<p style="font-size:13px" hidden>Small print</p>', ""),
        ('<p><a class="btn-primary">One</a> <a class="btn-primary">Two</a></p>', "2 filled buttons on one screen"),
        ('<a class="btn-primary">One</a><p style="height:900px"></p><a class="btn-primary">Two</a>', ""),
        (
            f'<nav class="tabs"><ul style="display:flex;flex-wrap:wrap">{"<li>A long tab</li>" * 9}</ul></nav>',
            "tabs on",
        ),
    ],
)
def test_what_a_designer_would_mend_is_seen(page: Page, planted: str, told: str) -> None:
    page.set_content(
        SOUND.replace("<button>", '<button style="font-size:1rem">').replace("</main>", f"{planted}</main>")
    )
    found = look_of(page).problems()
    assert [told in line for line in found] == ([True] if told else []), found


def test_script_and_console_errors_are_kept(browser: Browser) -> None:
    context = browser.new_context()
    visitor = Visitor(context, context.new_page())
    visitor.page.set_content(SOUND + "<script>console.error('planted one')</script><script>planted_two()</script>")
    visitor.page.wait_for_function("document.readyState === 'complete'")
    context.close()
    assert any("planted one" in problem for problem in visitor.problems)
    assert any("planted_two" in problem for problem in visitor.problems)


class Failing(BaseHTTPRequestHandler):
    """Answers with the status that is asked for; the page for 200 has a picture, which it fails at."""

    def do_GET(self) -> None:
        status = int(self.path[1:]) if self.path[1:].isdecimal() else 404
        page = SOUND.replace("</main>", '<img src="/503" alt="School"></main>').encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if status != 503 else "image/png")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_said: object) -> None:
        """What was asked for is not told."""


@pytest.fixture
def failing() -> Iterator[str]:
    """The address of a server that fails as it is told."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Failing)
    Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.any_database("the thread is a server that fails, and there is no database")
@pytest.mark.parametrize("javascript", [True, False])
def test_what_a_server_failed_at_is_kept(browser: Browser, failing: str, javascript: bool) -> None:
    context = browser.new_context(java_script_enabled=javascript)
    visitor = Visitor(context, context.new_page())
    for status in ("404", "200", "500"):
        visitor.page.goto(f"{failing}/{status}")
    context.close()
    # the page for 500 has the picture too
    assert sorted(visitor.problems) == [f"500 {failing}/500", *[f"503 {failing}/503"] * 3]
