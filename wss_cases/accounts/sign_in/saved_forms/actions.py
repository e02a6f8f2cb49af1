"""Keeping what somebody had written when their session ended, and forgetting it again."""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.accounts.account.models import AccountState, UserAccount, UserSession
from wss_cases.accounts.sign_in.saved_forms.models import KeptForm
from wss_cases.accounts.sign_in.saved_forms.rules import KEPT_FOR, LONGEST_ADDRESS, MOST_KEPT, PURPOSE, to_keep
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys.envelope import seal
from wss_cases.foundation.operations.shares import WHOLE, Share
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import unit_of_work

AT_ONCE = 500
"""Forms that are forgotten in one transaction."""


def keep_form(token: str, path: str, page: str, fields: Iterable[tuple[str, str]], now: datetime) -> bool:
    """Keep a form for the person of a session that has run out, not one that was ended; whether it was kept.

    The newest form of one address stands for the ones before.
    """
    wanted = to_keep(path, fields)
    owner = _owner(token, now) if wanted else None
    if owner is None:
        return False
    shown = page if len(page) <= LONGEST_ADDRESS else path
    sealed = seal(setting("WSS_KEYS"), PURPOSE, json.dumps(wanted))
    with unit_of_work(Actor(owner.id, owner.name), now) as uow:
        uow.session.execute(delete(KeptForm).where(KeptForm.user_id == owner.id, KeptForm.path == path))
        row = uow.add(
            KeptForm(
                user_id=owner.id, kept_at=now, path=path, page=shown, sealed_text=sealed.text,
                sealed_key=sealed.key, key_name=sealed.key_name,
            )
        )  # fmt: skip
        newest = select(KeptForm.id).where(KeptForm.user_id == owner.id).order_by(KeptForm.id.desc())
        surplus = list(uow.session.scalars(newest.offset(MOST_KEPT)))
        uow.session.execute(delete(KeptForm).where(KeptForm.id.in_(surplus)))
        uow.audit("form.kept", "kept_form", row.id)
    return True


def _owner(token: str, now: datetime) -> UserAccount | None:
    """Return whose session this is or was until a day ago, unless it was ended at the server."""
    found = (
        select(UserAccount)
        .join(UserSession, UserSession.user_id == UserAccount.id)
        .where(
            UserSession.token_digest == token_digest(token),
            UserSession.revoked_at.is_(None),
            UserSession.awaits_code.is_(False),
            UserSession.expires_at > now - KEPT_FOR,
            UserAccount.state == AccountState.ACTIVE,
        )
    )
    return db.session.scalars(found).one_or_none()


def discard_form(actor: Actor, kept_id: int, now: datetime) -> None:
    """Forget one of the actor's own kept forms. Raises NotFound for anybody else's."""
    with unit_of_work(actor, now) as uow:
        row = uow.session.get(KeptForm, kept_id, with_for_update=True)
        if row is None or row.user_id != actor.user_id:
            raise NotFound
        uow.session.delete(row)
        uow.audit("form.forgotten", "kept_form", kept_id)


def forget_kept(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Forget every form that was kept for its day, some in a commit, as long as the share goes on."""
    over = select(KeptForm.id).where(KeptForm.kept_at <= now - KEPT_FOR).order_by(KeptForm.id).limit(AT_ONCE)
    forgotten = 0
    while (ids := list(db.session.scalars(over))) and share.goes_on():
        with unit_of_work(SYSTEM, now) as uow:
            theirs = delete(KeptForm).where(KeptForm.id.in_(ids)).returning(KeptForm.id)
            gone = len(list(uow.session.scalars(theirs)))
            uow.audit("form.forgotten", "kept_form", None, {"count": [None, gone]})
        forgotten += gone
    return {"forgotten": forgotten}
