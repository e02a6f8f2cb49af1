"""The district's look: two colors, the palettes derived from them, and the logo."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from typing import Final

from flask import Blueprint, Response, request, url_for
from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import FileField

from wss_cases.access.gate import gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.files.pictures import BadPicture, decoded
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import StoredSetting, fixed
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case


class LogoPicture(Base):
    """An uploaded logo. `name` is a hash of its pixels; `title` the name of the uploaded file."""

    PRIVATE = frozenset({"content"})
    __tablename__ = "logo_picture"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    uploaded_at: Mapped[datetime]


COLOR: Final = re.compile(r"#[0-9a-f]{6}")
LEAST: Final = 4.5
"""Lowest contrast of text (WCAG 2.2, 1.4.3)."""
BLACK, WHITE = "#000000", "#ffffff"
LIGHT: Final = {"paper": "#faf8f4", "card": WHITE, "ink": "#20303a", "ink-2": "#51636e", "header-ink": WHITE}
DARK: Final = {"paper": "#14191b", "card": "#1d2427", "ink": "#eceae4", "ink-2": "#b0bcc0", "header-ink": WHITE}
"""Colors of static/css/tokens.css that the district's colors do not change."""
PAIRS: Final = (
    "teal/paper", "teal/card", "teal/soft", "teal-hover/card", "on-teal/teal", "on-teal/teal-hover", "ink/soft",
    "ink-2/soft", "header-ink/header", "header-ink-2/header", "header-ink/header-chosen",
)  # fmt: skip
"""Pairs of text and background with at least one of the district's colors."""
Palette = Mapping[str, str]


@dataclass(frozen=True)
class Colors:
    """One color for light mode and one for dark mode, as #rrggbb."""

    light: str
    dark: str


STANDARD: Final = Colors("#0d5b5f", "#84cdc7")


def read_colors(text: str) -> Colors:
    """Two colors from a stored text. Raises ValueError for anything else."""
    light, dark = text.split(" ")
    if not (COLOR.fullmatch(light) and COLOR.fullmatch(dark)):
        raise ValueError(text)
    return Colors(light, dark)


COLORS: Final = StoredSetting("district.colors", read_colors, fixed(STANDARD))
LOGO: Final = StoredSetting("district.logo", str, fixed(""))
"""Name of the logo's picture, '' for none."""


def _parts(color: str) -> tuple[int, ...]:
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))


def mix(color: str, other: str, share: float) -> str:
    """Mix a share (0 to 1) of another color into a color."""
    mixed = (a + (b - a) * share for a, b in zip(_parts(color), _parts(other), strict=True))
    return "#" + "".join(f"{round(part):02x}" for part in mixed)


def _luminance(color: str) -> float:
    parts = (part / 255 for part in _parts(color))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colors by the WCAG formula, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def light_palette(colors: Colors) -> Palette:
    """Variables of tokens.css that change in light mode."""
    return _header(mix(colors.light, BLACK, 0.2)) | {
        "teal": colors.light,
        "teal-hover": mix(colors.light, BLACK, 0.2),
        "on-teal": WHITE,
        "soft": mix(colors.light, WHITE, 0.9),
        "soft-edge": mix(colors.light, WHITE, 0.7),
        "focus": colors.light,
    }


def dark_palette(colors: Colors) -> Palette:
    """Variables of tokens.css that change in dark mode."""
    return _header(mix(colors.light, BLACK, 0.4)) | {
        "teal": colors.dark,
        "teal-hover": mix(colors.dark, WHITE, 0.25),
        "on-teal": mix(colors.dark, BLACK, 0.85),
        "soft": mix(DARK["card"], colors.dark, 0.1),
        "soft-edge": mix(DARK["card"], colors.dark, 0.3),
    }


def _header(ground: str) -> dict[str, str]:
    return {
        "header": ground,
        "header-ink-2": WHITE,
        "header-edge": mix(ground, WHITE, 0.55),
        "header-chosen": mix(ground, WHITE, 0.1),
    }


def least_contrast(palette: Palette, ground: Palette) -> float:
    """The contrast of the pair that is hardest to read."""
    every = {**ground, **palette}
    return min(contrast(every[front], every[back]) for front, back in (pair.split("/") for pair in PAIRS))


def refuse_unreadable(colors: Colors) -> None:
    """Raise Refused at `light` or `dark` when text in or on that color would be hard to read."""
    of_light = least_contrast(light_palette(colors), LIGHT)
    of_dark = least_contrast(dark_palette(colors), DARK)
    if of_light < LEAST:
        darker = _(
            "Text would be hard to read: its contrast is %(ratio)s and must be at least 4.5. Choose a darker color.",
            ratio=_shown(of_light),
        )
        raise Refused("light", darker)
    if of_dark < LEAST:
        lighter = _(
            "Text would be hard to read: its contrast is %(ratio)s and must be at least 4.5. Choose a lighter color.",
            ratio=_shown(of_dark),
        )
        raise Refused("dark", lighter)


def _shown(ratio: float) -> str:
    # Rounded down, so that a contrast just too low never reads as enough.
    return f"{int(ratio * 10) / 10:.1f}"


def stylesheet(colors: Colors) -> str:
    """The style sheet of the two colors. Print stays black on white."""
    light, dark = (_names(palette(colors)) for palette in (light_palette, dark_palette))
    return (
        f"@media screen{{:root{{{light}}}.brand .ring{{stroke:var(--header-ink)}}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )


def _names(palette: Palette) -> str:
    return ";".join(f"--{name}:{color}" for name, color in sorted(palette.items()))


@dataclass(frozen=True)
class Look:
    """Version of the style sheet ('' for the standard colors), color of the header, and name of the logo ('' for
    none)."""

    version: str
    header: str
    logo: str


@lru_cache(maxsize=8)
def sheet_of(colors: Colors) -> tuple[str, str]:
    """Version and text of the style sheet."""
    sheet = stylesheet(colors)
    return hashlib.sha256(sheet.encode()).hexdigest()[:12], sheet


def look_on(day: date) -> Look:
    colors = COLORS.on(day)
    version = "" if colors == STANDARD else sheet_of(colors)[0]
    return Look(version, light_palette(colors)["header"] if version else "", LOGO.on(day))


def pictures() -> list[LogoPicture]:
    return list(db.session.scalars(select(LogoPicture).order_by(LogoPicture.id.desc())))


def picture_named(name: str) -> LogoPicture | None:
    return db.session.scalar(select(LogoPicture).where(LogoPicture.name == name))


MOST_BYTES: Final = 1_000_000
MOST_PIXELS: Final = 8_000_000
LARGEST: Final = (640, 160)
"""Width and height in pixels: twice as large as it is ever shown."""


@dataclass(frozen=True)
class Picture:
    """A PNG stripped of metadata; `name` is a hash of its content."""

    name: str
    content: bytes


def drawn_anew(data: bytes) -> Picture:
    """Decode a PNG or JPEG and save it as a small PNG. Raises Refused when it is too large or cannot be read."""
    if len(data) > MOST_BYTES:
        raise Refused("file", _("The picture has more than 1 MB. Upload a smaller one."))
    try:
        clean = decoded(data, {"PNG": MOST_PIXELS, "JPEG": MOST_PIXELS}, LARGEST)
    except BadPicture as bad:
        if bad.too_large:
            raise Refused("file", _("The picture has too many pixels. Upload a smaller one.")) from bad
        raise Refused("file", _("This is not a PNG or JPEG picture that can be read.")) from bad
    out = BytesIO()
    clean.save(out, "PNG", optimize=True)
    content = out.getvalue()
    return Picture(f"{hashlib.sha256(content).hexdigest()[:24]}.png", content)


class PictureForm(BaseForm):
    file = FileField(_l("Picture"))


@use_case
def keep_picture(uow: UnitOfWork, picture: Picture, title: str) -> int:
    """Save a logo; one with the same pixels is saved only once. Raises NotFound without the permission."""
    require(uow.actor, Permission.SETTINGS_EDIT, uow.actor)
    uow.next_number("logo_picture")
    known = picture_named(picture.name)
    if known is not None:
        uow.no_audit()
        return known.id
    assert uow.actor.user_id is not None
    row = LogoPicture(
        name=picture.name, title=title[:120], content=picture.content, uploaded_by_id=uow.actor.user_id,
        uploaded_at=uow.now,
    )  # fmt: skip
    return uow.add_audited(row, "logo_picture.uploaded")


blueprint = Blueprint("look", __name__)
A_YEAR = "public, max-age=31536000, immutable"


@blueprint.get("/look/<version>.css")
@gate(Permission.PUBLIC)
def sheet(version: str) -> Page:
    """The style sheet in force; browsers cache it for a year only under its current version."""
    known, text = sheet_of(COLORS.on(today_at(None, clock.now())))
    return _kept(text.encode(), "text/css", known, is_kept=version == known)


@blueprint.get("/look/preview.css")
@gate(Permission.SETTINGS_EDIT)
def preview() -> Page:
    """Style sheet of colors that are not saved yet, for the preview; without valid colors the one in force."""
    try:
        colors = read_colors(request.args.get("colors", ""))
    except ValueError:
        colors = COLORS.on(today_at(None, clock.now()))
    return Response(sheet_of(colors)[1], mimetype="text/css")


@blueprint.get("/look/logo/<name>")
@gate(Permission.PUBLIC)
def logo(name: str) -> Page:
    return _kept(existing(picture_named(name)).content, "image/png", name, is_kept=True)


def _kept(content: bytes, kind: str, tag: str, *, is_kept: bool) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Cache-Control"] = A_YEAR if is_kept else "no-cache"
    answer.set_etag(tag)
    answer.make_conditional(request)
    return answer


@blueprint.route("/settings/logo/picture", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.SETTINGS_EDIT)
def upload() -> Page:
    form, sent = PictureForm(), request.files.get("file")

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file."))
        return keep_picture(submitted(form), drawn_anew(sent.read()), sent.filename)

    settings = url_for("district_settings.change", name="logo")
    return form_page(
        form, act, with_flash(_("The picture is here. Choose it, and from when it is shown."), settings),
        "setup/look/upload.html", back_href=settings,
    )  # fmt: skip


ROOM = Room(pages=(blueprint,))
