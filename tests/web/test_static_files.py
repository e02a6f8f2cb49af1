"""Browsers keep styles and scripts for a year, under an address that changes with their letters."""

from __future__ import annotations

import re

from tests.support.client import PageClient


def test_what_a_page_loads_is_kept_for_a_year_and_what_it_imports_too(client: PageClient) -> None:
    page = client.get("/sign-in").text
    loaded = re.findall(r'(?:href|src)="(/(?:bootstrap/)?static/[^"#]+)"', page)
    assert len(loaded) > 10
    for address in loaded:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
    main = next(address for address in loaded if address.endswith("js/main.js"))
    imported = re.findall(r'from "\./([\w-]+\.js)"|import "\./([\w-]+\.js)"', client.get(main).text)
    assert imported
    beside = main.rpartition("/")[0]
    for names in imported:
        assert "immutable" in client.get(f"{beside}/{''.join(names)}").headers["Cache-Control"]


def test_another_releases_address_gets_the_file_and_is_not_kept(client: PageClient) -> None:
    for address in ("/static/@000000000000/js/main.js", "/static/js/main.js"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" not in answer.headers["Cache-Control"]
    for address in ("/static/@000000000000/../config.py", "/static/@", "/static/@1/%2e%2e/config.py"):
        assert client.get(address).status_code == 404
