"""The scheduler's part for webhooks, once a minute beside its tick."""

from datetime import datetime

from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import DELIVER_SECONDS, Tick
from wss_cases.mail.webhooks.messages import deliver_webhooks


def send_webhooks(name: str, now: datetime) -> str:
    """Send the events that are due. Returns words for the log, '' for none."""
    this = Tick(name, now)
    sent = this.part("webhooks", lambda: deliver_webhooks(now, DELIVER_SECONDS)) or {}
    db.session.remove()
    return ", ".join([*this.words, *(f"webhooks {word} {number}" for word, number in sent.items() if number)])
