"""Adding, opening and removing files. Only ciphertext is stored; every opening is audited."""

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
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.keys import Keys, seal_bytes, unseal_bytes
from wss_cases.foundation.settings import setting
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case

PURPOSE: Final = "attachment"
"""Purpose of the keys that seal attachments."""
MOST: Final = 20
"""Files per record."""


def refuse_too_many(there: int, more: int) -> None:
    """Raise Refused if the record would have too many files."""
    if there + more <= MOST:
        return
    left = max(0, MOST - there)
    if left == 0:
        raise Refused("files", _("This record has 20 files already. Remove one first."))
    words = ngettext("A record takes 20 files. %(num)d more fits.", "A record takes 20 files. %(num)d more fit.", left)
    raise Refused("files", words)


def may_remove(host: Any, attachment: Any, user_id: int | None) -> bool:
    """Whether a person may remove a file: the case team, or its uploader while they may still add files."""
    stands = attachment.removed_at is None and attachment.sealed_at is None
    return stands and (host.is_team or (host.may_add and attachment.added_by_id == user_id))


@use_case
def add(uow: UnitOfWork, host_name: str, record_id: int, contents: Sequence[Content], title: str) -> int:
    """Attach files to one record, all or none; returns its id. Raises NotFound for anyone who may not see it;
    Refused for anyone who may only read it, where an image of a child may be sexual, without files, or for too many."""
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
    """Raise Refused for anyone who may only read, and where an image of a child may be sexual."""
    if not host.may_add:
        raise Refused(FIELD, _("You may read these files. Someone else adds files here."))
    if host.is_sexual:
        raise Refused(FIELD, _("No files are attached here: this report says that something sexual happened."))


def read_content(actor: Actor, attachment_id: int, now: datetime) -> Content:
    """The content of a file, audited in the same commit. Raises NotFound for anyone who may not see it, and for a
    removed or sealed file. A file is sealed instead of opened if its report now says that something sexual happened."""
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
    """Delete the content of a file; who, when and why stay. Returns its id. Raises NotFound for anyone who may not;
    Refused without a reason, for a sealed file, and under a hold."""
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
    """Delete files of records that stay because of another student, since a face cannot be removed from a photo.
    Sealed files, and those under a hold on the other student, stay. For use cases. Returns their number."""
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
    """The locked record, so that two people do not count its files at once. Raises NotFound."""
    rows = rows_of(host_name)
    uow.session.execute(select(rows.id).where(rows.id == record_id).with_for_update())
    return host_of(uow.actor, host_name, record_id)


def _tell(uow: UnitOfWork, host: Host, kind: str) -> None:
    """Record it in the history of a report, agreement or removal; a consent's history would tell who said what."""
    if host.has_history:
        uow.record(host.record, kind)
