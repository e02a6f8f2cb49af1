"""The one write path: nothing half, nothing twice, nothing unseen."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import bindparam, func, select, update

from tests.factories.accounts import acting, make_user
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.errors import Stale
from wss_cases.journal.models import AuditEntry, OutboxMessage, RequestKey, TimelineEntry
from wss_cases.journal.unit_of_work import MOST, Act, unit_of_work


def rows(model: Any) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def rename(actor: Actor, user_id: int, name: str, version: int | None = None, key: str | None = None) -> int:
    with unit_of_work(actor, clock.now(), key) as uow:
        if uow.answered:
            return uow.answer
        user = uow.load(UserAccount, user_id, Permission.ACCOUNT_MANAGE, version)
        user.name = name
        uow.record(user, "account.renamed")
        uow.notify(user.id, "test", user, f"rename:{user.id}:{name}")
        uow.answer = user.id
        return user.id


def rename_and_fail(actor: Actor, user_id: int) -> None:
    with unit_of_work(actor, clock.now()) as uow:
        row = uow.load(UserAccount, user_id, Permission.ACCOUNT_MANAGE)
        row.name = "Half"
        uow.record(row, "account.renamed")
        uow.session.flush()
        raise ZeroDivisionError


def test_a_write_leaves_timeline_audit_and_outbox_in_one_commit(session: Any) -> None:
    user = make_user(Role.SYSADMIN)
    before = user.name
    rename(acting(user), user.id, "Another Name")
    audit = session.scalars(select(AuditEntry)).all()[-1]
    assert (audit.action, audit.actor_id, audit.object_id) == ("account.renamed", user.id, user.id)
    assert audit.changes["name"] == [before, "Another Name"]
    assert rows(TimelineEntry) >= 1
    assert rows(OutboxMessage) == 1


def test_a_query_between_a_change_and_its_record_loses_nothing_of_the_audit_row(session: Any) -> None:
    user = make_user(Role.SYSADMIN)
    before = user.name
    with unit_of_work(acting(user), clock.now()) as uow:
        row = uow.load(UserAccount, user.id, Permission.ACCOUNT_MANAGE)
        for name in ("Once", "Twice"):
            row.name = name
            assert rows(UserAccount) == 1, "a query: the session writes the change before it"
        uow.record(row, "account.renamed")
        uow.record(row, "account.looked_at")
        row.name = "Thrice"
        uow.record(row, "account.renamed")
        assert rows(UserAccount) == 1
        row.name = before
        uow.record(row, "account.renamed")
    seen = [one.changes.get("name") for one in session.scalars(select(AuditEntry).order_by(AuditEntry.id))][-4:]
    assert seen == [[before, "Twice"], None, ["Twice", "Thrice"], ["Thrice", before]]


def test_an_error_leaves_nothing(session: Any) -> None:
    user = make_user(Role.SYSADMIN)
    counts = rows(AuditEntry), rows(TimelineEntry), rows(OutboxMessage)
    with pytest.raises(ZeroDivisionError):
        rename_and_fail(acting(user), user.id)
    assert (rows(AuditEntry), rows(TimelineEntry), rows(OutboxMessage)) == counts
    assert session.get(UserAccount, user.id).name != "Half"


def test_a_write_without_its_audit_row_is_refused(session: Any) -> None:
    user = make_user(Role.SYSADMIN)
    with pytest.raises(RuntimeError, match="audit"), unit_of_work(SYSTEM, clock.now()) as uow:
        uow.load(UserAccount, user.id, Permission.ACCOUNT_MANAGE).name = "Unseen"


def test_the_second_identical_submission_gets_the_first_answer(session: Any) -> None:
    user = make_user(Role.SYSADMIN)
    actor = acting(user)
    first = rename(actor, user.id, "Once", key="one-form")
    assert rename(actor, user.id, "Twice", key="one-form") == first
    assert session.get(UserAccount, user.id).name == "Once"
    assert rows(RequestKey) == 1


def test_an_older_version_loses(session: Any) -> None:
    user = make_user(Role.SYSADMIN)
    actor, seen = acting(user), user.version
    rename(actor, user.id, "First", version=seen)
    with pytest.raises(Stale):
        rename(actor, user.id, "Second", version=seen)
    assert session.get(UserAccount, user.id).name == "First"


@pytest.mark.both_databases
def test_few_and_many_acts_leave_their_rows_in_order_and_the_answer_to_the_form(session: Any) -> None:
    user = make_user(Role.SYSADMIN)
    told = select(TimelineEntry.subject_id, TimelineEntry.data).where(TimelineEntry.kind == "test.told")
    noted = select(AuditEntry.object_id, AuditEntry.changes).where(AuditEntry.action == "test.told")
    expected: list[tuple[int, dict[str, Any]]] = []
    for number in (1, 2, MOST, MOST + 1):
        acts = [Act("user_account", number, None, None, {"of": number, "place": one}, {}) for one in range(number)]
        with unit_of_work(acting(user), clock.now(), f"form-{number}") as uow:
            uow.record_each("test.told", acts)
            uow.answer = number
        expected += [(number, act.data) for act in acts]
        assert [tuple(row) for row in session.execute(told.order_by(TimelineEntry.id))] == expected
        assert [tuple(row) for row in session.execute(noted.order_by(AuditEntry.id))] == [
            (subject, {}) for subject, _data in expected
        ]
        with unit_of_work(acting(user), clock.now(), f"form-{number}") as uow:
            assert uow.answered and uow.answer == number


@pytest.mark.both_databases
def test_two_statements_that_bind_a_value_by_one_name_do_not_go_along_together(session: Any) -> None:
    user, other = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    accounts = table_of(UserAccount)
    named = update(accounts).where(accounts.c.id == bindparam("of")).values(name=bindparam("name_given"))
    moved = update(accounts).where(accounts.c.id == bindparam("of_one")).values(name=bindparam("name_found"))

    def name_both() -> None:
        with unit_of_work(acting(user), clock.now()) as uow:
            for one in (user, other):
                uow.along(named, {"of": one.id, "name_given": "One"})

    with pytest.raises(RuntimeError, match="bind name_given, of"):
        name_both()
    with unit_of_work(acting(user), clock.now(), "form") as uow:
        uow.along(named, {"of": user.id, "name_given": "One"})
        uow.along(moved, {"of_one": other.id, "name_found": "Another"})
        uow.answer = user.id
        uow.no_audit()
    names = select(UserAccount.name).where(UserAccount.id.in_([user.id, other.id])).order_by(UserAccount.id)
    assert session.scalars(names).all() == ["One", "Another"]


def together(work: Callable[[int], None], threads: int) -> None:
    gate = threading.Barrier(threads)

    def run(number: int) -> None:
        gate.wait()
        work(number)

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


@pytest.mark.both_databases
def test_writers_at_once_lose_nothing_and_save_a_form_once(database: Database, tmp_path: Any) -> None:
    """Eight threads: numbers stay gapless, versions decide, one request key is one row."""
    app = make_app(database.url, tmp_path)
    with app.app_context():
        user = make_user(Role.SYSADMIN)
        actor, user_id, version = acting(user), user.id, user.version
        db.session.commit()
    numbers: list[int] = []
    outcomes: list[str] = []

    def work(number: int) -> None:
        with app.app_context():
            with unit_of_work(actor, clock.now()) as uow:
                numbers.append(uow.next_number("test"))
                uow.no_audit()
            try:
                rename(actor, user_id, f"Editor {number}", version=version)
                outcomes.append("won")
            except Stale:
                outcomes.append("told")
            rename(actor, user_id, "By one form", key="same-form")

    together(work, 8)
    assert sorted(numbers) == list(range(1, 9))
    assert outcomes.count("won") == 1 and outcomes.count("told") == 7
    with app.app_context():
        assert rows(RequestKey) == 1
        assert db.session.get(UserAccount, user_id).name == "By one form"  # type: ignore[union-attr]
