"""A circle before its meeting: keepers, support, separate pre-meetings, consent, ready, the screen, and its gates."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.bench.bulk.cases.courses import Course, Participant
from tests.bench.bulk.writing.acts import PRIVATE, Somebody
from tests.bench.bulk.writing.world import later
from wss_cases.demo.names import name_of
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.mail.family_texts import FALLBACK
from wss_cases.pathways.circles.circle.models import (
    CircleConsent,
    CircleKeeper,
    CirclePreparation,
    CircleScreen,
    CircleSupporter,
    HoldLift,
    ScreenAnswer,
)
from wss_cases.pathways.circles.circle.rules import Facts, holds_on, is_met, parties, requirements_of, unmet, was_harmed

WRITTEN = frozenset({FALLBACK, "es"})
"""Languages in which families have their letter."""

LIFTED = "Spoken through with the family and the counselor; nothing new has happened for three weeks."
RELATIONS = ("guardian", "guardian", "family", "staff", "friend", "community")


class Row:
    """A row not yet written, read by its columns as rules read a record."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def __getattr__(self, name: str) -> Any:
        return self.values[name]


@dataclass
class Circle:
    """What one circle has so far."""

    course: Course
    keepers: list[Somebody] = field(default_factory=list)
    supporters: list[dict[str, Any]] = field(default_factory=list)
    consents: dict[int, Row] = field(default_factory=dict)
    prepared: dict[int, Row] = field(default_factory=dict)
    lifted: set[str] = field(default_factory=set)
    screen: dict[str, Any] | None = None
    agreement: dict[str, Any] | None = None
    completion: dict[str, Any] | None = None
    terms: list[dict[str, Any]] = field(default_factory=list)
    came: dict[int, list[tuple[str, int]]] = field(default_factory=dict)

    @property
    def invited(self) -> list[Participant]:
        """The parties."""
        row = self.course.row
        return parties(row["for_whom"], row["participant_id"], self.course.work.people)

    def facts(self) -> Facts:
        """What the gates are computed from."""
        course = self.course
        answers = [said for _who, _facts, said in course.report.answers]
        trained = {one.id for one in course.scene.place.keepers}
        return Facts(
            invited=self.invited,
            consents=self.consents,
            preparations=self.prepared,
            holds=holds_on(course.row["kind"], course.row["for_whom"], answers),
            lifted=self.lifted,
            has_keeper=bool(self.keepers),
            has_trained_keeper=any(one.id in trained for one in self.keepers),
            screen=ScreenAnswer(self.screen["answer"]) if self.screen else None,
            plan_agreed=course.work.plan_agreed_at is not None,
        )

    def may_meet(self) -> bool:
        """Whether every gate is open."""
        return not unmet(requirements_of(self.facts()))


def offer(circle: Circle, at: datetime, on: date) -> None:
    """The lead keeps the circle, sometimes with a second keeper, and offers support to whoever was harmed."""
    course, place = circle.course, circle.course.scene.place
    others = [one for one in place.keepers if one.id != course.work.lead.id]
    circle.keepers = [course.work.lead]
    if course.scene.rng.random() < 0.2 and others:
        circle.keepers.append(others[0])
    for keeper in circle.keepers:
        row = course.new(CircleKeeper, user_id=keeper.id, added_at=at, added_by_id=course.work.lead.id)
        course.tell(at, "circle_keeper", row["id"], "circle.keeper_named", {"user_id": keeper.id}, name=keeper.name)
    for person in circle.invited:
        if was_harmed(person):
            _prepare(circle, person, at, "circle.support_offered", support_offered_on=on)
    spoken = {person.language for person in circle.invited}
    if not spoken <= WRITTEN:
        course.follow("interpreter", at, days=2, closes_at=later(at, 60 * 26), outcome="understood")


def consent(circle: Circle, at: datetime, on: date) -> None:
    """Everyone invited says yes, the guardians of students too."""
    for person in circle.invited:
        answer_consent(circle, person, at, on)


def answer_consent(circle: Circle, person: Participant, at: datetime, on: date) -> None:
    """One party says yes, for the first time or again."""
    course = circle.course
    guardian = True if person.part.pupil else None
    said = {"consented": True, "guardian_consented": guardian, "given_on": on, "recorded_at": at}
    said |= {"recorded_by_id": course.work.lead.id, "replaced_at": None}
    known = circle.consents.get(person.id)
    if known is not None and known.values["replaced_at"] is None:
        known.values["replaced_at"] = at
    row = course.new(CircleConsent, participant_id=person.id, **said)
    circle.consents[person.id] = Row(row)
    course.tell(at, "circle_consent", row["id"], "circle.consent_given", {"consented": True})


def prepare(circle: Circle, accepted_on: date) -> datetime | None:
    """Meet each party alone, ask who is ready, screen; returns when all that was done, None while it is not."""
    course, rng = circle.course, circle.course.scene.rng
    last = course.on(accepted_on, 15 * 60 + 30)
    if last is None:
        return None
    if len(circle.invited) == 1:
        _lift(circle, last)
        return last
    for number, person in enumerate(circle.invited):
        day = course.scene.world.days.add(accepted_on, 1 + number % 2)
        at = course.on(day, rng.randrange(9 * 60, 14 * 60))
        if at is None:
            return None
        _prepare(circle, person, at, "circle.pre_met", pre_met_on=day)
        _prepare(circle, person, later(at, 25), "circle.ready", is_ready=True)
        if person.part.pupil and rng.random() < 0.35:
            _support(circle, person, later(at, 30))
        last = max(last, later(at, 35))
    if last >= course.scene.world.now:
        return None
    _screen(circle, last)
    _lift(circle, later(last, 3))
    return later(last, 5)


def _screen(circle: Circle, at: datetime) -> None:
    course = circle.course
    answer = ScreenAnswer.SAFE.value
    circle.screen = course.new(
        CircleScreen, answer=answer, screened_on=local_date(at, DEFAULT_ZONE), screened_by_id=circle.keepers[0].id
    )
    course.tell(at, "circle_screen", circle.screen["id"], "circle.screened", {"answer": answer}, answer=answer)


def _lift(circle: Circle, at: datetime) -> None:
    course, facts = circle.course, circle.facts()
    for hold in facts.holds:
        if not is_met(hold, facts) and hold.can_be_lifted:
            row = course.new(HoldLift, rule=hold.rule, reason=LIFTED, lifted_at=at, lifted_by_id=course.work.lead.id)
            circle.lifted.add(hold.rule)
            changes = {"rule": hold.rule, "reason": PRIVATE}
            course.tell(at, "circle_hold_lift", row["id"], "circle.hold_lifted", changes, rule=hold.rule)


def _support(circle: Circle, person: Participant, at: datetime) -> None:
    course, rng = circle.course, circle.course.scene.rng
    relation = rng.choice(RELATIONS)
    name = name_of(rng)
    shown = person.part.pupil.guardian if relation == "guardian" and person.part.pupil else ""
    row = course.new(
        CircleSupporter, participant_id=person.id, relation=relation, name=shown or f"{name.given} {name.family}"
    )
    circle.supporters.append(row)
    changes = {"relation": relation, "name": PRIVATE}
    course.tell(at, "circle_supporter", row["id"], "circle.supporter_added", changes, relation=relation)


def _prepare(circle: Circle, person: Participant, at: datetime, kind: str, **values: Any) -> None:
    course = circle.course
    lead = {f"{name.removesuffix('_on')}_by_id": course.work.lead.id for name in values if name != "is_ready"}
    known = circle.prepared.get(person.id)
    if known is None:
        known = Row(course.new(CirclePreparation, participant_id=person.id))
        circle.prepared[person.id] = known
    else:
        known.values["version"] += 1
    known.values.update(values | lead)
    course.tell(at, "circle_preparation", known.values["id"], kind, dict(values))


def ask_anew(circle: Circle, person: Participant, at: datetime) -> None:
    """Whoever left a meeting that ended there is to be asked again."""
    row, prepared = circle.consents[person.id].values, circle.prepared[person.id].values
    row["replaced_at"], prepared["is_ready"] = at, None
    prepared["version"] += 1
    circle.course.tell(at, "circle_consent", row["id"], "circle.consent_reopened", {"replaced_at": (None, at)})
    circle.course.report.story.audit(
        at, circle.course.work.lead, ("circle_preparation", prepared["id"]), "circle.consent_reopened",
        {"is_ready": (True, None)},
    )  # fmt: skip
