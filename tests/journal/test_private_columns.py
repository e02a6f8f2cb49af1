"""Sealed columns stay out of the audit and of every printed record."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import LargeBinary

from wss_cases.foundation.db import Base
from wss_cases.foundation.keys import Keys, seal
from wss_cases.journal.changes import changes_of
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.plan.models import DailyCard, DailyCardDay
from wss_cases.pathways.referrals.referral.models import ReferralConsent


def sealed_columns() -> list[tuple[Any, str]]:
    """Return (model, attribute) of every column that holds bytes."""
    return [
        (mapper.class_, attribute.key)
        for mapper in Base.registry.mappers
        for attribute in mapper.column_attrs
        if isinstance(attribute.columns[0].type, LargeBinary)
    ]


def test_every_sealed_column_is_marked_private(session: Any) -> None:
    found = sealed_columns()
    assert len(found) >= 4
    unmarked = [(model.__name__, name) for model, name in found if name not in getattr(model, "PRIVATE", ())]
    assert unmarked == []


def test_bytes_show_only_that_they_changed_even_where_nobody_marked_them(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for marked in (CircleNote.PRIVATE, frozenset[str]()):
        monkeypatch.setattr(CircleNote, "PRIVATE", marked)
        changes = changes_of(CircleNote(sealed_text=b"canary", sealed_key=b"canary", key_name="k"))
        assert changes["sealed_text"] == changes["sealed_key"] == ["…", "…"]
        assert changes["key_name"] == [None, "k"]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Pathway, {"next_step": "canary"}),
        (ReferralConsent, {"purpose": "canary"}),
        (DailyCard, {"expectations": ["canary"], "periods": ["canary"]}),
        (DailyCardDay, {"marks": {"canary": [0, 1]}}),
    ],
)
def test_what_people_write_of_a_child_shows_only_that_it_changed(
    session: Any, model: Any, values: dict[str, Any]
) -> None:
    assert changes_of(model(**values)) == {name: ["…", "…"] for name in values}


def test_neither_keys_nor_sealed_texts_are_printed(app: Flask) -> None:
    keys = Keys(("a-master-key",))
    sealed = seal(keys, "test", "canary")
    assert "a-master-key" not in repr(keys) + str(keys)
    assert sealed.key_name in repr(sealed)
    assert repr(sealed.text) not in repr(sealed) and repr(sealed.key) not in repr(sealed)
    with app.app_context():
        row = CircleNote(sealed_text=sealed.text, sealed_key=sealed.key)
        assert repr(sealed.text) not in repr(row)
