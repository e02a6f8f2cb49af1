"""Pure: whether what somebody says shows that a follow-up is done. An outcome alone never does."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from wss_cases.followups.core.rules import needs_note
from wss_cases.followups.evidence.states import BY_CONTACT, LEAST_ATTEMPTS, NAMES_WHOM, WITHOUT_CONTACT
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plausible import EARLIEST
from wss_cases.incidents.incident.states import MANNER_LABELS

MOST_ATTEMPTS = 50


@dataclass(frozen=True)
class Evidence:
    """What shows it: a sentence; for a contact how, when, with whom, in which language, after how many attempts."""

    note: str = ""
    manner: str = ""
    on_day: date | None = None
    who: str = ""
    language: str = ""
    interpreter: bool = False
    attempts: int | None = None

    def stored(self) -> dict[str, Any]:
        """Return what is stored beside the note."""
        values = {
            "manner": self.manner,
            "on": self.on_day.isoformat() if self.on_day else "",
            "who": self.who.strip(),
            "language": self.language.strip(),
            "interpreter": self.interpreter,
            "attempts": self.attempts,
        }
        return {name: value for name, value in values.items() if value}


def missing(
    kind: str, outcome: str, shown: Evidence, today: date, earliest: date = EARLIEST, *, of_circle: bool = False
) -> tuple[str, str] | None:
    """Return (field, words) of what is missing before this outcome may close a follow-up of this kind; None else.

    What closes it was done between `earliest`, when what it follows happened, and today. Of what is part of a circle
    the day shows it: what was said stands in the circle's sealed notes.
    """
    is_blank = not of_circle and not shown.note.strip()
    if shown.on_day is not None and not earliest <= shown.on_day <= today:
        words = _("Choose a day between %(first)s and today.", first=day_words_with_year(earliest))
        return "on_day", words
    if of_circle and shown.on_day is None:
        return "on_day", _("Enter the day.")
    if kind not in BY_CONTACT:
        return ("note", _("Describe in a sentence what shows it.")) if is_blank else None
    if lacks := _of_contact(kind, outcome, shown):
        return lacks
    return (
        ("note", _("Describe in a sentence what happened or what still needs to happen."))
        if is_blank and needs_note(outcome)
        else None
    )


def _of_contact(kind: str, outcome: str, shown: Evidence) -> tuple[str, str] | None:
    if outcome == "not_to_contact":
        return None
    if shown.attempts is not None and not 1 <= shown.attempts <= MOST_ATTEMPTS:
        return "attempts", _("Enter a number of attempts from 1 to %(most)d.", most=MOST_ATTEMPTS)
    if shown.manner not in MANNER_LABELS:
        return "manner", _("Choose how.")
    if shown.on_day is None:
        return "on_day", _("Enter the day.")
    if outcome in WITHOUT_CONTACT and (shown.attempts or 0) < LEAST_ATTEMPTS:
        return "attempts", _("Try at least twice before you record that no one could be reached.")
    if kind in NAMES_WHOM and outcome not in WITHOUT_CONTACT and not shown.who.strip():
        return "who", _("Enter who you reached.")
    return None
