"""Making sealing keys, and forgetting those that nothing can have been sealed with for more than a year."""

from datetime import datetime

from sqlalchemy import delete

from wss_cases.access.actor import Actor
from wss_cases.accounts.sealed_boxes.models import SealingKey
from wss_cases.accounts.sealed_boxes.queries import newest_key
from wss_cases.accounts.sealed_boxes.rules import FORGOTTEN_AFTER, PURPOSE, new_pair
from wss_cases.foundation.ids import new_token
from wss_cases.foundation.keys.envelope import seal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import unit_of_work


def key_for(actor: Actor, now: datetime) -> SealingKey:
    """Return the key that the actor's devices seal with, made when there is none of this month."""
    assert actor.user_id is not None
    found = newest_key(actor.user_id, now)
    if found is not None:
        return found
    private, point = new_pair()
    sealed = seal(setting("WSS_KEYS"), PURPOSE, private)
    with unit_of_work(actor, now) as uow:
        forgotten = (SealingKey.user_id == actor.user_id) & (SealingKey.made_at <= now - FORGOTTEN_AFTER)
        uow.session.execute(delete(SealingKey).where(forgotten))
        row = SealingKey(
            user_id=actor.user_id, name=new_token(), public_point=point, made_at=now, sealed_text=sealed.text,
            sealed_key=sealed.key, key_name=sealed.key_name,
        )  # fmt: skip
        uow.add_audited(row, "sealing_key.made")
    return row
