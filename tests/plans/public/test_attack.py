"""A year of public pages, attacked: no hidden count is found, and weak rules are found out."""

from __future__ import annotations

from datetime import date

import pytest

from tests.plans.public.exports.pages import attacked
from tests.plans.public.weak import WEAK
from tests.support.depth import examples
from wss_cases.outcomes.equity.suppression import ROOT
from wss_cases.plans.public.figures import REMOVED, Published, Reports, beside_reports, publishable


def test_whoever_keeps_every_page_finds_no_hidden_count():
    found = attacked(publishable, examples(30, 500))
    assert found.shown > 100 and found.small > 1000
    assert found.known == []


def test_a_removal_that_is_reversed_does_not_end_what_guards_the_next_page():
    reports = Reports(date(2026, 8, 1), 400, [5, 8, 28, 44])
    twelve, fewer = Published(REMOVED, 12, date(2026, 9, 30)), Published(REMOVED, 7, date(2026, 9, 30))
    now, day = {ROOT: 90, REMOVED: 43}, date(2026, 11, 30)
    for before in ([], [twelve], [fewer], [twelve, fewer]):
        assert beside_reports(now, day, before, reports, 10) == {ROOT: 90}, "four or five were removed in August"
    assert beside_reports({ROOT: 90, REMOVED: 45}, day, [twelve], reports, 10) == {ROOT: 90}, "more than there were"
    plenty = Reports(reports.first, 400, [5, 8, 28, 60])
    assert beside_reports(now, day, [twelve], plenty, 10) == now
    autumn, now = Reports(reports.first, 400, [15, 45, 51, 71]), {ROOT: 90, REMOVED: 39}
    older, newer = Published(REMOVED, 25, date(2026, 9, 30)), Published(REMOVED, 24, date(2026, 10, 31))
    assert beside_reports(now, day, [newer], autumn, 10) == now
    assert beside_reports(now, day, [older, newer], autumn, 10) == {ROOT: 90}, "by the older one 8 to 14 in November"
    many = Published(ROOT, 130, date(2026, 9, 30))
    assert beside_reports({ROOT: 90}, day, [many], reports, 10) == {ROOT: 90}, "fewer reported than a page said"


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_rule_is_found_out(name):
    assert attacked(WEAK[name], 6).known
