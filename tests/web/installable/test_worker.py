"""What a browser keeps of a release is about nobody, is there, and is asked for anew with every release."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.support.databases import ROOT
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.web import installable


def told(client: PageClient) -> dict[str, Any]:
    """What the service worker is told of its release."""
    first = client.get("/sw.js").get_data(as_text=True).splitlines()[0]
    facts: dict[str, Any] = json.loads(first.removeprefix("self.APP = ").rstrip(";"))
    return facts


def test_the_worker_stands_at_the_root_and_is_asked_for_each_time(session: Any, client: PageClient) -> None:
    answer = client.get("/sw.js")
    assert answer.mimetype == "text/javascript" and answer.headers["Service-Worker-Allowed"] == "/"
    assert (
        answer.headers["Cache-Control"] == "no-cache"
        and "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    )
    again = client.get("/sw.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_what_is_kept_is_there_and_about_nobody(session: Any, client: PageClient, client_as: Any) -> None:
    someone = client_as(make_user(Role.DEAN, SchoolFactory()))
    facts = told(client)
    pages = {address for of_kind in facts["pages"].values() for address in of_kind.values()}
    files = [address for address in facts["shell"] if address not in pages]
    assert all(address.startswith(("/static/@", "/bootstrap/static/@")) for address in files)
    assert all(client.get(address).status_code == 200 for address in files)
    for address in pages:
        nobodys, theirs = client.get(address), someone.get(address)
        assert nobodys.status_code == 200 and nobodys.data == theirs.data, address
        assert b"csrf_token" not in nobodys.data and b'data-owner=""' in nobodys.data
    assert facts["forms"]["/incidents/new"] == "report" and facts["forms"]["/practice/new"] == "practice"


def test_a_page_that_reads_otherwise_is_another_release(
    session: Any, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(client)["release"]
    installable._script.cache_clear()
    monkeypatch.setattr(installable, "shell_page", lambda kind, code: f"{kind} {code} in other words")
    assert told(client)["release"] != before
    installable._script.cache_clear()


def test_the_worker_keeps_nothing_but_the_shell() -> None:
    scripts = [path.read_text("utf-8") for path in (ROOT / "static" / "js").glob("sw*.js")]
    kept = [line.strip() for text in scripts for line in text.splitlines() if ".put(" in line or ".add" in line]
    cached = [line for line in kept if "cache" in line]
    assert cached == ["await cache.put(address, answer);"]


def test_the_manifest_names_icons_that_are_there(session: Any, client: PageClient) -> None:
    found = client.get("/manifest.webmanifest")
    manifest = json.loads(found.data)
    assert found.mimetype == "application/manifest+json" and manifest["start_url"] == "/" == manifest["scope"]
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    assert all(client.get(icon["src"]).mimetype == "image/png" for icon in manifest["icons"])
    assert 'rel="manifest"' in client.get("/sign-in").get_data(as_text=True)
