"""How incidents were answered that elsewhere often end with the police: restorative only, with the police, or neither.

An incident is taken once it has had the time of `WINDOWS["mission"]`. What followed is counted as of the day on which
the scope is seen, so that both years had the same time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case, CaseIncident, CaseParticipant, CaseState
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.school_time import at_local, district_zone
from wss_cases.foundation.settings import StoredSetting, fixed
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import SEXUAL, PersonKind, PersonRole
from wss_cases.outcomes.counting.cache import Values, cached_count
from wss_cases.outcomes.counting.measures import WINDOWS
from wss_cases.outcomes.counting.repair.police import was_avoidable
from wss_cases.outcomes.counting.repair.queries import LEFT_OUT, MEETS, light_conditions, step_conditions, unfounded
from wss_cases.outcomes.counting.scope.queries import HARMED, SERIOUS_GROUP, PreparedOfScope, by_age, counted, had_time
from wss_cases.outcomes.counting.scope.rules import Scope, Share
from wss_cases.pathways.circles.circle.models import CircleConsent
from wss_cases.pathways.circles.circle.queries import told_who_said_what
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.routing.engine.vocabulary import Kind, Person
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty
from wss_cases.safeguards.police.review.models import POLICE_CODES, REQUIRES, NotificationGround, PoliceNotification


class Way(Labelled):
    """What became of an incident, or why it stands beside the figure."""

    RESTORATIVE = "restorative", _l("Restorative only")
    BOTH = "both", _l("Restorative and police")
    POLICE = "police", _l("Police only")
    NEITHER = "neither", _l("Neither yet")
    NEITHER_OR_NOT_WISHED = "neither_or_not_wished", _l("Neither yet, or the person harmed said no")
    RECENT = "recent", _l("Too recent to tell")
    BY_LAW = "by_law", _l("Police required by law")
    MAY_NOT_MEET = "may_not_meet", _l("May not meet")
    NOT_WISHED = "not_wished", _l("The person harmed said no to meeting")
    UNFOUNDED = "unfounded", _l("Unfounded")
    LOWERED = "lowered", _l("Facts or code lowered after the report")


INSIDE: Final = (Way.RESTORATIVE, Way.BOTH, Way.POLICE, Way.NEITHER)
"""The ways of which the figure's share is taken."""
BESIDE: Final = (Way.RECENT, Way.BY_LAW, Way.MAY_NOT_MEET, Way.NOT_WISHED, Way.UNFOUNDED, Way.LOWERED)
LOWEST_GROUP: Final = StoredSetting("outcomes.lowest_group", int, fixed(SERIOUS_GROUP))
"""The lowest behavior group that is counted without any other reason; a district may choose a lower one."""
SUPPORTS: Final = (Family.MENTORING.value, Family.WRAPAROUND.value)
"""Re-engagement is left out: it follows a removal."""
NO_SERVICE: Final = "service_not_available"
APART_FACTS: Final = ("intimate_partner", "adult_conduct")
SENT_APART: Final = ("sexual", *APART_FACTS)
ADULTS: Final = (PersonKind.STAFF, PersonKind.OTHER_ADULT, PersonKind.COMMUNITY)
CAUSED: Final = (PersonRole.CAUSED_HARM, PersonRole.BOTH)


@dataclass(frozen=True)
class Answered:
    """The incidents of one way: how many, how many of them led to a removal, and what the person harmed said when the
    case was closed ('' where nobody recorded it)."""

    incidents: int = 0
    removed: int = 0
    said: dict[str, int] = field(default_factory=dict)

    def with_(self, other: "Answered") -> "Answered":
        answers = {key: self.said.get(key, 0) + other.said.get(key, 0) for key in {**self.said, **other.said}}
        return Answered(self.incidents + other.incidents, self.removed + other.removed, answers)


@dataclass(frozen=True)
class Mission:
    """The incidents of a period by way."""

    ways: dict[str, Answered]

    def of(self, *ways: Way) -> int:
        return sum(self.way(way).incidents for way in ways)

    def way(self, way: Way) -> Answered:
        if way is Way.NEITHER_OR_NOT_WISHED:
            return self.way(Way.NEITHER).with_(self.way(Way.NOT_WISHED))
        return self.ways.get(way.value, Answered())

    @property
    def share(self) -> Share:
        """Restorative only, of all incidents that went one of the four ways."""
        return Share(self.of(Way.RESTORATIVE), self.of(*INSIDE))


def chosen_words(lowest: int) -> str:
    """Which incidents the figure takes."""
    return _(
        "Counted are incidents of group %(lowest)s or higher, or with a weapon or what looks like one, a substance, an "
        "injury that needed care, or a legal duty to notify the police, once they are %(days)s school days old.",
        lowest=lowest,
        days=WINDOWS["mission"],
    )


def tells_wishes(actor: Actor, school_id: int | None) -> bool:
    """Whether a reader may know in how many incidents the person harmed did not wish to meet. At one school that number
    could point to one of them, so only those who may know who wishes to meet read it there."""
    return school_id is None or told_who_said_what(actor, school_id)


def shown_ways(tells: bool) -> tuple[Way, ...]:
    """The ways of the figure, for a reader who may know of wishes or not."""
    return INSIDE if tells else (*INSIDE[:-1], Way.NEITHER_OR_NOT_WISHED)


def beside_ways(tells: bool) -> tuple[Way, ...]:
    """What stands beside the figure, for the same reader."""
    return tuple(way for way in BESIDE if tells or way is not Way.NOT_WISHED)


def members(way: Way) -> tuple[Way, ...]:
    """The ways whose incidents a list shows."""
    return (Way.NEITHER, Way.NOT_WISHED) if way is Way.NEITHER_OR_NOT_WISHED else (way,)


def mission_key(actor: Actor, scope: Scope) -> Values:
    """What the stored figures depend on: the days, what has had its time, and the lowest group."""
    values = by_age("mission")(actor, scope)
    return None if values is None else (*values, LOWEST_GROUP.on(scope.today))


@cached_count("mission", version=2, depends_on=mission_key)
def mission(actor: Actor, scope: Scope) -> Mission:
    """The incidents of a scope by way, in one query."""
    ways: dict[str, Answered] = {}
    for way, removed, said, number in _MISSION.rows(actor, scope, **_values(scope)):
        answers = {} if said is None else {said: number}
        ways[way] = ways.get(way, Answered()).with_(Answered(number, number if removed else 0, answers))
    return Mission(ways)


def of_ways(actor: Actor, scope: Scope, ways: Sequence[Way]) -> list[ColumnElement[bool]]:
    """Conditions of the incidents of a scope that went one of these ways."""
    values = _values(scope)
    return [*_period(actor, scope), _taken(values["lowest"]), way_of(**values).in_(ways)]


def ways_of_people(actor: Actor, scope: Scope) -> Any:
    """A select of (person, way): each student reported to have caused harm, and the way of that incident."""
    values, person = _values(scope), IncidentPerson
    statement = select(person.id, way_of(**values)).join(Incident, Incident.id == person.incident_id)
    of_students = (person.role.in_(CAUSED), person.student_id.is_not(None))
    return statement.where(*_period(actor, scope), _taken(values["lowest"]), *of_students)


def _period(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of the incidents of a scope. At one school without reports that are kept from part of its staff: their
    number alone would tell that there is one."""
    kept = [Incident.kept_from.is_(None)] if scope.school_id is not None else []
    return [*counted(actor, scope), *kept]


def was_removed(as_of: Any) -> ColumnElement[bool]:
    """Condition: somebody was removed because of the incident, and the removal stands."""
    action = DisciplineAction
    return exists().where(
        action.incident_id == Incident.id, action.state == ActionState.STANDING, action.starts_on <= as_of
    )


def last_said(end: Any) -> ColumnElement[str]:
    """What the person harmed said at the incident's last closed case; '' where nobody recorded it, NULL without one."""
    return (
        select(func.coalesce(cast(Case.harmed_says, String), ""))
        .join(CaseIncident, CaseIncident.case_id == Case.id)
        .where(CaseIncident.incident_id == Incident.id, Case.state == CaseState.CLOSED, Case.closed_at < end)
        .where(Case.result.not_in(LEFT_OUT))
        .where(exists().where(CaseParticipant.case_id == Case.id, CaseParticipant.role.in_(HARMED)))
        .order_by(Case.closed_at.desc(), Case.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def end_of(day: date) -> datetime:
    """The instant at which a day of the district is over."""
    return at_local(day + timedelta(days=1), 0, 0, district_zone())


def _values(scope: Scope) -> dict[str, Any]:
    old_enough, lowest = had_time(scope, "mission").last, LOWEST_GROUP.on(scope.today)
    return {"as_of": scope.seen_on, "end": end_of(scope.seen_on), "old_enough": old_enough, "lowest": lowest}


def _by_way(actor: Actor, scope: Scope) -> Any:
    kinds: Mapping[str, Any] = {
        "as_of": Date(),
        "end": DateTime(timezone=True),
        "old_enough": Date(),
        "lowest": Integer(),
    }
    values: Any = {name: bindparam(name, type_=kind) for name, kind in kinds.items()}
    each = (
        select(
            way_of(**values).label("way"),
            case((was_removed(values["as_of"]), 1), else_=0).label("removed"),
            last_said(values["end"]).label("said"),
        )
        .select_from(Incident)
        .where(*_period(actor, scope), _taken(values["lowest"]))
        .subquery()
    )
    return select(*each.c, func.count()).group_by(*each.c)


_MISSION = PreparedOfScope(_by_way)


def way_of(as_of: Any, end: Any, old_enough: Any, lowest: Any) -> ColumnElement[str]:
    """The way of an incident that is taken. What stands apart comes first, whatever followed."""
    held, told = _was_restorative(as_of, end), _was_told(as_of)
    rows: list[tuple[ColumnElement[bool], Way]] = [
        (~_is_chosen(lowest), Way.LOWERED),
        (_required_by_law(), Way.BY_LAW),
        (_may_not_meet(), Way.MAY_NOT_MEET),
        (Incident.local_date > old_enough, Way.RECENT),
        (and_(held, told), Way.BOTH),
        (held, Way.RESTORATIVE),
        (told, Way.POLICE),
        (unfounded(), Way.UNFOUNDED),
        (_was_not_wished(), Way.NOT_WISHED),
    ]
    return case(*((condition, way.value) for condition, way in rows), else_=Way.NEITHER.value)


def _taken(lowest: Any) -> ColumnElement[bool]:
    return or_(_is_chosen(lowest), _was_chosen(lowest))


def _is_chosen(lowest: Any) -> ColumnElement[bool]:
    duty = exists().where(
        LegalDuty.incident_id == Incident.id,
        LegalDuty.code.in_(sorted(POLICE_CODES)),
        or_(LegalDuty.state != DutyState.NOT_APPLICABLE, LegalDuty.was_due),
    )
    return or_(
        func.coalesce(Incident.behavior_group >= lowest, false()),
        func.coalesce(Incident.weapon.not_in(("none", "not_known")), false()),
        func.coalesce(Incident.substance.not_in(("none", "not_known")), false()),
        func.coalesce(Incident.injury == "needed_care", false()),
        duty,
    )


def _was_chosen(lowest: Any) -> ColumnElement[bool]:
    """Condition: the facts with which the incident was once routed would have been taken."""
    facts = RoutingAnswer.facts
    return exists().where(
        RoutingAnswer.incident_id == Incident.id,
        or_(
            facts["group"].as_integer() >= lowest,
            facts["weapon"].as_string().in_(("lookalike", "maybe_firearm", "other", "firearm")),
            facts["substance"].as_string().not_in(("none", "unknown")),
            facts["injury"].as_string() == "needed_care",
        ),
    )


def _required_by_law() -> ColumnElement[bool]:
    duty = exists().where(
        LegalDuty.incident_id == Incident.id, LegalDuty.code.in_(sorted(POLICE_CODES)), LegalDuty.state.in_(REQUIRES)
    )
    made = exists().where(
        PoliceNotification.incident_id == Incident.id,
        PoliceNotification.door == NotificationGround.REQUIRED_BY_LAW,
        ~was_avoidable(),
    )
    return or_(duty, made)


def _may_not_meet() -> ColumnElement[bool]:
    """Condition: sexual harm or people who date or dated (hold H1), or an adult's act (hold H6), said or sent on."""
    person = aliased(IncidentPerson)
    adult = and_(person.role.in_(CAUSED), person.kind.in_(ADULTS))
    own = exists().where(person.incident_id == Incident.id, or_(adult, _is_apart(person.facts)))
    return or_(_is_apart(Incident.facts), own)


def _is_apart(facts: Any) -> ColumnElement[bool]:
    flags = (facts[name].as_string().in_(("true", "1")) for name in APART_FACTS)
    sent = (cast(facts["sent_on"], String).contains(name) for name in SENT_APART)
    return or_(*(func.coalesce(each, false()) for each in (facts["sexual"].as_string().in_(SEXUAL), *flags, *sent)))


def _was_restorative(as_of: Any, end: Any) -> ColumnElement[bool]:
    """Condition: since the incident a conversation or a circle was held, or a support completed, with who caused harm.

    Housing support is left out: few may know of it.
    """
    meeting = and_(
        step_conditions()["held"], Pathway.pathway.in_([family.value for family in MEETS]),
        Pathway.held_on >= Incident.local_date, Pathway.held_on <= as_of,
    )  # fmt: skip
    support = and_(
        Pathway.pathway.in_(SUPPORTS), Pathway.state == PathwayState.COMPLETED, Pathway.outcome != NO_SERVICE,
        Pathway.kind != Kind.HOUSING_BASIC_NEEDS.value, Pathway.started_on >= Incident.local_date,
        Pathway.ended_at < end,
    )  # fmt: skip
    of_case = exists().where(
        CaseIncident.incident_id == Incident.id, Pathway.case_id == CaseIncident.case_id,
        Pathway.for_whom != Person.HARMED.value, or_(meeting, support),
    )  # fmt: skip
    alone = and_(light_conditions()["held"], or_(Incident.reviewed_at.is_(None), Incident.reviewed_at < end))
    return or_(of_case, alone)


def _was_told(as_of: Any) -> ColumnElement[bool]:
    return exists().where(PoliceNotification.incident_id == Incident.id, PoliceNotification.local_date <= as_of)


def _was_not_wished() -> ColumnElement[bool]:
    """Condition: a person harmed does not take part in the circle that was prepared."""
    return exists().where(
        CaseIncident.incident_id == Incident.id, CaseParticipant.case_id == CaseIncident.case_id,
        CaseParticipant.role.in_(HARMED), CircleConsent.participant_id == CaseParticipant.id,
        CircleConsent.consented.is_(False), CircleConsent.replaced_at.is_(None),
    )  # fmt: skip
