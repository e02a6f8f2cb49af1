"""Taking names out of texts that lie under seal: opened with the server's keys inside the act, shown to nobody."""

from typing import Any

from sqlalchemy import select

from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.pages import PURPOSE as SAID
from wss_cases.foundation.keys.envelope import seal, unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.changes import REDACTED
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.questionnaires.answers import PURPOSE as ANSWER
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.records.retention.reach.queries import Rows
from wss_cases.roster.names.finder import Finder

INSTEAD = "[…]"
"""What stands where the name of a student stood who is in a record no more, for those who stay in it."""
AUDIT = "named_in_error.masked"
SEALED: tuple[tuple[Any, str], ...] = ((Questionnaire, ANSWER), (FollowUp, SAID))
"""Models of shared records with a text under the district's keys, and what those were derived for."""


def take_names_out_of_sealed(uow: UnitOfWork, stays: Rows, names: Finder) -> int:
    """Take these names out of sealed texts; what they said stands nowhere else, and what no key opens stays shut."""
    keys, changed = setting("WSS_KEYS"), 0
    for model, purpose in SEALED:
        which = model.id.in_(stays.get(model.__tablename__, set())) & model.sealed_text.is_not(None)
        for row in uow.session.scalars(select(model).where(which).order_by(model.id).with_for_update()):
            try:
                text = unseal(keys, purpose, row.sealed_text, row.sealed_key)
            except ValueError:
                continue
            masked = names.without(text, INSTEAD)
            if masked != text:
                sealed = seal(keys, purpose, masked)
                row.sealed_text, row.sealed_key, row.key_name = sealed.text, sealed.key, sealed.key_name
                uow.audit(AUDIT, model.__tablename__, row.id, {"sealed_text": [REDACTED, REDACTED]})
                changed += 1
    uow.session.flush()
    return changed
