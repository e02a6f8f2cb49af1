"""Legal duties: their tables, and pure decisions: what was raised, when a clock runs out, whom it reaches."""

import enum
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    false,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.visibility import closed_through, sees
from wss_cases.followups.reminders.rules import Why
from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.incidents.incident.models import Incident, OfIncident
from wss_cases.incidents.incident.states import HEARD_FROM_LABELS
from wss_cases.routing.engine.vocabulary import POLICE_DUTIES, Duty

DUTY_LABELS: Final[dict[str, object]] = {code.value: words for code, words in Duty.labels().items()} | {
    "bullying_yearly": _l("Verified bullying: yearly report to the State Board"),
    "questioning_of_student": _l("Questioning of a student on school grounds: the guardian first"),
    "annual_police_referral_count": _l("Yearly count of police referrals to the State Board"),
}
"""What each duty of the table asks, in a line."""


class DutyState(Labelled):
    """Open (due, or to be verified first) until discharged or found not to apply."""

    VERIFY_FIRST = "verify_first", _l("Verify first")
    DUE = "due", _l("Due now")
    DISCHARGED = "discharged", _l("Done")
    NOT_APPLICABLE = "not_applicable", _l("Found not to apply")


OPEN_DUTY: Final = frozenset({DutyState.VERIFY_FIRST, DutyState.DUE})
"""States in which a duty still asks for something."""
MAY_NOT_APPLY: Final = OPEN_DUTY | {DutyState.DISCHARGED}
"""States from which two people may find that it does not apply: what was carried out can turn out not to have, too."""

TRANSITIONS: Final[dict[DutyState, frozenset[DutyState]]] = {
    DutyState.VERIFY_FIRST: frozenset({DutyState.DUE, DutyState.DISCHARGED, DutyState.NOT_APPLICABLE}),
    DutyState.DUE: frozenset({DutyState.DISCHARGED, DutyState.NOT_APPLICABLE}),
    DutyState.DISCHARGED: frozenset({DutyState.NOT_APPLICABLE}),
    DutyState.NOT_APPLICABLE: frozenset(),
}


PERSONAL: Final = frozenset({"child_abuse_or_neglect"})
"""Duties that are each adult's own: nobody but that adult and the school's administrator may know of one."""


CONFIDENTIAL: Final = PERSONAL | {Duty.TITLE_IX_CONTACT.value, Duty.ADULT_CONDUCT.value, Duty.ARTICLE_26A_SUPPORT.value}
"""Duties of which no other system hears, not even that one runs."""


class StepWhom(enum.StrEnum):
    """Whom one step of a duty tells: what it counts as, and whom its page says to call."""

    POLICE = "police"
    FAMILY = "family"
    OTHERS = "others"


class StepOutcome(Labelled):
    """What became of one step of a duty."""

    DONE = "done", _l("Carried out")
    NOT_APPLICABLE = "not_applicable", _l("Not applicable")


SAME_CALL: Final = {"yes": _l("Yes, the same call: it is not counted again"), "no": _l("No, this is another call")}
"""Whether a call to the police that is recorded on a step is one that the report already has."""

CHANNEL_LABELS: Final = {
    "phone": _l("Phone"),
    "in_person": _l("In person"),
    "mail": _l("Letter or email"),
    "portal": _l("Online portal"),
}

_CODE: Final = {"code": DUTY_LABELS}

SENTENCES: Final[dict[str, Any]] = {
    "duty.raised": (_l("Legal duty raised (rule %(rules)s): %(code)s"), _CODE),
    "duty.now_due": (_l("Legal duty now due (rule %(rules)s): %(code)s"), _CODE),
    "duty.taken_back": (_l("Legal duty withdrawn with the mark that raised it: %(code)s"), _CODE),
    "duty.facts_changed": (_l("The facts no longer raise this legal duty; it stays open: %(code)s"), _CODE),
    "duty_kind.changed": (_l("A new row of the table of legal duties from %(day)s: %(code)s"), _CODE),
    "duty_kind.ended": (_l("A row of the table of legal duties ends %(day)s: %(code)s"), _CODE),
    "duty.raised_by_hand": (_l("Legal duty raised manually: %(code)s"), _CODE),
    "duty.source_said": (_l("How they know of what raised a legal duty was recorded: %(code)s"), _CODE),
    "duty.verified": (_l("Legal duty verified, due now: %(code)s"), _CODE),
    "duty.step_done": (_l("Step %(position)s of a legal duty carried out: %(code)s"), _CODE),
    "duty.step_not_applicable": (_l("Step %(position)s of a legal duty does not apply: %(code)s"), _CODE),
    "duty.escalated": (_l("The clock of a legal duty ran out: %(code)s. Told: %(to)s"), _CODE),
    "duty.discharged": (_l("Legal duty carried out: %(code)s"), _CODE),
    "duty.not_applicable_proposed": (_l("Proposed that this legal duty does not apply: %(code)s"), _CODE),
    "duty.not_applicable_refused": (_l("Second review: this legal duty still applies: %(code)s"), _CODE),
    "duty.not_applicable": (_l("Found not to apply, after second review: %(code)s"), _CODE),
}


class LegalDutyKind(Base):
    """One row of the dated duty table: trigger, whom to tell, clock, source, and whether it is confirmed.

    A row is never rewritten: a change is a row of its own from another day on, and duties keep theirs.
    """

    __tablename__ = "legal_duty_kind"
    __table_args__ = (
        UniqueConstraint("code", "starts_on"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(60), index=True)
    trigger_en: Mapped[str] = mapped_column(Text)
    trigger_es: Mapped[str] = mapped_column(Text)
    tell_en: Mapped[str] = mapped_column(Text)
    tell_es: Mapped[str] = mapped_column(Text)
    clock_en: Mapped[str] = mapped_column(String(200))
    clock_es: Mapped[str] = mapped_column(String(200))
    clock_hours: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(300))
    is_confirmed: Mapped[bool] = mapped_column(default=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class LegalDuty(OfIncident, Versioned, Base):
    """One duty raised by one incident. Nothing hides or deletes it; it closes with what was done, or a reason.

    `turn` counts how often the same incident raised it; `still_raised` is false when newer facts no longer do;
    `was_due` is whether it ever was more than something to verify. Found not to apply needs two people.
    Its clock runs from `aware_at`. `owner_id` is the adult whose mandated-reporter duty it is; None for a
    duty of the school. `source_how` and `source_name`: how whoever raised it knows, and who told them, with an account
    or without; '' where nobody said.
    """

    __tablename__ = "legal_duty"
    __table_args__ = (
        Index("ix_legal_duty_incident", "incident_id"),
        Index("ix_legal_duty_school_state", "school_id", "state"),
        Index(
            "ix_legal_duty_clock", "due_at", **where("state in ('due', 'verify_first') and clock_escalated_at is null")
        ),
        UniqueConstraint("incident_id", "code", "turn"),
        CheckConstraint(
            "state not in ('discharged', 'not_applicable') or (closed_at is not null and what_was_done <> '')",
            name="closing",
        ),
        CheckConstraint("(proposed_by_id is null) = (proposed_at is null)", name="proposal"),
        CheckConstraint("state <> 'not_applicable' or closed_by_id <> proposed_by_id", name="second_look"),
        CheckConstraint(
            "(verified_by_id is null) = (verified_at is null) and (verified_at is null or verified_how <> '')",
            name="verified",
        ),
        CheckConstraint("raised_by_id is null or raised_because <> ''", name="by_hand"),
    )

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    kind_id: Mapped[int] = mapped_column(ForeignKey("legal_duty_kind.id"))
    code: Mapped[str] = mapped_column(String(60))
    state: Mapped[DutyState] = mapped_column(named_enum(DutyState, "state"))
    turn: Mapped[int] = mapped_column(default=1)
    rules: Mapped[list[str]] = mapped_column(default=list)
    still_raised: Mapped[bool] = mapped_column(default=True)
    was_due: Mapped[bool] = mapped_column(default=False)
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    channel: Mapped[str] = mapped_column(String(40), default="")
    told_whom: Mapped[str] = mapped_column(String(200), default="")
    reference: Mapped[str] = mapped_column(String(120), default="")
    what_was_done: Mapped[str] = mapped_column(Text, default="")
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime | None]
    proposed_reason: Mapped[str] = mapped_column(Text, default="")
    clock_reminded_at: Mapped[datetime | None]
    clock_escalated_at: Mapped[datetime | None]
    aware_at: Mapped[datetime]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    raised_because: Mapped[str] = mapped_column(Text, default="")
    source_how: Mapped[str] = mapped_column(String(20), default="", server_default="")
    source_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    verified_how: Mapped[str] = mapped_column(Text, default="")

    @classmethod
    def closed_to(cls, actor: Actor) -> ColumnElement[bool] | None:
        """Those of a report that is closed to this person, but what is their own duty."""
        closed = closed_through(actor, Incident, cls.incident_id)
        own = false() if actor.user_id is None else cls.owner_id.is_not_distinct_from(actor.user_id)
        return None if closed is None else and_(closed, not_(own))

    def is_closed_to(self, actor: Actor) -> bool:
        """Whether this one is."""
        own = self.owner_id is not None and self.owner_id == actor.user_id
        return not own and super().is_closed_to(actor)

    @classmethod
    def for_office(cls, actor: Actor) -> ColumnElement[bool]:
        """Those of a report that the district's office reads."""
        report: Any = aliased(Incident)
        return select(report.id).where(report.id == cls.incident_id, report.for_office(actor)).exists()

    @property
    def is_personal(self) -> bool:
        """Whether it is one adult's own, which hardly anybody else may know of."""
        return self.code in PERSONAL

    @property
    def PRIVATE(self) -> frozenset[str]:
        """What the audit log never shows in clear; of a personal duty not even which it is."""
        texts = {
            "what_was_done",
            "told_whom",
            "reference",
            "proposed_reason",
            "raised_because",
            "verified_how",
            "source_name",
        }
        which = {"code", "kind_id", "rules", "owner_id"}
        return frozenset(texts | which if self.is_personal else texts)

    @classmethod
    def always_visible(cls) -> ColumnElement[bool]:
        """Open duties, and those carried out of which somebody says that they did not apply."""
        return or_(cls.state.in_(OPEN_DUTY), and_(cls.state == DutyState.DISCHARGED, cls.proposed_by_id.is_not(None)))

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """Open duties never fade; the others with their report."""
        return or_(cls.always_visible(), super().since(first))

    def in_view_since(self, first: date) -> bool:
        """Whether this duty is in view from a day on."""
        asked = self.state is DutyState.DISCHARGED and self.proposed_by_id is not None
        return self.state in OPEN_DUTY or asked or super().in_view_since(first)


class LegalDutyKindStep(Base):
    """One step that a row of the table asks for: whom to tell, or what to see to."""

    __tablename__ = "legal_duty_kind_step"
    __table_args__ = (UniqueConstraint("kind_id", "position"),)

    id: Mapped[Id]
    kind_id: Mapped[int] = mapped_column(ForeignKey("legal_duty_kind.id"))
    position: Mapped[int]
    whom_en: Mapped[str] = mapped_column(String(300))
    whom_es: Mapped[str] = mapped_column(String(300))


class LegalDutyStep(Base):
    """One step of one duty as it was carried out, or why it does not apply; written once, never changed."""

    __tablename__ = "legal_duty_step"
    __table_args__ = (
        UniqueConstraint("duty_id", "kind_step_id"),
        CheckConstraint(
            "(outcome = 'done' and done_at is not null and told_whom <> '' and channel <> '')"
            " or (outcome = 'not_applicable' and note <> '')",
            name="told",
        ),
    )
    PRIVATE = frozenset({"told_whom", "channel", "reference", "note", "kind_step_id"})

    id: Mapped[Id]
    duty_id: Mapped[int] = mapped_column(ForeignKey("legal_duty.id"))
    kind_step_id: Mapped[int] = mapped_column(ForeignKey("legal_duty_kind_step.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    outcome: Mapped[StepOutcome] = mapped_column(named_enum(StepOutcome, "outcome"))
    done_at: Mapped[datetime | None]
    told_whom: Mapped[str] = mapped_column(String(200), default="")
    channel: Mapped[str] = mapped_column(String(40), default="")
    reference: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


AT_ONCE = timedelta(minutes=15)
"""How long "at once" may take before it is called late."""
EARLIEST_WARNING = timedelta(hours=12)
TOLD_BY_SOMEONE = frozenset({"student", "parent", "adult"})
POLICE_WORDS = ("police", "officer", "sergeant", "911")
FAMILY_WORDS = ("guardian", "famil", "parent")


POSSIBLE = "possible"
"""What routing says of a duty that hangs on a fact no one has answered: it is not registered."""


@dataclass(frozen=True)
class Raised:
    """What routing says of one duty: its state and the rules that raised it."""

    state: DutyState
    rules: tuple[str, ...]


def merged(answers: Iterable[Iterable[Mapping[str, object]]]) -> dict[str, Raised]:
    """Return the duties of several people's answers as one per code; due beats verify_first, all rules cited.

    A duty that is only possible is none yet.
    """
    raised: dict[str, Raised] = {}
    for duties in answers:
        for duty in duties:
            if duty["state"] == POSSIBLE:
                continue
            code, state = str(duty["duty"]), DutyState(str(duty["state"]))
            rules = duty["rules"]
            before = raised.get(code)
            cited = tuple(str(rule) for rule in rules) if isinstance(rules, list | tuple) else ()
            if before is not None:
                cited = tuple(dict.fromkeys((*before.rules, *cited)))
                state = DutyState.DUE if DutyState.DUE in (before.state, state) else state
            raised[code] = Raised(state, cited)
    return raised


def whom_of(code: str, words_en: str) -> StepWhom:
    """Return whom a step tells, by its words in English: the police in a duty that names them, a family, or others."""
    words = words_en.casefold()
    if code in POLICE_DUTIES and any(word in words for word in POLICE_WORDS):
        return StepWhom.POLICE
    return StepWhom.FAMILY if any(word in words for word in FAMILY_WORDS) else StepWhom.OTHERS


def refuse_source(how: str, name: str) -> None:
    """Raise Refused beside a field for a source that is not said whole: how one knows, and who told one."""
    if (how and how not in HEARD_FROM_LABELS) or (name.strip() and not how):
        raise Refused("source_how", _("Choose how you know of it."))
    if how in TOLD_BY_SOMEONE and not name.strip():
        raise Refused("source_name", _("Write who told you. If you do not know the name, write that."))


def refuse_future(field: str, at: datetime, now: datetime) -> None:
    """Raise Refused beside a field for a time that has not come yet."""
    if at > now:
        raise Refused(field, _("This time is in the future."))


def due_at(raised_at: datetime, clock_hours: int | None) -> datetime | None:
    """Return when a duty's clock runs out, in hours of any day or night; None for a clock that is not in hours."""
    return None if clock_hours is None else raised_at + timedelta(hours=clock_hours)


def is_overdue(state: DutyState, due: datetime | None, now: datetime, clock_hours: int | None = None) -> bool:
    """Whether an open duty's clock has run out.

    A clock of 0 hours means at once: late only after a quarter of an hour,
    and never while the facts are to be verified.
    """
    if state not in OPEN_DUTY or due is None:
        return False
    if clock_hours == 0:
        return state is DutyState.DUE and due + AT_ONCE < now
    return due < now


def warns_at(due: datetime | None, clock_hours: int | None) -> datetime | None:
    """Return when those who must act are reminded of a clock: in its last quarter, 12 hours before its end at the
    earliest. None for "at once": those were told at once, and nothing is left to wait for."""
    if due is None or not clock_hours:
        return None
    return due - min(timedelta(hours=clock_hours) / 4, EARLIEST_WARNING)


def must_act(team: Mapping[Role, Collection[int]]) -> dict[int, Why]:
    """Return who carries out a school's duties: its deans and administrators."""
    deans = dict.fromkeys(team.get(Role.DEAN, ()), Why.ACTS)
    return deans | dict.fromkeys(team.get(Role.ADMINISTRATOR, ()), Why.ADMINISTERS)


def late_reaches(lead_id: int | None, team: Mapping[Role, Collection[int]]) -> dict[int, Why]:
    """Return whom a clock that ran out reaches: the administrators, and somebody who need not act on it - the
    case's lead, else the coordinators."""
    people = dict.fromkeys(team.get(Role.ADMINISTRATOR, ()), Why.ADMINISTERS)
    if lead_id is not None and lead_id not in must_act(team):
        return people | {lead_id: Why.LEADS}
    return people | dict.fromkeys(team.get(Role.COORDINATOR, ()), Why.NEXT)


def shared_duty(*roles: Role) -> Callable[[Actor, Any], bool]:
    """A legal duty of a school where one of these roles is held, that is no adult's own."""

    def allows(actor: Actor, duty: Any) -> bool:
        return not duty.is_personal and sees(actor, duty, *roles)

    return allows


def mandated_duty(actor: Actor, duty: Any) -> bool:
    """The adult whose mandated-reporter duty it is, while they work at its school."""
    mine = duty.owner_id is not None and duty.owner_id == actor.user_id
    return duty.is_personal and mine and sees(actor, duty, *STAFF)


def administers_mandated_duty(actor: Actor, duty: Any) -> bool:
    """An administrator of the school in which a duty is some adult's own."""
    return duty.is_personal and sees(actor, duty, Role.ADMINISTRATOR)


def mandated_duty_or_administers(actor: Actor, duty: Any) -> bool:
    """The adult whose mandated-reporter duty it is, or an administrator of its school: nobody else may know of it."""
    return mandated_duty(actor, duty) or administers_mandated_duty(actor, duty)
