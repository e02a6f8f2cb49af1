"""A picture that somebody uploads, drawn anew: nothing of the file itself is kept or served."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.files.pictures import BadPicture, decoded
from wss_cases.foundation.i18n import gettext as _

MOST_BYTES: Final = 1_000_000
MOST_PIXELS: Final = 8_000_000
LARGEST: Final = (640, 160)
"""Twice as large as it is ever shown."""


@dataclass(frozen=True)
class Picture:
    """A PNG without anything but its pixels; `name` is made of them."""

    name: str
    content: bytes


def drawn_anew(data: bytes) -> Picture:
    """Return a PNG or JPEG as a small PNG. Raises Refused for what is too large or no such picture."""
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
