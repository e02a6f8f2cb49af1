"""Whoever holds all pages and exports of a year finds no hidden count; weak ones are found out; none is left out."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.plans.public.exports.inventory import FILES, LISTS, ROUTES
from tests.plans.public.exports.surveys import attack_surveys
from tests.plans.public.exports.weak import WEAK_EXPORTS
from wss_cases.journal.extension_points import list_kinds
from wss_cases.outcomes.exports.report_files import COLLECTIONS, LIVE

LEAVES = re.compile(r"^/public/|^/api/v1/|<form>|\.(pdf|ics)$|/file$|/download$")
"""Addresses under which a file, data, or a page without an account is."""


def test_no_survey_tells_of_a_school_that_is_not_shown() -> None:
    assert [line for seed in range(60) for line in attack_surveys(seed)] == []


@pytest.mark.parametrize("name", WEAK_EXPORTS)
def test_a_weak_export_is_found_out(name: str) -> None:
    assert WEAK_EXPORTS[name](6) > 0


def test_each_export_is_in_the_attack_or_is_said_not_to_be(app: Flask) -> None:
    with app.app_context():
        assert set(list_kinds()) == set(LISTS)
    assert {*LIVE, *COLLECTIONS, "history"} == set(FILES)
    leaves = {rule.endpoint for rule in app.url_map.iter_rules() if LEAVES.search(rule.rule)}
    assert leaves == set(ROUTES)
