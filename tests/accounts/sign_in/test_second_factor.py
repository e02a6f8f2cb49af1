"""The second factor: nothing opens without it, no code works twice, guessing ends, and losing it is not the end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from config import from_environment
from tests.accounts.sign_in.test_password import forget, sign_in
from tests.factories.accounts import PASSWORD, acting, make_user
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, Invitation, UserAccount, UserSession
from wss_cases.accounts.credentials import MOST_FAILURES, RecoveryCode, SecondFactor, invitation_token, step_of
from wss_cases.accounts.people.held import settle_due
from wss_cases.accounts.sign_in import second_factor as factor
from wss_cases.foundation import clock
from wss_cases.journal.models import AuditEntry, OutboxMessage

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
Clock = Callable[..., datetime]
ClientAs = Callable[[Any], PageClient]


@pytest.fixture
def required(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting as it is in a demo or a trial."""
    monkeypatch.setitem(app.config, "SECOND_FACTOR", "administrators")


def code() -> str:
    """The code that the app shows now."""
    return pyotp.TOTP(SECRET).at(int(clock.now().timestamp()))


def wrong() -> str:
    """Six digits that the app does not show now."""
    return "000000" if code() != "000000" else "111111"


def with_factor(role: Role = Role.SYSADMIN) -> tuple[UserAccount, list[str]]:
    user = make_user(role)
    made = factor.enrol(acting(user), SECRET, code(), "", clock.now())
    return user, list(made.codes)


def half(client: PageClient, user: Any) -> str:
    """Type the right password; return the token that still awaits its code."""
    answer = sign_in(client, user.email, target="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/code?next=/account")
    with client.session_transaction() as cookie:
        return str(cookie["half"])


def enter(client: PageClient, typed: str) -> Any:
    """Type a code on the page that asks for it."""
    return client.submit("/sign-in/code?next=/account", {"code": typed})


def test_an_administrator_is_led_to_enrolment_and_nowhere_else(
    session: Any, client: PageClient, at: Clock, required: None
) -> None:
    at("2026-11-24 10:00")
    user = make_user(Role.SYSADMIN)
    assert sign_in(client, user.email, target="/people").status_code == 303
    for address in ("/people", "/account", "/system", "/"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/account/second-factor"), address
    form = client.form("/account/second-factor", "code")
    page = client.get("/account/second-factor").get_data(as_text=True)
    assert "data:image/svg" in page
    values = {name: held[0] for name, held in form.values().items()}
    key = page.split('<code translate="no">')[1].split("<")[0].replace(" ", "")
    values["signed"] = page.split('name="signed"')[1].split('value="')[1].split('"')[0]
    refused = client.post("/account/second-factor", data=values | {"code": "000000"})
    assert refused.status_code == 400 and key in refused.get_data(as_text=True).replace(" ", "")
    with client.session_transaction() as cookie:
        before = cookie["_user_id"]
    shown = client.post("/account/second-factor", data=values | {"code": pyotp.TOTP(key).at(clock.now())})
    assert shown.status_code == 200
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != before
    codes = [part.split("<")[0] for part in shown.get_data(as_text=True).split('<code translate="no">')[1:]]
    assert len(set(codes)) == 10
    assert client.get("/people").status_code == 200
    stored = session.scalars(select(SecondFactor)).one()
    assert key.encode() not in stored.sealed_text and stored.user_id == user.id
    digests = set(session.scalars(select(RecoveryCode.digest)))
    assert len(digests) == 10 and not digests & set(codes)
    assert session.scalars(select(OutboxMessage.kind)).all() == ["account.factor_on"]
    written = str([row.changes for row in session.scalars(select(AuditEntry))])
    assert key not in written and not any(each in written for each in codes)


def test_another_persons_or_an_invented_secret_is_not_enrolled(session: Any, client_as: ClientAs) -> None:
    client, other = client_as(make_user(Role.DEAN)), client_as(make_user(Role.DEAN))
    foreign = other.form("/account/second-factor", "code").values()["signed"][0]
    for signed in (foreign, SECRET, ""):
        answer = client.submit("/account/second-factor", {"signed": signed, "code": code()})
        assert answer.status_code == 400
    assert session.scalars(select(SecondFactor)).all() == []


def test_the_password_alone_opens_nothing_and_the_id_changes_with_the_code(
    session: Any, client: PageClient, at: Clock
) -> None:
    at("2026-11-24 10:00")
    user, _codes = with_factor()
    at("2026-11-24 10:05")
    token = half(client, user)
    assert client.get("/account").status_code == 303
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert client.get("/account").status_code == 303, "the half session's token is no session"
    with client.session_transaction() as cookie:
        del cookie["_user_id"]
    assert enter(client, wrong()).status_code == 400
    assert enter(client, code()).headers["Location"] == "/account"
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != token and "half" not in cookie
    assert client.get("/account").status_code == 200


def test_a_code_works_once_even_in_another_browser(session: Any, client: PageClient, at: Clock) -> None:
    at("2026-11-24 10:00")
    user, _codes = with_factor()
    half(client, user)
    assert enter(client, code()).status_code == 400, "enrolling used this code"
    at("2026-11-24 10:01")
    used = code()
    assert enter(client, used).status_code == 303
    forget(client)
    half(client, user)
    assert enter(client, used).status_code == 400
    at("2026-11-24 10:02")
    assert enter(client, used).status_code == 400, "nor later"
    assert enter(client, code()).status_code == 303


def test_a_code_lives_thirty_seconds(session: Any, client: PageClient, at: Clock) -> None:
    begins = at("2026-11-24 10:00") + timedelta(minutes=5)
    typed = pyotp.TOTP(SECRET).at(int(begins.timestamp()))
    taken = [
        second for second in range(-90, 90) if step_of(SECRET, typed, begins + timedelta(seconds=second), 0) is not None
    ]
    assert taken == list(range(30))
    user, _codes = with_factor()
    half(client, user)
    for moment, status in (("10:04:59", 400), ("10:05:30", 400), ("10:05:29", 303)):
        at(f"2026-11-24 {moment}")
        assert enter(client, typed).status_code == status, moment


def test_a_half_session_lasts_minutes_and_ends_with_the_account(session: Any, client: PageClient, at: Clock) -> None:
    at("2026-11-24 10:00")
    user, _codes = with_factor()
    half(client, user)
    at("2026-11-24 10:11")
    assert enter(client, code()).headers["Location"].startswith("/sign-in")
    half(client, user)
    session.get(UserAccount, user.id).state = AccountState.DISABLED
    assert enter(client, code()).headers["Location"].startswith("/sign-in")
    assert client.get("/account").status_code == 303


def test_guessing_is_slowed_for_the_account_told_and_ended(session: Any, client: PageClient, at: Clock) -> None:
    at("2026-11-24 10:00")
    user, codes = with_factor()
    at("2026-11-24 10:01")
    half(client, user)
    assert [enter(client, wrong()).status_code for _guess in range(6)] == [400] * 5 + [429]
    assert enter(client, code()).status_code == 429, "the right code does not help now"
    forget(client)
    half(client, user)
    assert enter(client, codes[0]).status_code == 429, "nor does signing in anew, nor a recovery code"
    told = session.scalars(select(OutboxMessage.kind).where(OutboxMessage.recipient_id == user.id)).all()
    assert told.count("account.code_guessed") == 1
    at("2026-11-24 10:17")
    half(client, user)
    assert enter(client, code()).status_code == 303
    forget(client)
    session.scalars(select(SecondFactor)).one().failures = MOST_FAILURES
    at("2026-11-25 10:17")
    half(client, user)
    assert enter(client, code()).status_code == 429, "after so many only a reset helps"


def test_a_recovery_code_works_once_and_is_told(session: Any, client: PageClient, at: Clock) -> None:
    at("2026-11-24 10:00")
    user, codes = with_factor()
    again = codes[4].upper().replace("-", " ")
    for minute, typed, status in ((1, codes[3], 303), (2, codes[3], 400), (3, again, 303)):
        at(f"2026-11-24 10:0{minute}")
        half(client, user)
        assert enter(client, typed).status_code == status, typed
        forget(client)
    kinds = session.scalars(select(OutboxMessage.kind)).all()
    assert kinds.count("account.recovery_used") == 2
    other, _theirs = with_factor()
    half(client, other)
    assert enter(client, codes[5]).status_code == 400, "another person's code"


def test_a_reset_ends_everything_is_told_and_voids_a_short_password(
    session: Any, client: PageClient, client_as: ClientAs, at: Clock
) -> None:
    at("2026-11-24 10:00")
    user, _codes = with_factor(Role.DEAN)
    theirs = client_as(user)
    at("2026-11-24 10:01")
    typed = {"old_password": PASSWORD, "new_password": "kelp4 bay", "code": code()}
    changed = theirs.submit("/account", typed, holding="old_password")
    assert changed.status_code == 200
    boss = client_as(make_user(Role.SYSADMIN))
    assert client_as(make_user(Role.ADMINISTRATOR)).post(f"/people/{user.id}/second-factor/reset").status_code in (
        400,
        404,
    )
    assert boss.submit(f"/people/{user.id}", action="/reset").status_code == 303
    assert theirs.get("/account").status_code == 200, "asked for by one administrator, it waits a day"
    settle_due(clock.now() + timedelta(days=1))
    assert theirs.get("/account").status_code == 303
    account = session.get(UserAccount, user.id)
    assert account.password_hash is None
    told = session.scalars(select(OutboxMessage.kind).where(OutboxMessage.recipient_id == user.id)).all()
    assert {"account.factor_reset", "invitation"} <= set(told)
    assert sign_in(client, user.email, "kelp4 bay").status_code == 400
    history = boss.get(f"/people/{user.id}").get_data(as_text=True)
    assert "Two-step sign-in reset" in history and "Reset two-step sign-in" not in history


def test_a_short_password_stands_only_beside_a_second_factor(
    session: Any, client_as: ClientAs, at: Clock, app: Any
) -> None:
    at("2026-11-24 10:00")
    user = make_user(Role.DEAN)
    client = client_as(user)
    short = {"old_password": PASSWORD, "new_password": "kelp4 bay"}
    assert client.submit("/account", short, holding="old_password").status_code == 400
    made = factor.enrol(acting(user), SECRET, code(), "", clock.now())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = made.token
    at("2026-11-24 10:01")
    too_short = {"old_password": PASSWORD, "new_password": "kelp4ba", "code": code()}
    assert client.submit("/account", too_short, holding="old_password").status_code == 400
    assert client.submit("/account", short | {"code": code()}, holding="old_password").status_code == 200
    assert client.submit("/account/second-factor", action="/off").status_code == 400
    at("2026-11-24 10:02")
    long = {"old_password": "kelp4 bay", "new_password": "four plain words suffice", "code": code()}
    assert client.submit("/account", long, holding="old_password").status_code == 200
    assert client.submit("/account/second-factor", action="/off").status_code == 303
    assert session.scalars(select(SecondFactor)).all() == []
    assert session.scalars(select(RecoveryCode)).all() == []


def test_sensitive_acts_ask_again_who_it_is(session: Any, client: PageClient, at: Clock) -> None:
    at("2026-11-24 10:00")
    user, _codes = with_factor(Role.DEAN)
    at("2026-11-24 10:05")
    half(client, user)
    assert enter(client, code()).status_code == 303
    assert client.get("/account/second-factor").status_code == 200
    at("2026-11-24 10:30")
    asked = client.get("/account/second-factor").headers["Location"]
    assert asked == "/account/confirm?next=/account/second-factor"
    for values in ({"password": "a wrong password 2026", "code": code()}, {"password": PASSWORD, "code": wrong()}):
        assert client.submit(asked, values).status_code == 400
    assert client.submit(asked, {"password": PASSWORD, "code": code()}).headers["Location"] == (
        "/account/second-factor"
    )
    assert client.get("/account/second-factor").status_code == 200
    wrong_ones = {"password": "a wrong password 2026", "code": wrong()}
    statuses = [client.submit(asked, wrong_ones).status_code for _guess in range(6)]
    assert statuses[-1] == 429


def test_a_stolen_session_and_the_password_change_nothing_without_the_phone(
    session: Any, client_as: ClientAs, at: Clock
) -> None:
    """The change was proof enough by itself: it skipped the code, could be guessed at, and gave new recovery codes."""
    at("2026-11-24 10:00")
    user, _codes = with_factor(Role.DEAN)
    thief = client_as(user)
    at("2026-11-24 11:00")
    new = {"old_password": PASSWORD, "new_password": "four plain words suffice"}
    assert thief.submit("/account", new | {"code": ""}, holding="old_password").status_code == 400
    assert thief.submit("/account", new | {"code": wrong()}, holding="old_password").status_code == 400
    assert thief.get("/account/second-factor").headers["Location"].startswith("/account/confirm")
    for _guess in range(6):
        guessed = {"old_password": "a wrong password 2026", "new_password": "four plain words suffice", "code": wrong()}
        answer = thief.submit("/account", guessed, holding="old_password")
        assert answer.status_code == 400
    assert "Too many attempts" in answer.text
    at("2026-11-24 11:01")
    assert "Too many attempts" in thief.submit("/account", new | {"code": code()}, holding="old_password").text
    assert session.scalars(select(OutboxMessage.kind).where(OutboxMessage.kind == "account.password_set")).all() == []
    at("2026-11-24 11:40")
    assert thief.submit("/account", new | {"code": code()}, holding="old_password").status_code == 200


def test_demo_accounts_are_exempt_outside_of_production_alone(
    session: Any, client_as: ClientAs, required: None, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as(make_user(Role.SYSADMIN, is_demo=True))
    assert client.get("/people").status_code == 200
    assert client_as(make_user(Role.DEAN)).get("/account").status_code == 200
    monkeypatch.setitem(app.config, "WSS_ENV", "production")
    assert client.get("/people").headers["Location"] == "/account/second-factor"


def test_in_production_everybody_works_with_a_second_factor(
    session: Any, client: PageClient, client_as: ClientAs, app: Any, at: Clock,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    ours = {"WSS_KEYS": "a key of thirty-two letters at all", "PUBLIC_URL": "https://wss.example"}
    asked = [
        from_environment(ours | more, tmp_path)["SECOND_FACTOR"]
        for more in ({}, {"WSS_ENV": "production"}, {"WSS_ENV": "production", "WSS_SECOND_FACTOR": "optional"})
    ]
    assert asked == ["administrators", "everybody", "optional"]
    with pytest.raises(RuntimeError, match="WSS_SECOND_FACTOR=required: write one of everybody"):
        from_environment(ours | {"WSS_SECOND_FACTOR": "required"}, tmp_path)
    monkeypatch.setitem(app.config, "SECOND_FACTOR", asked[1])
    at("2026-11-24 10:00")
    for role in Role:
        theirs = client_as(make_user(role))
        for address in ("/", "/account", "/account/sessions"):
            answer = theirs.get(address)
            assert (answer.status_code, answer.headers.get("Location")) == (303, "/account/second-factor"), role
    user, _codes = with_factor(Role.REPORTER)
    at("2026-11-24 10:01")
    half(client, user)
    assert enter(client, code()).status_code == 303
    token = {"csrf_token": client.csrf_token("/account")}
    assert client.post("/account/second-factor/off", data=token).status_code == 400


def test_a_role_given_later_bites_on_the_next_request(session: Any, client_as: ClientAs, required: None) -> None:
    user = make_user(Role.DEAN)
    client = client_as(user)
    assert client.get("/account").status_code == 200
    make_user(Role.ADMINISTRATOR)
    from_now = make_user(Role.SYSADMIN)
    for grant in from_now.grants:
        grant.user_id = user.id
    session.commit()
    assert client.get("/account").headers["Location"] == "/account/second-factor"
    assert session.scalars(select(UserSession).where(UserSession.user_id == user.id)).one().revoked_at is None


def test_a_link_for_a_password_says_how_long_it_must_be_for_this_person(
    session: Any, client: PageClient, at: Clock
) -> None:
    now = at("2026-11-24 10:00")
    beside, _codes = with_factor()
    for user, shortest in ((beside, 8), (make_user(Role.DEAN), 15)):
        link = Invitation(user_id=user.id, created_at=now, expires_at=now + timedelta(days=1))
        session.add(link)
        session.commit()
        page = client.page(f"/invitation/{invitation_token(link.id)}").text
        assert f"At least {shortest} characters" in page
