"""Forms submitted after their session ended: which are saved, for whom, and until when."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.accounts.account.models import AccountState, UserAccount, UserSession
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys import seal, unseal
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.settings import setting
from wss_cases.journal.unit_of_work import unit_of_work


class KeptForm(Base):
    """The fields of one late form. `path` is where it was sent, `page` where it was filled in."""

    __tablename__ = "kept_form"
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    kept_at: Mapped[datetime] = mapped_column(index=True)
    path: Mapped[str] = mapped_column(String(500))
    page: Mapped[str] = mapped_column(String(500))
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)


PURPOSE = "kept form"
"""Purpose of the keys that seal the fields."""

KEPT_FOR = timedelta(days=1)
MOST_KEPT = 10
"""Forms saved per person; the oldest are replaced."""
LONGEST_ADDRESS = 500

NEVER_UNDER = ("/account", "/sign-in", "/sign-out", "/session", "/invitation", "/language", "/school")
"""Addresses whose forms hold passwords and codes, or no text."""
CHOSEN_UNDER = ("/school-calendar/import/",)
"""Addresses whose forms are saved although they hold choices and no text."""
NEVER_NAMED = frozenset({"csrf_token", "code", "signed"})

Fields = list[tuple[str, str]]


def to_keep(path: str, fields: Iterable[tuple[str, str]]) -> Fields:
    """The fields worth saving; none for a form with secrets, or without text."""
    if len(path) > LONGEST_ADDRESS or any(path == under or path.startswith(f"{under}/") for under in NEVER_UNDER):
        return []
    saved = [(name, value) for name, value in fields if name not in NEVER_NAMED and "password" not in name]
    return saved if written(saved) or path.startswith(CHOSEN_UNDER) else []


def written(fields: Fields) -> list[str]:
    """The values written in words, longest first, to show."""
    words = [value.strip() for name, value in fields if name not in ("request_key", "next")]
    texts = [value for value in dict.fromkeys(words) if any(part.isalpha() for part in value)]
    return sorted((value for value in texts if " " in value or "\n" in value), key=len, reverse=True)


_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook"),
    ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device_words(agent: str) -> tuple[str, str]:
    """Browser and system named in a User-Agent header; '' if unknown."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    return browser, next((name for mark, name in _SYSTEMS if mark in agent), "")


@dataclass(frozen=True)
class Kept:
    """One saved form, opened."""

    id: int
    kept_at: datetime
    path: str
    page: str
    fields: Fields


def kept_for(user_id: int | None, now: datetime) -> list[Kept]:
    """Forms saved for a person within the last day, newest first, without those that no key opens."""
    statement = select(KeptForm).where(KeptForm.user_id == user_id, KeptForm.kept_at > now - KEPT_FOR)
    opened = []
    for row in db.session.scalars(statement.order_by(KeptForm.id.desc())):
        try:
            text = unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key)
        except ValueError:
            continue
        fields = [(name, value) for name, value in json.loads(text)]
        opened.append(Kept(row.id, row.kept_at, row.path, row.page, fields))
    return opened


def has_kept(user_id: int | None, now: datetime) -> bool:
    statement = select(KeptForm.id).where(KeptForm.user_id == user_id, KeptForm.kept_at > now - KEPT_FOR)
    return db.session.execute(statement.limit(1)).first() is not None


AT_ONCE = 500
"""Forms deleted in one transaction."""


def keep_form(token: str, path: str, page: str, fields: Iterable[tuple[str, str]], now: datetime) -> bool:
    """Save a form for the person of an expired session; False if it was not saved, for example because the session
    was ended. The newest form of an address replaces earlier ones."""
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
    """The person of this session if it is live or expired within the last day, and was not ended at the server."""
    statement = (
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
    return db.session.scalars(statement).one_or_none()


def discard_form(actor: Actor, kept_id: int, now: datetime) -> None:
    """Delete one of the actor's own saved forms. Raises NotFound for another person's."""
    with unit_of_work(actor, now) as uow:
        row = uow.session.get(KeptForm, kept_id, with_for_update=True)
        if row is None or row.user_id != actor.user_id:
            raise NotFound
        uow.session.delete(row)
        uow.audit("form.forgotten", "kept_form", kept_id)


def forget_kept(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Delete forms that were saved for a day, in batches, within the time share."""
    over = select(KeptForm.id).where(KeptForm.kept_at <= now - KEPT_FOR).order_by(KeptForm.id).limit(AT_ONCE)
    forgotten = 0
    while (ids := list(db.session.scalars(over))) and share.goes_on():
        with unit_of_work(SYSTEM, now) as uow:
            theirs = delete(KeptForm).where(KeptForm.id.in_(ids)).returning(KeptForm.id)
            gone = len(list(uow.session.scalars(theirs)))
            uow.audit("form.forgotten", "kept_form", None, {"count": [None, gone]})
        forgotten += gone
    return {"forgotten": forgotten}
