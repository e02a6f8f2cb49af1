"""The district's two colors, the others that are mixed of them, and whether text can be read. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.settings.stored import StoredSetting, fixed

COLOR: Final = re.compile(r"#[0-9a-f]{6}")
LEAST: Final = 4.5
"""WCAG 2.2, 1.4.3: the least contrast of text."""
BLACK, WHITE = "#000000", "#ffffff"
LIGHT: Final = {"paper": "#faf8f4", "card": WHITE, "ink": "#20303a", "ink-2": "#51636e", "header-ink": WHITE}
DARK: Final = {"paper": "#14191b", "card": "#1d2427", "ink": "#eceae4", "ink-2": "#b0bcc0", "header-ink": WHITE}
"""What of static/css/tokens.css stays as it is beside the district's colors."""
PAIRS: Final = (
    "teal/paper", "teal/card", "teal/soft", "teal-hover/card", "on-teal/teal", "on-teal/teal-hover", "ink/soft",
    "ink-2/soft", "header-ink/header", "header-ink-2/header", "header-ink/header-chosen",
)  # fmt: skip
"""Text and its ground that the district's colors are part of."""
Palette = Mapping[str, str]


@dataclass(frozen=True)
class Colors:
    """A color for light mode, and one for dark mode, as #rrggbb."""

    light: str
    dark: str


STANDARD: Final = Colors("#0d5b5f", "#84cdc7")


def read_colors(text: str) -> Colors:
    """Return the two colors of a text. Raises ValueError for anything else."""
    light, dark = text.split(" ")
    if not (COLOR.fullmatch(light) and COLOR.fullmatch(dark)):
        raise ValueError(text)
    return Colors(light, dark)


COLORS: Final = StoredSetting("district.colors", read_colors, fixed(STANDARD))
LOGO: Final = StoredSetting("district.logo", str, fixed(""))
"""The name of the logo's picture, '' for none."""


def _parts(color: str) -> tuple[int, ...]:
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))


def mix(color: str, other: str, share: float) -> str:
    """Return a color with so much of another in it."""
    mixed = (a + (b - a) * share for a, b in zip(_parts(color), _parts(other), strict=True))
    return "#" + "".join(f"{round(part):02x}" for part in mixed)


def _luminance(color: str) -> float:
    parts = (part / 255 for part in _parts(color))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors as WCAG reckons it, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def light_palette(colors: Colors) -> Palette:
    """Return the names of tokens.css that change in light mode."""
    return _header(mix(colors.light, BLACK, 0.2)) | {
        "teal": colors.light,
        "teal-hover": mix(colors.light, BLACK, 0.2),
        "on-teal": WHITE,
        "soft": mix(colors.light, WHITE, 0.9),
        "soft-edge": mix(colors.light, WHITE, 0.7),
        "focus": colors.light,
    }


def dark_palette(colors: Colors) -> Palette:
    """Return the names of tokens.css that change in dark mode."""
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
    """Return the contrast of what of a palette is hardest to read."""
    every = {**ground, **palette}
    return min(contrast(every[front], every[back]) for front, back in (pair.split("/") for pair in PAIRS))


def refuse_unreadable(colors: Colors) -> None:
    """Raise Refused at the color, light or dark, that is too hard to read as text or under it."""
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
    # never up to what would be enough
    return f"{int(ratio * 10) / 10:.1f}"


def stylesheet(colors: Colors) -> str:
    """Return the style sheet of the two colors; paper keeps its black on white."""
    light, dark = (_names(palette(colors)) for palette in (light_palette, dark_palette))
    return (
        f"@media screen{{:root{{{light}}}.brand .ring{{stroke:var(--header-ink)}}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )


def _names(palette: Palette) -> str:
    return ";".join(f"--{name}:{color}" for name, color in sorted(palette.items()))
