"""The tables of emails, their failures, the scheduler and family texts, with their forms and the lease of a row."""

import enum
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    Update,
    and_,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import InputRequired

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import Base, Id, Versioned, database_now, named_enum
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.journal.models import OutboxState
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work


class MailStyle(Labelled):
    """How a person gets email about items that are not duties, same-day or contacts with a person harmed: those
    always come singly."""

    DIGEST = "digest", _l("One email in the morning")
    SINGLE = "single", _l("A separate email for each thing that is due")
    NONE = "none", _l("Neither")


class TroubleKind(enum.StrEnum):
    """Why email to an address failed: its server refused it, 48 hours passed, or it bounced later."""

    REFUSED = "refused"
    GIVEN_UP = "given_up"
    BOUNCED = "bounced"


STYLE_HINTS: dict[str, Any] = {
    "digest": _l(
        "On the morning of each school day: what is overdue, due today or in the next two school days, and what is "
        "waiting."
    ),
    "single": _l("On the morning it is due, one email each. There is no morning summary then."),
    "none": _l("You check My day yourself. Required emails are still sent."),
}

REASONS: tuple[tuple[str, Any, Any], ...] = (
    (r"[45]\.2\.2|[45]\.3\.4|[45]52", _l("The mailbox is full."), _l("Ask them to make space, then try again.")),
    (
        r"[45]\.7\..*|554",
        _l("The mail server for that address refuses our email."),
        _l("The people who run the system need to ask there why."),
    ),
    (
        r"[45]\.4\..*|4\d\d",
        _l("The mail server for that address cannot be reached, or accepts nothing now."),
        _l("Try again later."),
    ),
    (
        r"[45]\.1\..*|5\.2\..*|55[013]",
        _l("The mailbox does not exist, or it is closed."),
        _l("Ask them for the right address; the people who run the system change it."),
    ),
)
"""Codes of mail servers (RFC 3463, RFC 5321) as a pattern, what they mean, and what helps; the first that fits."""

OTHER_REASON: tuple[Any, Any] = (
    _l("The mail server for that address did not accept it."),
    _l("Try again. If it fails again, ask them for another address."),
)

ERROR_LABELS: dict[str, Any] = {
    "recipient refused": _l("The address was refused"),
    "bounced": _l("It bounced"),
    "SMTPDataError": _l("The email was refused"),
    "SMTPSenderRefused": _l("Our own address was refused"),
    "SMTPAuthenticationError": _l("Our sign-in to the mail server was refused"),
    "SMTPServerDisconnected": _l("The mail server closed the connection"),
    "ConnectionRefusedError": _l("The mail server was not found"),
    "TimeoutError": _l("The mail server does not respond"),
}
"""The beginnings of what delivery keeps as an error, in words."""

TEXT_LABELS: dict[str, Any] = {
    "circle_consent": _l("Consent to a circle"),
    "referral_consent": _l("Consent to a referral"),
    "agreement_head": _l("Head of an agreement"),
    "privacy_short": _l("What is private, in short"),
    "police_rights": _l("Rights sheet, when police were told"),
    "questionnaire_intro": _l("Beginning of a questionnaire"),
    "discipline_notice": _l("Notice about a discipline action"),
    "survey_notice": _l("Notice about a school survey"),
}
"""What each text is for; a questionnaire's question shows its own words."""

GROUP_LABELS: dict[str, Any] = {
    "letter": _l("Letters and consents"),
    "question.harmed": _l("Questions to the person harmed"),
    "question.caused_harm": _l("Questions to the person who caused harm"),
    "question.supporter": _l("Questions to support persons"),
    "question.keeper": _l("Questions to circle keepers"),
    "survey.student": _l("School survey: students"),
    "survey.family": _l("School survey: families"),
    "survey.staff": _l("School survey: staff"),
    "survey.scale": _l("School survey: answers"),
    "other": _l("More of the questionnaires"),
}
"""Groups of texts, by the beginning of their code."""

PLACEHOLDER_LABELS: dict[str, Any] = {
    "school": _l("the school's name"),
    "contact": _l("who to call"),
    "partner": _l("the organization's name"),
    "service": _l("what it helps with"),
    "records": _l("what is shared, as a list"),
    "purpose": _l("why it is shared"),
    "until": _l("the last day of the permission"),
    "student": _l("the child’s name"),
    "date": _l("the day of the letter"),
    "what": _l("what was decided, with its days"),
    "reason": _l("the reason, as the school wrote it"),
    "supports": _l("what the school offers meanwhile"),
    "planning": _l("how the return is planned"),
}

EXAMPLES: dict[str, Any] = {
    "school": _l("Example School"),
    "contact": _l("The school's front office, 312-555-0100"),
    "partner": _l("Example Family Center"),
    "service": _l("family support"),
    "records": _l("- name and grade\n- how to reach a guardian"),
    "purpose": _l("so that the first visit can be planned"),
    "until": _l("June 15"),
    "student": _l("Example Student"),
    "date": _l("June 1"),
    "what": _l("Out-of-school suspension, 2 school days, from June 1"),
    "reason": _l("A threat to another student."),
    "supports": _l("School work and a call from the counselor every day."),
    "planning": _l("Planning for the return starts today, and you are invited to take part."),
}
"""What a preview fills in."""

SENTENCES: dict[str, Any] = {
    "mail_choice.changed": _l("Emails chosen on the account’s page"),
    "mail_choice.stopped": _l("Emails stopped by the link in an email"),
    "family_text.added": _l("Text for families written in %(language)s, from %(starts_on)s"),
    "family_text.changed": _l("Text for families changed before its first day"),
}


MOST_NAMES = 200
"""Longest `synchronous_standby_names` that is stored, and so may be removed."""


class Heartbeat(Base):
    """When each scheduler process was last alive, its last completed sweep, and what failed in its ticks.

    `failures` counts the failed ticks in a row; the other details stay after it works again.
    """

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime]
    swept_at: Mapped[datetime | None]
    sweep_ms: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    failed_at: Mapped[datetime | None]
    failed_part: Mapped[str] = mapped_column(String(20), default="", server_default="")
    failed_with: Mapped[str] = mapped_column(String(200), default="", server_default="")


class DeliveryPause(Base):
    """While its one row exists nothing is sent, not even urgent email; the audit log says who paused and released."""

    __tablename__ = "delivery_pause"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[Id]
    since: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(String(300))


class StandbyLapse(Base):
    """A time in which saved data was on one database machine only, because its standby did not answer.

    `names` are the standbys that commits waited for before, '' for none. `setup/standby` writes both tables of the
    standby; they are here because `mail/monitoring` reads them with the delivery state.
    """

    __tablename__ = "standby_lapse"

    id: Mapped[Id]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    names: Mapped[str] = mapped_column(String(MOST_NAMES), default="", server_default="")


class StandbyWatch(Base):
    """What each scheduler process saw of the database's servers at its last check.

    `seen_at`: when the primary and its standbys were seen; `failed_at` and `failed_with` while they cannot be. Nothing
    else writes this row: a row locked by a tick may wait for the very standby that is missing.
    """

    __tablename__ = "standby_watch"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failed_with: Mapped[str] = mapped_column(String(200), default="", server_default="")


class DigestDay(Base):
    """A school's morning whose digests are queued, or that needs none."""

    __tablename__ = "digest_day"
    __table_args__ = (UniqueConstraint("school_id", "day"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    day: Mapped[date]


class MailChoice(Versioned, Base):
    """One person's choice of emails; a person without a row gets the digest and the weekly count."""

    __tablename__ = "mail_choice"
    __table_args__ = (UniqueConstraint("user_id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    style: Mapped[MailStyle] = mapped_column(named_enum(MailStyle, "style"), default=MailStyle.DIGEST)
    weekly: Mapped[bool] = mapped_column(default=True)


class MailTrouble(Base):
    """Email to a person's address does not arrive, until one arrives or someone corrects it.

    It counts only while `address` is still the account's. `status` is the server's code (`550`, `5.1.1`).
    """

    __tablename__ = "mail_trouble"
    __table_args__ = (UniqueConstraint("user_id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    address: Mapped[str] = mapped_column(String(254))
    kind: Mapped[TroubleKind] = mapped_column(named_enum(TroubleKind, "kind"))
    status: Mapped[str] = mapped_column(String(20), default="")
    since: Mapped[datetime]


class FamilyText(Versioned, Base):
    """A text for families in one language: a letter, a consent, a questionnaire's question. Data, not code.

    `code` names the text (`circle_consent`, `question.harmed.safe`); the newest row in force of a language counts.
    """

    __tablename__ = "family_text"
    __table_args__ = (UniqueConstraint("code", "language", "starts_on"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date]
    title: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)


LEASE = timedelta(minutes=3)
NOT_PAUSED = ~exists(DeliveryPause.id)
Row = TypeVar("Row")


def rows(model: Any, *which: ColumnElement[bool]) -> Update:
    return update(model).where(*which).execution_options(synchronize_session=False)


def claim(uow: UnitOfWork, model: Any, token: str, now: datetime, limit: int, *which: ColumnElement[bool]) -> list[int]:
    """Step: claim due rows that no one has, the earliest first; return their ids."""
    moment = database_now()
    free = or_(
        and_(model.state == OutboxState.WAITING, model.next_attempt_at <= now),
        and_(model.state == OutboxState.CLAIMED, model.lease_until < moment),
    )
    statement = select(model.id).where(free, NOT_PAUSED, *which).order_by(model.next_attempt_at, model.id).limit(limit)
    ids = list(uow.session.scalars(statement.with_for_update(skip_locked=True)))
    if ids:
        claimed = {"state": OutboxState.CLAIMED, "claim_token": token, "lease_until": moment + LEASE}
        uow.session.execute(rows(model, model.id.in_(ids)).values(**claimed))
    return ids


def ours(uow: UnitOfWork, model: type[Row], row_id: int, token: str) -> Row | None:
    """Step: lock and return a claimed row; None when it is no longer ours, or sending is paused."""
    queue: Any = model
    mine = select(queue).where(
        queue.id == row_id, queue.claim_token == token, queue.state == OutboxState.CLAIMED, NOT_PAUSED
    )
    locked = mine.with_for_update().execution_options(populate_existing=True)
    row: Row | None = uow.session.scalars(locked).one_or_none()
    return row


def mark(uow: UnitOfWork, model: Any, row_id: int, token: str, values: dict[str, Any]) -> bool:
    """Step: end our claim of a row with the result of its attempt; False when it is no longer ours."""
    mine = rows(model, model.id == row_id, model.claim_token == token)
    marked = mine.values(claim_token=None, lease_until=None, **values).returning(model.id)
    return uow.session.execute(marked).first() is not None


def give_back(model: Any, token: str, now: datetime) -> None:
    """Release what we claimed and did not reach."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        mine = rows(model, model.claim_token == token, model.state == OutboxState.CLAIMED)
        # The lease stays, to show that a sender had it and it may have been sent.
        uow.session.execute(mine.values(state=OutboxState.WAITING, claim_token=None))


class MailForm(BaseForm):
    style = radio(
        _l("How do you want to be told what is due?"), MailStyle, _l("Choose how you want to be told what is due.")
    )
    weekly = BooleanField(_l("A weekly count of what is overdue"))


class PauseForm(BaseForm):
    reason = ShortText(
        _l("Why is email paused?"), validators=[NotBlank(_l("Enter the reason email is paused."))], limit=300
    )


class WordingForm(BaseForm):
    title = ShortText(_l("Title"), [NotBlank(_l("Write the title."))])
    text = LongText(_l("Text"), [NotBlank(_l("Write the text."))])
    starts_on = DateField(_l("From which day?"), validators=[InputRequired(_l("Choose a day."))])


class TextForm(WordingForm):
    code = SelectField(_l("Which text?"), validators=[InputRequired(_l("Choose which text."))])
    language = SelectField(_l("Language"), validators=[InputRequired(_l("Choose a language."))])


ROOM = Room(sentences=SENTENCES)
