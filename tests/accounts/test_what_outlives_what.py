"""What a key, a password and an address keep open, and what they do not."""

import os
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, select, text

from tests.factories.accounts import PASSWORD, UserFactory, acting, make_user
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import CalendarFeed, Invitation, UserAccount, UserSession
from wss_cases.accounts.calendar_address import make_feed
from wss_cases.accounts.credentials import invitation_id_of, invitation_token, secret_of, signed_secret
from wss_cases.accounts.people.pages import invite, invite_again
from wss_cases.accounts.sign_in.own_account import change_password
from wss_cases.accounts.sign_in.sessions.actions import accept_invitation, sign_in
from wss_cases.foundation.db import _close_sqlite
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.ids import fold_address
from wss_cases.mail.delivery.transport import Post

ANOTHER = "a quiet walk along the river"


@pytest.fixture
def now(session: Any, at: Callable[..., datetime]) -> datetime:
    return at("2026-11-24 10:00")


def test_a_new_key_leaves_open_invitations_open(app: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links are promised for seven days; the key may change on any of them."""
    link, shown = invitation_token(7), signed_secret(3, "SECRET")
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [app.config["SECRET_KEY"]])
    monkeypatch.setitem(app.config, "SECRET_KEY", b"the key of today")
    assert (invitation_id_of(link), secret_of(3, shown)) == (7, "SECRET")
    assert invitation_token(7) != link, "the newest key signs"
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [])
    assert invitation_id_of(link) is None


def test_a_calendars_address_ends_with_the_password(session: Any, now: datetime) -> None:
    boss, user = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)

    def live() -> list[Any]:
        return list(session.scalars(select(CalendarFeed.id).where(CalendarFeed.ended_at.is_(None))))

    make_feed(acting(user), now)
    sign_in(user.email, PASSWORD, "192.0.2.1", "", now)
    row = session.scalars(select(UserSession).where(UserSession.user_id == user.id)).first()
    change_password(acting(user), row.id, PASSWORD, ANOTHER, "", "192.0.2.1", now)
    assert live() == []
    make_feed(acting(user), now)
    invite_again(acting(boss), user.id, now)
    link = session.scalars(select(Invitation).order_by(Invitation.id.desc())).first()
    accept_invitation(link.id, ANOTHER + " again", now)
    assert live() == []


def test_addresses_that_differ_are_different_people(session: Any, now: datetime) -> None:
    """`casefold` made straße@ and strasse@ one account: a link for the one went to the other."""
    assert fold_address(" Ana.Ruiz@School.ORG ") == "ana.ruiz@school.org"
    assert fold_address("JOSÉ@x.org") == fold_address("josé@x.org")
    for one, other in (("straße@x.org", "strasse@x.org"), ("\u212aim@x.org", "kim@x.org"), ("İ@x.org", "i@x.org")):
        assert fold_address(one) != fold_address(other)
    UserFactory(email="strasse@x.org")
    boss = make_user(Role.SYSADMIN)
    user_id = invite(Invocation(acting(boss), now), "straße@x.org", "Another", Role.AUDITOR, None)
    assert session.get(UserAccount, user_id).email == "straße@x.org"
    with pytest.raises(Refused, match="already an account"):
        invite(Invocation(acting(boss), now), "STRASSE@x.org", "The same", Role.AUDITOR, None)


@pytest.mark.any_database("files of SQLite alone")
def test_database_log_of_writes_and_mails_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    path.touch(mode=0o644)
    mask = os.umask(0o022)
    try:
        for name in ("old", "new"):
            engine = create_engine(f"sqlite:///{tmp_path / name}.sqlite3")
            event.listen(engine, "do_connect", _close_sqlite, once=True)
            with engine.begin() as connection:
                connection.execute(text("PRAGMA journal_mode=WAL"))
                connection.execute(text("CREATE TABLE one (a int)"))
                assert len(list(tmp_path.glob(f"{name}.*"))) == 3
                modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob(f"{name}.*")}
                assert set(modes.values()) == {0o600}, modes
            engine.dispose()
        mail = EmailMessage()
        mail["From"] = mail["To"] = "a@x.org"
        Post("", str(tmp_path / "mail"), 1).send(mail, "1")
    finally:
        os.umask(mask)
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "mail" / "1.eml").stat().st_mode & 0o777 == 0o600
