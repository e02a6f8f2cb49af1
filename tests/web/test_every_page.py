"""Every page that links lead to, as every demo person: it answers, is sound, and asks the database little."""

from __future__ import annotations

import pytest

from tests.support.pages.crawl import WRITES, Visit, shape_of

MOST_STATEMENTS = 34
"""What any page asks at most; those that people wait for, or that gather many rooms, have a number of their own."""
MOST_OF = {
    "/incidents/new": 3, "/mentoring/today": 6, "/people": 6, "/cases": 8, "/incidents": 10, "/outcomes/equity": 10,
    "/safety-plans/all": 14, "/follow-ups": 12, "/outcomes/patterns": 13, "/review": 13, "/outcomes/incidents": 14,
    "/students/N": 15, "/outcomes/removals": 25, "/outcomes/repair": 26, "/review/N": 26, "/outcomes": 30,
    "/incidents/N": 31, "/cases/N": 34, "/desk": 28, "/outcomes/board": 66,
}  # fmt: skip
"""One more than stands, for what is there on some days only. A case's page asks every room that has a part in it. The
desk reads all five families of pathways for all its cases at once, in as many statements for 6 as for 60. A board
report has the figures of a dozen pages, this year's and the year's before, tables of five kinds of group among them."""
UNEVEN = 8
UNEVEN_OF = {"/cases/N": 20, "/cases/N/pathways/N": 20, "/cases/N/print": 20, "/desk": 26}
"""A circle stands on more tables than a conversation does; a colleague's desk without a case asks for nothing more."""


def test_addresses_of_one_page_have_one_shape() -> None:
    assert shape_of("/cases/41?page=2&q=a") == shape_of("/cases/7?page=1&q=b") == "/cases/N?page=&q="


@pytest.mark.both_databases
def test_every_link_leads_somewhere(visits: dict[str, list[Visit]]) -> None:
    broken = [
        f"{role}: {visit.address} answers {visit.response.status_code}"
        for role, seen in visits.items()
        for visit in seen
        if visit.response.status_code not in (200, 302, 303)
    ]
    assert not broken, "\n".join(broken)
    assert all(len(seen) >= 2 for seen in visits.values())


WRITTEN_BY_READING = {"audit_entry", "counter", "user_session"}
"""What a GET leaves: that something confidential was read, and that somebody is still there."""


def test_reading_a_page_changes_nothing(visits: dict[str, list[Visit]]) -> None:
    written = {
        (table, f"{role}: GET {visit.shape} writes {table}")
        for role, seen in visits.items()
        for visit in seen
        for statement in visit.statements
        for table in WRITES.findall(statement)
    }
    assert "audit_entry" in {table for table, _words in written}, "a write is seen where there is one"
    assert not [words for table, words in sorted(written) if table not in WRITTEN_BY_READING]


OF_NOBODY = {"/offline", "/offline/report", "/offline/practice"}
"""Pages that open without network: the same for everybody, signed in or not."""


def can_be_left(visit: Visit) -> bool:
    """By signing out; a sheet to be printed has no menu and leads back to a page that has one."""
    if visit.shape.partition("?")[0] in OF_NOBODY:
        return not visit.forms or all("csrf_token" not in form.names for form in visit.forms)
    if any(tag == "body" and "paper" in classes.split() for tag, classes in visit.markup):
        kept_off_paper = [e for e in visit.document.find_all("p", "div") if "no-print" in e.get("class").split()]
        return any(link.get("href").startswith("/") for e in kept_off_paper for link in e.find_all("a"))
    return any(form.action == "/sign-out" for form in visit.forms)


def test_every_page_can_be_left_by_signing_out_and_is_kept_nowhere(visits: dict[str, list[Visit]]) -> None:
    pages = [(role, visit) for role, seen in visits.items() for visit in seen if visit.is_page]
    without = {f"{role}: {visit.shape}" for role, visit in pages if not can_be_left(visit)}
    assert not without, "\n".join(sorted(without))
    kept = {visit.shape for _, visit in pages if visit.response.headers["Cache-Control"] != "no-store"}
    assert not kept, kept


def test_no_page_asks_the_database_too_often(visits: dict[str, list[Visit]]) -> None:
    greedy = {
        f"{role}: {visit.shape} takes {len(visit.statements)} statements"
        for role, seen in visits.items()
        for visit in seen
        if len(visit.statements) > MOST_OF.get(visit.shape.partition("?")[0], MOST_STATEMENTS)
    }
    assert not greedy, "\n".join(sorted(greedy))


def test_pages_of_one_shape_take_the_same_statements(visits: dict[str, list[Visit]]) -> None:
    """A page that asks once for each row shows here: two records of one kind differ by many statements."""
    counts: dict[tuple[str, str], list[int]] = {}
    for role, seen in visits.items():
        for visit in seen:
            if visit.response.status_code == 200:
                counts.setdefault((role, visit.shape), []).append(len(visit.statements))
    assert any(len(found) > 1 for found in counts.values()), "two of a kind are wanted"
    uneven = [
        f"{role}: {shape} takes {found}"
        for (role, shape), found in counts.items()
        if max(found) - min(found) > UNEVEN_OF.get(shape.partition("?")[0], UNEVEN)
    ]
    assert not uneven, "\n".join(sorted(uneven))
