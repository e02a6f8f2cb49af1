"""`python -m wss_cases.jobs.pdf.process`: HTML on standard input becomes a tagged PDF (PDF/UA-1) on standard output.

A process of its own, started by `jobs.paper`: the import takes seconds and much memory, and it can be ended when a page
takes too long. It opens no address and reads no file but its style sheet.
"""

import sys
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
except OSError:
    # WeasyPrint is installed, the system's Pango is not
    sys.exit(MISSING)

SHEET = Path(__file__).resolve().parents[3] / "static" / "css" / "paper.css"


def refuse(url: str, *_more: Any, **_options: Any) -> Any:
    """Open no address. Raises ValueError naming it."""
    raise ValueError(f"a letter holds all that it shows, and not {url}")


def main() -> None:
    """Read, lay out, write."""
    page = HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=refuse)
    sheet = CSS(string=SHEET.read_text(encoding="utf-8"), url_fetcher=refuse)
    sys.stdout.buffer.write(page.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1"))


if __name__ == "__main__":
    main()
