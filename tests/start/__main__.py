"""`make start`: follows docs/start.md line by line, in an empty folder, from nothing to a report that waits for a dean.

The roster is a small one of invented people, the sign-on a provider of ours on this machine; nothing else is added.
Ends with 0 when every line could be followed, and says how long each part took.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pyotp
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.roster.oneroster.bundles import roster, user, zipped
from tests.start.page import Line, lines
from tests.support.databases import ROOT
from tests.support.pages.browser import PHONE, go, launch, tap
from tests.support.postgres import free_port
from tests.support.servers.sign_on_provider import CLIENT_ID, CLIENT_SECRET, Provider

LONGEST = 600.0
PEOPLE = {
    "Given1 Hazelton": {"sub": "p-1", "staff_id": "u1", "groups": ["deans"]},
    "Given2 Hazelton": {"sub": "p-2", "staff_id": "u2"},
}


class Follower:
    """One machine with a folder, a program that runs there, and the browser of whoever is at it."""

    def __init__(self, folder: Path, browser: Browser, provider: Provider) -> None:
        self.folder, self.browser, self.provider = folder, browser, provider
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.env = kept | {"PORT": str(free_port())}
        self.ours = {
            "WSS_OIDC_ISSUER": provider.issuer,
            "WSS_OIDC_CLIENT_ID": CLIENT_ID,
            "WSS_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }
        self.program: subprocess.Popen[bytes] | None = None
        self.page = self._window()

    def follow(self, line: Line) -> None:
        """Do what one line says; AssertionError or playwright's error where it cannot be done."""
        try:
            getattr(self, line.word)(line)
        except Exception:
            print(f"{line}: at {self.page.url}\n{self.page.locator('body').inner_text()[:1500]}", flush=True)
            raise

    def run(self, line: Line) -> None:
        """A line of a fence: a setting, the program, or a command that ends."""
        if line.what.startswith("export "):
            name, _equals, value = shlex.split(line.what)[1].partition("=")
            self.env[name] = self.ours.get(name, value)
        elif line.what.endswith("make run"):
            self._start(line.what)
        else:
            subprocess.run(line.what, shell=True, cwd=self.folder, env=self.env, check=True, timeout=LONGEST)

    def person(self, line: Line) -> None:
        """Somebody else sits down: another browser, and another person at the sign-on."""
        self.page.context.close()
        self.page, self.provider.person = self._window(), dict(PEOPLE[line.what])

    def open(self, line: Line) -> None:
        """An address of the page, or one that was printed."""
        if line.what == "the printed address":
            found = re.search(r"Begin here: (\S+)", self._words())
            assert found, self._words()
            self.page.goto(found[1])
        elif line.what == "the first link":
            self.page.goto(self.page.locator("main dd a").first.get_attribute("href") or "")
        else:
            self.page.goto(line.what)

    def type(self, line: Line) -> None:
        """Letters into a field; the app's code is made from the key that the page shows."""
        text = line.what
        if text == "the code of the app":
            text = pyotp.TOTP(self.page.locator("main code").inner_text().replace(" ", "")).now()
        self.page.get_by_label(line.where).first.fill(text)

    def choose(self, line: Line) -> None:
        """One of a list."""
        self.page.get_by_label(line.where).select_option(line.what)

    def pick(self, line: Line) -> None:
        """A person whose name is typed, and who is then offered."""
        self.page.get_by_label(line.where).first.fill(line.what)
        tap(self.page.get_by_role("option").filter(has_text=line.what).first)

    def tick(self, line: Line) -> None:
        """One of some choices."""
        tap(self.page.get_by_role("radio", name=line.what, exact=True).first)

    def press(self, line: Line) -> None:
        """A button, or a link that looks like one."""
        named = (self.page.get_by_role(role, name=line.what, exact=True) for role in ("button", "link"))
        button, link = (found.locator("visible=true") for found in named)
        go(self.page, button.or_(link).first)

    def read(self, line: Line) -> None:
        """Words that stand there now."""
        expect(self.page.locator("body")).to_contain_text(
            re.compile(re.escape(line.what), re.IGNORECASE), timeout=30_000
        )

    def stop(self) -> None:
        """Ctrl-C."""
        if self.program is not None:
            os.killpg(self.program.pid, signal.SIGINT)
            self.program.wait(30)

    def _window(self) -> Page:
        context = self.browser.new_context(base_url=f"http://localhost:{self.env['PORT']}", viewport=PHONE)
        return context.new_page()

    def _start(self, command: str) -> None:
        self.stop()
        with (self.folder / "words").open("wb") as words:
            self.program = subprocess.Popen(
                command, shell=True, cwd=self.folder, env=self.env, stdout=words, stderr=words, start_new_session=True
            )
        end = time.monotonic() + LONGEST
        while "Running at" not in self._words():
            assert self.program.poll() is None and time.monotonic() < end, self._words()
            time.sleep(0.2)

    def _words(self) -> str:
        return (self.folder / "words").read_text(encoding="utf-8")


def empty_folder() -> Path:
    """Return a folder with what a clone would hold and nothing else, and the district's roster."""
    folder = Path(tempfile.mkdtemp(prefix="wss-start-"))
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, files.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    staff = [
        user(number, role, email=f"given{number}@lincoln.example")
        for number, role in ((1, "administrator"), (2, "teacher"))
    ]
    zipped(folder / "roster.zip", roster([*staff, *(user(number) for number in range(3, 43))]))
    return folder


def main() -> None:
    """Follow the page; print each part with its seconds."""
    text = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
    folder, provider = empty_folder(), Provider()
    provider.start()
    began = time.monotonic()
    with sync_playwright() as playwright, launch(playwright) as browser:
        follower = Follower(folder, browser, provider)
        try:
            for part in re.split(r"(?m)^## ", text)[1:]:
                start = time.monotonic()
                for line in lines(part):
                    follower.follow(line)
                print(f"{time.monotonic() - start:5.0f} s  {part.splitlines()[0]}", flush=True)
        finally:
            follower.stop()
            provider.stop()
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{time.monotonic() - began:5.0f} s  in all", flush=True)


if __name__ == "__main__":
    main()
