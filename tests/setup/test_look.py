"""The district's colors can be read with whatever they are, and its logo is only what was drawn of a picture."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageFile, PngImagePlugin
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.web.layout.test_theme import CONTROL_PAIRS, TEXT_PAIRS, contrast, tokens
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import Setting
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.settings import forget
from wss_cases.journal.models import AuditEntry
from wss_cases.setup.look import (
    DARK,
    LARGEST,
    LIGHT,
    MOST_BYTES,
    STANDARD,
    Colors,
    LogoPicture,
    dark_palette,
    drawn_anew,
    light_palette,
    refuse_unreadable,
)

COLORS = "/settings/colors"
MAROON = {"light": "#7A1F2B", "dark": "#f2a3ad", "starts_on": "2026-11-28"}


@pytest.fixture
def now(session: Any, at: Callable[..., datetime]) -> datetime:
    return at("2026-11-28 10:00")


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 300), **more: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "#7a1f2b").save(out, kind, **more)
    return out.getvalue()


def test_whatever_is_taken_can_be_read_and_what_stays_is_as_the_tokens_say() -> None:
    for scheme, stays in (("light", LIGHT), ("dark", DARK)):
        ours = tokens(scheme)
        assert {name: ours[name] for name in stays} == {
            name: "#fff" if color == "#ffffff" else color for name, color in stays.items()
        }
    dice, taken = random.Random(4), 0
    for _throw in range(600):
        colors = Colors(*(f"#{dice.randrange(256**3):06x}" for _mode in range(2)))
        try:
            refuse_unreadable(colors)
        except Refused:
            continue
        taken += 1
        for scheme, palette in (("light", light_palette(colors)), ("dark", dark_palette(colors))):
            shown = tokens(scheme) | dict(palette)
            for pairs, least in ((TEXT_PAIRS, 4.5), (CONTROL_PAIRS, 3.0)):
                for front, ground in (pair.split("/") for pair in pairs if pair != "sun/header"):
                    assert contrast(shown[front], shown[ground]) >= least, (colors, scheme, front, ground)
    assert 20 < taken < 400
    refuse_unreadable(STANDARD)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"light": "#f0c000"}, "Choose a darker color."),
        ({"light": "#757575"}, "must be at least 4.5. Choose a darker color."),
        ({"dark": "#333333"}, "Choose a lighter color."),
        ({"light": "red"}, "Write a color like #0d5b5f"),
        ({"light": "#0d5b5f;}body{display:none"}, "Write a color like #0d5b5f"),
    ],
)
def test_a_color_that_cannot_be_is_refused_at_its_field(now: Any, client_as: Any, given: Any, words: str) -> None:
    answer = client_as(make_user(Role.DISTRICT)).submit(COLORS, {**MAROON, **given})
    [field] = given
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400 and words in page and f'href="#{field}"' in page
    assert db.session.scalar(select(func.count(Setting.id))) == 0


def test_colors_are_seen_before_they_are_confirmed_and_then_by_everyone(
    now: datetime, client_as: Any, client: Any
) -> None:
    person = client_as(make_user(Role.DISTRICT))
    assert "/look/" not in person.get("/settings").get_data(as_text=True)
    shown = person.submit(COLORS, MAROON).get_data(as_text=True)
    assert "/look/preview.css?colors=%237a1f2b+%23f2a3ad" in shown and "Nothing is changed yet" in shown
    preview = person.get("/look/preview.css?colors=%237a1f2b+%23f2a3ad").get_data(as_text=True)
    assert "--teal:#7a1f2b" in preview and "--teal:#f2a3ad" in preview
    held = person.form(COLORS).values()
    sent = {name: held[name][0] for name in ("csrf_token", "request_key", "seen_id")} | MAROON
    assert person.post(COLORS, data={**sent, "shown": "#7a1f2b #f2a3ad|2026-11-28"}).status_code == 303
    forget()
    page = client.get("/sign-in").get_data(as_text=True)
    [address] = [part.partition('"')[0] for part in page.split('href="')[1:] if part.startswith("/look/")]
    sheet = client.get(address)
    assert (sheet.status_code, sheet.mimetype, sheet.get_data(as_text=True)) == (200, "text/css", preview)
    assert "immutable" in sheet.headers["Cache-Control"] and "Set-Cookie" not in sheet.headers
    tag = {"If-None-Match": sheet.headers["ETag"]}
    assert client.get(address, headers=tag).status_code == 304
    older = client.get("/look/000000000000.css")
    assert (older.get_data(as_text=True), older.headers["Cache-Control"]) == (preview, "no-cache")
    assert db.session.scalar(select(func.count()).where(AuditEntry.action == "setting.changed")) == 1


def test_a_logo_is_drawn_anew_and_shown_once_the_setting_says_so(now: datetime, client_as: Any, client: Any) -> None:
    person = client_as(make_user(Role.DISTRICT))
    secret = PngImagePlugin.PngInfo()
    secret.add_text("Comment", "taken at 12 Elm Street")
    form = person.form("/settings/logo/picture").values()
    sent = {name: form[name][0] for name in ("csrf_token", "request_key")}
    file = (BytesIO(picture(pnginfo=secret)), "crest.png")
    assert person.post("/settings/logo/picture", data={**sent, "file": file}).status_code == 303
    kept = db.session.scalars(select(LogoPicture)).one()
    assert b"Elm Street" not in kept.content and Image.open(BytesIO(kept.content)).size <= LARGEST
    address = f"/look/logo/{kept.name}"
    assert address not in client.get("/sign-in").get_data(as_text=True)
    held = person.form("/settings/logo").values()
    sent = {name: held[name][0] for name in ("csrf_token", "request_key", "seen_id")}
    sent |= {"value": kept.name, "starts_on": "2026-11-28", "shown": f"{kept.name}|2026-11-28"}
    assert person.post("/settings/logo", data={**sent, "shown": ""}).get_data(as_text=True).count(address) == 1
    assert person.post("/settings/logo", data=sent).status_code == 303
    forget()
    for page in (client.get("/sign-in"), person.get("/settings")):
        assert f'src="{address}" alt="Whole School Safety"' in page.get_data(as_text=True)
    served = client.get(address)
    assert (served.data, served.mimetype) == (kept.content, "image/png")
    assert "immutable" in served.headers["Cache-Control"] and served.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/look/logo/none.png").status_code == 404
    [audit] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "logo_picture.uploaded"))
    assert audit.changes["content"] == ["…", "…"]


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


NO_PICTURES = {
    "a drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a page named png": b"<!doctype html><title>x</title>",
    "half a picture": picture()[: len(picture()) // 2],
    "another kind": picture("GIF"),
    "nothing": b"",
    "too large a file": b"\x89PNG\r\n\x1a\n" + b"0" * MOST_BYTES,
    "a bomb": b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 9000, 9000, 8, 2, 0, 0, 0))
    + chunk(b"IDAT"),
}


@pytest.mark.parametrize("kind", NO_PICTURES)
def test_what_is_no_picture_is_refused_at_its_field(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as a process is left in that has made a letter
    with pytest.raises(Refused) as refusal:
        drawn_anew(NO_PICTURES[kind])
    assert refusal.value.field == "file"
    assert drawn_anew(picture("JPEG")).content.startswith(b"\x89PNG")
