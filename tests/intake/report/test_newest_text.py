"""What a session's end kept of a form and its draft: the newest text fills the page, never an older one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import current_app

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.support.databases import ROOT
from wss_cases.access.actor import Role
from wss_cases.accounts.sign_in.saved_forms import PURPOSE, KeptForm
from wss_cases.foundation.db import db
from wss_cases.foundation.keys import seal
from wss_cases.incidents.changes import save_draft

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)


def keep(user_id: int, at: datetime, school_id: int, text: str) -> int:
    """Keep the capture form of a person whose session ran out."""
    fields = [("school_id", str(school_id)), ("danger", "no"), ("narrative", text)]
    sealed = seal(current_app.config["WSS_KEYS"], PURPOSE, json.dumps(fields))
    row = KeptForm(
        user_id=user_id, kept_at=at, path="/incidents/new", page="/incidents/new",
        sealed_text=sealed.text, sealed_key=sealed.key, key_name=sealed.key_name,
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    return int(row.id)


@pytest.mark.parametrize(("minutes", "wanted"), [(-5, "Kept at the end."), (5, "The draft.")])
def test_the_newest_text_fills_the_page(
    session: Any, client_as: Callable[[Any], Any], at: Callable[..., Any], minutes: int, wanted: str
) -> None:
    at("2026-11-24 10:30")
    school = SchoolFactory()
    who = make_user(Role.DEAN, school)
    drafted = NOW + timedelta(minutes=minutes)
    save_draft(acting(who), "capture", {"narrative": ["The draft."]}, drafted, school_id=school.id)
    kept_id = keep(who.id, NOW, school.id, "Kept at the end.")
    page = client_as(who).page(f"/incidents/new?kept={kept_id}").text
    assert [text for text in ("Kept at the end.", "The draft.") if text in page] == [wanted]


def test_a_form_with_a_draft_is_kept_too_when_the_session_ends() -> None:
    script = (ROOT / "static" / "js" / "session.js").read_text(encoding="utf-8")
    assert "draftUrl" not in script
