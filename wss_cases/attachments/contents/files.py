"""From the bytes that were sent to what is kept of them; the type is what the bytes say, never a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from wss_cases.attachments.attachment.states import AttachmentKind
from wss_cases.attachments.contents.pdf import NotPaper, refuse_active
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.files.pictures import BadPicture, decoded
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.deferred import deferred

Image = deferred("PIL.Image")
FIELD: Final = "files"
MOST_BYTES: Final = 10 * 1024**2
LARGEST: Final = (2560, 2560)
"""A sheet of paper can be read at this size."""
QUALITY: Final = 85
MOST_PIXELS: Final[Mapping[str, int]] = {"JPEG": 64_000_000, "HEIF": 64_000_000, "PNG": 25_000_000}
"""What the cameras of phones make at most; PNG is for screens, and is decoded at its full size."""
HEIC: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"})


@dataclass(frozen=True)
class Content:
    """What is kept of a file: a JPEG with nothing but its pixels, or a PDF as it was sent."""

    kind: AttachmentKind
    data: bytes = field(repr=False)


def content_of(name: str, data: bytes) -> Content:
    """Return what is kept of a file. `name` is what its sender calls it, for the message alone.

    Raises Refused for what is too large, is neither photo nor PDF, or cannot be read whole.
    """
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
