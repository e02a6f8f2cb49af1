"""A year of public pages, attacked: no hidden count is found, and weak rules are found out."""

from __future__ import annotations

import pytest

from tests.plans.public.exports.pages import attacked
from tests.plans.public.weak import WEAK
from tests.support.depth import examples
from wss_cases.plans.public.figures.rules import publishable


def test_whoever_keeps_every_page_finds_no_hidden_count():
    found = attacked(publishable, examples(30, 500))
    assert found.shown > 100 and found.small > 1000
    assert found.known == []


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_rule_is_found_out(name):
    assert attacked(WEAK[name], 6).known
