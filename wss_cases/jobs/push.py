"""The scheduler's part for push messages, once a minute beside its tick."""

from datetime import datetime

from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import DELIVER_SECONDS, Tick
from wss_cases.mail.push.sending import deliver_push


def send_pushes(name: str, now: datetime) -> str:
    """Send the push messages that are due. Returns words for the log, '' for none."""
    this = Tick(name, now)
    sent = this.part("push", lambda: deliver_push(now, DELIVER_SECONDS)) or {}
    db.session.remove()
    return ", ".join([*this.words, *(f"push {word} {number}" for word, number in sent.items() if number)])
