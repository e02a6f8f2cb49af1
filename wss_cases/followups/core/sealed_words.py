"""What somebody said in the follow-up to a circle: sealed where it lies, read by who heard it, each reading audited."""

from datetime import datetime
from typing import Final

from wss_cases.access.actor import Actor
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.rules import WORDS_OF_CIRCLES, reads_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.keys.envelope import seal, unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import unit_of_work

PURPOSE: Final = "check-in-words"
"""What the keys of these words are derived for."""


def keep_note(row: FollowUp, note: str) -> None:
    """Put a note on a follow-up; what was said in the follow-up to a circle only under seal."""
    row.outcome_note = note
    if row.kind in WORDS_OF_CIRCLES and note.strip():
        sealed = seal(setting("WSS_KEYS"), PURPOSE, note)
        row.outcome_note, row.sealed_text = "", sealed.text
        row.sealed_key, row.key_name = sealed.key, sealed.key_name


def let_words_go(row: FollowUp) -> None:
    """Take the sealed words off a follow-up that is open again."""
    row.sealed_text = row.sealed_key = row.key_name = None


def note_for(actor: Actor, follow_up: FollowUp, now: datetime) -> str:
    """Return the note of a follow-up for somebody who may read the follow-up; '' where there is none.

    Words under seal are opened for whoever may read them, and audited; what was written before they were is sealed.
    """
    if follow_up.kind not in WORDS_OF_CIRCLES or follow_up.state is not FollowUpState.DONE:
        return follow_up.outcome_note
    if not follow_up.outcome_note and follow_up.sealed_text is None:
        return ""
    if not reads_words(actor, follow_up):
        return _("What was said is with the person who heard it.")
    with unit_of_work(actor, now) as uow:
        row = uow.session.get_one(FollowUp, follow_up.id, with_for_update=True, populate_existing=True)
        if row.sealed_text is None:
            keep_note(row, row.outcome_note)
        uow.audit("followup.words_read", "follow_up", row.id)
        try:
            return unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text or b"", row.sealed_key or b"")
        except ValueError:
            return _("No key of this system opens what was said.")
