"""Public pages of a school year, attacked: no hidden count is found, and weak rules are found out."""

from __future__ import annotations

import pytest

from tests.plans.public.districts import Rule
from tests.plans.public.exports.pages import attacked
from tests.plans.public.weak import WEAK
from tests.support.depth import examples


def test_whoever_keeps_every_page_finds_no_hidden_count():
    found = attacked(Rule(), examples(60, 1000))
    assert found.shown > 100 and found.small > 1000
    assert found.known == []


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_rule_is_found_out(name):
    assert attacked(WEAK[name], 12).known
