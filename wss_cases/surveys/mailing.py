"""Inviting by email: each link made for an address waits in its own queue, and is sent in the hours of email.

The queue is separate from the outbox, whose emails go to people with an account and say what waits for them there.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from flask import Blueprint
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import exists, insert, select
from werkzeug.wrappers import Response

from wss_cases.access.actor import SYSTEM
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.db import database_now, db, table_of
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, force_locale
from wss_cases.foundation.ids import fold_address, token_digest
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import at_local, day_words, today_at, zone_of
from wss_cases.foundation.settings import setting, signing_keys
from wss_cases.foundation.sign_in import csrf
from wss_cases.journal.message_kinds import Mail
from wss_cases.journal.models import OutboxState
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.mail.common import pages, rules
from wss_cases.mail.delivery.messages import fill, framed
from wss_cases.mail.delivery.transport import Post
from wss_cases.mail.preferences import stop_page
from wss_cases.roster.directory.queries import get_school
from wss_cases.surveys.links import SurveyLink, SurveyMail, SurveyMailStop, addresses_of, code_of, invite_by_mail
from wss_cases.surveys.rounds import SurveyGroup, SurveyRound, is_open

PURPOSE = "survey_mail_stop"
KEPT, PLAIN = 32, 64
"""Length of a digest under our keys, and of a plain digest, which links in older emails contain."""


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(), salt="survey-mail")


def _keyed(plain: str) -> list[str]:
    keys = setting("WSS_KEYS").derived(PURPOSE)
    return [hmac.digest(key, plain.encode(), hashlib.sha256).hex()[:KEPT] for key in keys]


def address_digests(email: str) -> list[str]:
    """The digests stored for an address that refused invitations, one under each key, the newest first."""
    return _keyed(token_digest(fold_address(email)))


def stop_token(email: str) -> str:
    """The token in the link that stops invitations to an address; it does not contain the address."""
    return str(_signer().dumps(address_digests(email)[0]))


def stopped_by(token: str) -> str | None:
    """The digest to store for a token's address; None when the token was not made here."""
    try:
        digest = str(_signer().loads(token))
    except BadSignature:
        return None
    return _keyed(digest)[0] if len(digest) == PLAIN else digest


BATCH = 20


@dataclass(frozen=True)
class Ready:
    """One invitation that may be sent now, and its number of attempts."""

    id: int
    attempts: int
    message_id: str
    mail: EmailMessage


def deliver_invitations(now: datetime, seconds: float | None = None) -> dict[str, int]:
    """Send the invitations that are due; returns how many were sent, wait again, or failed for good.

    After `seconds` (None: no limit) it starts no other one.
    """
    waiting = select(SurveyMail.school_id).where(SurveyMail.state.in_(rules.UNSENT), SurveyMail.next_attempt_at <= now)
    schools = rules.schools_in_hours(waiting, now)
    if not schools:
        return {verdict.value: 0 for verdict in rules.Verdict}
    post = Post(setting("SMTP_URL"), setting("MAIL_FOLDER"), setting("MAIL_SECONDS"))

    def attempt(mail_id: int, token: str) -> rules.Verdict | None:
        ready = _ready(mail_id, token, now)
        return _send(post, ready, token, now) if ready is not None else None

    try:
        return rules.send_rows(SurveyMail, attempt, BATCH, now, seconds, lambda: SurveyMail.school_id.in_(schools))
    finally:
        post.close()


def _ready(mail_id: int, token: str, now: datetime) -> Ready | None:
    """Check a claimed invitation again: None where the claim was lost, the link was used, or its address may not be
    written to."""
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
    survey_link = existing(db.session.get(SurveyLink, row.link_id))
    survey = existing(db.session.get(SurveyRound, survey_link.round_id))
    today = today_at(survey.school_id, now)
    if survey_link.used or survey_link.nonce is None or not is_open(survey, today):
        return None
    person_id = survey_link.guardian_id or survey_link.staff_id
    addresses = addresses_of(survey.school_id, survey_link.audience, today)
    person = next((each for each in addresses if each.person_id == person_id), None)
    if person is None or not person.email or has_stopped(person.email):
        return None
    return _mail(row, person.email, _language(person.language), _words(survey_link, survey, person.email), now)


def has_stopped(email: str) -> bool:
    """Whether an address refused further invitations, under any of our keys."""
    return db.session.scalar(select(exists().where(SurveyMailStop.digest.in_(address_digests(email))))) is True


def _language(language: str) -> str:
    plain = language.split("-")[0]
    return plain if plain in setting("LANGUAGES") else "en"


def _words(survey_link: SurveyLink, survey: SurveyRound, email: str) -> dict[str, Any]:
    assert survey_link.nonce is not None
    school = existing(get_school(survey.school_id))
    return {
        "school": school.name,
        "until": survey.closes_on,
        "is_family": survey_link.audience is SurveyGroup.FAMILY,
        "path": f"/survey/{code_of(survey_link.nonce, survey_link.digest)}",
        "stop_href": link(f"/survey/stop/{stop_token(email)}"),
    }


def _mail(row: SurveyMail, email: str, language: str, words: dict[str, Any], now: datetime) -> EmailMessage:
    with force_locale(language):
        invitation = _invitation(words, link(f"{words['path']}?language={language}"))
        bodies = framed(invitation, language)
    sender = setting("MAIL_FROM")
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, email
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{row.message_id}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<{words['stop_href']}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    fill(mail, invitation.subject, bodies)
    return mail


def _invitation(words: dict[str, Any], href: str) -> Mail:
    return Mail(
        _("Short survey of %(school)s", school=words["school"]),
        [
            _("The school asks families how safe and respected people feel there.")
            if words["is_family"]
            else _("The school asks its staff how safe and respected people feel there."),
            _(
                "It takes about two minutes. No one sees who answered what. The link is yours alone, works once, and is"
                " open until %(until)s.", until=day_words(words["until"]),
            ),
        ],
        href,
        _("Answer the survey"),
        why=_("You get this because the school has your address."),
        why_link=(_("No more emails about surveys"), words["stop_href"]),
    )  # fmt: skip


def _send(post: Post, ready: Ready, token: str, now: datetime) -> rules.Verdict:
    db.session.remove()  # close the transaction before talking to the server
    attempts = ready.attempts + 1
    values: dict[str, Any] = {"state": OutboxState.SENT, "sent_at": now, "last_error": "", "attempts": attempts}
    verdict = rules.Verdict.SENT
    try:
        post.send(ready.mail, f"survey-{ready.message_id}")
    except (
        Exception
    ) as error:  # any error of a server or network counts as this email's attempt and must not end the loop
        verdict, values = rules.after_error(error, attempts, now)
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        pages.mark(uow, SurveyMail, ready.id, token, values)
    return verdict


def queue_invitations(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup) -> None:
    """Make a link for everyone of a group with a known address and no link, and queue its email. Raises Refused."""
    opens = at_local(row.opens_on, 0, 0, zone_of(row.school_id))
    shared = {
        "school_id": row.school_id, "state": OutboxState.WAITING, "attempts": 0, "last_error": "",
        "created_at": uow.now, "next_attempt_at": max(opens, uow.now),
    }  # fmt: skip
    rows = [
        {"link_id": link_id, "dedupe_key": f"survey:{link_id}", "message_id": secrets.token_hex(16), **shared}
        for link_id in invite_by_mail(uow, row, group)
    ]
    uow.session.execute(insert(table_of(SurveyMail)), rows)


def stop_mail(digest: str, now: datetime) -> None:
    """Send no more invitations to the address of this digest."""
    with unit_of_work(SYSTEM, now) as uow:
        if insert_once(uow.session, SurveyMailStop, {"digest": digest}, ["digest"]):
            uow.audit("survey_mail.stopped", "survey_mail_stop", None)
        else:
            uow.no_audit()


blueprint = Blueprint("survey_mail", __name__, url_prefix="/survey")


@blueprint.route("/stop/<token>", methods=["GET", "POST"])
@csrf.exempt
@gate(Permission.PUBLIC)
def stop(token: str) -> Response:
    """Ask whether to stop invitations to an address, and stop them on POST. The page names no one."""
    digest = existing(stopped_by(token))
    return stop_page("surveys/mailing/stop.html", lambda: stop_mail(digest, clock.now()))


ROOM = Room(pages=(blueprint,))
