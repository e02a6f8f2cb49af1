"""A picture that somebody uploads, drawn anew: nothing of the file itself is kept or served."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageFile, ImageOps

from wss_cases.foundation.errors import Refused
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
    # what makes letters tells the library, for its whole process, to take half a picture
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Refused("file", _("The picture has too many pixels. Upload a smaller one."))
            turned = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refused("file", _("This is not a PNG or JPEG picture that can be read.")) from error
    turned.thumbnail(LARGEST)
    clean = Image.new("RGBA", turned.size)
    clean.paste(turned)
    out = BytesIO()
    clean.save(out, "PNG", optimize=True)
    content = out.getvalue()
    return Picture(f"{hashlib.sha256(content).hexdigest()[:24]}.png", content)
