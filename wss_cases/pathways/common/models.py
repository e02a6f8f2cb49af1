"""What all pathways share: the table, states and outcomes, the next step and panel on the case page, moves off closed
days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, and_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant, OfCase
from wss_cases.cases.case.queries import choose_for_housing
from wss_cases.foundation.db import Base, Id, Versioned, among, db, named_enum
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.calendar.days import note_move
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.rules import NO_LABEL, MoveWhy
from wss_cases.routing.engine.vocabulary import PATHWAY_OF, Kind, Person
from wss_cases.routing.engine.vocabulary import Pathway as EnginePathway


class PathwayState(Labelled):
    """proposed → consent and preparation → active → completed | ended early | declined."""

    PROPOSED = "proposed", _l("Proposed")
    PREPARING = "preparing", _l("In preparation")
    ACTIVE = "active", _l("Active")
    COMPLETED = "completed", _l("Completed")
    ENDED_EARLY = "ended_early", _l("Ended early")
    DECLINED = "declined", _l("Declined")


TRANSITIONS: dict[PathwayState, frozenset[PathwayState]] = {
    **dict.fromkeys(PathwayState, frozenset()),
    PathwayState.PROPOSED: frozenset({PathwayState.PREPARING, PathwayState.DECLINED, PathwayState.ENDED_EARLY}),
    PathwayState.PREPARING: frozenset({PathwayState.ACTIVE, PathwayState.DECLINED, PathwayState.ENDED_EARLY}),
    PathwayState.ACTIVE: frozenset({PathwayState.COMPLETED, PathwayState.ENDED_EARLY, PathwayState.DECLINED}),
}

LIVE = frozenset({PathwayState.PROPOSED, PathwayState.PREPARING, PathwayState.ACTIVE})
ENDED = frozenset({PathwayState.COMPLETED, PathwayState.ENDED_EARLY, PathwayState.DECLINED})

STANDS = LIVE | {PathwayState.COMPLETED}
"""States in which the same pathway is not opened again for the same person."""


class EndReason(Labelled):
    MOVED_SCHOOL = "moved_school", _l("The student moved to another school")
    NO_CONTACT = "no_contact", _l("No one could be reached")
    NOT_SUITABLE = "not_suitable", _l("It is not suitable")
    NO_LONGER_NEEDED = "no_longer_needed", _l("It is no longer needed")
    NAMED_IN_ERROR = "named_in_error", _l("The person was named in error")
    OTHER_PATHWAY = "other_pathway", _l("Another pathway takes its place")


OUTCOMES: Final[dict[EnginePathway, dict[str, object]]] = {
    EnginePathway.RESTORATIVE_CONVERSATION: {
        "repair_agreed": _l("Talked it through and agreed on a repair"),
        "understood": _l("Talked it through; nothing more is needed"),
        "no_understanding": _l("Talked, without reaching an understanding"),
    },
    EnginePathway.CIRCLE: {
        "agreement_kept": _l("Agreement made and kept"),
        "agreement_partly_kept": _l("Agreement made and partly kept"),
        "agreement_not_kept": _l("Agreement made and not kept"),
        "held_without_agreement": _l("Held; no agreement was needed or reached"),
    },
    EnginePathway.MENTORING: {
        "goal_reached": _l("Goal reached"),
        "goal_partly_reached": _l("Goal partly reached"),
        "goal_not_reached": _l("Goal not reached"),
    },
    EnginePathway.WRAPAROUND: {
        "service_received": _l("The service was received"),
        "service_partly_received": _l("The service was partly received"),
        "service_not_available": _l("No service was available"),
    },
    EnginePathway.REENGAGEMENT: {
        "settled": _l("Back in class and settled"),
        "back_with_support": _l("Back in class with support going on"),
        "not_back": _l("Not back in class"),
    },
}
"""The outcomes of each family: code to words."""

OUTCOME_LABELS: Final[dict[str, object]] = {
    code: words for family in OUTCOMES.values() for code, words in family.items()
}

_WHAT = {"what": Kind.labels()}

SENTENCES = {
    "pathway.proposed": (_l("%(what)s proposed"), _WHAT),
    "pathway.confirmed": (_l("The decision on the report also calls for it: %(what)s"), _WHAT),
    "pathway.offered": (_l("%(what)s offered by %(by)s"), _WHAT),
    "pathway.accepted": (_l("%(what)s accepted; preparation begins"), _WHAT),
    "pathway.declined": (_l("%(what)s declined"), _WHAT),
    "pathway.left": (_l("%(what)s ended: someone chose to stop"), _WHAT),
    "pathway.started": (_l("%(what)s started"), _WHAT),
    "pathway.next_step": (_l("Next step of the %(what)s set"), _WHAT),
    "pathway.no_school": (
        _l("Next step of the %(what)s moved to %(on)s. There is no school on %(day)s (%(label)s)"),
        _WHAT | NO_LABEL,
    ),
    "pathway.back": (_l("Next step of the %(what)s back on %(on)s. There is school on that day after all"), _WHAT),
    "pathway.owner": (_l("%(what)s handed to %(to)s"), _WHAT),
    "pathway.completed": (_l("%(what)s completed: %(outcome)s"), _WHAT | {"outcome": OUTCOME_LABELS}),
    "pathway.ended_early": (_l("%(what)s ended early: %(reason)s"), _WHAT | {"reason": EndReason.labels()}),
}


class InPathway:
    """Columns of a record that belongs to a pathway, its case and its school."""

    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))

    @classmethod
    def of(cls, row: "Pathway", **values: Any) -> Self:
        return cls(pathway_id=row.id, case_id=row.case_id, school_id=row.school_id, **values)  # type: ignore[call-arg]


class Pathway(OfCase, Versioned, Base):
    """A pathway of a case: for whom, its owner, its next step with a date, and its outcome."""

    __tablename__ = "pathway"
    __table_args__ = (
        Index("ix_pathway_case", "case_id"),
        Index("ix_pathway_owner", "owner_id", "state"),
        Index("ix_pathway_school_state", "school_id", "state"),
        CheckConstraint("state != 'completed' or outcome <> ''", name="outcome"),
        CheckConstraint("state != 'ended_early' or end_reason <> ''", name="end_reason"),
        CheckConstraint(
            "state not in ('preparing', 'active', 'completed') or accepted_on is not null", name="accepted"
        ),
        CheckConstraint("state not in ('active', 'completed') or started_on is not null", name="started"),
        CheckConstraint(
            "(state in ('completed', 'ended_early', 'declined')) = (ended_at is not null)", name="ended_at"
        ),
    )
    PRIVATE = frozenset({"outcome_note", "next_step"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    pathway: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    for_whom: Mapped[str] = mapped_column(String(20))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("case_participant.id"))
    tier: Mapped[int] = mapped_column(default=1)
    rules: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[PathwayState] = mapped_column(named_enum(PathwayState, "state"), default=PathwayState.PROPOSED)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime]
    start_by: Mapped[date | None]
    offered_on: Mapped[date | None]
    offered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    accepted_on: Mapped[date | None]
    started_on: Mapped[date | None]
    held_on: Mapped[date | None]
    expected_end: Mapped[date | None]
    next_step: Mapped[str] = mapped_column(String(200), default="")
    next_step_on: Mapped[date | None] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(60), default="")
    outcome_note: Mapped[str] = mapped_column(Text, default="")
    end_reason: Mapped[str] = mapped_column(String(60), default="")
    ended_at: Mapped[datetime | None]
    case: Mapped[Case] = relationship()
    participant: Mapped[CaseParticipant | None] = relationship()

    @classmethod
    def always_visible(cls) -> ColumnElement[bool]:
        """Live pathways; each keeps its case in view."""
        return cls.state.in_(LIVE)


def may_become(state: PathwayState, next_state: PathwayState) -> bool:
    return next_state in TRANSITIONS[state]


def outcomes_for(pathway: str) -> dict[str, object]:
    """The outcomes of a family: code to words; empty for an unknown family."""
    return OUTCOMES[EnginePathway(pathway)] if pathway in set(EnginePathway) else {}


def has_begun(row: Any) -> bool:
    """Whether a pathway was started or held. From then on a person can stop, but no longer decline."""
    return row.started_on is not None or row.held_on is not None


PATHWAY = Pathway.__tablename__


def leave_day(uow: UnitOfWork, school_id: int, day: date, to_day: date, label: str, but: Collection[int]) -> int:
    """Move the next steps of a school's live pathways off a date without school. Returns how many.

    `but`: pathways whose next step is a meeting, which people move.
    """
    statement = select(Pathway).where(
        Pathway.school_id == school_id,
        Pathway.next_step_on == day,
        Pathway.state.in_(LIVE),
        Pathway.id.not_in(sorted(but)),
    )
    rows = list(uow.session.scalars(statement.order_by(Pathway.id).with_for_update()))
    for row in rows:
        row.next_step_on = to_day
        note_move(uow, school_id, day, MoveWhy.NO_SCHOOL, label, (PATHWAY, row.id), to_day)
        entry: dict[str, Any] = {"what": row.kind, "on": to_day.isoformat(), "day": day.isoformat(), "label": label}
        uow.record(row, "pathway.no_school", **entry)
    return len(rows)


def return_to_day(uow: UnitOfWork, moves: Sequence[CalendarMove]) -> int:
    """Put next steps back on the day from which the calendar moved them, unless someone changed them since. Returns how
    many.
    """
    targets = {move.subject_id: move for move in moves if move.subject_type == PATHWAY}
    statement = select(Pathway).where(Pathway.id.in_(sorted(targets)), Pathway.state.in_(LIVE))
    count = 0
    for row in uow.session.scalars(statement.order_by(Pathway.id).with_for_update()):
        move = targets[row.id]
        if row.next_step_on == move.moved_to:
            row.next_step_on, move.returned_at = move.day, uow.now
            uow.record(row, "pathway.back", what=row.kind, on=move.day.isoformat())
            count += 1
    return count


def give_unowned(now: datetime) -> int:
    """Give live housing referrals without an owner to a coordinator of their school. Returns how many.

    At a school without a coordinator they wait for one. Their follow-ups move in the sweep of follow-ups.
    """
    owners = _new_owners(now)
    if not owners:
        return 0
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        wanted = select(Pathway).where(among(Pathway.id, sorted(owners)), _unowned_housing()).order_by(Pathway.id)
        rows = list(uow.session.scalars(wanted.with_for_update(skip_locked=True)))
        for row in rows:
            owner = uow.session.get_one(UserAccount, owners[row.id])
            row.owner_id = owner.id
            uow.record(row, "pathway.owner", what=row.kind, to=owner.name)
    return len(rows)


def _unowned_housing() -> ColumnElement[bool]:
    of_housing = Pathway.kind == Kind.HOUSING_BASIC_NEEDS
    return and_(Pathway.owner_id.is_(None), Pathway.state.in_(LIVE), of_housing)


def _new_owners(now: datetime) -> dict[int, int]:
    """The new owner of each unowned housing referral; schools without a coordinator are left out."""
    waiting = select(Pathway.id, Pathway.school_id, Case.lead_id).join(Case, Case.id == Pathway.case_id)
    rows = db.session.execute(waiting.where(_unowned_housing())).all()
    chosen = {place: choose_for_housing(*place, now) for place in {(row[1], row[2]) for row in rows}}
    pairs = ((row[0], chosen[row[1], row[2]]) for row in rows)
    return {pathway_id: owner_id for pathway_id, owner_id in pairs if owner_id is not None}


def propose(
    uow: UnitOfWork, case: Case, *, pathway: str, kind: str, for_whom: str, participant_id: int | None, tier: int,
    rules: Sequence[str], start_by: date | None, owner_id: int | None,
) -> Pathway:  # fmt: skip
    """Add a proposed pathway to a case.

    Housing support gets an owner who may know of it, or none yet. Raises Refused for a kind of another family, and for
    a person who is not in the case.
    """
    _check(case, pathway, kind, for_whom, participant_id)
    if kind == Kind.HOUSING_BASIC_NEEDS:
        owner_id = choose_for_housing(case.school_id, owner_id, uow.now)
    row = uow.add(
        Pathway(
            case_id=case.id, school_id=case.school_id, state=PathwayState.PROPOSED, proposed_at=uow.now,
            pathway=pathway, kind=kind, for_whom=for_whom, participant_id=participant_id, tier=tier,
            rules=list(rules), owner_id=owner_id, start_by=start_by, next_step_on=start_by,
        )
    )  # fmt: skip
    uow.record(row, "pathway.proposed", what=row.kind)
    return row


def confirm(uow: UnitOfWork, row: Pathway, tier: int, rules: Sequence[str]) -> None:
    """Record that a later decision also calls for a pathway of the case, with its rules."""
    row.tier, row.rules = max(row.tier, tier), sorted({*row.rules, *rules})
    uow.record(row, "pathway.confirmed", what=row.kind)


def _check(case: Case, pathway: str, kind: str, for_whom: str, participant_id: int | None) -> None:
    if kind not in set(Kind) or PATHWAY_OF[Kind(kind)] != pathway:
        raise Refused("kind", _("Choose one of the kinds."))
    if for_whom not in set(Person):
        raise Refused("for_whom", _("Enter who it is for."))
    if participant_id is not None and participant_id not in {person.id for person in case.participants}:
        raise Refused("participant_id", _("Choose a person of this case."))


class Step(NamedTuple):
    """The next act of a live pathway: its words (translated lazily) and its page (endpoint, values).

    `on`: since when it is due, or until when it waits. `waits`: nothing can be done before `on`. `urgent`: it comes
    before other due steps of the case, such as a meeting that has begun and has no result. `seen`: data that was read
    for the step, so that the panel on the same page does not read it again. It does not count in comparisons.
    """

    code: str
    words: Any
    endpoint: str
    values: Mapping[str, Any] = MappingProxyType({})
    on: date | None = None
    waits: bool = False
    urgent: bool = False
    seen: Any = None

    def __eq__(self, other: object) -> bool:
        """Compare without `seen`."""
        return isinstance(other, Step) and self[:-1] == other[:-1]

    def __ne__(self, other: object) -> bool:
        """Compare without `seen`."""
        return not self == other


@dataclass(frozen=True)
class Panel:
    """A pathway's own part of its tab: a template that reads `own`, and the values of `own`."""

    template: str
    values: Mapping[str, Any]


def ids(row: Pathway) -> dict[str, Any]:
    return {"case_id": row.case_id, "pathway_id": row.id}


def waiting(row: Pathway, until: date | None) -> Step:
    """The step of a pathway that only waits for its day."""
    return Step("wait", _l("Nothing is due"), "pathways.pathway", ids(row), on=until, waits=True)
