"""Forms that arrive after their session has ended: which are saved, for which browser, and until when."""

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
from wss_cases.foundation.keys.envelope import seal, unseal
from wss_cases.foundation.operations.shares import WHOLE, Share
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import unit_of_work


class KeptForm(Base):
    """The fields of one form that came too late. `path` is where it was sent, `page` where it was filled in."""

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
"""What the keys of the sealed fields are derived for."""

KEPT_FOR = timedelta(days=1)
MOST_KEPT = 10
"""Forms that are kept for one person; the oldest makes room."""
LONGEST_ADDRESS = 500

NEVER_UNDER = ("/account", "/sign-in", "/sign-out", "/session", "/invitation", "/language", "/school")
"""Addresses whose forms hold passwords and codes, or nothing that anybody wrote."""
CHOSEN_UNDER = ("/school-calendar/import/",)
"""Addresses whose forms are worth keeping though people choose there and write nothing in words."""
NEVER_NAMED = frozenset({"csrf_token", "code", "signed"})

Fields = list[tuple[str, str]]


def to_keep(path: str, fields: Iterable[tuple[str, str]]) -> Fields:
    """Return the fields of a form that are worth keeping; none for one that holds secrets, or nothing typed."""
    if len(path) > LONGEST_ADDRESS or any(path == under or path.startswith(f"{under}/") for under in NEVER_UNDER):
        return []
    kept = [(name, value) for name, value in fields if name not in NEVER_NAMED and "password" not in name]
    return kept if written(kept) or path.startswith(CHOSEN_UNDER) else []


def written(fields: Fields) -> list[str]:
    """Return the values that somebody wrote in words: the ones to show, longest first."""
    words = [value.strip() for name, value in fields if name not in ("request_key", "next")]
    found = [value for value in dict.fromkeys(words) if any(part.isalpha() for part in value)]
    return sorted((value for value in found if " " in value or "\n" in value), key=len, reverse=True)


_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook"),
    ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device_words(agent: str) -> tuple[str, str]:
    """Return a browser's and a machine's name from what the browser says of itself; '' for what is not known."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    return browser, next((name for mark, name in _SYSTEMS if mark in agent), "")


@dataclass(frozen=True)
class Kept:
    """One kept form, opened."""

    id: int
    kept_at: datetime
    path: str
    page: str
    fields: Fields


def kept_for(user_id: int | None, now: datetime) -> list[Kept]:
    """Return the forms kept for a person within the last day, newest first; what no key opens is left out."""
    found = select(KeptForm).where(KeptForm.user_id == user_id, KeptForm.kept_at > now - KEPT_FOR)
    opened = []
    for row in db.session.scalars(found.order_by(KeptForm.id.desc())):
        try:
            text = unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key)
        except ValueError:
            continue
        fields = [(name, value) for name, value in json.loads(text)]
        opened.append(Kept(row.id, row.kept_at, row.path, row.page, fields))
    return opened


def has_kept(user_id: int | None, now: datetime) -> bool:
    """Whether anything is kept for a person."""
    found = select(KeptForm.id).where(KeptForm.user_id == user_id, KeptForm.kept_at > now - KEPT_FOR)
    return db.session.execute(found.limit(1)).first() is not None


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
