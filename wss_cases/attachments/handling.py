"""Adding files to a record, opening one, removing one. Only ciphertext is written; every opening is an audit row."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.attachments.attachment import Attachment, SealedWhy, count_on
from wss_cases.attachments.contents import FIELD, Content
from wss_cases.attachments.hosts import Host, host_of, rows_of, went_out
from wss_cases.attachments.sealing import seal
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.keys.envelope import seal_bytes, unseal_bytes
from wss_cases.foundation.keys.loading import Keys
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case

PURPOSE: Final = "attachment"
"""What the keys of attachments are derived for."""
MOST: Final = 20
"""Files on one record."""


def refuse_too_many(there: int, more: int) -> None:
    """Raise Refused where a record would have more files than it takes."""
    if there + more <= MOST:
        return
    left = max(0, MOST - there)
    if left == 0:
        raise Refused("files", _("This record has 20 files already. Remove one first."))
    words = ngettext("A record takes 20 files. %(num)d more fits.", "A record takes 20 files. %(num)d more fit.", left)
    raise Refused("files", words)


def may_remove(host: Any, attachment: Any, user_id: int | None) -> bool:
    """Whether somebody may remove a file: the case team, or whoever attached it while they may still add more."""
    stands = attachment.removed_at is None and attachment.sealed_at is None
    return stands and (host.is_team or (host.may_add and attachment.added_by_id == user_id))


@use_case
def add(uow: UnitOfWork, host_name: str, record_id: int, contents: Sequence[Content], title: str) -> int:
    """Attach files to one record, all or none of them; returns its id.

    Raises NotFound for whoever may not see it; Refused for whoever only reads it, where an image of a child may be
    sexual, for no file at all, and for more files than a record takes.
    """
    host = _locked(uow, host_name, record_id)
    refuse_closed(host)
    if not contents:
        raise Refused(FIELD, _("Take a photo or choose a file."))
    refuse_too_many(count_on(host_name, record_id), len(contents))
    keys: Keys = setting("WSS_KEYS")
    for content in contents:
        sealed = seal_bytes(keys, PURPOSE, content.data)
        row = Attachment(
            **{host_name: record_id}, kind=content.kind, title=title.strip(), size=len(content.data),
            sealed_text=sealed.text, sealed_key=sealed.key, key_name=sealed.key_name, added_by_id=uow.actor.user_id,
            added_at=uow.now,
        )  # fmt: skip
        uow.add_audited(row, "attachment.added")
    _tell(uow, host, "attachment.added")
    return record_id


def refuse_closed(host: Host) -> None:
    """Raise Refused for whoever only reads, and where an image of a child may be sexual: no file is taken there."""
    if not host.may_add:
        raise Refused(FIELD, _("You may read these files. Someone else adds files here."))
    if host.is_sexual:
        raise Refused(FIELD, _("No files are attached here: this report says that something sexual happened."))


def read_content(actor: Actor, attachment_id: int, now: datetime) -> Content:
    """Return the content of a file, with its audit row in the same commit.

    Raises NotFound for whoever may not see it, and of a file that is removed or sealed; one on a report that now says
    that something sexual happened is sealed instead of opened.
    """
    with unit_of_work(actor, now) as uow:
        row = uow.load(Attachment, attachment_id, Permission.ATTACHMENT_READ)
        if row.sealed_at is not None or row.sealed_text is None or row.sealed_key is None:
            raise NotFound
        if host_of(actor, *row.host).is_sexual:
            seal(uow, [row], SealedWhy.FACTS)
            opened = None
        else:
            uow.audit("attachment.opened", "attachment", row.id)
            opened = Content(row.kind, unseal_bytes(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key))
    if opened is None:
        raise NotFound
    return opened


@use_case
def remove(uow: UnitOfWork, attachment_id: int, why: str) -> int:
    """Erase the content of a file; who did it, when and why stays. Returns its id.

    Raises NotFound for whoever may not; Refused without a reason, for a sealed file, and under a hold.
    """
    row = uow.load(Attachment, attachment_id, Permission.ATTACHMENT_READ)
    host = _locked(uow, *row.host)
    if not may_remove(host, row, uow.actor.user_id):
        raise NotFound
    refuse_blank("why", why, _("Enter the reason in a sentence."))
    if host.is_held:
        raise Refused("", _("A hold keeps this record as it is. Nothing is removed while it is open."))
    if went_out(host, row.id):
        raise Refused("", _("This file went to a family with a copy. It stays as it went out."))
    _erase(uow, row, why)
    _tell(uow, host, "attachment.removed")
    return row.id


def erase_shared(uow: UnitOfWork, attachment_ids: Iterable[int]) -> int:
    """Erase the files of records that stay for another student: nobody can take a face out of a photo. For use cases.

    Leaves what is sealed, and what a hold on the other student keeps. Returns how many went.
    """
    which = select(Attachment).where(
        Attachment.id.in_(sorted(attachment_ids)), Attachment.removed_at.is_(None), Attachment.sealed_at.is_(None)
    )
    count = 0
    for row in uow.session.scalars(which.order_by(Attachment.id).with_for_update()).all():
        if not host_of(uow.actor, *row.host).is_held:
            _erase(uow, row, _("The record of a student was deleted."))
            count += 1
    return count


def _erase(uow: UnitOfWork, row: Attachment, why: str) -> None:
    row.removed_at, row.removed_by_id, row.removed_why = uow.now, uow.actor.user_id, why
    row.sealed_text = row.sealed_key = row.key_name = None
    uow.audit("attachment.removed", "attachment", row.id, changes_of(row))


def _locked(uow: UnitOfWork, host_name: str, record_id: int) -> Host:
    """Return a record that is locked, so that no two people count its files at once. Raises NotFound."""
    rows = rows_of(host_name)
    uow.session.execute(select(rows.id).where(rows.id == record_id).with_for_update())
    return host_of(uow.actor, host_name, record_id)


def _tell(uow: UnitOfWork, host: Host, kind: str) -> None:
    """Write it into the history of a report, an agreement or a removal; a consent's history would say who said what."""
    if host.has_history:
        uow.record(host.record, kind)
