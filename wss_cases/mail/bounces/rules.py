"""Pure decisions about mail that does not arrive: whose fault a failure is, and what a mail server's code means."""

import re
import smtplib
from dataclasses import dataclass

from wss_cases.mail.common.states import ERROR_LABELS, OTHER_REASON, REASONS, TroubleKind

ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
SYNTAX = "5.1.3"


@dataclass(frozen=True)
class Trouble:
    """That an address fails, with the code of the mail server that said so."""

    kind: TroubleKind
    status: str

    @property
    def lasts(self) -> bool:
        """Whether it goes on although our own server takes the next mail: it told of a return, for good."""
        return self.kind is TroubleKind.BOUNCED and self.status.startswith("5")


def trouble_of(error: Exception) -> Trouble | None:
    """Return what an error that ended the attempts says about the address; None when it is not about the address.

    A server that is away, or that refuses us as a sender, says nothing about the person.
    """
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
    found = ENHANCED.search(text)
    kind = TroubleKind.REFUSED if code >= 500 else TroubleKind.GIVEN_UP
    return Trouble(kind, found[1] if found else str(code))


def reason(status: str) -> tuple[str, str]:
    """Return what a mail server's code means, and what helps, in the reader's language."""
    for pattern, means, helps in REASONS:
        if re.fullmatch(pattern, status):
            return str(means), str(helps)
    return str(OTHER_REASON[0]), str(OTHER_REASON[1])


def error_label(error: str) -> str:
    """Return what delivery kept of a failure, in the reader's language, with its code."""
    for beginning, label in ERROR_LABELS.items():
        if error.startswith(beginning):
            return f"{label} {error.removeprefix(beginning).strip()}".strip()
    return error
