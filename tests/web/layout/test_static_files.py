"""Browsers keep styles and scripts for a year, under an address that changes with their letters."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.support.pages.client import PageClient


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


GZIP = {"Accept-Encoding": "br;q=1.0, gzip;q=0.8"}
SCRIPT = "/static/js/main.js"


def test_a_script_goes_out_compressed_to_whoever_takes_it(client: PageClient) -> None:
    plain = client.get(SCRIPT)
    packed = client.get(SCRIPT, headers=GZIP)
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.mimetype == plain.mimetype
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]
    assert "Content-Encoding" not in plain.headers
    assert client.get(SCRIPT, headers=GZIP).data == packed.data


def test_everything_a_page_loads_is_the_same_compressed_and_is_kept(client: PageClient) -> None:
    page = client.get("/sign-in").text
    for address in re.findall(r'(?:href|src)="(/(?:bootstrap/)?static/[^"#]+)"', page):
        packed, plain = client.get(address, headers=GZIP), client.get(address)
        is_text = packed.mimetype.startswith("text/") or packed.mimetype == "image/svg+xml"
        assert ("Content-Encoding" in packed.headers) == is_text, address
        assert (gzip.decompress(packed.data) if is_text else packed.data) == plain.data, address
        assert "immutable" in packed.headers["Cache-Control"], address


def test_a_compressed_script_is_asked_for_by_its_own_tag(client: PageClient) -> None:
    plain, packed = client.get(SCRIPT), client.get(SCRIPT, headers=GZIP)
    for headers, first in (({}, plain), (GZIP, packed)):
        again = client.get(SCRIPT, headers={**headers, "If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert "Accept-Encoding" in again.headers["Vary"]
    other = client.get(SCRIPT, headers={"If-None-Match": packed.headers["ETag"]})
    assert (other.status_code, other.data) == (200, plain.data)


def test_head_says_what_get_would(client: PageClient) -> None:
    packed, head = client.get(SCRIPT, headers=GZIP), client.head(SCRIPT, headers=GZIP)
    assert head.data == b""
    for name in ("Content-Length", "Content-Encoding", "ETag", "Vary"):
        assert head.headers[name] == packed.headers[name], name


def test_a_part_of_a_script_is_a_part_of_the_plain_one(client: PageClient) -> None:
    plain = client.get(SCRIPT)
    part = client.get(SCRIPT, headers={**GZIP, "Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, plain.data[10:20])
    assert part.headers["ETag"] == plain.headers["ETag"]
    assert "Content-Encoding" not in part.headers


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0, identity"])
def test_who_does_not_take_it_gets_the_plain_one(client: PageClient, accepted: str) -> None:
    answer = client.get(SCRIPT, headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert answer.data == client.get(SCRIPT).data


def test_a_page_with_a_token_is_never_compressed(client: PageClient) -> None:
    answer = client.get("/sign-in", headers=GZIP)
    assert "csrf_token" in answer.text
    assert "Content-Encoding" not in answer.headers
