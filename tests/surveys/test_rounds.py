"""Planning a round; slips for everyone of a group or for no one; and what may be shown once it is counted."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import delete, func, select, update

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.surveys import CLOSES, answer_by, begin, school_to_ask, slip_codes
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry
from wss_cases.surveys.answering import open_code
from wss_cases.surveys.links import SurveyLink, say_part, show_slips
from wss_cases.surveys.pages import end_round, make_slips, replace_slips
from wss_cases.surveys.results import SurveyResult, count_due, result_of, survey_share
from wss_cases.surveys.rounds import (
    SurveyGroup,
    SurveyRound,
    SurveyScale,
    SurveySentForm,
    SurveyTally,
    Way,
    blank,
    counted,
    read,
    wall_of,
    written,
)

YEAR = "2026-27"
STUDENT, STAFF = SurveyGroup.STUDENT, SurveyGroup.STAFF


@pytest.fixture
def day(session, at):
    at("2026-11-09 10:00")
    return at


def counts_of(*answers: int) -> dict[str, int]:
    counts = blank([("safe", SurveyScale.AGREE)])
    for value in answers:
        counts = counted(counts, {"safe": value})
    return counts


@pytest.mark.parametrize(
    ("answers", "state", "kept"),
    [
        ((4,) * 6 + (1,) * 3, "too_few", (None, None)),
        ((4,) * 6 + (1,) * 4, "shown", (6, 10)),
        ((4,) * 8 + (1,) * 2, "too_alike", (None, None)),
        ((1,) * 10, "too_alike", (None, None)),
        ((3,) * 7 + (2,) * 3, "shown", (7, 10)),
        ((), "too_few", (None, None)),
    ],
)
def test_a_question_is_shown_from_ten_answers_on_and_with_three_on_either_side(answers, state, kept):
    found = result_of(counts_of(*answers), "safe", SurveyScale.AGREE)
    assert (found.state, (found.favorable, found.answered)) == (state, kept)


def test_a_tally_is_written_in_one_length_whatever_it_holds():
    some = [counts_of(), counts_of(4), counts_of(*(1,) * 999, *(2,) * 5)]
    assert len({len(written(one)) for one in some}) == 1
    assert [read(written(one)) for one in some] == some
    with pytest.raises(KeyError):
        counted(some[0], {"safe": 5})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"notice_on": date(2026, 11, 10)}, "notice_on"),
        ({"opens_on": date(2026, 11, 8)}, "opens_on"),
        ({"notice_on": date(2026, 11, 9)}, ""),
        ({"notice_on": date(2026, 11, 9), "opens_on": date(2026, 11, 15)}, "opens_on"),
        ({"closes_on": date(2026, 11, 15)}, "closes_on"),
        ({"closes_on": date(2027, 3, 1)}, "closes_on"),
    ],
)
def test_families_know_for_a_week_and_the_days_fit(day, change, field):
    asked = school_to_ask(students=1)
    if not field:
        assert begin(asked, **change)
        return
    with pytest.raises(Refused) as refused:
        begin(asked, **change)
    assert refused.value.field == field
    assert db.session.scalar(select(func.count()).select_from(SurveyRound)) == 0


@pytest.mark.parametrize("way", Way)
def test_a_group_that_answered_is_not_asked_again_within_a_month(day, way):
    asked, few = school_to_ask(students=11), school_to_ask(students=9)
    for one, number in ((asked, 11), (few, 9)):
        round_id = begin(one, [STUDENT])
        day("2026-11-17 10:00")
        answered(one, round_id, number - 4, 4)
        end_round(one.call, round_id)
        db.session.execute(delete(SurveyTally).where(SurveyTally.taken == 0))
        db.session.execute(update(SurveyTally).values(way=way))
        db.session.commit()
        day("2026-11-09 10:00")
    soon = {"opens_on": date(2026, 12, 16), "closes_on": date(2026, 12, 18)}
    with pytest.raises(Refused, match="Dec 17, 2026") as refused:
        begin(asked, **soon)
    assert refused.value.field == "opens_on"
    assert begin(few, [STUDENT], **soon), "of nine nothing was shown that could be subtracted"
    other = begin(asked, [SurveyGroup.STAFF], **soon)
    day("2026-12-16 10:00")
    end_round(asked.call, other)
    later = {"opens_on": date(2026, 12, 17), "closes_on": date(2026, 12, 18)}
    assert begin(asked, [STUDENT], **later)


def test_one_survey_of_a_school_at_a_time(day):
    asked = school_to_ask(students=1)
    begin(asked)
    with pytest.raises(Refused):
        begin(asked)


def answered(asked, round_id, favorable: int, other: int) -> None:
    codes = slip_codes(asked, round_id)
    for number, code in enumerate(codes[: favorable + other]):
        answer_by(code, safe=4 if number < favorable else 1)


def test_nine_answers_are_hidden_and_not_kept_and_ten_are_shown(day, client_as):
    few, enough = school_to_ask(students=9), school_to_ask(students=12)
    rounds = [begin(few), begin(enough)]
    day("2026-11-17 10:00")
    answered(few, rounds[0], 6, 3)
    answered(enough, rounds[1], 8, 4)
    day("2026-11-28 00:30")
    assert count_due(clock.now()) == {"surveys": 2}
    assert count_due(clock.now()) == {"surveys": 0}
    hidden, shown = (survey_share(one.school.id, YEAR, "student.safe") for one in (few, enough))
    assert (hidden.suppressed, hidden.numerator, hidden.denominator) == (True, None, None)
    assert (shown.suppressed, shown.numerator, shown.denominator) == (False, 8, 12)
    assert survey_share(few.school.id, "2025-26", "student.safe") is None
    page = client_as(few.head).page(f"/surveys/{rounds[0]}").text
    assert "Too few to show" in page and "67%" not in page
    page = client_as(enough.head).page(f"/surveys/{rounds[1]}").text
    assert "67%" in page and "12" in page
    left = [db.session.scalar(select(func.count()).select_from(one)) for one in (SurveyLink, SurveySentForm)]
    assert left == [0, 0]
    assert all(one.sealed_text is None for one in db.session.scalars(select(SurveyTally)))


def test_answers_by_the_code_on_the_wall_are_apart_and_never_a_baseline(day, client_as):
    asked = school_to_ask(students=14)
    round_id = begin(asked, wall=True)
    day("2026-11-17 10:00")
    answered(asked, round_id, 6, 4)
    for number in range(12):
        answer_by(wall_of(round_id).code, key=f"page-{number}", safe=1 if number < 8 else 4)
    end_round(asked.call, round_id)
    share = survey_share(asked.school.id, YEAR, "student.safe")
    assert (share.numerator, share.denominator) == (6, 10)
    [wall] = db.session.scalars(
        select(SurveyResult).where(
            SurveyResult.way == Way.OPEN, SurveyResult.question == "safe", SurveyResult.audience == STUDENT
        )
    )
    assert (wall.favorable, wall.answered) == (4, 12)
    page = client_as(asked.head).page(f"/surveys/{round_id}").text
    assert page.index("60%") < page.index("By the code on the wall") < page.index("33%")
    beside = client_as(asked.head).page("/outcomes/climate").text
    assert "60% of 10" in beside and "33%" not in beside


def test_the_district_sums_only_what_is_shown_of_each_school(day, client_as):
    schools = [school_to_ask(students=size) for size in (9, 12, 13)]
    rounds = [begin(one) for one in schools]
    day("2026-11-17 10:00")
    for one, round_id, split in zip(schools, rounds, ((6, 3), (8, 4), (7, 6)), strict=True):
        answered(one, round_id, *split)
        end_round(one.call, round_id)
    beside = client_as(make_user(Role.DISTRICT)).page("/outcomes/climate").text
    assert "60% of 25 (2 schools)" in beside
    assert "too few to show" in client_as(schools[0].head).page("/outcomes/climate").text


def test_an_administrator_plans_and_ends_one_by_the_pages(day, client_as):
    asked = school_to_ask(students=2)
    client = client_as(asked.head)
    told = client.page("/surveys/notice").text
    assert all(words in told for words in ("I feel safe at this school.", "Me siento a salvo", "773-555-0100"))
    days = {"opens_on": "2026-11-16", "closes_on": "2026-11-27"}
    refused = client.submit("/surveys/new", {"groups": ["student"], **days})
    assert refused.status_code == 400 and "Enter the day on which families were told." in refused.text
    done = client.submit(
        "/surveys/new",
        {
            "groups": ["student", "family"], "notice_on": "2026-11-02", **days, "wall": "y",
        },
    )  # fmt: skip
    assert done.status_code == 303
    page = client.page(done.location)
    assert "Planned" in page.text
    assert client.submit(f"{done.location}/slips", {"group": "student"}).status_code == 303
    assert client.submit(f"{done.location}/slips", {"group": "student"}).status_code == 400
    assert "988" in client.page(f"{done.location}/wall").text
    day("2026-11-18 10:00")
    client = client_as(asked.head)
    assert client.submit(f"{done.location}/end", {}).location == done.location
    row = fresh(db.session.scalars(select(SurveyRound)).one())
    assert row.counted_at is not None and row.closes_on == date(2026, 11, 18) != CLOSES
    assert client.get(f"{done.location}/slips").status_code == 404


def test_a_survey_that_waits_to_be_counted_hands_out_no_more_links(day, client_as):
    asked = school_to_ask(students=1)
    address = f"/surveys/{begin(asked, wall=True)}"
    day("2026-11-27 10:00")
    assert f"{address}/slips" in client_as(asked.head).get(address).text
    day("2026-11-28 00:10")
    page = client_as(asked.head).get(address).text
    assert "Being counted" in page and "no more answers are taken" in page
    assert [f"{address}/{way}" in page for way in ("slips", "invite", "wall", "end")] == [False] * 3 + [True]


CODE = re.compile(r"/survey/((?:[a-z0-9]{4}-){4}[a-z0-9]{4})")


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
