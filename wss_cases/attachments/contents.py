"""Checks photos and PDFs. A PDF is refused if it could act, contains other files, or cannot be inspected. Pure.

PDFs are never opened or drawn here and are only downloaded; this check is the second defense.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from wss_cases.attachments.attachment import AttachmentKind
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.files.pictures import BadPicture, decoded
from wss_cases.foundation.i18n import _
from wss_cases.foundation.operations import deferred

BEGINS: Final = re.compile(rb"%PDF-[12]\.\d")
ENDS: Final = b"%%EOF"
STREAM: Final = re.compile(rb"\bstream\r?\n(.*?)endstream", re.DOTALL)
ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
"""How a PDF name can hide a letter."""
ACTS: Final = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|Rendition|SubmitForm|ImportData|GoTo[ER]|XFA|AA)(?![A-Za-z0-9])"
    rb"|/OpenAction(?!\s*\[)"
)
"""Scripts, sending, opening other files, and actions when a page opens; choosing the first page to show is a list."""
ACTS_ANYWHERE: Final = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia|Rendition|SubmitForm|ImportData)")
"""Names too long to occur in compressed bytes by chance."""
OBJECTS: Final = re.compile(rb"/Type\s*/ObjStm(?![A-Za-z0-9])")
PLAINLY_PACKED: Final = re.compile(rb"/Filter\s*(?:\[\s*)?/FlateDecode(?![A-Za-z0-9])")
MOST_UNPACKED: Final = 40_000_000
"""Bytes of compressed objects that are inspected."""


class NotPaper(Exception):
    """Not a complete PDF that can be inspected; `acts`: it has a script, an action or another file."""

    def __init__(self, *, acts: bool = False) -> None:
        super().__init__("acts" if acts else "unreadable")
        self.acts = acts


def refuse_active(data: bytes) -> None:
    """Raise NotPaper for a PDF that is incomplete, locked by a password, or could do anything but be read."""
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
    """What a PDF reader acts on: everything but the compressed bytes of pages and pictures."""
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


Image = deferred("PIL.Image")
FIELD: Final = "files"
MOST_BYTES: Final = 10 * 1024**2
LARGEST: Final = (2560, 2560)
"""At this size a sheet of paper is readable."""
QUALITY: Final = 85
MOST_PIXELS: Final[Mapping[str, int]] = {"JPEG": 64_000_000, "HEIF": 64_000_000, "PNG": 25_000_000}
"""The largest pictures of phone cameras; PNG comes from screens, and is decoded at full size."""
HEIC: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"})


@dataclass(frozen=True)
class Content:
    """The stored content: a JPEG with nothing but its pixels, or the PDF as it was sent."""

    kind: AttachmentKind
    data: bytes = field(repr=False)


def content_of(name: str, data: bytes) -> Content:
    """The content to store. `name` is the sender's file name, for messages only. Raises Refused for a file that is
    too large, neither photo nor PDF, or cannot be read completely."""
    if len(data) > MOST_BYTES:
        raise Refused(FIELD, _("%(name)s has more than 10 MB. Attach a smaller file.", name=name))
    if data.startswith(b"%PDF-"):
        return Content(AttachmentKind.PDF, _paper(name, data))
    kind = _picture_kind(data)
    if kind is None:
        raise Refused(FIELD, _("%(name)s is not a photo (JPEG, PNG or HEIC) or a PDF.", name=name))
    return Content(AttachmentKind.PHOTO, _photo(name, data, kind))


def _picture_kind(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "HEIF" if data[4:8] == b"ftyp" and data[8:12] in HEIC else None


def _photo(name: str, data: bytes, kind: str) -> bytes:
    try:
        drawn = decoded(data, {kind: MOST_PIXELS[kind]}, LARGEST)
    except BadPicture as bad:
        if bad.too_large:
            raise Refused(FIELD, _("%(name)s has too many pixels. Attach a smaller photo.", name=name)) from bad
        words = _("%(name)s is damaged, not complete, or a moving picture. Take the photo again.", name=name)
        raise Refused(FIELD, words) from bad
    paper = Image.new("RGB", drawn.size, "white")
    paper.paste(drawn, mask=drawn.getchannel("A"))
    out = BytesIO()
    paper.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _paper(name: str, data: bytes) -> bytes:
    try:
        refuse_active(data)
    except NotPaper as bad:
        if bad.acts:
            words = _("%(name)s has a script, an action or another file in it. Print it to a new PDF first.", name=name)
            raise Refused(FIELD, words) from bad
        words = _("%(name)s is damaged, not complete, or locked with a password. Attach another PDF.", name=name)
        raise Refused(FIELD, words) from bad
    return data
