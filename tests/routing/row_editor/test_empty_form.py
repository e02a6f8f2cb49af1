"""A row's form that comes without anything in it is answered with what is missing, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.drafts.test_pages import district, draft_path, forms, parse, rule_set
from tests.support.pages.client import PageClient

__all__ = ["district"]


@pytest.mark.parametrize("where", ["rows/P6", "add/pathways", "add/duties"])
def test_an_empty_form_is_a_400_that_says_what_to_fill_in(district: PageClient, session: Any, where: str) -> None:
    path = draft_path(district, session)
    before = rule_set(session, 3).table_rows
    answer = district.post(f"{path}/{where}", data={"csrf_token": district.csrf_token(path)})
    assert answer.status_code == 400
    page = parse(answer.get_data(as_text=True))
    [form] = [form for form in forms(page) if "outline" in form.names]
    named = {link.get("href") for link in page.find_all("a") if (link.get("href") or "").startswith("#")}
    assert {f"#{name}" for name in form.names} & named, "an error leads to its field"
    assert rule_set(session, 3).table_rows == before
