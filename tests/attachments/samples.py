"""Files as people send them, and files that only look so."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image

PLACE = b"41.8781N 87.6298W"


def photo(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    """A picture of one color; a JPEG says where and how it was held."""
    out = BytesIO()
    if kind == "JPEG" and not more:
        exif = Image.Exif()
        exif[0x010E], exif[0x0112] = PLACE.decode(), 6  # description, turned by a quarter
        more = {"exif": exif}
    Image.new("RGB", size, "#7a1f2b").save(out, kind, **more)
    return out.getvalue()


def heic() -> bytes:
    """A photo of an iPhone."""
    out = BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), "#7a1f2b")).save(out, quality=50)
    return out.getvalue()


def pdf(extra: bytes = b"") -> bytes:
    """A PDF of one empty page."""
    return (
        b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R " + extra + b">> endobj\n"
        b"2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n3 0 obj <</Type /Page /Parent 2 0 R>> endobj\n"
        b"trailer <</Root 1 0 R>>\n%%EOF\n"
    )


def packed(objects: bytes, filters: bytes = b"/Filter /FlateDecode") -> bytes:
    """A PDF whose objects lie packed in a stream."""
    body = zlib.compress(objects)
    head = b"4 0 obj <</Type /Obj#53tm /N 1 " + filters + b">>\nstream\n"
    return pdf().replace(b"trailer", head + body + b"\nendstream\nendobj\ntrailer")


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb() -> bytes:
    """A small PNG that says it has 10,000 × 10,000 pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND")


def moving() -> bytes:
    """A PNG that moves."""
    out = BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def moving_bomb() -> bytes:
    """A small PNG that says it moves through two billion frames of 10,000 × 10,000 pixels."""
    still = bomb()
    begin = still.index(b"IDAT") - 4
    frames = struct.pack(">II", 2**31 - 1, 0)
    return still[:begin] + chunk(b"acTL", frames) + still[begin:]


def many_scans() -> bytes:
    """A JPEG that would be drawn over and over."""
    whole = photo("JPEG", (16, 16), progressive=True)
    return whole[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * 500 + whole[-2:]


REFUSED: dict[str, tuple[bytes, str]] = {
    "a page named png": (b"<!doctype html><script>alert(1)</script>", "is not a photo"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a photo"),
    "another kind of picture": (photo("GIF"), "is not a photo"),
    "nothing": (b"", "is not a photo"),
    "a bomb": (bomb(), "has too many pixels"),
    "a moving picture": (moving(), "or a moving picture"),
    "a bomb that moves": (moving_bomb(), "has too many pixels"),
    "half a photo": (photo("JPEG", (640, 480))[:-400], "is damaged, not complete"),
    "half a photo of an iPhone": (heic()[:-40], "is damaged, not complete"),
    "endless scans": (many_scans(), "is damaged, not complete"),
    "11 MB": (photo() + bytes(11 * 1024**2), "has more than 10 MB"),
    "a script": (pdf(b"/Names <</JavaScript 5 0 R>>"), "has a script"),
    "a hidden script": (pdf(b"/OpenAction <</S /Java#53cript /J#53 (x)>>"), "has a script"),
    "an action at opening": (pdf(b"/OpenAction 5 0 R"), "has a script"),
    "a program": (pdf(b"/A <</S /Launch>>"), "has a script"),
    "a file in a file": (pdf(b"/Names <</EmbeddedFiles 5 0 R>>"), "has a script"),
    "a packed script": (packed(b"5 0 <</S /JavaScript /JS (app.alert(1))>>"), "has a script"),
    "packed twice": (packed(b"5 0 <<>>", b"/Filter [/ASCIIHexDecode /FlateDecode]"), "locked with a password"),
    "a packed bomb": (packed(bytes(41_000_000)), "locked with a password"),
    "locked": (pdf(b"/Encrypt 9 0 R"), "locked with a password"),
    "half a PDF": (pdf()[:-8], "is damaged, not complete"),
}
"""What is sent, and a part of what its sender is told."""
