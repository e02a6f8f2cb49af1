"""Slips: for everyone of a group or for no one, shown once, and lost ones replaced with a trace."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.factories.base import fresh
from tests.factories.surveys import answer_by, begin, school_to_ask, slip_codes
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry
from wss_cases.surveys.answering import open_code
from wss_cases.surveys.links import SurveyLink, say_part, show_slips
from wss_cases.surveys.pages import make_slips, replace_slips
from wss_cases.surveys.rounds import SurveyGroup, SurveyTally, Way

STUDENT, STAFF = SurveyGroup.STUDENT, SurveyGroup.STAFF
CODE = re.compile(r"/survey/((?:[a-z0-9]{4}-){4}[a-z0-9]{4})")


@pytest.fixture
def day(session, at):
    at("2026-11-09 10:00")
    return at


def codes_on(text: str) -> list[str]:
    return sorted(set(CODE.findall(text)))


def test_the_slips_of_a_sheet_are_shown_once_and_never_again(day, client_as):
    asked = school_to_ask(students=3)
    address, client = f"/surveys/{begin(asked)}", client_as(asked.head)
    assert client.submit(f"{address}/slips", {"group": "student"}).location == f"{address}/sheet?group=student"
    sheet = f"{address}/sheet?group=student"
    assert "3 slips" in client.page(sheet).text and not codes_on(client.page(sheet).text)
    assert "data-sent-once" in client.get(sheet).text, "a browser sends it once, however long the sheet takes"
    form = {name: held[0] for name, held in client.form(sheet).values().items()}
    shown = client.post(sheet, data=form)
    codes = codes_on(shown.text)
    assert len(codes) == 3 and shown.headers["Cache-Control"] == "no-store"
    for page in (client.post(sheet, data=form), client.get(sheet), client.get(f"{address}/slips")):
        assert "/survey/" not in page.text
    form["request_key"] = "a-page-that-was-kept-open"
    again = client.post(sheet, data=form)
    assert again.status_code == 400 and "No slips wait to be printed." in again.text and not codes_on(again.text)
    assert {one.nonce for one in db.session.scalars(select(SurveyLink))} == {None}, "nor can the system make them again"
    day("2026-11-17 10:00")
    assert all(open_code(code, clock.now()) for code in codes)


def test_lost_slips_are_voided_and_replaced_with_a_trace(day, client_as):
    asked = school_to_ask(students=3)
    round_id = begin(asked, [STUDENT])
    first = slip_codes(asked, round_id)
    day("2026-11-17 10:00")
    answer_by(first[0])
    client, address = client_as(asked.head), f"/surveys/{round_id}"
    assert "2 not used" in client.page(f"{address}/slips/replace").text
    done = client.submit(f"{address}/slips/replace", {"group": "student"})
    assert done.location == f"{address}/sheet?group=student"
    new = [one.code for one in show_slips(asked.call, round_id, STUDENT)]
    assert len(new) == 2 and not set(new) & set(first)
    assert [open_code(code, clock.now()) for code in first] == [None] * 3
    answer_by(new[0])
    tally = fresh(db.session.scalars(select(SurveyTally).where(SurveyTally.round_id == round_id)).one())
    assert (tally.invited, tally.replaced, tally.taken) == (3, 2, 2)
    traced = select(AuditEntry.actor_id).where(AuditEntry.action == "survey_round.replaced")
    assert db.session.scalars(traced).all() == [asked.head.id]
    page = client.page(address)
    heads = [head.text.strip() for head in page.find_all("th")]
    assert "Links" in heads and "Slips replaced" in heads, "of five links that were made, three are"
    assert [cell.text for cell in page.find_all("td")][-3:] == ["3", "2", "2"]


def test_there_is_nothing_to_replace_before_and_when_all_are_used(day):
    asked = school_to_ask(students=1)
    round_id = begin(asked)
    with pytest.raises(Refused):
        replace_slips(asked.call, round_id, group=STUDENT)
    [code] = slip_codes(asked, round_id)
    day("2026-11-17 10:00")
    answer_by(code)
    with pytest.raises(Refused):
        replace_slips(asked.call, round_id, group=STUDENT)
    with pytest.raises(Refused):
        show_slips(asked.call, round_id, STUDENT)


def test_a_student_whose_family_opted_out_gets_no_slip(day, client_as):
    asked = school_to_ask(students=3)
    client, (student_id, second_id) = client_as(asked.head), [one.id for one in asked.students[:2]]
    assert client.submit(f"/students/{student_id}/surveys", {"takes_part": "no"}).status_code == 303
    assert "opted out of school surveys" in client.page(f"/students/{student_id}").text
    round_id = begin(asked)
    assert len(slip_codes(asked, round_id)) == 2
    sheet = client.page(f"/surveys/{round_id}/sheet?group=student")
    assert asked.names[0] in sheet.text and asked.names[1] not in sheet.text
    say_part(asked.call, student_id, takes_part="yes")
    assert len(slip_codes(asked, round_id)) == 1
    say_part(asked.call, second_id, takes_part="no")
    replace_slips(asked.call, round_id, group=STUDENT)
    assert len(show_slips(asked.call, round_id, STUDENT)) == 2, "who opted out since gets none in place of a lost one"


def test_slips_are_made_for_everyone_of_a_group_once_and_never_for_a_chosen_few(day):
    asked = school_to_ask(students=3, staff=12)
    round_id = begin(asked, wall=True)
    assert len(slip_codes(asked, round_id, STAFF)) == 12
    for group in (STAFF, STUDENT):
        if group is STUDENT:
            assert len(slip_codes(asked, round_id)) == 3
        with pytest.raises(Refused) as refused:
            make_slips(asked.call, round_id, group=group)
        assert refused.value.field == "group"
    invited = select(SurveyTally.audience, SurveyTally.invited).where(SurveyTally.way == Way.INVITED)
    assert dict(db.session.execute(invited).all()) == {STUDENT: 3, STAFF: 12, SurveyGroup.FAMILY: 0}
