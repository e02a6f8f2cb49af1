"""The PDF of a board report says whose it is: the district's name and logo, where they are set."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pypdf
import pytest

from tests.board.asking import MADE, TODAY
from tests.factories.accounts import acting, make_user
from tests.outcomes.making.small_district import Made
from tests.setup.test_look import picture
from tests.support.pages.pdfs import tree
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import Setting
from wss_cases.board.report.queries import board_scope
from wss_cases.board.stored_reports import BoardReport, ask_report, pdf_for
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DISTRICT_NAME
from wss_cases.foundation.settings import forget
from wss_cases.jobs.stored_pdfs import make_pdfs
from wss_cases.setup.look import LOGO, LogoPicture, drawn_anew, keep_picture

pytestmark = pytest.mark.usefixtures("pango")


def printed(made: Made, reader: Any, language: str) -> pypdf.PdfReader:
    """Have a school's report made, and open it as somebody else's program does."""
    scope = board_scope(made.schools[0].id, None, None, TODAY)
    assert scope is not None
    report_id = ask_report(Invocation(acting(reader), clock.now()), scope, language)
    assert make_pdfs(clock.now(), 60) == MADE
    assert db.session.get_one(BoardReport, report_id).language == language
    return pypdf.PdfReader(io.BytesIO(pdf_for(acting(reader), report_id)))


def test_name_and_logo_stand_above_the_heading_once_they_are_set(made: Made, at: Callable[..., datetime]) -> None:
    head, boss = make_user(Role.ADMINISTRATOR, made.schools[0]), make_user(Role.DISTRICT)
    before = printed(made, head, "en")
    assert not before.pages[0].images and "Prairie" not in before.pages[0].extract_text()
    keep_picture(Invocation(acting(boss), clock.now()), drawn_anew(picture()), "crest.png")
    name = db.session.scalars(db.select(LogoPicture.name)).one()
    for key, value in ((DISTRICT_NAME, "Prairie District 12 & <sons>"), (LOGO.key, name)):
        db.session.add(Setting(key=key, value=value))
    db.session.commit()
    forget()
    pdf = printed(made, head, "es")
    [logo] = pdf.pages[0].images
    assert logo.image is not None and logo.image.convert("RGB").getpixel((5, 5)) == (0x7A, 0x1F, 0x2B)
    text = pdf.pages[0].extract_text()
    assert 0 <= text.index("Prairie District 12 & <sons>") < text.index("Informe para la junta")
    figures = [part for kind, part in tree(pdf.trailer["/Root"]["/StructTreeRoot"].get_object()) if kind == "/Figure"]  # type: ignore[index]
    assert str(figures[0]["/Alt"]) == "El logotipo del distrito"
    assert len(pdf.pages) <= 4 and not [page for page in pdf.pages if page.get("/Annots")]
