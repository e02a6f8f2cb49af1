"""Drafts on the server: typed but not yet submitted, visible only to their author."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import IncidentDraft
from wss_cases.incidents.incident.pages import drop_draft
from wss_cases.incidents.incident.queries import own_draft
from wss_cases.journal.queries import already_done
from wss_cases.journal.unit_of_work import unit_of_work

MOST_LETTERS = 100_000


def save_draft(
    actor: Actor,
    form: str,
    payload: Mapping[str, Sequence[str]],
    now: datetime,
    school_id: int | None = None,
    incident_id: int | None = None,
    request_key: str | None = None,
) -> int:
    """Save a draft, one per person, form and report. Returns its id, or 0 if the form was submitted already and this
    came late. Raises Refused for more than 100,000 characters, or one that cannot be stored."""
    typed = {name: list(values) for name, values in payload.items()}
    _check("".join(value for values in typed.values() for value in values))
    with unit_of_work(actor, now) as uow:
        if already_done(actor.user_id, request_key):
            return 0
        draft = own_draft(actor, form, incident_id)
        if draft is None:
            assert actor.user_id is not None
            draft = uow.add(IncidentDraft(user_id=actor.user_id, form=form, incident_id=incident_id, updated_at=now))
        draft.school_id, draft.payload, draft.updated_at = school_id, typed, now
        uow.audit("draft.saved", "incident_draft", draft.id)
        return draft.id


def discard_draft(actor: Actor, form: str, now: datetime, incident_id: int | None = None) -> None:
    with unit_of_work(actor, now) as uow:
        draft = own_draft(actor, form, incident_id)
        if draft is not None:
            uow.audit("draft.discarded", "incident_draft", draft.id)
            drop_draft(uow, form, incident_id)


def _check(text: str) -> None:
    if len(text) > MOST_LETTERS:
        raise Refused("", _("This is too long to save."))
    if any(c not in "\n\r\t" and unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise Refused("", _("This text contains a character that cannot be stored. Type it again."))
