"""A picture that someone uploads, decoded within limits: the only place where a picture's bytes are opened.

Limited are its pixels and memory (one picture at a time in a process), and so its time. The result has only the file's
pixels.
"""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Final

from wss_cases.foundation.operations import deferred

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
    """Not a complete picture of the accepted kinds; `too_large`: it has more pixels than are decoded."""

    def __init__(self, *, too_large: bool = False) -> None:
        super().__init__("too many pixels" if too_large else "no picture")
        self.too_large = too_large


def decoded(data: bytes, kinds: Mapping[str, int], largest: tuple[int, int]) -> "Image.Image":
    """A picture turned upright, not larger than `largest`, in RGBA and without metadata.

    `kinds`: the accepted formats by Pillow's names, each with its most pixels. Raises BadPicture for anything else, for
    an incomplete picture, and for an animation.
    """
    if data.count(SCAN) > MOST_SCANS:
        raise BadPicture
    with _one_at_a_time:
        _know_heic()
        # WeasyPrint tells Pillow, for the whole process, to accept incomplete pictures
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            with Image.open(BytesIO(data), formats=tuple(kinds)) as opened:
                return _drawn(opened, kinds, largest)
        except BadPicture:
            raise
        except Exception as error:
            # decoders of strangers' files raise any kind of error
            raise BadPicture from error


@cache
def _know_heic() -> None:
    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)


def _drawn(opened: "ImageFile.ImageFile", kinds: Mapping[str, int], largest: tuple[int, int]) -> "Image.Image":
    # a phone's JPEG that carries a second picture for its colors has the format MPO; the first is the photo
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
