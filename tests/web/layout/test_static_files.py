"""Browsers keep styles and scripts for a year, under an address that changes with their letters."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask

from tests.support.pages.client import PageClient
from wss_cases.web.bundles import in_bundles, script


def test_what_a_page_loads_is_kept_for_a_year_and_what_it_imports_too(client: PageClient) -> None:
    page = client.get("/sign-in").text
    loaded = re.findall(r'(?:href|src)="(/(?:bootstrap/)?static/[^"#]+)"', page)
    for address in loaded:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
    names = [address.rpartition("/")[2] for address in loaded]
    asked_for = [name for name in names if name.endswith((".css", ".js"))]
    assert asked_for == ["bootstrap.min.css", "page.css", "page.js", "sw-box.js", "sw-send.js"], "each more is a wait"
    imported = re.findall(r"^import .*", client.get(loaded[names.index("page.js")]).text, re.MULTILINE)
    assert imported == ['import "./sw-box.js";', 'import "./sw-send.js";'], "asked for by the page itself"


def test_the_one_sheet_and_the_one_script_hold_every_file_that_pages_had(app: Flask, client: PageClient) -> None:
    folder = Path(str(app.static_folder))
    held = in_bundles(folder)
    for name in ("css/page.css", "js/page.js"):
        whole = client.get(f"/static/{name}").text
        parts = [(folder / one).read_text("utf-8") for one in sorted(held) if one[:3] == name[:3]]
        assert len(parts) > 10
        for lines in ([re.sub(r"^export ", "", line) for line in part.splitlines()] for part in parts):
            body = "\n".join(line for line in lines if not line.startswith("import "))
            assert body.strip() in whole
    # a script that is neither in the one nor imported, nor a page's own, would run nowhere
    alone = {path.name for path in (folder / "js").glob("*.js") if f"js/{path.name}" not in held}
    assert alone == {"offline.js", "signs.js", "sw.js", "sw-box.js", "sw-push.js", "sw-send.js"}
    own = {path.name for path in (folder / "css").glob("*.css") if f"css/{path.name}" not in held}
    assert own == {"capture.css", "paper.css", "public.css", "public_text.css", "queue.css"}, "named by their pages"


def test_a_module_that_the_one_script_cannot_hold_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    for words in ('import * as all from "./other.js";', "export default 1;", 'export { one } from "./other.js";'):
        (tmp_path / "js" / "main.js").write_text(f"{words}\n", "utf-8")
        with pytest.raises(ValueError, match=r"main\.js: "):
            script(tmp_path)


def test_another_releases_address_gets_the_file_and_is_not_kept(client: PageClient) -> None:
    for address in ("/static/@000000000000/js/main.js", "/static/js/main.js"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" not in answer.headers["Cache-Control"]
    for address in ("/static/@000000000000/../config.py", "/static/@", "/static/@1/%2e%2e/config.py"):
        assert client.get(address).status_code == 404


GZIP = {"Accept-Encoding": "br;q=1.0, gzip;q=0.8"}
SCRIPT = "/static/js/page.js"


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


def test_what_all_processes_were_given_of_templates_none_reads_again(app: Flask) -> None:
    room = getattr(app.jinja_env.cache, "capacity", float("inf"))
    assert len(app.jinja_env.list_templates(extensions=["html", "txt"])) < room
