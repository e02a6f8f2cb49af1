"""What a reviewer of the application's security would try first. docs/security.md says what each is for."""

from __future__ import annotations

import base64
import json
import logging
import random
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import argon2
import pytest
from flask import Flask, request
from flask.logging import default_handler
from sqlalchemy import select
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from config import from_environment
from tests.accounts.sign_in.test_password import forget, sign_in
from tests.accounts.sign_in.test_second_factor import with_factor
from tests.factories.accounts import PASSWORD, UserFactory, acting, make_user
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.pages.client import PageClient
from tests.support.passwords import AS_IN_A_SCHOOL
from wss_cases.access.actor import Role
from wss_cases.accounts import credentials
from wss_cases.accounts.account import rules
from wss_cases.accounts.account.models import Invitation, UserAccount
from wss_cases.accounts.credentials import hash_password, invitation_token
from wss_cases.accounts.people import pages as people_pages
from wss_cases.foundation import clock
from wss_cases.foundation.ids import new_token
from wss_cases.foundation.keys import load_keys
from wss_cases.foundation.operations import Lines
from wss_cases.jobs.supervisor import web_command
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.web import serving

NO_DATABASE = "sqlite:///nowhere/at-all.sqlite3"
CANARY = "Quillfeather"
ClientAs = Callable[[Any], PageClient]


def answers(client: PageClient) -> dict[str, Any]:
    """One answer of each kind that the application gives."""
    return {
        "page": client.get("/sign-in"),
        "redirect": client.get("/"),
        "missing": client.get("/no-such-page"),
        "file": client.get("/static/css/tokens.css"),
        "folder": client.get("/static/"),
        "data": client.get("/healthz"),
        "no token": client.post("/sign-in", data={"email": "a@b.example"}),
        "method": client.delete("/sign-in"),
        "too large": client.post("/sign-in", data=b"x" * 3_000_000, content_type="text/plain"),
    }


def test_every_answer_carries_the_headers(app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers, "plain http promises nothing"
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)
    statuses = {}
    for kind, answer in answers(client).items():
        statuses[kind] = answer.status_code
        policy = answer.headers["Content-Security-Policy"].split("; ")
        for rule in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert rule in policy, kind
        assert "unsafe" not in " ".join(policy)
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains", kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff", kind
        assert answer.headers["Referrer-Policy"] == "same-origin", kind
        assert "Access-Control-Allow-Origin" not in answer.headers, kind
        assert kind == "file" or answer.headers["Cache-Control"] == "no-store", kind
        text = answer.mimetype.startswith("text/")
        assert answer.content_type.endswith("charset=utf-8") if text else answer.is_json, kind
    assert set(statuses.values()) == {200, 303, 404, 400, 405, 413}, statuses


def test_under_https_the_cookie_is_bound_to_this_host_alone(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secure = from_environment({"PUBLIC_URL": "https://wss.example", "WSS_KEYS": "k"}, tmp_path)
    for name in [name for name in secure if name.startswith("SESSION_COOKIE")]:
        monkeypatch.setitem(app.config, name, secure[name])
    answer = client.get("/sign-in", base_url="https://wss.example")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    name, *rest = (part.strip() for part in cookie.split(";"))
    assert name.startswith("__Host-session=")
    assert set(rest) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_nothing_is_served_but_what_is_meant(client: PageClient) -> None:
    for address in (
        "/.git/config", "/static/../config.py", "/static/%2e%2e/config.py", "/static/.git/HEAD", "/static/css/",
        "/sign-in/x.css", "/console", "/docs/security.md", "/instance/keys", "/graphql", "/openapi.json",
    ):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "<h1" in answer.get_data(as_text=True), "our own page, with nothing of a server's"
    for method in ("TRACE", "TRACK", "CONNECT", "DEBUG"):
        answer = client.open("/sign-in", method=method, headers={"X-Canary": CANARY})
        assert answer.status_code == 405 and CANARY not in answer.get_data(as_text=True), method
        assert "Server" not in answer.headers


def test_no_debugging_in_production(tmp_path: Path) -> None:
    assert make_app(NO_DATABASE, tmp_path, FLASK_DEBUG="1").debug
    production = {"WSS_ENV": "production", "PUBLIC_URL": "https://wss.example"}
    assert not make_app(NO_DATABASE, tmp_path, FLASK_DEBUG="1", **production).debug
    with pytest.raises(RuntimeError, match="WSS_KEYS"):
        make_app(NO_DATABASE, tmp_path, WSS_KEYS="", **production)
    for guessed, words in (("x", "has 1 characters, 1 of them"), ("password" * 5, "has 40 characters, 7 of them")):
        with pytest.raises(RuntimeError, match=words):
            make_app(NO_DATABASE, tmp_path, WSS_KEYS=guessed, **production)
    newest, older = "abcdefgh" * 4, "hgfedcba" * 4
    config = make_app(NO_DATABASE, tmp_path, WSS_KEYS=f"{newest},x,{older}", **production).config
    assert config["WSS_KEYS"].masters[1] == "x", "an older key still opens what it sealed"
    assert config["SECRET_KEY_FALLBACKS"] == [config["WSS_KEYS"].derived("sign")[2]], "and signs nothing if guessed"


def test_nobody_else_on_the_machine_reads_the_folder_of_database_keys_and_mail(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o755)
    from_environment({}, instance)
    assert instance.stat().st_mode & 0o777 == 0o700
    assert (instance / "keys").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        ("0", "203.0.113.9", "192.0.2.1"),
        ("1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("2", "10.9.9.9, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        ("1", "", "192.0.2.1"),
    ],
)
def test_a_browser_cannot_choose_its_own_address(tmp_path: Path, proxies: str, forwarded: str, seen: str) -> None:
    app = make_app(NO_DATABASE, tmp_path, WSS_TRUSTED_PROXIES=proxies)
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: request.remote_addr or "none")
    headers = {"X-Forwarded-For": forwarded, "X-Real-IP": "10.1.1.1", "Forwarded": "for=10.2.2.2"}
    answer = app.test_client().get("/healthz", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.get_data(as_text=True) == seen


def test_a_wrong_number_of_proxies_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="WSS_TRUSTED_PROXIES=many"):
        make_app(NO_DATABASE, tmp_path, WSS_TRUSTED_PROXIES="many")


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    """A record as the log has it."""
    written = Lines().format(record)
    assert "\n" not in written
    found: dict[str, Any] = json.loads(written)
    return found


def test_a_line_of_the_log_is_one_line_in_utc_without_an_exceptions_words() -> None:
    assert default_handler in logging.getLogger().handlers and isinstance(default_handler.formatter, Lines)
    try:
        raise ValueError(CANARY)
    except ValueError:
        caught = sys.exc_info()
    record = logging.LogRecord(
        "apscheduler", logging.ERROR, __file__, 1, 'job failed\n{"at": "x"} forged', None, caught
    )
    record.created = 1_795_600_000.0
    written = Lines().format(record)
    assert CANARY not in written and CANARY in logging.Formatter().format(record), "others would print it"
    said = line_of(record)
    assert said["at"] == "2026-11-25T09:46:40Z" and said["error"] == "ValueError"
    assert "test_security.py" in said["frames"][-1]


def test_what_is_refused_is_in_the_log_without_anybodys_name(
    session: Any, client: PageClient, client_as: ClientAs, caplog: pytest.LogCaptureFixture
) -> None:
    dean = make_user(Role.DEAN, name=CANARY, email=f"{CANARY.lower()}@district.example")
    theirs = client_as(dean)
    assert theirs.get(f"/people/{dean.id}?q={CANARY}").status_code == 404
    assert theirs.post("/account/language", data={"locale": CANARY}).status_code == 400
    for _guess in range(6):
        last = sign_in(client, dean.email, f"not {CANARY}'s password")
    assert last.status_code == 429
    lines = [line_of(record) for record in caplog.records]
    assert [(line["what"], line["user"], line["endpoint"], line["ids"]) for line in lines] == [
        ("missing or forbidden", dean.id, "people.person", {"user_id": dean.id}),
        ("form without a valid token", dean.id, "accounts.language", {}),
        ("too many attempts", None, "accounts.sign_in", {}),
    ]
    assert CANARY.lower() not in json.dumps(lines).lower()


def test_every_sign_in_and_every_failure_leaves_its_audit_row(session: Any, client: PageClient) -> None:
    user = UserFactory()
    assert sign_in(client, user.email, "a wrong password 2026").status_code == 400
    assert sign_in(client, "nobody@district.example").status_code == 400
    assert sign_in(client, user.email).status_code == 303
    token = client.csrf_token("/account")
    left = client.post("/sign-out", data={"csrf_token": token})
    assert left.status_code == 303 and "cache" in left.headers["Clear-Site-Data"]
    rows = session.execute(
        select(AuditEntry.action, AuditEntry.object_id, AuditEntry.actor_id)
        .where(AuditEntry.action.like("session.%"))
        .order_by(AuditEntry.id)
    ).all()
    assert [row.action for row in rows] == [
        "session.refused", "session.refused", "session.opened", "session.ended",
    ]  # fmt: skip
    assert [row.object_id for row in rows[:2]] == [user.id, None] and rows[2].actor_id == user.id


def test_a_password_counts_exactly_as_typed_however_long_and_however_old(
    session: Any, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_hasher", AS_IN_A_SCHOOL)
    typed = f"  Zwölf Äpfel, {'lang ' * 20} 🍎 "
    user = UserFactory(password_hash=hash_password(typed))
    user.password_set_at = user.password_set_at.replace(year=2001)
    session.commit()
    assert user.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    for other in (typed.strip(), typed.lower(), typed[:72], typed.replace("ö", "o\u0308")):
        assert sign_in(client, user.email, other).status_code == 400, other
    assert sign_in(client, user.email, typed).status_code == 303
    assert client.get("/account").status_code == 200, "nobody is made to change it for its age"


def test_password_fields_are_masked_and_left_to_password_managers(
    session: Any, client: PageClient, client_as: ClientAs
) -> None:
    fields = [
        element
        for address, browser in (("/sign-in", client), ("/account", client_as(make_user(Role.DEAN))))
        for element in browser.page(address).find_all("input")
        if "password" in element.get("name")
    ]
    assert [(field.get("type"), field.get("autocomplete")) for field in fields] == [
        ("password", "current-password"),
        ("password", "current-password"),
        ("password", "new-password"),
    ]
    scripts = Path(__file__).parents[2] / "static" / "js"
    assert [path.name for path in scripts.rglob("*.js") if '"paste"' in path.read_text()] == []


def told(session: Any, user: UserAccount) -> list[str]:
    """The kinds of mail that wait for somebody, in the order in which they were queued."""
    waiting = select(OutboxMessage.kind).where(OutboxMessage.recipient_id == user.id)
    return list(session.scalars(waiting.order_by(OutboxMessage.id)))


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(
    session: Any, client: PageClient, client_as: ClientAs
) -> None:
    user = make_user(Role.DEAN)
    theirs = client_as(user)
    new = "four plain words suffice"
    elsewhere = client_as(user)
    wrong = {"old_password": "a wrong password 2026", "new_password": new}
    assert theirs.submit("/account", wrong, holding="old_password").status_code == 400
    assert sign_in(client, user.email, new).status_code == 400
    right = {"old_password": PASSWORD, "new_password": new}
    assert elsewhere.get("/account").status_code == 200
    assert theirs.submit("/account", right, holding="old_password").status_code == 200
    assert theirs.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303, "every other session has ended"
    assert told(session, user) == ["account.password_set"]
    forget(client)
    assert sign_in(client, user.email, new).status_code == 303


def test_passwords_that_others_lost_are_refused(app: Any) -> None:
    known = [word for word in rules.common_passwords() if len(word) >= rules.PASSWORD_MINIMUM_BESIDE_FACTOR]
    assert len(known) > 11_000
    with app.test_request_context():
        for word in ("sunshine", "Corvette", "q1w2e3r4t5", "steelers", "contraseña contraseña"):
            assert rules.password_problem(word, "a@b.example", "Ann", 8), word
        assert rules.password_problem("kelp4 bay", "a@b.example", "Ann", 8) is None


def long_and_common(count: int) -> list[str]:
    """The first so many passwords of 15 characters and more that people make of the commonest: twice, with a run."""
    digits = "12345678901234567890"
    made: dict[str, None] = dict.fromkeys(word for word in rules.common_passwords() if len(word) >= 15)
    for word in FREQUENCY_LISTS["passwords"]:
        forms = (word * 2, word * 3, word + digits[: max(15 - len(word), 1)], word + word[::-1])
        made |= dict.fromkeys(form for form in (*forms, f"{word}{word}1".title()) if 15 <= len(form) <= 40)
        if len(made) >= count:
            break
    return list(made)


def test_the_common_ones_of_our_length_are_refused_and_sentences_are_not(app: Any) -> None:
    made = long_and_common(3200)
    assert len(made) >= 3200 and min(map(len, made)) >= 15
    dice = random.Random(20261125)
    with app.test_request_context():
        let_through = [
            word
            for word in [*made[:40], *dice.sample(made, 200), "Lincoln12345678!", "1q2w3e4r5t6y7u8i9o0p"]
            if rules.password_problem(word, "a@b.example", "Ann Lincoln") is None
        ]
        assert let_through == []
        for sentence in ("four plain words suffice", "mi perro come pan", "tulip gravel monday", PASSWORD):
            assert rules.password_problem(sentence, "a@b.example", "Ann Lincoln") is None, sentence
        assert rules.password_problem("x7!Kq tulip gravel " * 12, "a@b.example", "Ann Lincoln") is None, (
            "nor a very long one"
        )


def test_tokens_are_long_and_never_twice() -> None:
    made = {new_token() for _number in range(2000)}
    assert len(made) == 2000
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in made} == {32}


def test_an_unknown_account_costs_a_whole_password_check_too(
    session: Any, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify = argon2.PasswordHasher.verify

    def counted(hasher: argon2.PasswordHasher, stored: str, typed: str) -> bool:
        checked.append(stored.rsplit("$", 2)[0])
        return verify(hasher, stored, typed)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    invited = UserFactory(password_hash=None)
    for email in (UserFactory().email, UserFactory(state="disabled").email, invited.email, "no@body.example"):
        assert sign_in(client, email, "a wrong password 2026").status_code == 400
    assert len(checked) == 4 and len(set(checked)) == 1, "one check each, of the same cost"


def test_a_link_for_a_new_password_works_once_for_a_week_and_skips_no_second_factor(
    session: Any, client: PageClient, client_as: ClientAs, at: Callable[..., Any]
) -> None:
    at("2026-11-24 10:00")
    user, _codes = with_factor(Role.DEAN)
    boss = acting(make_user(Role.SYSADMIN))
    people_pages.invite_again(boss, user.id, clock.now())
    address = f"/invitation/{invitation_token(session.scalars(select(Invitation)).one().id)}"
    new = {"password": "four plain words suffice"}
    at("2026-12-01 10:01")
    assert client.submit(address, new).status_code == 410
    at("2026-11-25 10:00")
    assert client.submit(address, {"password": "sunshine"}).status_code == 400
    assert client.submit(address, new).status_code == 200
    assert client.submit(address, {"password": "four other words suffice"}).status_code == 410
    assert told(session, user)[-1] == "account.password_set"
    answer = sign_in(client, user.email, new["password"])
    assert answer.headers["Location"] == "/sign-in/code"
    assert client.get("/account").status_code == 303


def test_production_has_no_account_that_nobody_made(database: Database, tmp_path: Path) -> None:
    settings = {"WSS_ENV": "production", "PUBLIC_URL": "https://wss.example", "WSS_DEMO_PASSWORD": PASSWORD}
    app = make_app(database.url, tmp_path, **settings)
    with app.app_context():
        refused = app.test_cli_runner().invoke(args=["demo", "load"])
        assert refused.exit_code == 1 and "WSS_ENV=production" in refused.output
        assert app.test_cli_runner().invoke(args=["prepare"]).exit_code == 0
        who = select(UserAccount.email).where(UserAccount.password_hash.is_not(None))
        assert app.extensions["sqlalchemy"].session.scalars(who).all() == []


def test_keys_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    first = load_keys("", tmp_path / "instance", production=False)
    assert stat.S_IMODE((tmp_path / "instance" / "keys").stat().st_mode) == 0o600
    assert load_keys("", tmp_path / "instance", production=False) == first
    assert load_keys("", tmp_path / "other", production=False) != first
    assert first.masters[0] not in repr(first) and len(first.masters[0]) >= 64


def test_signing_in_anew_ends_the_session_before_at_the_server(session: Any, client: PageClient) -> None:
    user, colleague = make_user(Role.DEAN), make_user(Role.DEAN)
    assert sign_in(client, user.email).status_code == 303
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    token = client.csrf_token("/account")
    typed = {"csrf_token": token, "email": colleague.email, "password": PASSWORD}
    assert client.post("/sign-in", data=typed).status_code == 303
    assert colleague.email in client.get("/account").get_data(as_text=True)
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie.update(kept)
    assert client.get("/account").status_code == 303


def test_giving_powers_and_ending_sessions_ask_again_who_it_is(
    session: Any, client_as: ClientAs, at: Callable[..., Any]
) -> None:
    at("2026-11-24 10:00")
    user = make_user(Role.DEAN)
    boss = client_as(make_user(Role.SYSADMIN))
    page = f"/people/{user.id}"
    token = boss.csrf_token(page)
    asked = ("/people/new", f"{page}/address", "/account/sessions")
    posted = (f"{page}/roles", "/account/sessions/end-others", "/account/sessions/1/end")
    assert [boss.get(address).status_code for address in asked] == [200, 200, 200]
    at("2026-11-24 10:16")
    answers = [boss.get(address) for address in asked]
    answers += [boss.post(address, data={"csrf_token": token}) for address in posted]
    for answer in answers:
        assert answer.status_code == 303, answer.request.path
        assert answer.headers["Location"].startswith("/account/confirm"), answer.request.path
    assert boss.submit("/account/confirm?next=/people/new", {"password": PASSWORD}).status_code == 303
    assert boss.get("/people/new").status_code == 200


def test_pausing_mail_releasing_copies_and_changing_rules_ask_again_who_it_is(
    session: Any, client_as: ClientAs, at: Callable[..., Any]
) -> None:
    at("2026-11-24 10:00")
    acts = {
        Role.SYSADMIN: [
            ("GET", "/system/mail/pause"), ("POST", "/system/mail/pause"), ("POST", "/system/mail/release"),
        ],
        Role.DISTRICT: [
            ("POST", "/rules/1/publish"), ("GET", "/duties/table/drug_incident"),
            ("POST", "/duties/table/drug_incident"), ("GET", "/police-approvers/Network%201"),
            ("POST", "/police-approvers/Network%201"),
        ],
        Role.COORDINATOR: [
            ("POST", "/cases/1/pathways/1/keepers"), ("POST", "/cases/1/pathways/1/keepers/1/end"),
        ],
        Role.ADMINISTRATOR: [
            ("GET", "/family-copies/1/release"), ("POST", "/family-copies/1/release"),
            ("GET", "/family-copies/1/hand-over"), ("POST", "/family-copies/1/hand-over"),
        ],
    }  # fmt: skip
    people = {role: client_as(make_user(role)) for role in acts}
    tokens = {role: {"csrf_token": person.csrf_token("/account")} for role, person in people.items()}

    def asked(role: Role) -> list[bool]:
        answers = [
            people[role].open(address, method=method, data=tokens[role] if method == "POST" else None)
            for method, address in acts[role]
        ]
        return [answer.headers.get("Location", "").startswith("/account/confirm") for answer in answers]

    for role in acts:
        assert not any(asked(role)), role
    at("2026-11-24 10:16")
    for role in acts:
        assert all(asked(role)), role
    assert people[Role.COORDINATOR].get("/cases/1/pathways/1/keepers").status_code == 404, "reading asks nothing"


def test_secrets_of_links_are_in_no_log_and_gunicorn_writes_none(
    session: Any, client: PageClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    user = UserFactory(state="invited", password_hash=None)
    people_pages.invite_again(acting(make_user(Role.SYSADMIN)), user.id, clock.now())
    token = invitation_token(session.scalars(select(Invitation)).one().id)
    with caplog.at_level(logging.DEBUG):
        for address in (f"/invitation/{token}", f"/invitation/{token}x", f"/q/{token}", f"/calendar/{token}.ics"):
            assert client.get(address).status_code in (200, 404), address
            assert client.post(address, data={"password": CANARY}).status_code >= 400, address
    assert len(caplog.records) >= 4, "what was missing or had no token is told"
    out, err = capfd.readouterr()
    for written in (caplog.text, "".join(map(str, map(line_of, caplog.records))), out, err):
        assert token not in written and CANARY not in written
    assert "gunicorn" in web_command(8000) and serving.loglevel == "warning"
    assert not [part for part in (*web_command(8000), *vars(serving)) if "access" in part], (
        "gunicorn logs addresses only when asked"
    )
