"""What the page of one stored PDF says, whatever it is a PDF of."""

from typing import Any

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.school_time import district_zone
from wss_cases.records.stored_pdfs.models import StoredPdf
from wss_cases.records.stored_pdfs.states import LANGUAGE_LABELS, PDF_TONES, WHY_LABELS, PdfState


def pdf_words(row: StoredPdf, href: str, file: str) -> dict[str, Any]:
    """Return what `records/stored_pdfs/parts.html` shows; `href` is the address of its page, `file` of the PDF."""
    return {
        "href": href,
        "file": file,
        "language": LANGUAGE_LABELS[row.language],
        "asked": moment_words(row.asked_at, district_zone()),
        "state": PdfState(row.state).label,
        "tone": PDF_TONES[row.state],
        "why": WHY_LABELS[row.why],
        "is_asked": row.state is PdfState.ASKED,
        "is_ready": row.state is PdfState.READY,
    }
