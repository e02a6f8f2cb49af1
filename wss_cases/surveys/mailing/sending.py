"""Sending invitations, as mail is sent: any number of senders, in the hours of mail, nothing lost and nothing twice."""

import math
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from sqlalchemy import exists, select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.db import database_now, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.plain_templates import link, render_plain
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.models import OutboxState
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.common import pages
from wss_cases.mail.common.queries import (
    UNSENT,
    Verdict,
    days_near,
    error_words,
    in_hours,
    is_over,
    pause_after,
    verdict_of,
)
from wss_cases.mail.delivery.rules import Post
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.surveys.instrument.states import SurveyGroup
from wss_cases.surveys.links.codes import code_of
from wss_cases.surveys.links.models import SurveyLink, SurveyMail, SurveyMailStop
from wss_cases.surveys.mailing.links import address_digests, stop_token
from wss_cases.surveys.people.queries import addresses_of
from wss_cases.surveys.rounds.models import SurveyRound
from wss_cases.surveys.rounds.rules import is_open

BATCH = 20


@dataclass(frozen=True)
class Ready:
    """One invitation that we may send now, and how often it was tried."""

    id: int
    attempts: int
    message_id: str
    mail: EmailMessage


def deliver_invitations(now: datetime, seconds: float | None = None) -> dict[str, int]:
    """Send the invitations that are due; returns how many were sent, wait again, or failed for good.

    After `seconds` (None: no limit) it begins no other one.
    """
    end = math.inf if seconds is None else time.monotonic() + seconds
    counts = {verdict.value: 0 for verdict in Verdict}
    schools = _open_schools(now)
    if not schools:
        return counts
    post = Post(setting("SMTP_URL"), setting("MAIL_FOLDER"), setting("MAIL_SECONDS"))
    token = secrets.token_hex(16)
    try:
        while time.monotonic() < end and (claimed := _claim(token, schools, now)):
            for mail_id in claimed:
                if time.monotonic() < end and (ready := _ready(mail_id, token, now)) is not None:
                    counts[_send(post, ready, token, now).value] += 1
    finally:
        post.close()
        pages.give_back(SurveyMail, token, now)
    return counts


def _open_schools(now: datetime) -> list[int]:
    """Return the schools with invitations waiting at which the hours of mail are now."""
    waiting = select(SurveyMail.school_id).where(SurveyMail.state.in_(UNSENT), SurveyMail.next_attempt_at <= now)
    schools = db.session.execute(select(School.id, School.time_zone).where(School.id.in_(waiting))).all()
    if not schools:
        return []
    days = days_near([row.id for row in schools], today_at(None, now))
    return [row.id for row in schools if in_hours(now, row.time_zone, days[row.id])]


def _claim(token: str, schools: list[int], now: datetime) -> list[int]:
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        return pages.claim(uow, SurveyMail, token, now, BATCH, SurveyMail.school_id.in_(schools))


def _ready(mail_id: int, token: str, now: datetime) -> Ready | None:
    """Look again at a claimed invitation: None where it is not ours, was used, or its address may not be written to."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        row = pages.ours(uow, SurveyMail, mail_id, token)
        if row is None:
            return None
        mail = _composed(row, now)
        if mail is None:
            row.state, row.claim_token, row.lease_until = OutboxState.DROPPED, None, None
            return None
        row.lease_until = database_now() + pages.LEASE
        return Ready(row.id, row.attempts, row.message_id, mail)


def _composed(row: SurveyMail, now: datetime) -> EmailMessage | None:
    one = existing(db.session.get(SurveyLink, row.link_id))
    survey = existing(db.session.get(SurveyRound, one.round_id))
    today = today_at(survey.school_id, now)
    if one.used or one.nonce is None or not is_open(survey, today):
        return None
    person_id = one.guardian_id or one.staff_id
    asked = addresses_of(survey.school_id, one.audience, today)
    person = next((each for each in asked if each.person_id == person_id), None)
    if person is None or not person.email or has_stopped(person.email):
        return None
    return _mail(row, person.email, _language(person.language), _words(one, survey, person.email), now)


def has_stopped(email: str) -> bool:
    """Whether an address asked for no more invitations, under whichever of our keys that was kept."""
    return db.session.scalar(select(exists().where(SurveyMailStop.digest.in_(address_digests(email))))) is True


def _language(language: str) -> str:
    plain = language.split("-")[0]
    return plain if plain in setting("LANGUAGES") else "en"


def _words(one: SurveyLink, survey: SurveyRound, email: str) -> dict[str, Any]:
    assert one.nonce is not None
    school = existing(get_school(survey.school_id))
    return {
        "school": school.name,
        "until": survey.closes_on,
        "is_family": one.audience is SurveyGroup.FAMILY,
        "path": f"/survey/{code_of(one.nonce, one.digest)}",
        "stop_href": link(f"/survey/stop/{stop_token(email)}"),
    }


def _mail(row: SurveyMail, email: str, language: str, words: dict[str, Any], now: datetime) -> EmailMessage:
    with force_locale(language):
        said = {**words, "until": day_words(words["until"]), "href": link(f"{words['path']}?language={language}")}
        parts = {
            part: render_plain(f"mail/survey_invitation/{part}", locale=language, stop="", mails="", **said)
            for part in ("subject.txt", "body.txt", "body.html")
        }
    sender = setting("MAIL_FROM")
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, email
    mail["Subject"] = " ".join(parts["subject.txt"].split())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{row.message_id}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<{words['stop_href']}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(parts["body.txt"].strip() + "\n")
    mail.add_alternative(parts["body.html"].strip() + "\n", subtype="html")
    return mail


def _send(post: Post, ready: Ready, token: str, now: datetime) -> Verdict:
    db.session.remove()  # nothing is held open while a server is spoken to
    attempts = ready.attempts + 1
    values: dict[str, Any] = {"state": OutboxState.SENT, "sent_at": now, "last_error": "", "attempts": attempts}
    verdict = Verdict.SENT
    try:
        post.send(ready.mail, f"survey-{ready.message_id}")
    except Exception as error:  # whatever a server or a network does: it is this mail's attempt, not our end
        verdict = verdict_of(error)
        verdict = Verdict.FAILED if is_over(attempts) else verdict
        values = {"attempts": attempts, "last_error": error_words(error), "state": OutboxState.WAITING}
        values |= {"next_attempt_at": now + pause_after(attempts)}
        if verdict is Verdict.FAILED:
            values["state"] = OutboxState.FAILED
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        pages.mark(uow, SurveyMail, ready.id, token, values)
    return verdict
