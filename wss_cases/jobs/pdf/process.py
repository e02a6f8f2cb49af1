"""`python -m wss_cases.jobs.pdf.process`: HTML on standard input becomes a tagged PDF (PDF/UA-1) on standard output.

A process of its own, started by `jobs.pdf.printing`: the import takes seconds and much memory, and a slow page can be
ended. It opens no address and reads no file but its style sheet.
"""

import sys
from base64 import b64decode
from pathlib import Path
from types import TracebackType
from typing import Any

from wss_cases.jobs.pdf.failures import MISSING, failure_line


def tell(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    """Print what ended this process instead of Python's own message."""
    sys.stderr.write(f"{failure_line(kind, trace)}\n")


sys.excepthook = tell
try:
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcherResponse
except OSError:
    # WeasyPrint is installed, but the system's Pango is missing
    sys.exit(MISSING)

SHEET = Path(__file__).resolve().parents[3] / "static" / "css" / "paper.css"
PICTURE = "data:image/png;base64,"
"""How the address of a picture begins that holds the picture itself."""


def held(url: str, *_more: Any, **_options: Any) -> Any:
    """A picture that the page itself contains; nothing is opened. Raises ValueError naming any other address."""
    if url.startswith(PICTURE):
        return URLFetcherResponse(url, b64decode(url.removeprefix(PICTURE)), {"Content-Type": "image/png"})
    raise ValueError(f"a letter holds all that it shows, and not {url}")


def main() -> None:
    page = HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=held)
    sheet = CSS(string=SHEET.read_text(encoding="utf-8"), url_fetcher=held)
    sys.stdout.buffer.write(page.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1"))


if __name__ == "__main__":
    main()
