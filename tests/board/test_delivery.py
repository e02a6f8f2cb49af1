"""Being sent a board report: on the first school day, once, as a link, and only while one still answers for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory, make_calendar
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.board.report.queries import Every, due_month
from wss_cases.board.stored_reports import (
    BOARD_REPORTS,
    BoardReport,
    BoardSubscription,
    queue_due,
    subscribe,
    unsubscribe,
)
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.jobs.stored_pdfs import make_pdfs
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.mail.delivery.messages import compose
from wss_cases.records.retention.schedule import clean
from wss_cases.records.stored_pdfs import Why, fail_pdf, store_pdf
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

ClientAs = Callable[[Any], PageClient]
NAME = "Juniper Canary High School"


def moment(year: int, month: int, day: int) -> datetime:
    """Ten in the morning in Chicago, or eleven."""
    return datetime(year, month, day, 16, tzinfo=UTC)


pytestmark = pytest.mark.usefixtures("pango")


@pytest.fixture
def ids(at: Any, session: Any) -> tuple[int, int]:
    """(user, school): an administrator, and a calendar in which Tuesday, December 1, 2026 is no school day."""
    at("2026-11-24 10:00")
    make_calendar(date(2026, 8, 1), date(2027, 6, 18), closed={date(2026, 12, 1)})
    school = SchoolFactory(name=NAME, network="Network 1")
    user = make_user(Role.ADMINISTRATOR, school)
    db.session.commit()
    return user.id, school.id


def person(user_id: int) -> Any:
    return acting(db.session.get_one(UserAccount, user_id))


def reports() -> list[BoardReport]:
    return list(db.session.scalars(db.select(BoardReport).order_by(BoardReport.id)))


def test_it_comes_on_the_first_school_day_and_once(ids: tuple[int, int]) -> None:
    user_id, school_id = ids
    subscribe(Invocation(person(user_id), clock.now()), school_id, None, Every.MONTH, "es")
    for day in (24, 30):
        assert queue_due(moment(2026, 11, day)) == {"asked": 0}
    assert queue_due(moment(2026, 12, 1)) == {"asked": 0}
    assert queue_due(moment(2026, 12, 2)) == {"asked": 1}
    assert queue_due(moment(2026, 12, 2)) == queue_due(moment(2026, 12, 9)) == {"asked": 0}
    (report,) = reports()
    assert (report.starts_on, report.ends_on, report.due_on, report.language) == (
        date(2026, 8, 1),
        date(2026, 11, 30),
        date(2026, 12, 1),
        "es",
    )
    actions = db.session.scalars(db.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [one for one in actions if one.startswith("board_")] == [
        "board_subscription.made",
        "board_subscription.due",
        "board_report.asked",
    ]


def test_downtime_is_caught_up_once(ids: tuple[int, int]) -> None:
    user_id, school_id = ids
    subscribe(Invocation(person(user_id), clock.now()), school_id, None, Every.MONTH, "en")
    assert queue_due(moment(2027, 3, 19)) == {"asked": 1}
    assert queue_due(moment(2027, 3, 20)) == {"asked": 0}
    assert [(one.due_on, one.ends_on) for one in reports()] == [(date(2027, 3, 1), date(2027, 2, 28))]


def test_a_quarter_s_comes_four_times_a_year_and_august_s_tells_of_the_year_before(ids: tuple[int, int]) -> None:
    user_id, school_id = ids
    subscribe(Invocation(person(user_id), clock.now()), school_id, None, Every.QUARTER, "en")
    day = date(2026, 11, 24)
    while day < date(2027, 9, 10):
        queue_due(datetime(day.year, day.month, day.day, 18, tzinfo=UTC))
        day = date.fromordinal(day.toordinal() + 1)
    assert [(one.due_on, one.ends_on, one.school_year) for one in reports()] == [
        (date(2027, 2, 1), date(2027, 1, 31), "2026-27"),
        (date(2027, 5, 1), date(2027, 4, 30), "2026-27"),
        (date(2027, 8, 1), date(2027, 7, 31), "2026-27"),
    ]


def test_every_day_has_one_due_month() -> None:
    days, start = SchoolDays(), date(2026, 8, 1).toordinal()
    seen = [due_month(Every.MONTH, date.fromordinal(start + n), days) for n in range(400)]
    assert seen == sorted(seen) and len(set(seen)) == 15


def test_the_mail_is_a_link_and_stops_with_the_wish_the_role_or_the_account(ids: tuple[int, int]) -> None:
    user_id, school_id = ids
    subscribed = subscribe(Invocation(person(user_id), clock.now()), school_id, None, Every.MONTH, "en")
    now = moment(2026, 12, 2)
    queue_due(now)
    report_id = reports()[0].id
    assert make_pdfs(now, 60) == {"made": 1, "not_made": 0}
    (message,) = db.session.scalars(db.select(OutboxMessage)).all()
    mail = compose(message, now)
    assert mail is not None and mail["Subject"] == "Your board report is ready"
    text = "".join(part.get_content() for part in mail.walk() if not part.is_multipart())
    assert f"/outcomes/board/reports/{report_id}" in text
    assert NAME not in text and not {"incident", "2026", "Network"} & set(text.split())
    account = db.session.get_one(UserAccount, user_id)
    account.locale = "es"
    db.session.commit()
    in_spanish = compose(message, now)
    assert in_spanish is not None and in_spanish["Subject"] == "Su informe para la junta está listo"
    account.state = AccountState.DISABLED
    db.session.commit()
    assert compose(message, now) is None
    account.state = AccountState.ACTIVE
    grant = db.session.scalars(db.select(RoleGrant).where(RoleGrant.user_id == user_id)).one()
    grant.ends_on = date(2026, 11, 30)
    db.session.commit()
    assert compose(message, now) is None
    grant.ends_on = None
    db.session.commit()
    assert compose(message, now) is not None
    unsubscribe(person(user_id), subscribed, now)
    message = db.session.scalars(db.select(OutboxMessage)).one()
    assert compose(message, now) is None
    assert queue_due(moment(2027, 1, 6)) == {"asked": 0}


def test_who_answers_no_longer_gets_no_report(ids: tuple[int, int]) -> None:
    user_id, school_id = ids
    subscribe(Invocation(person(user_id), clock.now()), school_id, None, Every.MONTH, "en")
    grant = db.session.scalars(db.select(RoleGrant).where(RoleGrant.user_id == user_id)).one()
    grant.role = Role.DEAN
    db.session.commit()
    assert queue_due(moment(2026, 12, 2)) == {"asked": 0}
    db.session.get_one(UserAccount, user_id).state = AccountState.DISABLED
    db.session.commit()
    assert queue_due(moment(2027, 1, 6)) == {"asked": 0}
    assert reports() == []


def test_what_was_not_made_sends_no_mail(ids: tuple[int, int]) -> None:
    user_id, school_id = ids
    subscribe(Invocation(person(user_id), clock.now()), school_id, None, Every.MONTH, "en")
    now = moment(2026, 12, 2)
    queue_due(now)
    fail_pdf(BOARD_REPORTS, reports()[0].id, Why.SLOW, now)
    assert not store_pdf(BOARD_REPORTS, reports()[0].id, b"%PDF", now)
    assert db.session.scalars(db.select(OutboxMessage)).all() == []


def test_one_may_have_what_one_answers_for_and_once(ids: tuple[int, int]) -> None:
    user_id, school_id = ids
    other = SchoolFactory()
    actor, now = person(user_id), clock.now()
    subscribed = subscribe(Invocation(actor, now), school_id, None, Every.MONTH, "en")
    with pytest.raises(Refused):
        subscribe(Invocation(actor, now), school_id, None, Every.QUARTER, "en")
    for wanted in ((other.id, None), (None, "Network 1"), (None, None)):
        with pytest.raises(NotFound):
            subscribe(Invocation(actor, now), *wanted, Every.MONTH, "en")
    stranger = acting(make_user(Role.ADMINISTRATOR, db.session.get_one(School, school_id)))
    with pytest.raises(NotFound):
        unsubscribe(stranger, subscribed, now)
    unsubscribe(actor, subscribed, now)
    subscribe(Invocation(actor, now), school_id, None, Every.QUARTER, "en")
    assert school_days(school_id).is_school_day(date(2026, 12, 2))


def test_the_page_subscribes_and_ends(ids: tuple[int, int], client_as: ClientAs) -> None:
    client = client_as(db.session.get_one(UserAccount, ids[0]))
    address = "/outcomes/board/delivery"
    assert "You receive no reports" in client.page(address).text
    assert client.submit(address, {"every": "quarter", "language": "es"}).status_code == 303
    page = client.page(address)
    assert NAME in page.text and "Every quarter" in page.text
    again = client.submit(address, {"every": "month"}, holding="every")
    assert again.status_code == 400 and "You already receive this report" in again.get_data(as_text=True)
    (row,) = db.session.scalars(db.select(BoardSubscription)).all()
    token = client.csrf_token(address)
    assert client.post(f"{address}/{row.id}/end", data={"csrf_token": token}).status_code == 303
    assert "You receive no reports" in client.page(address).text


def test_reports_go_by_the_schedule(ids: tuple[int, int]) -> None:
    user_id, school_id = ids
    subscribe(Invocation(person(user_id), clock.now()), school_id, None, Every.MONTH, "en")
    queue_due(moment(2026, 12, 2))
    assert "board_report" not in clean(moment(2027, 12, 2))
    assert clean(moment(2028, 2, 2))["board_report"] == 1
    assert reports() == []
