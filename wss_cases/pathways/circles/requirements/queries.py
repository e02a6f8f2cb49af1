"""What the next acts of many circles follow from, as columns, in few queries; the caller has checked the pathways."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload, selectinload

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.cases.case.models import CaseIncident, CaseParticipant, PlanState, SafetyPlan
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import people_of_each
from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle.models import (
    CircleConsent,
    CircleKeeper,
    CircleMeeting,
    CirclePreparation,
    CircleScreen,
    CircleSetting,
    CircleSupporter,
    HoldLift,
)
from wss_cases.pathways.circles.circle.queries import get_circle, may_lead_as
from wss_cases.pathways.circles.circle.rules import (
    Facts,
    Hold,
    Requirement,
    holds_on,
    is_unset,
    may_keep_as,
    parties,
    requirements_of,
)
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.rules import Pathway
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.training.records.pages import in_force
from wss_cases.training.records.queries import TrainingRecord
from wss_cases.training.topics import KnownTopic


@Prepared
def answers(among_ids: Narrow) -> Any:
    """The stored answers for the people of these cases' incidents, the newest last."""
    one = RoutingAnswer
    columns = select(CaseIncident.case_id, one.incident_id, one.incident_person_id, one.answer)
    joined = columns.join(one, one.incident_id == CaseIncident.incident_id)
    return joined.where(among_ids(CaseIncident.case_id)).order_by(one.id)


@Prepared
def meetings(among_ids: Narrow) -> Any:
    """The meetings of these circles with who came."""
    one = CircleMeeting
    return select(one).options(selectinload(one.attendance)).where(among_ids(one.pathway_id)).order_by(one.id)


@Prepared
def agreements(among_ids: Narrow) -> Any:
    """The agreements of these circles with their terms."""
    one = Agreement
    return select(one).options(joinedload(one.terms)).where(among_ids(one.pathway_id)).order_by(one.id)


@Prepared
def agreed_plans(among_ids: Narrow) -> Any:
    """Whose safety plan of these cases is agreed."""
    plan = SafetyPlan
    return select(plan.case_id, plan.participant_id).where(among_ids(plan.case_id), plan.state == PlanState.AGREED)


@Prepared
def consents(among_ids: Narrow) -> Any:
    """What was said last of these circles."""
    one = CircleConsent
    return select(one).where(among_ids(one.pathway_id), one.replaced_at.is_(None)).order_by(one.id)


@Prepared
def keepers(among_ids: Narrow) -> Any:
    """Who keeps these circles, with their trainings and the roles that they hold there."""
    training = and_(TrainingRecord.user_id == CircleKeeper.user_id, TrainingRecord.topic == KnownTopic.CIRCLE_KEEPING)
    work = and_(
        RoleGrant.user_id == CircleKeeper.user_id,
        RoleGrant.school_id == CircleKeeper.school_id,
        UserAccount.state == AccountState.ACTIVE,
    )
    role = (RoleGrant.role, RoleGrant.starts_on, RoleGrant.ends_on)
    return (
        select(CircleKeeper.pathway_id, CircleKeeper.user_id, UserAccount.name, TrainingRecord, *role)
        .join(UserAccount, UserAccount.id == CircleKeeper.user_id)
        .outerjoin(TrainingRecord, training)
        .outerjoin(RoleGrant, work)
        .where(among_ids(CircleKeeper.pathway_id), CircleKeeper.ended_at.is_(None))
        .order_by(CircleKeeper.id, TrainingRecord.id)
    )


@Prepared
def settings(among_ids: Narrow) -> Any:
    """Whether these schools ask guardians too."""
    one = CircleSetting
    return select(one.school_id, one.guardian_consent).where(among_ids(one.school_id))


@cache
def of(model: Any) -> Prepared:
    """Return the select of what hangs on some circles."""
    return Prepared(lambda among_ids: select(model).where(among_ids(model.pathway_id)).order_by(model.id))


@dataclass
class Circle:
    """Everything that decides what a circle's page shows.

    `trainings`: what its keepers have on record, anywhere. `at_work`: the roles of each keeper at the circle's school.
    `planned`: the people of the case whose safety plan is agreed.
    """

    invited: list[Any] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    consents: dict[int, CircleConsent] = field(default_factory=dict)
    preparations: dict[int, CirclePreparation] = field(default_factory=dict)
    supporters: list[CircleSupporter] = field(default_factory=list)
    screen: CircleScreen | None = None
    keeper_names: dict[int, str] = field(default_factory=dict)
    at_work: dict[int, set[tuple[Role, date, date | None]]] = field(default_factory=dict)
    trainings: list[TrainingRecord] = field(default_factory=list)
    lifted: set[str] = field(default_factory=set)
    guardians_asked: bool = False
    planned: frozenset[int] = frozenset()
    meetings: list[CircleMeeting] = field(default_factory=list)
    agreement: Agreement | None = None

    @property
    def names(self) -> dict[int, str]:
        """The invited by name, as the case team knows them."""
        return {person.id: person_words(person) for person in self.invited}

    @property
    def waiting(self) -> CircleMeeting | None:
        """The meeting that is planned and not answered yet."""
        return next((meeting for meeting in self.meetings if meeting.happened is None), None)

    @property
    def was_held(self) -> bool:
        """Whether any meeting took place."""
        return any(meeting.happened for meeting in self.meetings)

    @property
    def keepers(self) -> list[int]:
        """Who keeps this circle now, and who kept a meeting of it."""
        return [*self.keeper_names, *(meeting.keeper_id for meeting in self.meetings)]

    @property
    def without_plan(self) -> list[str]:
        """The invited who were harmed, did no harm themselves, and have no safety plan that is agreed, by name."""
        return [person_words(one) for one in self._without_plan()]

    def _without_plan(self) -> list[Any]:
        return [one for one in self.invited if one.role is PersonRole.HARMED and one.id not in self.planned]

    def keepers_on(self, day: date) -> dict[int, str]:
        """Return the keepers who may keep a circle of this school on a day, as `may_keep` says it: id to name."""
        roles = self._roles_on(day)
        return {key: name for key, name in self.keeper_names.items() if may_keep_as(roles.get(key, ()))}

    def trained_on(self, day: date) -> dict[int, str]:
        """Return the keepers whose training is on record and in force on a day: id to name."""
        trained = {row.user_id for row in self.trainings if in_force(row, day)}
        return {key: name for key, name in self.leaders_on(day).items() if key in trained}

    def leaders_on(self, day: date) -> dict[int, str]:
        """Return the keepers who may lead a meeting on a day once they are trained, as `keepers_at` says it."""
        roles = self._roles_on(day)
        return {key: name for key, name in self.keeper_names.items() if may_lead_as(roles.get(key, ()))}

    def _roles_on(self, day: date) -> dict[int, set[Role]]:
        return {
            key: {role for role, starts_on, ends_on in terms if starts_on <= day <= (ends_on or day)}
            for key, terms in self.at_work.items()
        }

    def requirements_on(self, day: date) -> list[Requirement]:
        """Return every requirement before a meeting on this day."""
        return requirements_of(self.facts_on(day))

    def facts_on(self, day: date) -> Facts:
        """Return the facts from which the requirements of a meeting on this day follow."""
        return Facts(
            invited=self.invited,
            consents=self.consents,
            preparations=self.preparations,
            holds=self.holds,
            lifted=self.lifted,
            has_keeper=bool(self.keepers_on(day)),
            keepers_left=bool(self.keeper_names) and not self.keepers_on(day),
            has_trained_keeper=bool(self.trained_on(day)),
            guardians_asked=self.guardians_asked,
            screen=self.screen.answer if self.screen else None,
            screened_on=self.screen.screened_on if self.screen else None,
            plan_agreed=bool(self.planned) and not self._without_plan(),
            planned=self.planned,
        )


def answers_on_cases(case_ids: Collection[int]) -> dict[int, list[Any]]:
    """Return the newest stored answer for each person of the cases' incidents, by case."""
    newest = {tuple(whose): answer for *whose, answer in answers.rows(case_ids)}
    by_case: dict[int, list[Any]] = defaultdict(list)
    for (case_id, _incident, _person), answer in newest.items():
        by_case[case_id].append(answer)
    return by_case


def circle_of(pathway: Pathway) -> Circle:
    """Return everything that decides about one circle; the caller has checked the pathway."""
    return circles_for([pathway])[pathway.id]


def get_circle_and_state(actor: Actor, case_id: int, pathway_id: int) -> tuple[Pathway, Circle]:
    """Return a circle that the actor may see, and everything that decides about it. Raises NotFound."""
    row = get_circle(actor, case_id, pathway_id)
    return row, circle_of(row)


def circles_for(rows: Sequence[Pathway]) -> dict[int, Circle]:
    """Return everything that decides about each circle, by its id, in a constant number of queries."""
    if not rows:
        return {}
    circles = _begun_for(rows)
    _read_requirements(circles, rows)
    for supporter in of(CircleSupporter).rows(circles).scalars():
        circles[supporter.pathway_id].supporters.append(supporter)
    return circles


def _begun_for(rows: Sequence[Pathway]) -> dict[int, Circle]:
    """Return the meetings and the agreement of each circle, by its id."""
    circles = {row.id: Circle() for row in rows}
    for meeting in meetings.rows(circles).scalars():
        circles[meeting.pathway_id].meetings.append(meeting)
    for agreement in agreements.rows(circles).scalars().unique():
        circles[agreement.pathway_id].agreement = agreement
    for circle in circles.values():
        circle.meetings.sort(key=lambda meeting: (meeting.starts_at, meeting.id), reverse=True)
    return circles


def _read_requirements(circles: Mapping[int, Circle], rows: Sequence[Pathway]) -> None:
    """Read that from which the requirements of these circles follow: people, holds, what each said, keepers."""
    case_ids = sorted({row.case_id for row in rows})
    people, answers, planned = people_of_each(case_ids), answers_on_cases(case_ids), _planned(case_ids)
    read = {row.id: circles[row.id] for row in rows}
    for row in rows:
        circle = read[row.id]
        circle.invited = parties(row.for_whom, row.participant_id, people[row.case_id])
        circle.holds = holds_on(row.kind, row.for_whom, answers[row.case_id])
        circle.planned = planned[row.case_id]
    _read_parties(read)
    for row in rows:
        leave_out_unset(read[row.id], row.participant_id)
    read_lifts(read)
    read_keepers(read)
    _read_settings(read, {row.id: row.school_id for row in rows})


def leave_out_unset(circle: Circle, named_id: int | None) -> None:
    """Invite nobody whose part is not set, but for whom it was proposed, or who was asked or prepared already."""
    known = {named_id, *circle.consents, *circle.preparations}
    circle.invited = [person for person in circle.invited if person.id in known or not is_unset(person)]


def _planned(case_ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
    by_case = dict.fromkeys(case_ids, frozenset[int]())
    for case_id, participant_id in agreed_plans.rows(case_ids):
        by_case[case_id] |= {participant_id}
    return by_case


def _read_parties(circles: dict[int, Circle]) -> None:
    for consent in consents.rows(circles).scalars():
        circles[consent.pathway_id].consents[consent.participant_id] = consent
    for prepared in of(CirclePreparation).rows(circles).scalars():
        circles[prepared.pathway_id].preparations[prepared.participant_id] = prepared
    for screen in of(CircleScreen).rows(circles).scalars():
        circles[screen.pathway_id].screen = screen


def read_lifts(circles: Mapping[int, Circle]) -> None:
    """Read which holds of these circles were lifted; no query where none has a hold."""
    held = [pathway_id for pathway_id, circle in circles.items() if circle.holds]
    for lift in of(HoldLift).rows(held).scalars() if held else ():
        circles[lift.pathway_id].lifted.add(lift.rule)


def read_keepers(circles: Mapping[int, Circle]) -> None:
    """Read who keeps these circles now, the roles they hold at its school, and their trainings."""
    for pathway_id, user_id, name, trained, role_held, since, until in keepers.rows(circles):
        circle = circles[pathway_id]
        circle.keeper_names[user_id] = name
        if trained is not None and trained not in circle.trainings:
            circle.trainings.append(trained)
        if role_held is not None:
            circle.at_work.setdefault(user_id, set()).add((role_held, since, until))


def _read_settings(circles: Mapping[int, Circle], schools: Mapping[int, int]) -> None:
    asks_guardians = {row.school_id for row in settings.rows(set(schools.values())) if row.guardian_consent}
    for pathway_id, circle in circles.items():
        circle.guardians_asked = schools[pathway_id] in asks_guardians


@dataclass
class Agreed:
    """An agreement with as much of its terms as says what is open and when they were agreed."""

    agreed_on: date
    terms: list[Any] = field(default_factory=list)


def begun_in_columns(rows: Sequence[Any]) -> dict[int, Circle]:
    """Return as much of the meetings and the agreement of each circle, by its id, as its next act follows from."""
    circles = {row.id: Circle() for row in rows}
    for meeting in _meetings.rows(circles):
        circles[meeting.pathway_id].meetings.append(meeting)
    for term in _terms.rows(circles):
        agreed: Any = circles[term.pathway_id].agreement or Agreed(term.first_agreed_on)
        circles[term.pathway_id].agreement = agreed
        if term.id is not None:
            agreed.terms.append(term)
    return circles


@Prepared
def _meetings(among_ids: Narrow) -> Any:
    """Return a select of the meetings of these circles, the last one first."""
    one = CircleMeeting
    columns = select(one.id, one.pathway_id, one.school_id, one.kind, one.starts_at, one.happened)
    return columns.where(among_ids(one.pathway_id)).order_by(one.starts_at.desc(), one.id.desc())


@Prepared
def _terms(among_ids: Narrow) -> Any:
    """Return a select of the agreements of these circles, each with its terms, or alone."""
    term = AgreementTerm
    columns = select(
        Agreement.pathway_id, Agreement.agreed_on.label("first_agreed_on"),
        term.id, term.state, term.due_on, term.agreed_on,
    )  # fmt: skip
    joined = columns.select_from(Agreement).outerjoin(term, term.agreement_id == Agreement.id)
    return joined.where(among_ids(Agreement.pathway_id)).order_by(term.position)


def requirements_in_columns(circles: Mapping[int, Circle], rows: Sequence[Any]) -> None:
    """Read that from which the requirements of these circles follow: people, holds, what each said, keepers."""
    if not rows:
        return
    answers = _holds({row.case_id for row in rows})
    read = {row.id: circles[row.id] for row in rows}
    people: dict[int, list[Any]] = defaultdict(list)
    for person in _people.rows(read):
        people[person.pathway_id].append(person)
    for row in rows:
        circle = read[row.id]
        circle.invited = parties(row.for_whom, row.participant_id, people[row.id])
        circle.holds = holds_on(row.kind, row.for_whom, answers[row.case_id])
        _fill(circle, people[row.id])
        leave_out_unset(circle, row.participant_id)
    read_lifts(read)
    read_keepers(read)


@Prepared
def _people(among_ids: Narrow) -> Any:
    """Return a select of the people of the cases of these circles, each with what they said of the circle, how far
    they are prepared for it, and what holds of the circle itself."""
    person, consent, prepared = CaseParticipant, CircleConsent, CirclePreparation
    agreed = and_(SafetyPlan.participant_id == person.id, SafetyPlan.case_id == person.case_id)
    of_both = and_(prepared.pathway_id == Pathway.id, prepared.participant_id == person.id)
    counts = and_(consent.pathway_id == Pathway.id, consent.participant_id == person.id, consent.replaced_at.is_(None))
    columns = select(
        Pathway.id.label("pathway_id"), person.id, person.role, person.incident_person_id,
        consent.id.label("consent_id"), consent.consented, consent.not_now, consent.given_on,
        consent.guardian_consented, consent.guardian_on,
        prepared.id.label("preparation_id"), prepared.support_offered_on, prepared.pre_met_on, prepared.is_ready,
        prepared.ready_on, prepared.plan_needed,
        CircleScreen.id.label("screen_id"), CircleScreen.answer, CircleScreen.screened_on,
        CircleSetting.guardian_consent.label("guardians_asked"),
        select(SafetyPlan.id).where(agreed, SafetyPlan.state == PlanState.AGREED).exists().label("planned"),
    )  # fmt: skip
    statement = (
        columns.select_from(Pathway)
        .join(person, person.case_id == Pathway.case_id)
        .outerjoin(consent, counts)
        .outerjoin(prepared, of_both)
        .outerjoin(CircleScreen, CircleScreen.pathway_id == Pathway.id)
        .outerjoin(CircleSetting, CircleSetting.school_id == Pathway.school_id)
    )
    return statement.where(among_ids(Pathway.id)).order_by(person.id)


def _fill(circle: Circle, people: Iterable[Any]) -> None:
    """Enter in a circle what the rows of the people of its case say; one row is the person, their consent and more."""
    planned = set()
    for person in people:
        if person.consent_id is not None:
            circle.consents[person.id] = person
        if person.preparation_id is not None:
            circle.preparations[person.id] = person
        if person.screen_id is not None:
            circle.screen = person
        if person.planned:
            planned.add(person.id)
        circle.guardians_asked = bool(person.guardians_asked)
    circle.planned = frozenset(planned)


def _holds(case_ids: Iterable[int]) -> Mapping[int, list[Any]]:
    """Return of the newest stored answer for each person of the cases' incidents the holds alone, by case."""
    newest = {tuple(whose): holds for *whose, holds in _answers.rows(sorted(case_ids))}
    by_case: dict[int, list[Any]] = defaultdict(list)
    for (case_id, _incident, _person), holds in newest.items():
        by_case[case_id].append({"holds": holds or ()})
    return by_case


@Prepared
def _answers(among_ids: Narrow) -> Any:
    """Return a select of the holds of the stored answers for the people of these cases' incidents, newest last."""
    one = RoutingAnswer
    columns = select(CaseIncident.case_id, one.incident_id, one.incident_person_id, one.answer["holds"])
    joined = columns.join(one, one.incident_id == CaseIncident.incident_id)
    return joined.where(among_ids(CaseIncident.case_id)).order_by(one.id)
