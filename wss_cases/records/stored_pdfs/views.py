"""The answer to who opens a stored PDF."""

from collections.abc import Callable

from flask import Response, flash, redirect
from werkzeug.wrappers import Response as AnyResponse

from wss_cases.foundation.errors import Refused


def pdf_response(opened: Callable[[], bytes], page: str, name: str) -> AnyResponse:
    """Return the PDF as a file of that name; where it is refused, lead to its page, which says why."""
    try:
        content = opened()
    except Refused as refused:
        flash(refused.message, "warning")
        return redirect(page, 303)
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="application/pdf", headers=disposition)
