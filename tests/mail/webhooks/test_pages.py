"""An administrator of the district makes webhooks; a secret is shown once; what is wrong is said at its field."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.settings import webhook_settings
from wss_cases.journal.models import AuditEntry
from wss_cases.mail.webhooks.messages import Webhook, WebhookSecret, signing_secrets

NEW = "/settings/webhooks/new"
SOUND = {"name": "Pager", "url": "https://hooks.example/in?token=Quill", "events": ["report.waiting"]}


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_the_secret_is_shown_once_and_kept_sealed(session: Any, client_as: Any) -> None:
    school, person = SchoolFactory(), client_as(make_user(Role.DISTRICT))
    held = person.form(NEW).values()
    sent = {name: held[name][0] for name in ("csrf_token", "request_key")} | SOUND | {"schools": school.code}
    shown = person.post(NEW, data=sent)
    [secret] = set(re.findall(r"whsec_[A-Za-z0-9+/=]{44}", text(shown)))
    assert shown.status_code == 200
    [hook] = db.session.scalars(select(Webhook))
    assert (hook.school_ids, hook.is_on, signing_secrets(hook.id, clock.now())) == ([school.id], True, [secret])
    again = person.post(NEW, data=sent)
    assert again.status_code == 303 and db.session.scalars(select(Webhook)).all() == [hook]
    page = text(person.get(f"/settings/webhooks/{hook.id}"))
    assert school.code in page and "whsec_" not in page
    [row] = db.session.scalars(select(WebhookSecret))
    assert secret.encode() not in row.sealed_text and secret[6:].encode() not in row.sealed_text
    audit = [entry.changes for entry in db.session.scalars(select(AuditEntry))]
    assert "Quill" not in str(audit) and secret not in str(audit) and "Pager" in str(audit)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": " "}, "Enter a name."),
        ({"url": "hooks.example"}, "Enter a full address that starts with https://"),
        ({"url": "https://hooks.example:port/"}, "Enter a full address that starts with https://"),
        ({"url": "https://hooks.example/a b"}, "Enter a full address that starts with https://"),
        ({"url": "http://hooks.example/"}, "what is sent is encrypted"),
        ({"url": "ftp://hooks.example/"}, "what is sent is encrypted"),
        ({"url": "https://me:secret@hooks.example/"}, "Leave the name, password"),
        ({"url": "https://127.0.0.1/"}, "This address is inside a network."),
        ({"url": "https://[fd00::1]/"}, "This address is inside a network."),
        ({"url": "https://localhost/"}, "This address is inside a network."),
        ({"events": None}, "Choose at least one event."),
        ({"schools": "NOSUCH"}, "There is no school with the code NOSUCH."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    session: Any, client_as: Any, given: dict[str, Any], words: str
) -> None:
    refused = client_as(make_user(Role.DISTRICT)).submit(NEW, SOUND | given)
    assert refused.status_code == 400 and words in text(refused)
    assert db.session.scalars(select(Webhook)).all() == []
    kept = {"name": "Pager"} | {name: value for name, value in given.items() if isinstance(value, str)}
    assert all(value in text(refused) for value in kept.values())


def test_one_is_changed_tested_and_given_another_secret(session: Any, client_as: Any) -> None:
    person = client_as(make_user(Role.DISTRICT))
    person.submit(NEW, SOUND)
    [hook] = db.session.scalars(select(Webhook))
    page = f"/settings/webhooks/{hook.id}"
    assert "There is already a webhook with this name." in text(person.submit(NEW, SOUND))
    assert person.submit(f"{page}/change", {"url": "https://other.example/"}).status_code == 303
    assert person.submit(page, {}, action="test").status_code == 303
    assert "A test was sent less than a minute ago." in text(person.submit(page, {}, action="test", follow=True))
    first = signing_secrets(hook.id, clock.now())
    assert "whsec_" in text(person.submit(f"{page}/secret", {}))
    assert len(signing_secrets(hook.id, clock.now())) == 2 and signing_secrets(hook.id, clock.now())[1:] == first
    assert person.submit(page, {}, action="turn").status_code == 303
    refused = person.post(f"{page}/again", data=_token(person, page), follow_redirects=True)
    assert "This webhook is off." in text(refused)
    shown = text(person.get(page))
    assert "https://other.example/" in shown and "The webhook was turned off" in shown and "Turn it on" in shown


def _token(person: Any, page: str) -> dict[str, str]:
    return {"csrf_token": person.form(page, action="turn").values()["csrf_token"][0]}


def test_the_machines_settings_say_what_they_cannot_be() -> None:
    found = webhook_settings({"WSS_WEBHOOK_HOSTS": "Hooks.Inside 10.0.0.9"})
    assert found == {"WEBHOOK_HOSTS": {"hooks.inside", "10.0.0.9"}, "WEBHOOK_SECONDS": 10.0}
    for wrong in ("0", "31", "soon"):
        with pytest.raises(RuntimeError, match="WSS_WEBHOOK_SECONDS"):
            webhook_settings({"WSS_WEBHOOK_SECONDS": wrong})
