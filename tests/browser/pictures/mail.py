"""Pictures of a mail as a mail program shows it: the demo coordinator's digest, 640 px wide, in both languages."""

from __future__ import annotations

from email.message import EmailMessage
from html import escape
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select

from tests.factories.accounts import acting
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.sign_in.sessions.actions import choose_language
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.delivery.messages import compose
from wss_cases.workday.digest.queries import DIGEST, digest_key

DIGESTS = {"digest-mail-es": "es", "digest-mail": "en"}
"""Picture and language; English last, as the account is left."""

WHOSE = "coordinator@demo.example"
FRAME = (
    '<body style="margin:0;background:#fff;font:15px/1.5 sans-serif">'
    '<div style="padding:14px 20px;border-bottom:1px solid #ccc"><b style="font-size:18px">{subject}</b>'
    '<br>{sender}</div><iframe style="display:block;border:0;width:100%" srcdoc="{html}"></iframe>'
)


def digest(app: Flask, language: str) -> EmailMessage:
    """Return the demo coordinator's digest of today in a language. Raises LookupError when nothing waits."""
    with app.app_context():
        lead = db.session.scalars(select(UserAccount).where(UserAccount.email == WHOSE)).one()
        now, school_id = clock.now(), lead.grants[0].school_id
        choose_language(acting(lead), language, now)
        key = digest_key(lead.id, local_date(now, DEFAULT_ZONE))
        message = OutboxMessage(kind=DIGEST, recipient_id=lead.id, school_id=school_id, dedupe_key=key)
        mail = compose(message, now)
    if mail is None:
        raise LookupError("nothing waits for the coordinator")
    return mail


def take_mail(browser: Browser, mail: EmailMessage, path: Path) -> None:
    """Write the picture of a mail: its subject and sender above what it says."""
    body = mail.get_body(("html",))
    assert body is not None
    shown = {"subject": mail["Subject"], "sender": mail["From"], "html": body.get_content()}
    page = browser.new_page(viewport={"width": 640, "height": 400})
    page.set_content(FRAME.format(**{name: escape(str(text), quote=True) for name, text in shown.items()}))
    inside = page.frames[-1]
    inside.wait_for_load_state()
    tall = inside.evaluate("document.documentElement.scrollHeight")
    page.locator("iframe").evaluate("(frame, tall) => { frame.style.height = `${tall}px` }", tall)
    page.screenshot(path=path, full_page=True)
    page.close()
