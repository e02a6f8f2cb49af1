"""What people chose about their mails, and whom mail does not reach."""

from typing import Any

from flask import Flask
from itsdangerous import URLSafeSerializer
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.support.pages.reading import without_tokens
from wss_cases.access.actor import Role
from wss_cases.accounts.credentials import invitation_token
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import db
from wss_cases.journal.message_kinds import MailList
from wss_cases.journal.models import AuditEntry
from wss_cases.mail.common.pages import MailChoice, MailStyle, MailTrouble, TroubleKind
from wss_cases.mail.common.rules import Choice, choices_of, unreachable
from wss_cases.mail.preferences import stop_of, stop_token


def test_whoever_chose_nothing_gets_the_digest_and_the_weekly_count(session: Any) -> None:
    school = SchoolFactory()
    chose, silent = make_user(Role.DEAN, school), make_user(Role.DEAN, school)
    session.add(MailChoice(user_id=chose.id, style=MailStyle.SINGLE, weekly=False))
    session.flush()
    assert choices_of([chose.id, silent.id]) == {chose.id: Choice("single", False), silent.id: Choice("digest", True)}
    assert choices_of([]) == {}


def test_trouble_counts_only_for_the_present_address(session: Any) -> None:
    school = SchoolFactory()
    broken, mended = make_user(Role.DEAN, school), make_user(Role.DEAN, school)
    for user, address in ((broken, broken.email), (mended, "old@district.example")):
        session.add(
            MailTrouble(user_id=user.id, address=address, kind=TroubleKind.BOUNCED, status="5.1.1", since=now())
        )
    session.flush()
    assert unreachable() == {broken.id}


def test_a_person_chooses_on_their_account_page(session: Any, client_as: Any) -> None:
    user = make_user(Role.COORDINATOR, SchoolFactory())
    client = client_as(user)
    panel = client.page("/account").text
    assert "One email in the morning" in panel
    assert "With a weekly count" in panel
    assert client.submit("/account/mails", {"style": "single", "weekly": None}).status_code == 303
    assert choices_of([user.id])[user.id] == Choice("single", False)
    [entry] = audited("mail_choice.changed")
    assert (entry.actor_id, entry.changes) == (user.id, {"style": ["digest", "single"], "weekly": [True, False]})
    assert "Your email choices are saved" in client.page("/account/mails").text
    assert "Without a weekly count" in client.page("/account").text
    client.submit("/account/mails", {"style": "single", "weekly": None})
    assert len(audited("mail_choice.changed")) == 1  # saying the same again is no change
    refused = client.submit("/account/mails", {"style": "fax"})
    assert (refused.status_code, "Not a valid choice" in refused.text) == (400, True)


def audited(action: str) -> list[AuditEntry]:
    db.session.expire_all()
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_the_link_of_a_mail_stops_its_list_and_nothing_else(session: Any, client: Any) -> None:
    user = make_user(Role.COORDINATOR, SchoolFactory(), name="Ines Quarrel")
    address = f"/mails/stop/{stop_token(user.id, MailList.DIGEST)}"
    asked = client.page(address).text
    assert "You would no longer get the morning summary" in asked
    assert choices_of([user.id])[user.id] == Choice()  # looking at the page stops nothing
    one_click = {"List-Unsubscribe": "One-Click"}
    for _time in range(2):
        done = client.post(address, data=one_click)
        assert (done.status_code, "These emails have stopped" in done.text) == (200, True)
        assert choices_of([user.id])[user.id] == Choice("none", True)
    assert len(audited("mail_choice.stopped")) == 1
    for private in (user.name, user.email, user.name.split()[-1]):
        assert private not in asked + done.text
    assert client.post(f"/mails/stop/{stop_token(user.id, MailList.WEEKLY)}", data=one_click).status_code == 200
    assert choices_of([user.id])[user.id] == Choice("none", False)


def test_a_link_of_one_list_never_touches_another(session: Any, client: Any) -> None:
    user = make_user(Role.COORDINATOR, SchoolFactory())
    session.add(MailChoice(user_id=user.id, style=MailStyle.SINGLE, weekly=True))
    session.commit()
    old = f"/mails/stop/{stop_token(user.id, MailList.DIGEST)}"
    assert client.post(old, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert choices_of([user.id])[user.id] == Choice("single", True)


def test_a_guessed_or_bare_request_stops_nothing(session: Any, client: Any) -> None:
    user = make_user(Role.COORDINATOR, SchoolFactory())
    good = stop_token(user.id, MailList.DIGEST)
    one_click = {"List-Unsubscribe": "One-Click"}
    other = URLSafeSerializer("another key", salt="mail-list").dumps([user.id, "digest"])
    missing = without_tokens(client.get("/mails/missing").text)
    for token in ("x", good[:-1], good[1:], f"{good}x", other, invitation_token(user.id)):
        answers = [client.get(f"/mails/stop/{token}"), client.post(f"/mails/stop/{token}", data=one_click)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert without_tokens(answers[0].text).replace(f"/mails/stop/{token}", "/mails/missing") == missing
    gone = f"/mails/stop/{stop_token(10**9, MailList.DIGEST)}"
    assert client.post(gone, data=one_click).status_code == 404
    assert client.post(f"/mails/stop/{good}", data={"List-Unsubscribe": "yes"}).status_code == 400
    assert choices_of([user.id])[user.id] == Choice()


def test_links_survive_a_new_key(app: Flask, session: Any) -> None:
    token = stop_token(7, MailList.WEEKLY)
    old = app.config["SECRET_KEY"]
    try:
        app.config["SECRET_KEY"], app.config["SECRET_KEY_FALLBACKS"] = b"a newer key", [old]
        assert stop_of(token) == (7, MailList.WEEKLY)
        app.config["SECRET_KEY_FALLBACKS"] = []
        assert stop_of(token) is None
    finally:
        app.config["SECRET_KEY"], app.config["SECRET_KEY_FALLBACKS"] = old, []
