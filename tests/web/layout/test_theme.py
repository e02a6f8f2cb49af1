"""The colours can be read, the scripts keep nothing in the browser."""

from __future__ import annotations

import re

import pytest

from tests.support.databases import ROOT
from wss_cases.incidents.incident.states import Tile, WhereTile

STATIC = ROOT / "static"
TOKEN = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{3,6});")
TEXT_PAIRS = [
    "ink/paper", "ink/card", "ink/soft", "ink/sun-soft", "ink/brick-soft", "ink-2/paper", "ink-2/card", "ink-2/soft",
    "teal/paper", "teal/card", "teal/soft", "teal-hover/card", "on-teal/teal", "on-teal/teal-hover",
    "on-brick/brick", "on-brick/brick-hover", "header-ink/header", "header-ink-2/header", "header-ink/header-chosen",
    "sun-ink/sun-soft", "brick/brick-soft", "brick/card", "brick/paper", "moss-ink/moss-soft", "slate/slate-soft",
]  # fmt: skip
CONTROL_PAIRS = [
    "edge/card",
    "edge/paper",
    "header-edge/header",
    "focus/paper",
    "focus/card",
    "moss/card",
    "sun/header",
]


def tokens(scheme: str) -> dict[str, str]:
    """Return the colours of `light` or `dark`; dark changes what it names."""
    light, dark = (STATIC / "css" / "tokens.css").read_text().split("@media (prefers-color-scheme: dark)")
    return dict(TOKEN.findall(light)) | (dict(TOKEN.findall(dark)) if scheme == "dark" else {})


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG, 0 to 1."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_control_borders_can_be_seen(scheme: str) -> None:
    colours = tokens(scheme)
    weak = []
    for pairs, least in ((TEXT_PAIRS, 4.5), (CONTROL_PAIRS, 3.0)):
        for pair in pairs:
            front, ground = pair.split("/")
            ratio = contrast(colours[front], colours[ground])
            if ratio < least:
                weak.append(f"{pair} {ratio:.2f} below {least}")
    assert not weak


def test_scripts_keep_nothing_in_the_browser_and_write_no_markup() -> None:
    forbidden = re.compile(
        r"localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML|outerHTML|insertAdjacentHTML|\beval\b"
    )
    scripts = sorted((STATIC / "js").rglob("*.js"))
    assert len(scripts) > 5
    read = {path.name: _without_the_sealed_boxes(_without_the_one_setting(path.read_text())) for path in scripts}
    assert [name for name, source in read.items() if forbidden.search(source)] == []


def _without_the_one_setting(source: str) -> str:
    # whether the letter keys work, on or off: a setting of this browser, no word about anybody
    kept = ("localStorage.getItem(SETTING)", "localStorage.setItem(SETTING, value)")
    for call in kept if 'const SETTING = "wss-keys";' in source else ():
        source = source.replace(call, "")
    return source


def _without_the_sealed_boxes(source: str) -> str:
    # what was written offline, which only the server opens: tests/browser/stories/offline looks at what is stored
    return source.replace("indexedDB.open(DATABASE, 1)", "") if 'const DATABASE = "unsent";' in source else source


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    asked = set()
    for path in (ROOT / "templates").rglob("*.html"):
        asked |= set(re.findall(r"\bicon\('([\w-]+)'", path.read_text()))
    asked |= {f"tile-{one.value.replace('_', '-')}" for one in (*Tile, *WhereTile)}
    assert asked - drawn == set()
