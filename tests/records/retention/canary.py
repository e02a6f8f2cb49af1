"""A child whose words stand in every table: planted by what the schema says, so a new table is planted by itself."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    String,
    Table,
    Time,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.types import TypeDecorator

from wss_cases.foundation.db import Base, db
from wss_cases.records.retention.reach import TABLES, Whose, goes_to

THEN = datetime(2019, 3, 5, 16, tzinfo=UTC)
DAY = date(2019, 3, 5)

CHECKED: dict[str, dict[str, Any]] = {
    "incident": {"state": "closed", "duplicate_of_id": None, "injury": None, "reporter_id": None},
    "incident_person": {"kind": "student", "injury": None, "staff_id": None},
    "case_record": {"state": "closed", "next_review_on": None, "closed_at": THEN, "result": "repaired"},
    "safety_plan": {"state": "ended", "ended_on": DAY, "moves_person_harmed": False},
    "follow_up": {"incident_id": None, "state": "done", "closed_at": THEN, "closed_on": DAY},
    "legal_hold": {"case_id": None, "pathway_id": None, "closed_at": THEN},
    "pathway": {"state": "completed", "accepted_on": DAY, "started_on": DAY, "ended_at": THEN},
    "circle_meeting": {"happened": False},
    "circle_plan": {"kind": "circle", "language": "", "planned_on": None, "keeper_id": None},
    "circle_attendance": {"supporter_id": None, "keeper_user_id": None, "outside_keeper_id": None},
    "circle_note_opening": {"kind": "prevent_harm", "waiver_id": None},
    "circle_note_grant": {"waiver_id": None, "opening_id": None, "counsel_id": None},
    "attachment": {
        **dict.fromkeys(("circle_consent_id", "referral_consent_id", "agreement_id", "discipline_action_id")),
        "family_release_id": None, "sealed_why": None,
    },
    "agreement_signature": {"supporter_id": None, "keeper_user_id": None},
    "agreement_term": {"state": "kept", "decided_at": THEN, "replaces_id": None},
    "questionnaire": {
        "supporter_id": None, "keeper_user_id": None, "expires_at": datetime(2019, 4, 5, tzinfo=UTC),
    },
    "questionnaire_answer": {"value": 3},
    "legal_duty": {"state": "discharged", "closed_at": THEN},
    "legal_duty_step": {"done_at": THEN},
    "restraint_record": {"reviewed_on": DAY},
    "edfi_record": {"action_id": None},
    "edfi_pushed": {"action_id": None},
    "search_entry": {"case_id": None},
    "offline_entry": {"state": "filed", "sealed_text": None, "sealed_key": None, "key_name": None},
    "discipline_appeal": {"heard_on": DAY, "decided_on": DAY, "outcome": "upheld"},
    "police_review": {"state": "notified", "door": "emergency", "permits": True, "called_at": THEN, "ended_at": THEN,
                      "first_by_id": None, "second_by_id": None, "requested_by_id": None, "deputy_id": None},
    "police_notification": {"door": "emergency", "permitted": True},
    "enrolment": {"starts_on": date(1950, 9, 1), "ends_on": date(1960, 6, 10)},
    "student": {"is_active": False, "grade": 9},
    "guardian_limit": {"restricted_on": DAY, "may_contact": False, "may_receive_records": False},
    "record_review": {"keep_until": None},
    "family_release": {"orders_checked": True},
    "survey_round": {"asks_families": True},
}  # fmt: skip
"""What the schema's CHECKs ask of a row; everything else is filled by its type."""
BY = {"legal_hold": "closed_by_id", "circle_note_grant": "consent_by_id", "circle_outside_keeper": "adult_id"}
"""Members of staff whom a CHECK asks for."""


class Planter:
    """Plants a row of every table about a student, with `word` in every column that holds text."""

    def __init__(self, word: str, number: int = 1) -> None:
        self.word, self.number = word, number
        self.ids: dict[str, int] = {}

    def everything(self, **given: int) -> None:
        """Plant one row in each table; `given` are ids of rows that stand already, by table."""
        self.ids |= given
        # what is told of others comes last
        for one in sorted(Base.metadata.sorted_tables, key=lambda one: TABLES[one.name].told_of is not None):
            if TABLES[one.name].whose is Whose.STUDENT and one.name not in self.ids:
                self.ids[one.name] = self.row(one.name)
        db.session.commit()

    def row(self, name: str, **values: Any) -> int:
        """Plant one row; returns its id."""
        one = Base.metadata.tables[name]
        filled = {column.name: self._value(one, column) for column in one.c if column.name != "id"}
        filled |= CHECKED.get(name, {}) | values
        by = BY.get(name)
        if by is not None:
            filled[by] = self.ids["user_account"]
        if name == "circle_plan":
            filled["school_id"] = self.ids["school"]
        if name == "incident_told_apart":
            apart = {"number": self.number + 9000, "reference": f"plain-{self.number}"}
            filled["higher_id"] = self._of_nobody("incident", **apart)
        told = TABLES[name].told_of
        if told is not None:
            filled |= {told[0]: "case_record", told[1]: self.ids["case_record"]}
            filled |= {"object_type": "student", "object_id": self.ids["student"]} if name == "disclosure" else {}
        known = {key: value for key, value in filled.items() if key in one.c}
        return int(db.session.execute(insert(one).values(known).returning(one.c.id)).scalar_one())

    def _value(self, one: Table, column: Column[Any]) -> Any:
        target = goes_to(column)
        if target is not None:
            if TABLES[target].whose is Whose.STUDENT:
                return self.ids.get(target)
            return None if column.nullable else self.ids.get(target) or self._base(target)
        if column.name == "student_id":
            return self.ids["student"]
        if column.nullable and not isinstance(column.type, String | JSON | LargeBinary):
            return None
        kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
        if isinstance(kind, Enum):
            return kind.enums[0] if isinstance(kind.enums[0], str) else kind.enums[0].value
        for of, value in self._samples():
            if isinstance(kind, of):
                return value
        if isinstance(kind, String):
            code = _first_code(one, column)
            if code is not None:
                return code
            room = kind.length is None or kind.length >= len(self.word)
            return (f"{self.word}{len(self.ids)}"[: kind.length] if column.unique else self.word) if room else "x"
        raise AssertionError(f"{one.name}.{column.name}: plant {kind!r}")

    def _samples(self) -> list[tuple[Any, Any]]:
        return [
            (Boolean, False), (JSON, {"word": [self.word]}), (LargeBinary, self.word.encode()), (DateTime, THEN),
            (Date, DAY), (Time, time(9, 0)), (Integer, self.number),
        ]  # fmt: skip

    def _base(self, target: str) -> int:
        one = Base.metadata.tables[target]
        found = db.session.scalar(select(func.min(one.c.id)))
        if found is not None:
            return int(found)
        self.ids[target] = self._of_nobody(target)
        return self.ids[target]

    def _of_nobody(self, target: str, **values: Any) -> int:
        plain = Planter("plain")
        plain.ids = {key: value for key, value in self.ids.items() if TABLES[key].whose is not Whose.STUDENT}
        return plain.row(target, **values)


def _first_code(one: Table, column: Column[Any]) -> str | None:
    """Return the first code that a CHECK written `column in ('a','b')` permits; None for a column of free words."""
    written = (str(check.sqltext) for check in one.constraints if isinstance(check, CheckConstraint))
    found = (re.match(rf"{column.name} in \('([^']*)'", text) for text in written)
    return next((match.group(1) for match in found if match), None)


def found_in(words: list[str]) -> list[str]:
    """Return every column of every table of the database (by reflection) that holds one of the words."""
    db.session.remove()
    found = []
    engine = db.engine
    tables = inspect(engine).get_table_names()
    with engine.connect() as connection:
        for name in sorted(tables):
            for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings():
                found += [f"{name}.{key}" for key, value in row.items() if _holds(value, words)]
    return sorted(set(found))


def _holds(value: Any, words: list[str]) -> bool:
    if isinstance(value, bytes | memoryview):
        value = bytes(value).decode("utf-8", "replace")
    text = str(value).casefold()
    return any(word.casefold() in text for word in words)


def files_with(folder: Path, words: list[str]) -> list[str]:
    """Return the files under a folder whose bytes hold one of the words."""
    return sorted(
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and any(word.encode().lower() in file.read_bytes().lower() for word in words)
    )
