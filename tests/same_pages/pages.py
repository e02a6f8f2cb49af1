"""Writes down every page that each role reaches, in each language."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.same_pages.answers import answer_text, file_name
from tests.same_pages.checkouts import Stage, alone, sign_in
from tests.same_pages.crawling import crawl

ROLES = ("reporter", "dean", "coordinator", "administrator", "district", "sysadmin", "partner", "auditor")
VISITOR = "visitor"
"""Nobody who is signed in."""
LANGUAGES = ("en", "es")
Caps = tuple[int, int]


def record_pages(app: Any, stage: Stage, out: Path, roles: list[str], languages: list[str], caps: Caps) -> None:
    """Write one file for each role, language and address, at most so many for a route and for one of its filters."""
    for role in roles:
        for language in languages:
            folder = out / f"{role}.{language}"
            folder.mkdir(parents=True)
            alone(stage, lambda: _record(app, stage, folder, caps))  # noqa: B023 - done before the next


def _record(app: Any, stage: Stage, folder: Path, caps: Caps) -> None:
    role, _dot, language = folder.name.partition(".")
    # the same cookie for every page: what one page sets (a language, a message) never reaches another
    headers = {"Accept-Language": language}
    if role != VISITOR:
        headers["Cookie"] = sign_in(stage, app, f"{role}@demo.example", language)
    client = app.test_client(use_cookies=False)
    began, statuses = time.process_time(), Counter[int]()
    routes = app.url_map.bind("localhost")
    for address, answer in crawl(lambda address: client.get(address, headers=headers), routes, *caps):
        (folder / file_name(address)).write_text(answer_text(address, answer), encoding="utf-8")
        statuses[answer.status_code] += 1
    counted = ", ".join(f"{times} with {status}" for status, times in sorted(statuses.items()))
    print(f"{folder.name}: {statuses.total()} pages ({counted}), {time.process_time() - began:.1f} s", flush=True)
