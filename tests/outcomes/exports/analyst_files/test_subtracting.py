"""No two files can be subtracted from each other, whoever has them; what leaves is what the lead of the day read."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import event, select

from tests.factories.accounts import make_user
from tests.factories.base import one_commit
from tests.outcomes.exports.analyst_files.district import AGREED, PAGE, District, newest, tables_of
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.outcomes.exports.analyst_files.agreements.models import PrivacyLead
from wss_cases.outcomes.exports.analyst_files.files.states import FileState

UNDER_OTHER_NAMES = (
    "The University of Elm, Policy Lab",
    AGREED["receiver"].replace("o", "\N{CYRILLIC SMALL LETTER O}"),
)


def _agree(made: District, receiver: str) -> None:
    assert made.asks.submit(f"{PAGE}/agreements/new", AGREED | {"receiver": receiver}).status_code == 303


def _refused(answer: Any, words: str, state: FileState | None = None) -> None:
    """The answer refuses, and says why; the newest request stands as it did."""
    assert answer.status_code == 400 and words in answer.get_data(as_text=True)
    assert state is None or newest().state is state


def _more(made: District) -> None:
    with one_commit():
        for _ in range(30):
            made.report(made.students[0], random.Random(1))


@pytest.mark.parametrize("receiver", UNDER_OTHER_NAMES)
@pytest.mark.both_databases
def test_a_receiver_under_another_name_gets_no_part_of_the_months_it_has(made: District, receiver: str) -> None:
    made.ready()
    taken = made.asks.submit(f"{made.released()}/download")
    _agree(made, receiver)
    _refused(made.request(last_month="2026-09"), "Choose exactly its months")
    assert made.request(first_month="2026-08").status_code == 400, "nor more months than these"
    assert "only a file of exactly the same months can follow" in made.asks.page(f"{PAGE}/new").text
    one = made.released()
    again = made.asks.submit(f"{one}/download")
    rows = [
        sorted([cell for name, cell in row.items() if name != "incident"] for row in tables_of(answer)[0])
        for answer in (taken, again)
    ]
    assert rows[0] == rows[1] and len(rows[0]) == 160, "nothing is left when they are subtracted"


def test_months_that_overlap_are_found_at_the_release_too(made: District) -> None:
    made.ready()
    assert made.request().status_code == 303
    whole = newest().id
    _agree(made, "Oak Institute")
    assert made.request(last_month="2026-09").status_code == 303, "no file has them yet"
    part = newest().id
    assert made.releases.submit(f"{PAGE}/{whole}/release").status_code == 303
    told = made.releases.page(f"{PAGE}/{part}/release").text
    assert "some of the same months" in told and AGREED["receiver"] in told
    _refused(made.releases.submit(f"{PAGE}/{part}/release"), "Choose exactly its months", FileState.ASKED)


def test_the_same_months_go_to_another_receiver_only_as_they_were(made: District) -> None:
    made.ready()
    made.released()
    _agree(made, "Oak Institute")
    assert made.request().status_code == 303
    one = f"{PAGE}/{newest().id}"
    _more(made)
    _refused(made.releases.submit(f"{one}/release"), "said something else", FileState.ASKED)


def test_what_leaves_is_what_was_read(made: District) -> None:
    made.ready()
    assert made.request().status_code == 303
    one = f"{PAGE}/{newest().id}"
    seen = made.releases.form(f"{one}/release", "", "").values()
    _more(made)
    _refused(made.releases.post(f"{one}/release", data=seen), "changed since you opened this page", FileState.ASKED)
    assert made.releases.submit(f"{one}/release").status_code == 303
    _more(made)
    _refused(made.asks.submit(f"{one}/download"), "changed since the file was released", FileState.RELEASED)


def test_only_the_lead_of_today_decides(made: District) -> None:
    made.ready()
    assert made.request().status_code == 303
    one, third = f"{PAGE}/{newest().id}", make_user(Role.DISTRICT, name="Third Thorn")
    sent = {way: made.releases.form(f"{one}/{way}", "", "").values() for way in ("release", "refuse")}
    # as it would be, had the naming not seen the request: the row still says the earlier lead
    db.session.add(PrivacyLead(user_id=third.id, named_by_id=made.boss.id, named_at=newest().asked_at))
    db.session.commit()
    assert newest().lead_id == made.lead.id
    for way, data in sent.items():
        late = made.releases.post(f"{one}/{way}", data=data | {"because": ["overlap"]})
        assert late.status_code == 404, way
    assert newest().state is FileState.ASKED


def test_whoever_is_named_again_hears_again_of_what_waits(made: District) -> None:
    made.ready()
    assert made.request().status_code == 303
    third = make_user(Role.DISTRICT, name="Third Thorn")
    for named in (third, made.lead):
        assert made.asks.submit(f"{PAGE}/privacy", {"user_id": str(named.id)}).status_code == 303
    asked = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "analyst_file.asked")
    told = list(db.session.scalars(asked.order_by(OutboxMessage.id)))
    assert told == [made.lead.id, third.id, made.lead.id] and newest().lead_id == made.lead.id


def test_the_audit_log_holds_neither_the_purpose_nor_who_signed(made: District) -> None:
    made.ready()
    of_agreement = select(AuditEntry.changes).where(AuditEntry.object_type == "analyst_agreement")
    changes: Any = db.session.scalars(of_agreement).one()
    assert AGREED["reference"] in str(changes) and {"purpose", "signed_by"} <= set(changes)
    assert AGREED["purpose"] not in str(changes) and AGREED["signed_by"] not in str(changes)


@pytest.mark.both_databases
def test_every_act_locks_all_agreements_before_anything_else_of_a_file(made: District) -> None:
    if db.engine.dialect.name == "sqlite":
        return  # it locks no rows: one writes at a time
    locks: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FOR UPDATE" in statement and "analyst_" in statement:
            locks.append(" ".join(statement.split()))

    def first_lock() -> str:
        found = locks[0]
        locks.clear()
        return found

    third = make_user(Role.DISTRICT, name="Third Thorn")
    made.ready()
    every = "SELECT analyst_agreement.id FROM analyst_agreement ORDER BY analyst_agreement.id FOR UPDATE"
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert made.request().status_code == 303 and first_lock() == every
        assert made.releases.submit(f"{PAGE}/{newest().id}/release").status_code == 303 and first_lock() == every
        assert made.request(first_month="2026-08", last_month="2026-08").status_code == 303
        locks.clear()
        assert made.releases.submit(f"{PAGE}/{newest().id}/release").status_code == 400, "too few incidents"
        assert first_lock() == every
        assert made.asks.submit(f"{PAGE}/privacy", {"user_id": str(third.id)}).status_code == 303
        assert first_lock() == every
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
