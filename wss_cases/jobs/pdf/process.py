"""`python -m wss_cases.jobs.pdf.process`: HTML on standard input becomes a tagged PDF (PDF/UA-1) on standard output.

A process of its own, started by `jobs.paper`: the import takes seconds and much memory, and it can be ended when a page
takes too long. It opens no address and reads no file but its style sheet.
"""

import sys
from base64 import b64decode
from pathlib import Path
from types import TracebackType
from typing import Any

from wss_cases.jobs.pdf.failures import MISSING, failure_line


def tell(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    """Say on the error output what ended this process, in the place of Python's words about it."""
    sys.stderr.write(f"{failure_line(kind, trace)}\n")


sys.excepthook = tell
try:
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcherResponse
except OSError:
    # WeasyPrint is installed, the system's Pango is not
    sys.exit(MISSING)

SHEET = Path(__file__).resolve().parents[3] / "static" / "css" / "paper.css"
PICTURE = "data:image/png;base64,"
"""How the address of a picture begins that holds the picture itself."""


def held(url: str, *_more: Any, **_options: Any) -> Any:
    """Return a picture that the page itself holds; nothing is opened. Raises ValueError naming any other address."""
    if url.startswith(PICTURE):
        return URLFetcherResponse(url, b64decode(url.removeprefix(PICTURE)), {"Content-Type": "image/png"})
    raise ValueError(f"a letter holds all that it shows, and not {url}")


def main() -> None:
    """Read, lay out, write."""
    page = HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=held)
    sheet = CSS(string=SHEET.read_text(encoding="utf-8"), url_fetcher=held)
    sys.stdout.buffer.write(page.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1"))


if __name__ == "__main__":
    main()
