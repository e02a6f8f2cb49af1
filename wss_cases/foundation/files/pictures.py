"""A picture that somebody sends, decoded within bounds: the one place where the bytes of a picture are opened.

Bounded are its pixels, the memory (one picture at a time in a process) and so the time. What is returned has nothing
of the file but its pixels.
"""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Final

from wss_cases.foundation.operations.deferred import deferred

if TYPE_CHECKING:
    from PIL import Image, ImageFile, ImageOps
else:
    Image, ImageFile, ImageOps = map(deferred, ("PIL.Image", "PIL.ImageFile", "PIL.ImageOps"))

pillow_heif = deferred("pillow_heif")
SCAN: Final = b"\xff\xda"
MOST_SCANS: Final = 120
"""A photo has a dozen at most; thousands of them in a small file keep a decoder busy for hours."""
PLAIN: Final = frozenset({"1", "L", "LA", "RGB", "RGBA"})
_one_at_a_time = Lock()


class BadPicture(Exception):
    """No picture of these kinds that can be read whole; `too_large`: it has more pixels than are decoded."""

    def __init__(self, *, too_large: bool = False) -> None:
        super().__init__("too many pixels" if too_large else "no picture")
        self.too_large = too_large


def decoded(data: bytes, kinds: Mapping[str, int], largest: tuple[int, int]) -> "Image.Image":
    """Return a picture upright, not larger than `largest`, in RGBA and without metadata.

    `kinds`: the formats that are taken, by Pillow's names, each with the most pixels. Raises BadPicture for anything
    else, for half a picture, and for one that moves.
    """
    if data.count(SCAN) > MOST_SCANS:
        raise BadPicture
    with _one_at_a_time:
        _know_heic()
        # what makes letters tells the library, for its whole process, to take half a picture
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            with Image.open(BytesIO(data), formats=tuple(kinds)) as opened:
                return _drawn(opened, kinds, largest)
        except BadPicture:
            raise
        except Exception as error:
            # decoders of what strangers send raise whatever they like: none of it is ours
            raise BadPicture from error


@cache
def _know_heic() -> None:
    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)


def _drawn(opened: "ImageFile.ImageFile", kinds: Mapping[str, int], largest: tuple[int, int]) -> "Image.Image":
    # a phone's JPEG with a second picture for its colors calls itself MPO; the first is the photo
    kind = "JPEG" if opened.format == "MPO" else str(opened.format)
    if opened.width * opened.height > kinds[kind]:
        raise BadPicture(too_large=True)
    if kind == "PNG" and getattr(opened, "n_frames", 1) > 1:
        raise BadPicture
    # a large JPEG is decoded at a fraction of its size
    opened.draft("RGB", largest)
    turned = ImageOps.exif_transpose(opened)
    if turned.mode not in PLAIN:
        turned = turned.convert("RGBA")
    turned.thumbnail(largest)
    clean = Image.new("RGBA", turned.size)
    clean.paste(turned.convert("RGBA"))
    return clean
