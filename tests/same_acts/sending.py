"""Sends the recorded requests, each in a process of its own, and writes down what they answer and write."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import URLSafeTimedSerializer
from lxml import html

from tests.same_acts.requests import Post
from tests.same_acts.rows import Change, change_lines, changes_since, snapshot, without_tokens
from tests.same_pages.answers import answer_text
from tests.same_pages.checkouts import Stage, alone, sign_in
from tests.same_pages.pages import VISITOR
from tests.support.fixed import seed

RAW_CSRF = "5" * 40
REQUEST_KEY = "7" * 32
FROM_PAGE = "(from the page)"
"""Stands for the value of a hidden field that each page carries anew."""


class EarlierPostRefused(RuntimeError):
    """A post that makes the record of a handler was refused."""


class Browser:
    """A person's browser on the copied database: its cookies, and a CSRF token of its own."""

    def __init__(self, app: Any, stage: Stage, role: str) -> None:
        self.app, self.role = app, role
        held = {"csrf_token": RAW_CSRF}
        if role == VISITOR:
            signed = app.session_interface.get_signing_serializer(app).dumps(held)
            cookie = f"{app.config['SESSION_COOKIE_NAME']}={signed}"
        else:
            cookie = sign_in(stage, app, f"{role}@demo.example", "en", **held)
        self.client = app.test_client()
        self.client.set_cookie(*cookie.split("=", 1))
        self.token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(RAW_CSRF)

    def get(self, address: str, **more: Any) -> Any:
        """GET an address; redirects are not followed."""
        return self.client.get(address, headers={"Accept-Language": "en"}, **more)

    def post(self, post: Post, page: Any = None) -> Any:
        """Send a request from its page, opened anew when it is not given: fields that it carries anew come from it."""
        page = page or (self.get(post.page) if post.page else None)
        headers = {"Accept-Language": "en", "X-CSRFToken": self.token}
        if post.body is not None:
            return self.client.post(post.action, json=post.body, headers=headers)
        data: dict[str, list[Any]] = {"csrf_token": [self.token]}
        for name, value in post.fields:
            data.setdefault(name, []).append(_of_page(page, name) if value == FROM_PAGE else value)
        for name, (file_name, kind, content) in post.files.items():
            data.setdefault(name, []).append((io.BytesIO(base64.b64decode(content)), file_name, kind))
        return self.client.post(post.action, data=data, headers=headers)

    def flashes(self) -> list[str]:
        """Return the messages that the next page would show."""
        cookie = self.client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        if cookie is None:
            return []
        held = self.app.session_interface.get_signing_serializer(self.app).loads(cookie.value)
        return [message for _kind, message in held.get("_flashes", ())]


def _of_page(page: Any, name: str) -> str:
    for element in html.document_fromstring(page.get_data(as_text=True)).iter("input"):
        if element.get("name") == name:
            return element.get("value") or ""
    return ""


def refusals(answer: Any) -> list[tuple[str, str]]:
    """Return (id of the field, message) of all that a page refuses; no id where a message is about no field."""
    if answer.mimetype != "text/html" or not answer.get_data():
        return []
    found = []
    for box in html.document_fromstring(answer.get_data(as_text=True)).find_class("error-summary"):
        for item in box.iter("li"):
            link = next(iter(item.iter("a")), None)
            found.append(("" if link is None else link.get("href").lstrip("#"), " ".join(item.text_content().split())))
    return found


def in_own_process(stage: Stage, do: Callable[[], Any]) -> Any:
    """Return what a function returns, as JSON, in a process of its own on a fresh copy of the database.

    What it draws (tokens, codes) is the same each time, so that a secret link of one request is known to the next. It
    is the same in a checkout whose functions are in other modules.
    """
    path = stage.folder.with_name("result.json")
    path.unlink(missing_ok=True)

    def keep() -> None:
        seed.begin()
        seed.seed(path.name, by_module=False)
        path.write_text(json.dumps(do()), encoding="utf-8")

    alone(stage, keep)
    return json.loads(path.read_text(encoding="utf-8"))


def prepare(app: Any, stage: Stage, before: Sequence[Post]) -> None:
    """Send the posts that make the record of a handler; EarlierPostRefused at the first that is refused."""
    for number, post in enumerate(before):
        # a form of the same person with the same key would count as sent twice, and do nothing
        keyed = post.with_fields({"request_key": f"{number:032x}"})
        answer = Browser(app, stage, post.role).post(keyed)
        if answer.status_code >= 400:
            raise EarlierPostRefused(f"before it, POST {post.action} as {post.role}: {answer.status_code}")


def send(browser: Browser, stage: Stage, post: Post) -> tuple[Any, list[Change]]:
    """Send a post; return its answer and the rows that it wrote, those of opening its page left out."""
    page = browser.get(post.page) if post.page else None
    before = snapshot(stage.copy)
    answer = browser.post(post, page)
    return answer, changes_since(before, stage.copy)


def record(app: Any, stage: Stage, before: Sequence[Post], post: Post, rule: str) -> str:
    return str(in_own_process(stage, lambda: recorded(app, stage, before, post, rule)))


def recorded(app: Any, stage: Stage, before: Sequence[Post], post: Post, rule: str) -> str:
    """Return the text of one post: answer, refused fields, messages and rows.

    Where a post before it is refused, as of a handler that was removed, the text names that post and its status.
    """
    try:
        prepare(app, stage, before)
    except EarlierPostRefused as error:
        return f"POST {rule} as {post.role}\n{error}\n"
    browser = Browser(app, stage, post.role)
    answer, changes = send(browser, stage, post)
    return written(rule, post, answer, browser.flashes(), changes)


def written(rule: str, post: Post, answer: Any, flashes: list[str], changes: list[Change]) -> str:
    """Put an answer and the rows into words."""
    lines = [f"POST {rule} as {post.role}", f"{answer.status_code} {answer.mimetype}"]
    if location := answer.headers.get("Location"):
        lines.append(f"Location: {without_tokens(location)}")
    lines += [f"message: {without_tokens(message)}" for message in flashes]
    lines += [f"refused: {name}: {without_tokens(message)}" for name, message in refusals(answer)]
    lines += [without_tokens(line) for line in change_lines(changes)]
    if answer.status_code == 200:
        lines += without_tokens(answer_text(urlsplit(post.action).path, answer)).splitlines()[2:]
    return "\n".join(lines) + "\n"


def file_of(folder: Path, kind: str, endpoint: str) -> Path:
    return folder / kind / f"{endpoint}.txt"
