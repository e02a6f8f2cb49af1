"""Reading attachments. Every read is limited to what the actor may see, never more than the record shows: a signed
agreement only to its parties and circle keepers, a circle's consent only to those who may know who said what."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Text,
    and_,
    column,
    func,
    not_,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role, in_schools
from wss_cases.access.visibility import holds, in_view
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import Base, Id, by_id, db, exactly_one, named_enum
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import visible_to as incidents_visible
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle.models import CircleConsent, CircleKeeper
from wss_cases.pathways.circles.terms import Agreement, AgreementSignature, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import visible_to as pathways_visible
from wss_cases.pathways.referrals.referral.models import Referral, ReferralConsent
from wss_cases.roster.directory.models import StaffMember
from wss_cases.safeguards.discipline.removals.models import DisciplineAction


class AttachmentKind(Labelled):
    PHOTO = "photo", _l("Photo")
    PDF = "pdf", _l("PDF")


class SealedWhy(Labelled):
    """Why a file can no longer be opened."""

    FLAGGED = "flagged", _l("Someone said that it may be a sexual image of a child")
    FACTS = "facts", _l("The report now says that something sexual happened")


SENTENCES: dict[str, Any] = {
    "attachment.added": _l("A file was attached"),
    "attachment.removed": _l("An attached file was removed"),
    "attachment.sealed": _l("An attached file was sealed"),
}


HOSTS: Final = (
    "incident_id",
    "circle_consent_id",
    "referral_consent_id",
    "agreement_id",
    "discipline_action_id",
    "family_release_id",
)
"""Columns of the records that can have attachments; exactly one is set."""


class Attachment(Base):
    """One photo or PDF. `title` is the uploader's description; `size` is in bytes, unsealed. Removed: the content is
    deleted; who, when and why stay. Sealed: the content stays, and nobody can open it."""

    __tablename__ = "attachment"
    __table_args__ = (
        exactly_one(*HOSTS, name="one_record"),
        *(Index(f"ix_attachment_{name.removesuffix('_id')}", name) for name in HOSTS),
        CheckConstraint("(sealed_text is null) = (removed_at is not null)", name="content"),
        CheckConstraint("(sealed_text is null) = (sealed_key is null)", name="content_key"),
        CheckConstraint("removed_at is null or removed_why <> ''", name="removed"),
        CheckConstraint("(sealed_at is null) = (sealed_why is null)", name="sealed"),
        CheckConstraint("sealed_at is null or removed_at is null", name="sealed_stays"),
    )
    PRIVATE = frozenset({"title", "removed_why", "sealed_text", "sealed_key"})
    SEALS_BYTES = True
    """On a change of keys only its key is wrapped again: there are too many bytes to seal again."""

    id: Mapped[Id]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    circle_consent_id: Mapped[int | None] = mapped_column(ForeignKey("circle_consent.id"))
    referral_consent_id: Mapped[int | None] = mapped_column(ForeignKey("referral_consent.id"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"))
    discipline_action_id: Mapped[int | None] = mapped_column(ForeignKey("discipline_action.id"))
    family_release_id: Mapped[int | None] = mapped_column(ForeignKey("family_release.id"))
    kind: Mapped[AttachmentKind] = mapped_column(named_enum(AttachmentKind, "kind"))
    title: Mapped[str] = mapped_column(String(120), default="")
    size: Mapped[int]
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_name: Mapped[str | None] = mapped_column(String(16), index=True)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]
    sealed_why: Mapped[SealedWhy | None] = mapped_column(named_enum(SealedWhy, "sealed_why"))
    sealed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    removed_why: Mapped[str] = mapped_column(Text, default="", server_default="")

    @property
    def host(self) -> tuple[str, int]:
        """The record's column and id."""
        [pair] = [(name, value) for name in HOSTS if (value := getattr(self, name)) is not None]
        return pair


RELEASE: Final = table(
    "family_release", column("id"), column("school_id"), column("student_id"), column("incident_ids", JSON),
    column("parts", JSON), column("state"),
)  # fmt: skip
"""The family requests of a higher package."""
RECORD_ROLES: Final = (Role.COORDINATOR, Role.ADMINISTRATOR)
DECIDE: Final = (Role.DEAN, Role.ADMINISTRATOR)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Limit a select of attachments to those that the actor may see."""
    return statement.where(_visible(actor))


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.is_system:
        return true()
    # A reporter outside the case team sees only their own attachments.
    team = Attachment.incident_id.in_(select(Incident.id).where(in_view(Incident, actor, *CASE_TEAM)))
    read = [getattr(Attachment, name).in_(readable(name, actor)) for name in HOSTS]
    return and_(or_(*read), or_(Attachment.incident_id.is_(None), team, Attachment.added_by_id == actor.user_id))


def readable(host: str, actor: Actor) -> Select[Any]:
    """Ids of the records of one kind where the actor may see attachments, at least their own."""
    return _READABLE[host](actor)


def may_read(actor: Actor, attachment: Attachment) -> bool:
    """Whether the actor may see an attachment; the same rule as `visible_to`."""
    return holds(attachment, _visible(actor))


def _actions(actor: Actor) -> Select[Any]:
    return select(DisciplineAction.id).where(in_view(DisciplineAction, actor, *CASE_TEAM))


def _releases(actor: Actor) -> Select[Any]:
    return select(RELEASE.c.id).where(in_schools(RELEASE.c.school_id, actor, *RECORD_ROLES))


def _circle_consents(actor: Actor) -> Select[Any]:
    circles = pathways_visible(select(Pathway.id), actor)
    return select(CircleConsent.id).where(
        CircleConsent.pathway_id.in_(circles), _decides_nothing(CircleConsent.school_id, actor)
    )


def _decides_nothing(school_id: Any, actor: Actor) -> ColumnElement[bool]:
    """Coordinators of the school without a role that decides on discipline there."""
    return and_(in_schools(school_id, actor, Role.COORDINATOR), not_(in_schools(school_id, actor, *DECIDE)))


def _referral_consents(actor: Actor) -> Select[Any]:
    pathways = pathways_visible(select(Pathway.id), actor)
    joined = select(ReferralConsent.id).join(Referral, Referral.id == ReferralConsent.referral_id)
    return joined.where(Referral.pathway_id.in_(pathways))


def _agreements(actor: Actor) -> Select[Any]:
    """Agreements of circles that the actor keeps, or where they signed or have a term."""
    keeps = select(CircleKeeper.pathway_id).where(
        CircleKeeper.user_id == actor.user_id, CircleKeeper.ended_at.is_(None)
    )
    as_keeper = and_(Agreement.pathway_id.in_(keeps), _decides_nothing(Agreement.school_id, actor))
    party = (
        select(CaseParticipant.id)
        .join(IncidentPerson, IncidentPerson.id == CaseParticipant.incident_person_id)
        .join(StaffMember, StaffMember.id == IncidentPerson.staff_id)
        .where(StaffMember.user_id == actor.user_id)
    )
    signed = select(AgreementSignature.agreement_id).where(AgreementSignature.participant_id.in_(party))
    promised = select(AgreementTerm.agreement_id).where(AgreementTerm.owner_participant_id.in_(party))
    own = and_(in_view(Agreement, actor, *STAFF), or_(Agreement.id.in_(signed), Agreement.id.in_(promised)))
    return select(Agreement.id).where(or_(as_keeper, own))


_READABLE: Mapping[str, Callable[[Actor], Select[Any]]] = {
    "incident_id": lambda actor: incidents_visible(select(Incident.id), actor),
    "circle_consent_id": _circle_consents,
    "referral_consent_id": _referral_consents,
    "agreement_id": _agreements,
    "discipline_action_id": _actions,
    "family_release_id": _releases,
}


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """An attachment that the actor may see, also removed or sealed. Raises NotFound."""
    attachment: Attachment | None = db.session.scalar(
        visible_to(select(Attachment).where(Attachment.id == attachment_id), actor)
    )
    return existing(attachment)


def attachments_on(actor: Actor, host: str, record_id: int) -> list[Attachment]:
    """The attachments of one record that the actor may see, oldest first."""
    mine = visible_to(select(Attachment).where(getattr(Attachment, host) == record_id), actor)
    return list(db.session.scalars(mine.order_by(Attachment.id)))


def count_on(host: str, record_id: int) -> int:
    """Number of a record's attachments without removed ones, whoever may see them."""
    there = (getattr(Attachment, host) == record_id, Attachment.removed_at.is_(None))
    return db.session.scalar(select(func.count(Attachment.id)).where(*there)) or 0


def counts_on(actor: Actor, host: str, record_ids: Collection[int]) -> dict[int, int]:
    """Number of attachments that the actor may see by record id, without removed ones."""
    which = getattr(Attachment, host)
    counted: Any = select(which, func.count(Attachment.id)).where(
        which.in_(sorted(record_ids)), Attachment.removed_at.is_(None)
    )
    return {row[0]: row[1] for row in db.session.execute(visible_to(counted, actor).group_by(which))}


load_attachment = by_id(Attachment)


ROOM = Room(sentences=SENTENCES, loaders={"attachment": load_attachment})
