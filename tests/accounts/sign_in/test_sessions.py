"""One's own sessions, their ends, and what was written when one of them ended: kept for its writer alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.accounts.sign_in.test_password import forget, sign_in
from tests.cases.making import make_world
from tests.factories.accounts import PASSWORD, PASSWORD_HASH, acting, make_user
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserSession
from wss_cases.accounts.people import pages as people_pages
from wss_cases.accounts.sign_in.saved_forms import MOST_KEPT, KeptForm, device_words, forget_kept, keep_form, to_keep
from wss_cases.cases.case.models import CaseNote
from wss_cases.foundation import clock
from wss_cases.journal.models import AuditEntry

Clock = Callable[..., datetime]
ClientAs = Callable[[Any], PageClient]
WRITTEN = "Ana was calm today.\nShe asks for the same seat."
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(
    session: Any, client_as: ClientAs, client: PageClient
) -> None:
    user = make_user(Role.DEAN)
    here, there, third = client_as(user), client_as(user), client_as(user)
    stranger = client_as(make_user(Role.DEAN))
    client.environ_base["HTTP_USER_AGENT"] = CHROME
    assert sign_in(client, user.email).status_code == 303
    page = here.get("/account/sessions").get_data(as_text=True)
    assert "Chrome on Windows" in page and page.count("End this session") == 3
    mine = session.scalars(select(UserSession).where(UserSession.user_id == user.id)).all()
    token = stranger.csrf_token("/account")
    foreign = stranger.post(f"/account/sessions/{mine[0].id}/end", data={"csrf_token": token})
    assert foreign.status_code == 404
    ended = here.submit("/account/sessions", action=f"/sessions/{mine[1].id}/end")
    assert ended.headers["Location"] == "/account/sessions"
    assert there.get("/account").status_code == 303 and third.get("/account").status_code == 200
    assert here.submit("/account/sessions", action="/end-others").status_code == 303
    assert third.get("/account").status_code == 303 and client.get("/account").status_code == 303
    assert here.get("/account").status_code == 200 and stranger.get("/account").status_code == 200


def test_a_new_password_ends_the_others_and_changes_this_ones_id(session: Any, client_as: ClientAs) -> None:
    user = make_user(Role.DEAN)
    here, there = client_as(user), client_as(user)
    with here.session_transaction() as cookie:
        before = cookie["_user_id"]
    new = {"old_password": PASSWORD, "new_password": "four plain words suffice"}
    assert here.submit("/account", new, holding="old_password").status_code == 200
    with here.session_transaction() as cookie:
        assert cookie["_user_id"] != before
    assert here.get("/account").status_code == 200 and there.get("/account").status_code == 303
    with here.session_transaction() as cookie:
        cookie["_user_id"] = before
    assert here.get("/account").status_code == 303


def test_the_limits_are_settings(
    session: Any, client: PageClient, at: Clock, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SESSION_IDLE", timedelta(minutes=20))
    monkeypatch.setitem(app.config, "SESSION_ABSOLUTE", timedelta(hours=1))
    at("2026-11-24 10:00")
    sign_in(client, make_user(Role.DEAN).email)
    for minute in (15, 30, 45):
        at(f"2026-11-24 10:{minute}")
        assert client.get("/account").status_code == 200
    page = client.get("/account").get_data(as_text=True)
    assert "data-session-last" in page, "the absolute end is at hand, and the page knows"
    kept = client.post("/session/keep", data={"csrf_token": client.csrf_token("/account")})
    assert kept.json == {"ends": "2026-11-24T17:00:00+00:00", "last": True}
    at("2026-11-24 11:00")
    assert client.get("/account").status_code == 303


def late_note(client: PageClient, case_id: int, at: Clock, text: str = WRITTEN) -> Any:
    """Open the note's page in time and send it when the session has run out."""
    at("2026-11-24 10:00")
    address = f"/cases/{case_id}/notes/new"
    form = client.form(address, "text")
    data = {name: held[0] for name, held in form.values().items()} | {"text": text}
    at("2026-11-24 13:00")
    referrer = {"Referer": f"http://localhost{address}"}
    return client.post(address, data=data, headers=referrer)


def test_what_came_too_late_is_offered_to_its_writer_alone(session: Any, client_as: ClientAs, at: Clock) -> None:
    noon = at("2026-11-24 12:00")
    at("2026-11-24 10:00")
    world = make_world()
    writer, dean = world.coordinator, make_user(Role.DEAN, world.school)
    writer.password_hash = PASSWORD_HASH
    client, other = client_as(writer), client_as(dean)
    session.scalars(select(UserSession).where(UserSession.user_id == writer.id)).one().expires_at = noon
    target = f"/cases/{world.case.id}/notes/new"
    sent = late_note(client, world.case.id, at)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/sign-in?next={target}")
    assert session.scalars(select(CaseNote)).all() == []
    row = session.scalars(select(KeptForm)).one()
    assert b"calm" not in row.sealed_text and row.user_id == writer.id
    assert "calm" not in str([entry.changes for entry in session.scalars(select(AuditEntry))])
    page = client.get("/sign-in").get_data(as_text=True)
    assert "What you wrote is saved" in page and "calm" not in page

    assert sign_in(client, dean.email).headers["Location"] == "/", "somebody else at the same desk"
    for address in ("/account/kept", f"{target}?kept={row.id}"):
        assert "calm" not in client.get(address).get_data(as_text=True), address
    stolen = other.post(f"/account/kept/{row.id}/discard", data={"csrf_token": other.csrf_token("/account")})
    assert stolen.status_code == 404
    forget(client)

    offered = sign_in(client, writer.email, target=target).headers["Location"]
    assert offered == f"/account/kept?next={target}"
    page = client.get(offered).get_data(as_text=True)
    assert "She asks for the same seat." in page and f"{target}?kept={row.id}" in page
    assert client.form(f"{target}?kept={row.id}", "text").values()["text"] == [WRITTEN]
    assert client.submit(f"{target}?kept={row.id}", holding="text").status_code == 303
    assert [note.text.replace("\r", "") for note in session.scalars(select(CaseNote))] == [WRITTEN]
    assert session.scalars(select(KeptForm)).all() == [], "saved, so it is forgotten"


@pytest.mark.parametrize("how", ["sign-out", "disabled"])
def test_a_session_that_was_ended_keeps_nothing(session: Any, client_as: ClientAs, at: Clock, how: str) -> None:
    at("2026-11-24 10:00")
    world = make_world()
    client, boss = client_as(world.coordinator), make_user(Role.SYSADMIN)
    if how == "disabled":
        people_pages.set_enabled(acting(boss), world.coordinator.id, False, None, clock.now())
    row = session.scalars(select(UserSession).where(UserSession.user_id == world.coordinator.id)).one()
    # of the two reasons why nothing is kept each is looked at alone
    row.revoked_at = clock.now() if how == "sign-out" else None
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    fields = [("text", WRITTEN)]
    assert not keep_form(token, "/cases/1/notes/new", "/desk", fields, clock.now())
    assert session.scalars(select(KeptForm)).all() == []
    other = client_as(boss)
    with other.session_transaction() as cookie:
        assert keep_form(cookie["_user_id"], "/cases/1/notes/new", "/desk", fields, clock.now())


def test_kept_forms_go_after_a_day_and_never_pile_up(session: Any, client_as: ClientAs, at: Clock) -> None:
    at("2026-11-24 10:00")
    world = make_world()
    client = client_as(world.coordinator)
    late_note(client, world.case.id, at)
    assert session.scalars(select(KeptForm)).all() == [], "the session of this test lasts a day"
    for number in range(MOST_KEPT + 3):
        client.post(
            "/session/keep-text",
            data={
                "csrf_token": client.csrf_token("/account"), "text": WRITTEN,
                "kept_page": "/desk", "kept_path": f"/cases/{number}/notes/new",
            },
        )  # fmt: skip
    paths = session.scalars(select(KeptForm.path).order_by(KeptForm.id)).all()
    assert len(paths) == MOST_KEPT and paths[0] == "/cases/3/notes/new"
    assert forget_kept(clock.now() + timedelta(hours=23)) == {"forgotten": 0}
    assert forget_kept(clock.now() + timedelta(hours=24)) == {"forgotten": MOST_KEPT}
    assert session.scalars(select(KeptForm)).all() == []


def test_no_password_and_no_code_is_ever_kept() -> None:
    assert to_keep("/account/password", [("old_password", "one two three four"), ("note", "a b")]) == []
    assert to_keep("/cases/1/notes/new", [("csrf_token", "t"), ("new_password", "one two"), ("code", "1 2 a")]) == []
    assert to_keep("/cases/1/notes/new", [("csrf_token", "t"), ("text", "one two")]) == [("text", "one two")]
    assert to_keep("/cases/1/notes/new", [("text", "  "), ("kind", "fight")]) == []


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, ("Chrome", "Windows")),
        (CHROME + " Edg/142.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", ("Safari", "iPhone")),
        ("Mozilla/5.0 (X11; CrOS x86_64 1) Chrome/140.0 Safari/537.36", ("Chrome", "Chromebook")),
        ("<script>", ("", "")),
    ],
)  # fmt: skip
def test_browsers_are_named_in_words(agent: str, words: tuple[str, str]) -> None:
    assert device_words(agent) == words
