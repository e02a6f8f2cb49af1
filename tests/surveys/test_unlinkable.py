"""An attacker who holds every table, the audit log and copies of the database from before and after each answer.

They know whose link is whose and in which order people answered, and look for anything that tells apart who said what.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from itertools import pairwise, permutations
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select, text

from tests.factories.surveys import Asked, answer_by, begin, school_to_ask, slip_codes
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, db
from wss_cases.journal.models import AuditEntry
from wss_cases.surveys import answering, rounds
from wss_cases.surveys.pages import end_round
from wss_cases.surveys.rounds import SurveyGroup, SurveyTally

pytestmark = pytest.mark.both_databases

Copy = dict[str, list[dict[str, Any]]]
TABLES = ("survey_round", "survey_wall", "survey_tally", "survey_link", "survey_sent_form", "survey_result")
LOGS = ("audit_entry", "timeline_entry", "outbox_message", "request_key", "counter")
OPENED = {"survey_tally": ("sealed_text", "sealed_key")}
"""What is ciphertext under keys that are not in the database: its length is looked at, and that it is never the same
twice."""


def copy_of(names: tuple[str, ...] = (*TABLES, *LOGS)) -> Copy:
    """What a copy of the database holds of these tables, with the place of each row as the database numbers it."""
    place = "ctid::text" if db.engine.dialect.name == "postgresql" else "rowid"
    found: Copy = {}
    for name in names:
        columns = list(Base.metadata.tables[name].columns)
        statement = select(text(f"{place} AS place"), *columns).select_from(Base.metadata.tables[name])
        rows = [dict(row._mapping) for row in db.session.execute(statement)]
        found[name] = [_without_ciphertext(name, row) for row in rows]
    return found


def _without_ciphertext(name: str, row: dict[str, Any]) -> dict[str, Any]:
    for column in OPENED.get(name, ()):
        row[column] = len(row[column] or b"")
    return row


def differences(before: Copy, after: Copy) -> list[str]:
    """What changed from one copy to the next, in words that do not depend on random numbers and places."""
    told = []
    for name, rows in after.items():
        old = Counter(map(_plain, before[name]))
        for line in (Counter(map(_plain, rows)) - old).elements():
            told.append(f"{name}: {line}")
    return sorted(told)


RANDOM = {"place", "digest", "nonce", "id"}


def _plain(row: dict[str, Any]) -> str:
    return str(sorted((key, str(value)) for key, value in row.items() if key not in RANDOM))


def slips_for(students: int, at: Any) -> tuple[Asked, int, list[str]]:
    """A school whose students are asked today, the round, and the codes of their slips."""
    at("2026-11-09 10:00")
    asked = school_to_ask(students=students)
    round_id = begin(asked, [SurveyGroup.STUDENT])
    at("2026-11-17 10:00")
    return asked, round_id, sorted(slip_codes(asked, round_id))


def told_by(answers: tuple[int, ...], at: Any) -> list[list[str]]:
    """Let one school's students answer in this order, and return what the copies tell after each answer."""
    asked, round_id, codes = slips_for(len(answers), at)
    copies = [copy_of()]
    for code, value in zip(codes, answers, strict=True):
        answer_by(code, safe=value)
        db.session.expire_all()
        copies.append(copy_of())
    told = [differences(before, after) for before, after in pairwise(copies)]
    numbers = {str(round_id): "R", str(asked.school.id): "S"}
    db.session.rollback()
    return [[_renamed(line, numbers) for line in step] for step in told]


def _renamed(line: str, numbers: dict[str, str]) -> str:
    for number, name in numbers.items():
        line = line.replace(f"'round_id', '{number}'", f"'round_id', '{name}'")
        line = line.replace(f"'school_id', '{number}'", f"'school_id', '{name}'")
    return line


def test_the_copies_tell_the_same_whoever_said_what(session, at):
    seen = {str(told_by(order, at)) for order in sorted(set(permutations((4, 1, 1))))}
    assert len(seen) == 1, "\n".join(sorted(seen))
    assert "survey_link" in next(iter(seen)), "that links were used is known"


def test_an_answer_leaves_no_audit_row_no_history_and_no_time(session, at):
    _asked, _round_id, codes = slips_for(2, at)
    before = copy_of(LOGS)
    moment = at("2026-11-17 10:07")
    answer_by(codes[0])
    assert differences(before, copy_of(LOGS)) == []
    db.session.expire_all()
    held = str(copy_of(TABLES))
    assert moment.astimezone(UTC).strftime("%Y, %-m, %-d, %-H, %-M") not in held and "10:07" not in held


def test_each_answer_seals_the_tally_under_another_key_and_in_the_same_length(session, at):
    _asked, round_id, codes = slips_for(6, at)
    sealed = []
    for code, value in zip(codes, (4, 4, 1, 4, 4, 4), strict=True):
        answer_by(code, safe=value)
        db.session.expire_all()
        tally = db.session.scalars(select(SurveyTally).where(SurveyTally.round_id == round_id)).one()
        sealed.append((bytes(tally.sealed_text), bytes(tally.sealed_key)))
    assert len({text_ for text_, _key in sealed}) == len({key for _text, key in sealed}) == len(sealed)
    assert len({(len(text_), len(key)) for text_, key in sealed}) == 1


def test_what_is_counted_is_written_in_one_order_and_names_no_link(session, at):
    asked, round_id, codes = slips_for(14, at)
    for number, code in enumerate(codes):
        answer_by(code, **({"fair": 1, "safe": 4} if number % 3 else {"safe": 1, "adult": 4}))
    end_round(asked.call, round_id)
    after = copy_of()
    results = sorted(after["survey_result"], key=lambda row: row["id"])
    assert [row["question"] for row in results] == ["circle", "safe", "adult", "fair", "belong"]
    assert [(row["favorable"], row["answered"]) for row in results if row["state"].value == "shown"] == [(9, 14)]
    assert after["survey_link"] == after["survey_sent_form"] == []
    assert all(row["sealed_text"] == 0 for row in after["survey_tally"])
    binary = [c.name for c in SurveyTally.__table__.columns if isinstance(c.type, LargeBinary)]
    assert set(binary) == set(SurveyTally.PRIVATE)


@pytest.mark.parametrize("planted", ["in clear", "beside it", "in the log"])
def test_the_attacker_finds_what_is_planted(session, at, monkeypatch, planted):
    def in_clear(tally: SurveyTally, counts: dict[str, int]) -> None:
        rounds.seal_counts(tally, counts)
        tally.key_name = "".join(str(counts[f"safe:{value}"]) for value in (4, 1))

    def with_tally(tally: SurveyTally, values: dict[str, int]) -> None:
        added(tally, values)
        tally.most = tally.taken + values["safe"]

    def in_the_log(tally: SurveyTally, values: dict[str, int]) -> None:
        added(tally, values)
        told = {"action": f"answered {values['safe']}", "object_type": "survey_tally", "changes": {}}
        db.session.add(AuditEntry(at=clock.now(), actor_id=None, object_id=None, request_id="", **told))

    added = answering._add
    if planted == "in clear":
        monkeypatch.setattr(answering, "seal_counts", in_clear)
    else:
        monkeypatch.setattr(answering, "_add", with_tally if planted == "beside it" else in_the_log)
    orders = [(4, 1, 1), (1, 4, 1)]
    assert len({str(told_by(order, at)) for order in orders}) == 2
