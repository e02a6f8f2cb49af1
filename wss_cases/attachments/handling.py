"""Adding, opening, removing and sealing files. Only ciphertext is stored; every opening is audited.

Nobody opens a sealed file, not even its uploader; counsel and the Title IX coordinator are told. District staff
outside the school stand for counsel, as for sealed notes; the school tells the Title IX coordinator through the legal
duty that is raised at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import or_, select

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders, holders_anywhere
from wss_cases.accounts.teams import colleagues, user_names
from wss_cases.attachments.attachment import (
    HOSTS,
    Attachment,
    Host,
    SealedWhy,
    count_on,
    host_of,
    hosts_on,
    load_attachment,
    may_be_sexual,
    rows_of,
    school_of,
    went_out,
)
from wss_cases.attachments.contents import FIELD, Content
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db, newest
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _, dotted, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.keys import Keys, seal_bytes, unseal_bytes
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import moment_words, today_at
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import FACTS_SET
from wss_cases.journal.changes import changes_of
from wss_cases.journal.message_kinds import Mail, MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.routing.engine.vocabulary import Duty
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY
from wss_cases.safeguards.duties.duty.queries import duties_of
from wss_cases.safeguards.duties.duty.raising import ByHand, open_by_hand

SEALED: Final = "attachment.sealed"


PAGE = 40


def keeps_record(student_id: int) -> bool:
    """Whether a sealed file belongs to a report, case or removal of this student; then nothing of theirs is deleted."""
    reports = select(IncidentPerson.incident_id).where(IncidentPerson.student_id == student_id)
    cases = select(CaseParticipant.case_id).where(CaseParticipant.student_id == student_id)
    mine = [Attachment.incident_id.in_(reports)]
    for name in HOSTS:
        rows = rows_of(name)
        about = rows.case_id.in_(cases) if hasattr(rows, "case_id") else None
        if hasattr(rows, "student_id"):
            about = rows.student_id == student_id
        if about is not None:
            mine.append(getattr(Attachment, name).in_(select(rows.id).where(about)))
    statement = select(Attachment.id).where(Attachment.sealed_at.is_not(None), or_(*mine))
    return db.session.scalar(statement.limit(1)) is not None


def sealed_files(actor: Actor, before: int | None, limit: int) -> Sequence[Attachment]:
    """Sealed files of the schools that the actor is responsible for, newest first."""
    mine = []
    for name in HOSTS:
        rows = rows_of(name)
        ids = select(rows.id).where(in_schools(rows.school_id, actor, Role.ADMINISTRATOR, Role.DISTRICT))
        mine.append(getattr(Attachment, name).in_(ids))
    statement = select(Attachment).where(Attachment.sealed_at.is_not(None), or_(*mine))
    return db.session.scalars(newest(statement, Attachment, limit, before)).all()


def _words(message: OutboxMessage, actor: Actor) -> Mail:
    return Mail(
        _("A file was sealed: act today"),
        [_(
            "A file in the records of a school may be a sexual image of a child. It was sealed: no one opens, copies or"
            " erases it. Call counsel and the Title IX coordinator now; email does not replace a phone call."
        )],
        link("/attachments/sealed"),
    )  # fmt: skip


def _may_know(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.ATTACHMENT_SEALED, load_attachment(message.object_id))


MESSAGES = (MessageKind(SEALED, _words, _may_know),)


def flag(uow: UnitOfWork, row: Attachment) -> None:
    """Seal a locked file at once, unread: it may be a sexual image of a child. Raises Refused if it is sealed or
    removed already."""
    if row.sealed_at is not None or row.removed_at is not None:
        raise Refused("", _("This file was sealed or removed before."))
    seal(uow, [row], SealedWhy.FLAGGED)
    if row.incident_id is not None:
        _raise_duty(uow, uow.session.get_one(Incident, row.incident_id))


def seal(uow: UnitOfWork, rows: Iterable[Attachment], why: SealedWhy) -> int:
    """Seal locked files, and tell who must know. For use cases. Returns their number."""
    count = 0
    for row in rows:
        row.sealed_at, row.sealed_why, row.sealed_by_id = uow.now, why, uow.actor.user_id
        uow.audit(SEALED, "attachment", row.id, changes_of(row))
        _tell_sealed(uow, row)
        count += 1
    return count


def seal_where_sexual(uow: UnitOfWork, incident: Incident) -> None:
    """Seal every file of a report that says that something sexual happened. Reaction to its facts."""
    if not may_be_sexual(incident):
        return
    for name, ids in hosts_on(incident.id).items():
        there = select(Attachment).where(
            getattr(Attachment, name).in_(ids), Attachment.sealed_at.is_(None), Attachment.removed_at.is_(None)
        )
        seal(uow, uow.session.scalars(there.order_by(Attachment.id).with_for_update()).all(), SealedWhy.FACTS)


def _tell_sealed(uow: UnitOfWork, row: Attachment) -> None:
    school_id = school_of(row)
    today = today_at(school_id, uow.now)
    people = {user_id for user_id, _name in holders(Role.ADMINISTRATOR, school_id, today)}
    people |= {user_id for user_id, _name in holders_anywhere(Role.DISTRICT, today)}
    for user_id, actor in sorted(colleagues(people, uow.now).items()):
        if can(actor, Permission.ATTACHMENT_SEALED, row):
            uow.notify(user_id, SEALED, row, f"{SEALED}:{row.id}:{user_id}", at_any_hour=True)


def _raise_duty(uow: UnitOfWork, incident: Incident) -> None:
    code = Duty.TITLE_IX_CONTACT.value
    if any(one.duty.code == code and one.duty.state in OPEN_DUTY for one in duties_of(incident.id)):
        return
    because = _("A file on this report may be a sexual image of a child. It is sealed: no one opens it.")
    open_by_hand(uow, incident, ByHand(code, because, uow.now), None)


blueprint = Blueprint("sealed_files", __name__)


@blueprint.get("/attachments/sealed")
@gate(Permission.ATTACHMENT_SEALED)
def sealed() -> str:
    """The sealed files, newest first, without preview and title."""
    before = id_in(request.args.get("before"))
    files = sealed_files(current_actor(), before, PAGE + 1)
    shown = files[:PAGE]
    school_ids = {one.id: school_of(one) for one in shown}
    schools, names = schools_by_id(set(school_ids.values())), user_names([one.sealed_by_id for one in shown])
    rows = []
    for one in shown:
        school = schools[school_ids[one.id]]
        when = moment_words(one.sealed_at, school.time_zone)
        why = one.sealed_why.label if one.sealed_why else ""
        rows.append(
            {
                "title": _("File %(number)d, %(school)s", number=one.id, school=school.name),
                "meta": dotted(why, names.get(one.sealed_by_id or 0, ""), when),
            }
        )
    older = url_for(".sealed", before=shown[-1].id) if len(files) > PAGE else None
    return render_template("attachments/sealing/list.html", rows=rows, older=older, first=before is None)


ROOM = Room(pages=(blueprint,), messages=MESSAGES, reactions={FACTS_SET: seal_where_sexual})


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


def remove(uow: UnitOfWork, row: Attachment, why: str) -> None:
    """Delete the content of a locked file; who, when and why stay. Raises NotFound for anyone who may not; Refused for
    a file that went to a family, and under a hold."""
    host = _locked(uow, *row.host)
    if not may_remove(host, row, uow.actor.user_id):
        raise NotFound
    if host.is_held:
        raise Refused("", _("A hold keeps this record as it is. Nothing is removed while it is open."))
    if went_out(host, row.id):
        raise Refused("", _("This file went to a family with a copy. It stays as it went out."))
    _erase(uow, row, why)
    _tell(uow, host, "attachment.removed")


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
