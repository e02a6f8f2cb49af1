"""Asking about a text that is to name no student, before it is kept."""

from collections.abc import Iterable

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.names.queries import names_at_school


def refuse_names(school_id: int, anyway: bool, *texts: str, also: Iterable[str] = ()) -> None:
    """Raise Refused, at the field `anyway`, where a text may name a student of the school and nobody confirmed it.

    `also`: words that were found to name others.
    """
    if anyway:
        return
    refuse_found([*names_at_school(school_id, "\n".join(texts)), *also])


def refuse_found(words: Iterable[str]) -> None:
    """Raise Refused, at the field `anyway`, where a text has words that may name a student."""
    if said := asked_about(words):
        raise Refused("anyway", said)


def asked_about(words: Iterable[str]) -> str:
    """Return what is asked about words that may name a student; '' for none."""
    found = ", ".join(dict.fromkeys(words))
    return _("This may name a student: %(names)s. Leave out names, or confirm below.", names=found) if found else ""
