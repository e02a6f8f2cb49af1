"""What the district looks like today, and which pictures there are."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.setup.look.models import LogoPicture
from wss_cases.setup.look.rules import COLORS, LOGO, STANDARD, Colors, light_palette, stylesheet


@dataclass(frozen=True)
class Look:
    """The version of the style sheet, '' for none; the color of the header; the name of the logo, '' for none."""

    version: str
    header: str
    logo: str


@lru_cache(maxsize=8)
def sheet_of(colors: Colors) -> tuple[str, str]:
    """Return the version of the colors' style sheet and the sheet itself."""
    sheet = stylesheet(colors)
    return hashlib.sha256(sheet.encode()).hexdigest()[:12], sheet


def look_on(day: date) -> Look:
    """Return what is in force on a date; a page's session knows it without a statement of its own."""
    colors = COLORS.on(day)
    version = "" if colors == STANDARD else sheet_of(colors)[0]
    return Look(version, light_palette(colors)["header"] if version else "", LOGO.on(day))


def pictures() -> list[LogoPicture]:
    """Return the pictures that were uploaded, the newest first."""
    return list(db.session.scalars(select(LogoPicture).order_by(LogoPicture.id.desc())))


def picture_named(name: str) -> LogoPicture | None:
    """Return a picture, or None."""
    return db.session.scalar(select(LogoPicture).where(LogoPicture.name == name))
