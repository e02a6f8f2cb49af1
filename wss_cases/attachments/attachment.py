"""Attachments: their table and the records that have some. Every read is limited to what the actor may see of the
record: a signed agreement only its parties and circle keepers, a circle's consent those who may know who said what."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
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
from sqlalchemy.orm import Mapped, mapped_column, selectinload

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.access.visibility import holds, in_view
from wss_cases.cases.case.models import CaseIncident, CaseParticipant
from wss_cases.foundation.db import Base, Id, by_id, db, exactly_one, named_enum
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.queries import visible_to as incidents_visible
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle.models import CircleConsent, CircleKeeper
from wss_cases.pathways.circles.terms import Agreement, AgreementSignature, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.queries import visible_to as pathways_visible
from wss_cases.pathways.legal_holds import is_case_held, is_student_held
from wss_cases.pathways.referrals.referral.models import Referral, ReferralConsent
from wss_cases.roster.directory.models import StaffMember
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.discipline.removals.queries import get_action


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


SEXUAL_CODES: Final = frozenset({"SCH_HBALLEGATIONS_SEX", "SCH_OFFENSE_RAPE", "SCH_OFFENSE_BATT"})
"""Sexual harassment, rape and sexual assault in the federal data collection."""


def may_be_sexual(incident: Any) -> bool:
    """Whether a report says that something sexual happened, by its facts or a person's behavior."""
    facts = [incident.facts, *(person.facts for person in incident.people)]
    if any((one or {}).get("sexual") not in (None, "none") for one in facts):
        return True
    behaviors = [person.behavior for person in incident.people if person.behavior is not None]
    return any(one.code.startswith("sexual") or one.crdc in SEXUAL_CODES for one in behaviors)


ENDED: Final = frozenset({IncidentState.CLOSED, IncidentState.NO_FURTHER_ACTION, IncidentState.DUPLICATE})


@dataclass(frozen=True)
class Host:
    """A record with attachments, what the actor may do, and what it depends on. `record` is its row if it has a
    history; `is_team`: the actor may remove other people's files."""

    name: str
    record_id: int
    school_id: int
    title: str
    may_add: bool
    is_team: bool
    record: Any = None
    incident_ids: frozenset[int] = frozenset()
    case_id: int | None = None
    pathway_id: int | None = None
    student_ids: frozenset[int] = frozenset()

    @property
    def has_history(self) -> bool:
        """Whether the case team's history may mention attachments."""
        return self.name in ("incident_id", "agreement_id", "discipline_action_id")

    @property
    def is_sexual(self) -> bool:
        """Whether an image of a child may be sexual, by the reports that the record depends on."""
        return any(map(may_be_sexual, _reports(self.incident_ids)))

    @property
    def is_held(self) -> bool:
        """Whether a hold protects the record from deletion."""
        if self.case_id is not None:
            return is_case_held(self.case_id)
        return any(map(is_student_held, self.student_ids)) or any(map(is_case_held, _cases_of(self.incident_ids)))


def host_of(actor: Actor, name: str, record_id: int) -> Host:
    """A record with attachments that the actor may see. Raises NotFound."""
    return _LOADERS[name](actor, record_id)


def rows_of(name: str) -> Any:
    return _MODELS.get(name, RELEASE.c)


def in_pathway(host: Host, case_id: int, pathway_id: int) -> Host:
    """A host of this pathway. Raises NotFound for another's."""
    if (host.case_id, host.pathway_id) != (case_id, pathway_id):
        raise NotFound
    return host


def agreement_of(pathway_id: int) -> int | None:
    """Id of a circle's agreement, or None. The caller must still check the circle."""
    return db.session.scalar(select(Agreement.id).where(Agreement.pathway_id == pathway_id))


def school_of(attachment: Attachment) -> int:
    """The school of an attachment's record."""
    name, record_id = attachment.host
    columns = rows_of(name)
    return int(existing(db.session.scalar(select(columns.school_id).where(columns.id == record_id))))


def answers_for(actor: Actor, attachment: Attachment) -> bool:
    return actor.covers(school_of(attachment), Role.ADMINISTRATOR, Role.DISTRICT)


def went_out(host: Host, attachment_id: int) -> bool:
    """Whether a file was released to a family with a copy; then it cannot be removed."""
    released = select(RELEASE.c.parts).where(RELEASE.c.state == "released", RELEASE.c.student_id.in_(host.student_ids))
    return any(f"file-{attachment_id}" in parts for parts in db.session.scalars(released))


def hosts_on(incident_id: int) -> dict[str, Any]:
    """The records of a report that may have attachments: by column, a select of their ids."""
    cases = select(CaseIncident.case_id).where(CaseIncident.incident_id == incident_id)
    return {
        "incident_id": select(Incident.id).where(Incident.id == incident_id),
        "circle_consent_id": select(CircleConsent.id).where(CircleConsent.case_id.in_(cases)),
        "referral_consent_id": select(ReferralConsent.id).where(ReferralConsent.case_id.in_(cases)),
        "agreement_id": select(Agreement.id).where(Agreement.case_id.in_(cases)),
        "discipline_action_id": select(DisciplineAction.id).where(DisciplineAction.incident_id == incident_id),
    }


def _incident(actor: Actor, record_id: int) -> Host:
    row = get_incident(actor, record_id)
    team = actor.is_system or actor.covers(row.school_id, *CASE_TEAM)
    closed = row.state is IncidentState.DUPLICATE if team else row.state in ENDED
    return Host(
        "incident_id", row.id, row.school_id, _("Report %(reference)s", reference=row.reference),
        can(actor, Permission.INCIDENT_COMPLETE, row) and not closed, team, row, frozenset({row.id}),
        student_ids=frozenset(person.student_id for person in row.people if person.student_id is not None),
    )  # fmt: skip


def _circle_consent(actor: Actor, record_id: int) -> Host:
    row = existing(db.session.get(CircleConsent, record_id))
    pathway = get_pathway(actor, row.case_id, row.pathway_id)
    return _of_pathway("circle_consent_id", actor, row, pathway, _("Consent to a circle"))


def _referral_consent(actor: Actor, record_id: int) -> Host:
    row = existing(db.session.get(ReferralConsent, record_id))
    referral = db.session.get_one(Referral, row.referral_id)
    pathway = get_pathway(actor, referral.case_id, referral.pathway_id)
    return _of_pathway("referral_consent_id", actor, row, pathway, _("Consent to a referral"))


def _agreement(actor: Actor, record_id: int) -> Host:
    row = existing(db.session.get(Agreement, record_id))
    pathway = existing(db.session.get(Pathway, row.pathway_id))
    return _of_pathway("agreement_id", actor, row, pathway, _("Signed agreement"))


def _of_pathway(name: str, actor: Actor, row: Any, pathway: Pathway, title: str) -> Host:
    _refuse_unread(actor, name, row.id)
    return Host(
        name, row.id, row.school_id, title,
        can(actor, Permission.CASE_WORK, pathway), can(actor, Permission.CASE_WORK, pathway), row,
        frozenset(db.session.scalars(select(CaseIncident.incident_id).where(CaseIncident.case_id == pathway.case_id))),
        pathway.case_id, pathway.id,
    )  # fmt: skip


def _action(actor: Actor, record_id: int) -> Host:
    row = get_action(actor, record_id).action
    works = can(actor, Permission.DISCIPLINE_RECORD, row)
    return Host(
        "discipline_action_id", row.id, row.school_id, _("Notice of a discipline action"),
        works, works, row,
        frozenset({row.incident_id} if row.incident_id else ()), student_ids=frozenset({row.student_id}),
    )  # fmt: skip


def _release(actor: Actor, record_id: int) -> Host:
    row = existing(db.session.execute(select(RELEASE).where(RELEASE.c.id == record_id)).first())
    _refuse_unread(actor, "family_release_id", row.id)
    return Host(
        "family_release_id", row.id, row.school_id, _("Copy of the record for the family"),
        True, True, None,
        frozenset(row.incident_ids), student_ids=frozenset({row.student_id}),
    )  # fmt: skip


def _refuse_unread(actor: Actor, name: str, record_id: int) -> None:
    ids = readable(name, actor).subquery()
    if db.session.scalar(select(ids.c.id).where(ids.c.id == record_id)) is None:
        raise NotFound


def _reports(incident_ids: Collection[int]) -> list[Incident]:
    people = selectinload(Incident.people).joinedload(IncidentPerson.behavior)
    return list(db.session.scalars(select(Incident).options(people).where(Incident.id.in_(sorted(incident_ids)))))


def _cases_of(incident_ids: Collection[int]) -> list[int]:
    linked = select(CaseIncident.case_id).where(CaseIncident.incident_id.in_(sorted(incident_ids)))
    return list(db.session.scalars(linked.distinct()))


_MODELS: Mapping[str, Any] = {
    "incident_id": Incident,
    "circle_consent_id": CircleConsent,
    "referral_consent_id": ReferralConsent,
    "agreement_id": Agreement,
    "discipline_action_id": DisciplineAction,
}
_LOADERS: Mapping[str, Callable[[Actor, int], Host]] = {
    "incident_id": _incident,
    "circle_consent_id": _circle_consent,
    "referral_consent_id": _referral_consent,
    "agreement_id": _agreement,
    "discipline_action_id": _action,
    "family_release_id": _release,
}


@dataclass(frozen=True)
class Paper:
    """A record that may have files: its kind, whose it is (None: no single person's), its day, and the number of
    files."""

    host: Host
    participant: CaseParticipant | None
    day: date
    count: int


def papers_of(actor: Actor, row: Pathway) -> list[Paper]:
    """The records of a pathway that may have files and that the actor may see, consents first."""
    circle = select(CircleConsent).where(
        CircleConsent.pathway_id == row.id, CircleConsent.id.in_(readable("circle_consent_id", actor))
    )
    referral = (
        select(ReferralConsent)
        .join(Referral, Referral.id == ReferralConsent.referral_id)
        .where(Referral.pathway_id == row.id, ReferralConsent.id.in_(readable("referral_consent_id", actor)))
    )
    agreement = select(Agreement).where(
        Agreement.pathway_id == row.id, Agreement.id.in_(readable("agreement_id", actor))
    )
    return [
        *_papers(actor, "circle_consent_id", circle.order_by(CircleConsent.id), "given_on"),
        *_papers(actor, "referral_consent_id", referral.order_by(ReferralConsent.id), "signed_on"),
        *_papers(actor, "agreement_id", agreement, "agreed_on"),
    ]


def _papers(actor: Actor, name: str, statement: Any, day: str) -> list[Paper]:
    rows = db.session.scalars(statement).all()
    counts = counts_on(actor, name, [row.id for row in rows])
    papers = []
    for row in rows:
        participant_id = getattr(row, "participant_id", None)
        whose = db.session.get(CaseParticipant, participant_id) if participant_id is not None else None
        papers.append(Paper(host_of(actor, name, row.id), whose, getattr(row, day), counts.get(row.id, 0)))
    return papers
