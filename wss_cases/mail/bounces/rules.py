"""Pure rules of failing email: whether the address is at fault, and what a mail server's code means."""

import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message

from wss_cases.foundation.ids import fold_address
from wss_cases.mail.common.pages import ERROR_LABELS, OTHER_REASON, REASONS, TroubleKind

ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
SYNTAX = "5.1.3"


@dataclass(frozen=True)
class Trouble:
    """A failing address, with the mail server's code."""

    kind: TroubleKind
    status: str

    @property
    def lasts(self) -> bool:
        """Whether it stays although our own server accepts the next email: a permanent bounce."""
        return self.kind is TroubleKind.BOUNCED and self.status.startswith("5")


def trouble_of(error: Exception) -> Trouble | None:
    """What a final error says about the address; None if it is not about the address, such as a server that is down
    or refuses us as sender."""
    if isinstance(error, UnicodeError):
        return Trouble(TroubleKind.REFUSED, SYNTAX)
    code: int
    words: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPDataError):
        code, words = error.smtp_code, error.smtp_error
    else:
        return None
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
    match = ENHANCED.search(text)
    kind = TroubleKind.REFUSED if code >= 500 else TroubleKind.GIVEN_UP
    return Trouble(kind, match[1] if match else str(code))


def reason(status: str) -> tuple[str, str]:
    """The meaning of a mail server's code, and what helps."""
    for pattern, means, helps in REASONS:
        if re.fullmatch(pattern, status):
            return str(means), str(helps)
    return str(OTHER_REASON[0]), str(OTHER_REASON[1])


def error_label(error: str) -> str:
    """A delivery error in the reader's language, with its code."""
    for beginning, label in ERROR_LABELS.items():
        if error.startswith(beginning):
            return f"{label} {error.removeprefix(beginning).strip()}".strip()
    return error


NO_REPORT = "this is no delivery report (RFC 3464)."


@dataclass(frozen=True)
class Returned:
    """One recipient in a report: the addresses named, `failed` or another action, and a status code."""

    addresses: tuple[str, ...]
    action: str
    status: str


@dataclass(frozen=True)
class Report:
    """A delivery report; `message_id` is without brackets, '' if the report does not name the email."""

    message_id: str
    recipients: tuple[Returned, ...]


def read_report(raw: bytes) -> Report:
    """Parse a delivery report. Raises ValueError for anything else."""
    mail = message_from_bytes(raw)  # the strict policy fails on headers that servers damage
    recipients = tuple(
        one for part in mail.walk() if part.get_content_type() == "message/delivery-status" for one in _recipients(part)
    )
    if not recipients:
        raise ValueError(NO_REPORT)
    return Report(_message_id(mail), recipients)


def _recipients(part: Message) -> Iterator[Returned]:
    for block in _inner(part):
        named = [_address(block.get(name)) for name in ("Original-Recipient", "Final-Recipient")]
        addresses = tuple(dict.fromkeys(address for address in named if address))
        if addresses:
            yield Returned(addresses, _word(block, "Action").casefold(), _word(block, "Status")[:20])


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _word(block: Message, name: str) -> str:
    words = str(block.get(name) or "").split()
    return words[0] if words else ""


def _address(field: object) -> str:
    # "rfc822; person@school.org"; some servers omit the type.
    return fold_address(str(field or "").rpartition(";")[2].strip().strip("<>"))


def _message_id(mail: Message) -> str:
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and (inner := _inner(part)):
            return _bare(inner[0].get("Message-ID"))
        if kind == "text/rfc822-headers":
            decoded = part.get_payload(decode=True)
            text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""
            return _bare(message_from_string(text).get("Message-ID"))
    return ""


def _bare(value: object) -> str:
    return str(value or "").strip().strip("<>")
