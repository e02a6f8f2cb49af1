"""What is kept of a file: a photo's pixels and nothing else, a PDF that cannot act; the type is what the bytes say."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageFile

from tests.attachments.scenes import PLACE, REFUSED, heic, packed, pdf, photo
from wss_cases.attachments.attachment import AttachmentKind
from wss_cases.attachments.contents import LARGEST, content_of
from wss_cases.foundation.errors import Refused


@pytest.mark.parametrize("sent", [photo(), photo("PNG"), heic()], ids=["jpeg", "png", "heic"])
def test_a_photo_is_drawn_anew(sent: bytes) -> None:
    kept = content_of("x.exe", sent)
    drawn = Image.open(BytesIO(kept.data))
    assert (kept.kind, drawn.format) == (AttachmentKind.PHOTO, "JPEG")
    assert PLACE not in kept.data and not drawn.getexif() and "icc_profile" not in drawn.info
    red, green, blue = drawn.convert("RGB").getpixel((20, 20))
    assert abs(red - 0x7A) < 8 and abs(green - 0x1F) < 8 and abs(blue - 0x2B) < 8


def test_it_stands_upright_and_is_made_small() -> None:
    assert Image.open(BytesIO(content_of("x", photo()).data)).size == (48, 64)
    large = Image.open(BytesIO(content_of("x", photo("JPEG", (3000, 2000))).data))
    assert large.size == (1707, LARGEST[1])


@pytest.mark.parametrize("sent", [pdf(), pdf(b"/OpenAction [3 0 R /Fit]"), packed(b"5 0 <</S /GoTo>>")])
def test_a_pdf_stays_as_it_is(sent: bytes) -> None:
    kept = content_of("scan.pdf", sent)
    assert (kept.kind, kept.data) == (AttachmentKind.PDF, sent)


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_neither_is_refused_at_its_field(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as a process is left in that has made a letter
    sent, words = REFUSED[what]
    with pytest.raises(Refused) as refusal:
        content_of("IMG 1.png", sent)
    assert refusal.value.field == "files"
    assert words in refusal.value.message and "IMG 1.png" in refusal.value.message
