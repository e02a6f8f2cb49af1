"""What tests of board reports as PDFs share: asking for one on the page, and what the scheduler says it made."""

from __future__ import annotations

from datetime import date

from tests.support.pages.client import PageClient
from tests.support.pages.reading import Form

TODAY = date(2026, 11, 24)
MADE, NOT_MADE = {"made": 1, "not_made": 0}, {"made": 0, "not_made": 1}
NONE = {"made": 0, "not_made": 0}


def asked_on_page(client: PageClient, language: str, path: str = "/outcomes/board") -> str:
    """Ask for a PDF on the report's page; returns the address of the one that is made."""
    forms = [Form(one) for one in client.page(path).find_all("form") if one.get("action").endswith("/pdf")]
    answer = client.post(forms[0].action, data={**forms[0].values(), "language": language})
    assert answer.status_code == 303
    return str(answer.headers["Location"])
