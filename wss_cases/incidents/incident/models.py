"""The tables of reports, and what makes a report an alarm: one rule for emails, the review queue and My day."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    case,
    cast,
    event,
    false,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.access.visibility import Windowed, WindowedWith, exemptions_of, holds, is_exempt, names_any
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import Base, CodeTable, Id, Versioned, named_enum, where
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.school_time import at_local, district_zone, local_date
from wss_cases.incidents.incident.states import (
    MAY_HAVE_CAUSED,
    SENSITIVE,
    SEXUAL,
    UNDECIDED,
    WITHDRAWN,
    HurtBySomebody,
    IncidentState,
    KeptFrom,
    PersonKind,
    PersonRole,
    Place,
    Tile,
    WhenPrecision,
)
from wss_cases.roster.directory.models import School, StaffMember, Student

SURE, MAYBE = "yes", "maybe"
MAYBE_FACTS = "maybe"
"""Key of `Incident.facts` that lists facts a reviewer left at "maybe"; routing ignores it."""

_ARMED = frozenset({"firearm", "maybe_firearm", "other"})
_NOT_ARMED = frozenset({"none", "lookalike"})
_THREATS = ("gun_violence_threat", "fire_or_bomb")


class Alarm(Labelled):
    """Why a report comes first. Of SEXUAL reports lists show only the label."""

    DANGER = "danger", _l("Hurt or in danger")
    WEAPON = "weapon", _l("Weapon, or maybe one")
    SEXUAL = "sexual", _l("Read this one now")


WORDLESS = (*SENSITIVE, "adult_conduct", "bias")
"""With one of these facts, lists do not show the report's text; reviewers open it."""


def shows_words(facts: Mapping[str, Any] | None) -> bool:
    """Whether lists may show the report's text: not if one of WORDLESS is set or unknown, or a fact was sent on."""
    known = facts or {}
    return not known.get("sent_on") and all(known.get(name) in (None, False, "none") for name in WORDLESS)


def signs_of(report: Any) -> list[Mapping[str, Any]]:
    return list(report.signs or [])


def alarm_of(facts: Mapping[str, Any], signs: Iterable[Mapping[str, Any]], tile: str, danger_now: bool) -> Alarm | None:
    """Why a report is an alarm, None if it is not. `facts` and `signs` are what the report stores.

    Alarms are: danger now; a gun, another weapon or a bomb, if the tile, an answer or the reporter's confirmation
    states it or leaves it at maybe; and stated sexual contact. A word that nobody confirmed is no alarm, and a fact
    answered with no ends one.
    """
    confirmed = [sign for sign in signs if sign.get("answer") in (SURE, MAYBE)]
    if danger_now or facts.get("imminent_danger") is True:
        return Alarm.DANGER
    if _is_armed(facts, tile) or any(_may_hold(facts, confirmed, name) for name in ("weapon", *_THREATS)):
        return Alarm.WEAPON
    stated = [sign for sign in confirmed if sign.get("answer") == SURE]
    if facts.get("sexual") == "contact" or _names(stated, facts, "sexual"):
        return Alarm.SEXUAL
    return None


def _is_armed(facts: Mapping[str, Any], tile: str) -> bool:
    weapon = facts.get("weapon")
    return weapon in _ARMED or (tile == Tile.WEAPON and weapon not in _NOT_ARMED)


def _may_hold(facts: Mapping[str, Any], confirmed: Iterable[Mapping[str, Any]], name: str) -> bool:
    """Whether a threat is stated, or was left at maybe and not answered since."""
    if facts.get(name) is True:
        return True
    return _is_open(facts, name) and (name in facts.get(MAYBE_FACTS, ()) or _names(confirmed, facts, name))


def _names(signs: Iterable[Mapping[str, Any]], facts: Mapping[str, Any], name: str) -> bool:
    return _is_open(facts, name) and any(name in sign.get("facts", ()) for sign in signs)


def _is_open(facts: Mapping[str, Any], name: str) -> bool:
    return facts.get(name) in (None, "unknown")


class BehaviorCode(CodeTable, Base):
    """One behavior of a code set ('groups' 1-6, or 'prek2'), in force between two dates."""

    __tablename__ = "behavior_code"
    __table_args__ = (
        UniqueConstraint("code_set", "code", "starts_on"),
        CheckConstraint("behavior_group is null or (behavior_group >= 1 and behavior_group <= 6)", name="group"),
    )

    id: Mapped[Id]
    code_set: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(60))
    behavior_group: Mapped[int | None]
    label_en: Mapped[str] = mapped_column(String(300))
    label_es: Mapped[str] = mapped_column(String(300))
    is_subjective: Mapped[bool] = mapped_column(default=False)
    is_attendance: Mapped[bool] = mapped_column(default=False)
    tile: Mapped[str] = mapped_column(String(40), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    edfi: Mapped[str] = mapped_column(String(120), default="")
    ceds: Mapped[str] = mapped_column(String(120), default="")
    crdc: Mapped[str] = mapped_column(String(120), default="")
    swis: Mapped[str] = mapped_column(String(120), default="")


class LocationCode(CodeTable, Base):
    """One place of the code list, with its routing place and standard codes."""

    __tablename__ = "location_code"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(60), unique=True)
    label_en: Mapped[str] = mapped_column(String(200))
    label_es: Mapped[str] = mapped_column(String(200))
    place: Mapped[Place | None] = mapped_column(named_enum(Place, "place"))
    tile: Mapped[str] = mapped_column(String(40), default="")
    edfi: Mapped[str] = mapped_column(String(120), default="")
    ceds: Mapped[str] = mapped_column(String(120), default="")
    swis: Mapped[str] = mapped_column(String(120), default="")
    position: Mapped[int] = mapped_column(default=0)
    ends_on: Mapped[date | None]
    """Last day on which it can be chosen."""


class Incident(Windowed, Versioned, Base):
    """What was seen or heard, once. After submission the narrative only grows by addenda.

    With `happened_at_id` it is the part of this school's students in an event at that other school, and counts there;
    `part_of_id` is that school's report, while it exists. See docs/decisions/0024-two-schools.md.
    """

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("school_id", "number"),
        Index("ix_incident_school_state", "school_id", "state", "id"),
        Index("ix_incident_school", "school_id", "id"),
        Index("ix_incident_school_date", "school_id", "local_date", "id"),
        Index("ix_incident_kept_from", "id", **where("kept_from is not null")),
        UniqueConstraint("part_of_id", "school_id"),
        CheckConstraint("(state = 'duplicate') = (duplicate_of_id is not null)", name="duplicate"),
        CheckConstraint("part_of_id is null or happened_at_id is not null", name="part_of"),
        CheckConstraint("happened_at_id is null or happened_at_id <> school_id", name="happened_at"),
        CheckConstraint("injury in ('none','minor','needed_care') or injury is null", name="injury"),
        CheckConstraint("heard_from in ('saw','student','parent','camera','adult')", name="heard_from"),
    )
    PRIVATE = frozenset({"narrative", "immediate_action", "question", "answer", "closing_note"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    number: Mapped[int]
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[IncidentState] = mapped_column(named_enum(IncidentState, "state"), default=IncidentState.SUBMITTED)
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    submitted_at: Mapped[datetime]
    occurred_at: Mapped[datetime]
    local_date: Mapped[date]
    local_minute: Mapped[int | None]
    when_precision: Mapped[WhenPrecision] = mapped_column(named_enum(WhenPrecision, "when_precision"))
    period: Mapped[str] = mapped_column(String(40), default="")
    tile: Mapped[str] = mapped_column(String(40))
    location_code: Mapped[str] = mapped_column(String(60))
    place: Mapped[Place | None] = mapped_column(named_enum(Place, "place"))
    danger_now: Mapped[bool]
    heard_from: Mapped[str | None] = mapped_column(String(20))
    narrative: Mapped[str] = mapped_column(Text, default="")
    immediate_action: Mapped[str] = mapped_column(Text, default="")
    behavior_group: Mapped[int | None]
    injury: Mapped[str | None] = mapped_column(String(20))
    weapon: Mapped[str | None] = mapped_column(String(20))
    substance: Mapped[str | None] = mapped_column(String(20))
    bias_basis: Mapped[str | None] = mapped_column(String(40))
    property_damage: Mapped[bool | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    signs: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """What made a fact unknown: {"sign", "from": tile, card, word or person, "facts", "answer"}; never the words
    themselves."""
    alarm: Mapped[Alarm | None] = mapped_column(named_enum(Alarm, "alarm"))
    """Computed by `alarm_of` whenever the report is written."""
    details_completed_at: Mapped[datetime | None]
    question: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    outcome_reason: Mapped[str] = mapped_column(String(40), default="")
    closing_note: Mapped[str] = mapped_column(Text, default="")
    reviewed_at: Mapped[datetime | None]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    happened_at_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    part_of_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    kept_from: Mapped[KeptFrom | None] = mapped_column(named_enum(KeptFrom, "kept_from"))
    people: Mapped[list["IncidentPerson"]] = relationship(order_by="IncidentPerson.id", back_populates="incident")

    @classmethod
    def always_visible(cls) -> ColumnElement[bool]:
        """Undecided reports."""
        return cls.state.in_(UNDECIDED)

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """Reports visible from a day on: of that day or later, undecided, or kept visible by records that depend on
        them."""
        return or_(cls.local_date >= first, cls.always_visible(), *exemptions_of(cls.__tablename__, cls.id, first))

    @classmethod
    def stands(cls) -> ColumnElement[bool]:
        """Reports that are neither duplicates nor withdrawn."""
        return and_(cls.state != IncidentState.DUPLICATE, cls.outcome_reason != WITHDRAWN)

    @classmethod
    def counts(cls) -> ColumnElement[bool]:
        """Reports that count in figures: an event at two schools counts once, where it happened."""
        return and_(cls.stands(), cls.happened_at_id.is_(None))

    @property
    def is_withdrawn(self) -> bool:
        return self.outcome_reason == WITHDRAWN

    @property
    def is_sensitive(self) -> bool:
        """Whether outsiders learn only that it waits, and lists do not show its text."""
        if self.kept_from is not None:
            return True
        every = [facts or {} for facts in (self.facts, *(person.facts for person in self.people))]
        stated = any(facts.get(name) not in (None, False, "none", "unknown") for facts in every for name in SENSITIVE)
        return stated or any(facts.get("sent_on") for facts in every)

    @classmethod
    def sensitive(cls) -> ColumnElement[bool]:
        """`is_sensitive` in SQL; never null."""
        person = aliased(IncidentPerson)
        own = select(person.id).where(person.incident_id == cls.id, _is_sensitive(person.facts)).exists()
        return or_(cls.kept_from.is_not(None), _is_sensitive(cls.facts), own)

    @classmethod
    def shown_words(cls) -> ColumnElement[str]:
        """The text that lists show; '' for a sensitive report."""
        return case((cls.sensitive(), ""), else_=cls.narrative).label("narrative")

    @property
    def has_text(self) -> bool:
        return self.narrative != ""

    def in_view_since(self, first: date) -> bool:
        """Whether the report is visible from a day on; reads the database only for an old one."""
        fresh = self.local_date >= first or self.state in UNDECIDED
        return fresh or is_exempt(self, first)

    @classmethod
    def about(cls, students: frozenset[int]) -> ColumnElement[bool]:
        """Reports about any of these students."""
        return names_any(IncidentPerson, "incident_id", cls.id, students)

    @classmethod
    def closed_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Reports of an adult's conduct, hidden from this actor: from the adult, and from others who must not know.
        Never hidden from their reporter."""
        own = false() if actor.user_id is None else cls.reporter_id.is_not_distinct_from(actor.user_id)
        office = in_schools(cls.school_id, actor, Role.DISTRICT)
        heads = in_schools(cls.school_id, actor, Role.ADMINISTRATOR)
        elsewhere = heads if actor.works_elsewhere else false()
        hidden = or_(
            cls.kept_from.is_not(None) & names_account(cls.id, actor.user_id),
            and_(cls.kept_from == KeptFrom.TEAM, not_(or_(heads, office))),
            and_(cls.kept_from == KeptFrom.SCHOOL, not_(or_(elsewhere, office))),
        )
        return and_(cls.kept_from.is_not(None), hidden, not_(own))

    def is_closed_to(self, actor: Actor) -> bool:
        """Whether it is hidden from the actor; reads the database only if `kept_from` is set."""
        return self.kept_from is not None and holds(self, type(self).closed_to(actor))

    @classmethod
    def for_office(cls, actor: Actor) -> ColumnElement[bool]:
        """Reports that the district's office reads because most or all of the school may not."""
        reached = in_schools(cls.school_id, actor, Role.DISTRICT)
        return and_(cls.kept_from.in_([KeptFrom.TEAM, KeptFrom.SCHOOL]), reached, not_(cls.closed_to(actor)))


@event.listens_for(Incident, "before_insert")
@event.listens_for(Incident, "before_update")
def _set_alarm(_mapper: Any, _connection: Any, report: Incident) -> None:
    report.alarm = alarm_of(report.facts or {}, signs_of(report), report.tile, report.danger_now)


class IncidentPerson(Base):
    """One person's part in an incident. With `other_school_id`, only that school knows the name.

    `may_tell`: words that only a student tells at home and that this person's family may be told, the people each word
    concerns (all of them agree), and the notice it was agreed for; see `incidents/telling.py`.
    """

    __tablename__ = "incident_person"
    __table_args__ = (
        Index("ix_incident_person_student", "student_id", "role"),
        Index("ix_incident_person_incident", "incident_id"),
        CheckConstraint("(kind = 'student') = (student_id is not null)", name="student"),
        CheckConstraint(
            "other_school_id is null or (student_id is null and staff_id is null)", name="known_at_other_school"
        ),
    )
    PRIVATE = frozenset({"description", "family_text", "may_tell"})

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    role: Mapped[PersonRole] = mapped_column(named_enum(PersonRole, "role"), default=PersonRole.INVOLVED)
    kind: Mapped[PersonKind] = mapped_column(named_enum(PersonKind, "kind"))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_member.id"))
    other_school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    description: Mapped[str] = mapped_column(String(200), default="")
    grade: Mapped[int | None]
    behavior_code_id: Mapped[int | None] = mapped_column(ForeignKey("behavior_code.id"))
    motivation: Mapped[str | None] = mapped_column(String(40))
    injury: Mapped[str | None] = mapped_column(String(20))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    family_text: Mapped[str] = mapped_column(Text, default="")
    may_tell: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    incident: Mapped[Incident] = relationship(back_populates="people")
    student: Mapped[Student | None] = relationship()
    staff: Mapped[StaffMember | None] = relationship()
    other_school: Mapped[School | None] = relationship()
    behavior: Mapped[BehaviorCode | None] = relationship()


def _is_sensitive(facts: Any) -> ColumnElement[bool]:
    # Compared as text: a fact may be "unknown", which PostgreSQL cannot cast to boolean.
    flags = (
        func.coalesce(cast(facts[name].as_string(), String).in_(("true", "1")), false())
        for name in SENSITIVE
        if name != "sexual"
    )
    stated = func.coalesce(facts["sexual"].as_string().in_(SEXUAL), false())
    return or_(stated, func.coalesce(facts["sent_on"][0].as_string(), "") != "", *flags)


def names_account(incident_id: Any, user_id: int | None) -> ColumnElement[bool]:
    """Whether the report names this account's holder as an adult who may have caused harm."""
    if user_id is None:
        return false()
    person, staff = aliased(IncidentPerson), aliased(StaffMember)
    email = select(UserAccount.email).where(UserAccount.id == user_id).scalar_subquery()
    same = or_(staff.user_id == user_id, and_(staff.email != "", func.lower(staff.email) == email))
    named = select(person.id).join(staff, staff.id == person.staff_id)
    return named.where(person.incident_id == incident_id, person.role.in_(sorted(MAY_HAVE_CAUSED)), same).exists()


class OfIncident(WindowedWith):
    """A record of a report (`incident_id`); it is visible as long as the report."""

    HOST = (Incident, "incident_id")
    PEOPLE = IncidentPerson


class Addendum(Base):
    __tablename__ = "incident_addendum"
    PRIVATE = frozenset({"text"})

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)


class GuardianContact(Base):
    """One attempt to reach a guardian; a voicemail is an attempt, not a contact."""

    __tablename__ = "guardian_contact"
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    incident_person_id: Mapped[int] = mapped_column(ForeignKey("incident_person.id"))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id"))
    at: Mapped[datetime]
    manner: Mapped[str] = mapped_column(String(20))
    result: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class IncidentDraft(Base):
    """Typed but not yet submitted; visible only to its author."""

    __tablename__ = "incident_draft"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    form: Mapped[str] = mapped_column(String(20), default="capture")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    updated_at: Mapped[datetime]


class CareRecord(Windowed, Base):
    """A concern about a student's own safety. Visible to the care team; not in any rate or count of earlier
    incidents."""

    __tablename__ = "care_record"
    PRIVATE = frozenset({"narrative", "screen_note"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"))
    reporter_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    location_code: Mapped[str] = mapped_column(String(60), default="", server_default="")
    narrative: Mapped[str] = mapped_column(Text, default="")
    hurt_by_somebody: Mapped[HurtBySomebody | None] = mapped_column(named_enum(HurtBySomebody, "hurt_by_somebody"))
    screened_at: Mapped[datetime | None]
    screened_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    screen_note: Mapped[str] = mapped_column(Text, default="")

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """Concerns not screened yet, or opened on that day or later."""
        return or_(cls.screened_at.is_(None), cls.opened_at >= at_local(first, 0, 0, district_zone()))

    def in_view_since(self, first: date) -> bool:
        return self.screened_at is None or local_date(self.opened_at, district_zone()) >= first

    @classmethod
    def about(cls, students: frozenset[int]) -> ColumnElement[bool]:
        return cls.student_id.in_(sorted(students))
