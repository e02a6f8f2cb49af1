"""What a browser holds on its device, all of it: databases, caches, storages, service workers and cookies."""

from __future__ import annotations

import re
import zlib
from typing import Any
from urllib.parse import unquote

from itsdangerous import BadData
from itsdangerous.encoding import base64_decode
from playwright.sync_api import Page

from tests.browser.stories.steps.words import words_of
from tests.support.pages.browser import tap

READY = """async () => {
  const { serviceWorker } = navigator;
  await serviceWorker.ready;
  while (!(serviceWorker.controller && (await self.unsent.device())?.key)) await new Promise(requestAnimationFrame);
}"""
"""The device has its key, and the service worker answers for the page."""
WAITING = "async () => JSON.stringify(await self.unsent.waiting())"
"""What the device has not sent yet."""
HELD = """async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const held = { databases: [], caches: [], pages: [], storage: [], workers: 0 };
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      held.databases.push(...await done(database.transaction(store).objectStore(store).getAll()));
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      held.caches.push(request.url);
      if ((answer.headers.get("Content-Type") ?? "").includes("html")) held.pages.push(await answer.text());
    }
  }
  for (const storage of [localStorage, sessionStorage]) held.storage.push(...Object.entries(storage));
  held.workers = (await navigator.serviceWorker.getRegistrations()).length;
  return held;
}"""
NOTHING: dict[str, Any] = {"databases": [], "caches": [], "pages": [], "storage": [], "workers": 0}


def held_on(page: Page) -> dict[str, Any]:
    """Return what the device holds for this site, cookies apart: `NOTHING` where that is so."""
    found: dict[str, Any] = page.evaluate(HELD)
    return found


def cookies_on(page: Page) -> str:
    """Return the cookies as whoever finds the device reads them: a session's values are signed, and no secret."""
    read = []
    for cookie in page.context.cookies():
        value = unquote(str(cookie["value"]))
        read.append(f"{cookie['name']}={value}")
        for part in re.split(r"[.|]", value):
            try:
                held = base64_decode(part)
            except BadData:
                continue
            read.append(_unpacked(held).decode("utf-8", "replace"))
    return "\n".join(read)


def _unpacked(held: bytes) -> bytes:
    """Return what a long session's value holds, which is packed."""
    try:
        return zlib.decompress(held)
    except zlib.error:
        return held


def found_on(page: Page, secrets: list[str]) -> list[str]:
    held = f"{held_on(page)}\n{cookies_on(page)}".casefold()
    return [secret for secret in secrets if secret.casefold() in held]


def sign_out(page: Page) -> None:
    """Sign out through the menu that this width has."""
    words = words_of(page)
    menu = re.compile("|".join(re.escape(words(name)) for name in ("Account", "Menu", "More")))
    tap(page.locator("header summary:visible", has_text=menu).last)
    tap(page.get_by_role("button", name=words("Sign out")).locator("visible=true"))
