"""A PDF that is only paper: refused where it could act, brings other files, or cannot be looked through. Pure.

It is never opened or drawn here, and leaves as a download alone; this is the second wall.
"""

import re
import zlib
from typing import Final

BEGINS: Final = re.compile(rb"%PDF-[12]\.\d")
ENDS: Final = b"%%EOF"
STREAM: Final = re.compile(rb"\bstream\r?\n(.*?)endstream", re.DOTALL)
ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
"""How a name hides one of its letters."""
ACTS: Final = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|Rendition|SubmitForm|ImportData|GoTo[ER]|XFA|AA)(?![A-Za-z0-9])"
    rb"|/OpenAction(?!\s*\[)"
)
"""What runs, sends, opens another file or does something when the page opens; a first page to show is a list."""
ACTS_ANYWHERE: Final = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia|Rendition|SubmitForm|ImportData)")
"""The names that are too long to stand in packed bytes by chance."""
OBJECTS: Final = re.compile(rb"/Type\s*/ObjStm(?![A-Za-z0-9])")
PLAINLY_PACKED: Final = re.compile(rb"/Filter\s*(?:\[\s*)?/FlateDecode(?![A-Za-z0-9])")
MOST_UNPACKED: Final = 40_000_000
"""Bytes of packed objects that are looked through."""


class NotPaper(Exception):
    """No PDF that is whole and can be looked through; `acts`: it has a script, an action or another file in it."""

    def __init__(self, *, acts: bool = False) -> None:
        super().__init__("acts" if acts else "unreadable")
        self.acts = acts


def refuse_active(data: bytes) -> None:
    """Raise NotPaper for a PDF that is not whole, is locked by a password, or could do anything but be read."""
    if not BEGINS.match(data) or ENDS not in data[-2048:]:
        raise NotPaper
    if ACTS_ANYWHERE.search(_spelled_out(data)):
        raise NotPaper(acts=True)
    read = _structure(data)
    if b"/Encrypt" in read:
        raise NotPaper
    if ACTS.search(read):
        raise NotPaper(acts=True)


def _structure(data: bytes) -> bytes:
    """Return what a reader acts on: everything but the packed bytes of pages and pictures."""
    parts, at, left = list[bytes](), 0, MOST_UNPACKED
    for match in STREAM.finditer(data):
        before = _spelled_out(data[at : match.start()])
        parts.append(before)
        at = match.end()
        head = before[before.rfind(b"obj") :]
        if OBJECTS.search(head):
            unpacked = _unpacked(head, match[1], left)
            left -= len(unpacked)
            parts.append(_spelled_out(unpacked))
    parts.append(_spelled_out(data[at:]))
    return b"\n".join(parts)


def _unpacked(head: bytes, body: bytes, most: int) -> bytes:
    if b"/Filter" not in head:
        return body
    if not PLAINLY_PACKED.search(head) or head.count(b"Decode") != 1:
        raise NotPaper
    try:
        unpacked = zlib.decompressobj().decompress(body, most + 1)
    except zlib.error:
        raise NotPaper from None
    if len(unpacked) > most:
        raise NotPaper
    return unpacked


def _spelled_out(data: bytes) -> bytes:
    return ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), data)
