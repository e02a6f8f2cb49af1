"""The state of circles (`Circle`), from which requirements and next steps are decided, in few queries for many circles.

The caller has checked the pathways.
"""

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
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import CaseIncident, CaseParticipant, PlanState, SafetyPlan
from wss_cases.cases.case.queries import people_of_each
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle import models, rules
from wss_cases.pathways.circles.circle.queries import get_circle, may_lead_as
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.records.pages import in_force
from wss_cases.training.topics import KnownTopic


@Prepared
def answers(among_ids: Narrow) -> Any:
    """The stored routing answers for the people of these cases' incidents, newest last."""
    answer = RoutingAnswer
    columns = select(CaseIncident.case_id, answer.incident_id, answer.incident_person_id, answer.answer)
    joined = columns.join(answer, answer.incident_id == CaseIncident.incident_id)
    return joined.where(among_ids(CaseIncident.case_id)).order_by(answer.id)


@Prepared
def meetings(among_ids: Narrow) -> Any:
    """The meetings of these circles with their attendance."""
    meeting = models.CircleMeeting
    return (
        select(meeting)
        .options(selectinload(meeting.attendance))
        .where(among_ids(meeting.pathway_id))
        .order_by(meeting.id)
    )


@Prepared
def agreements(among_ids: Narrow) -> Any:
    """The agreements of these circles with their terms."""
    agreement = Agreement
    return (
        select(agreement)
        .options(joinedload(agreement.terms))
        .where(among_ids(agreement.pathway_id))
        .order_by(agreement.id)
    )


@Prepared
def agreed_plans(among_ids: Narrow) -> Any:
    plan = SafetyPlan
    return select(plan.case_id, plan.participant_id).where(among_ids(plan.case_id), plan.state == PlanState.AGREED)


@Prepared
def consents(among_ids: Narrow) -> Any:
    consent = models.CircleConsent
    return select(consent).where(among_ids(consent.pathway_id), consent.replaced_at.is_(None)).order_by(consent.id)


@Prepared
def keepers(among_ids: Narrow) -> Any:
    """The keepers of these circles, with their trainings and their roles at the school."""
    training = and_(
        TrainingRecord.user_id == models.CircleKeeper.user_id, TrainingRecord.topic == KnownTopic.CIRCLE_KEEPING
    )
    work = and_(
        RoleGrant.user_id == models.CircleKeeper.user_id,
        RoleGrant.school_id == models.CircleKeeper.school_id,
        UserAccount.state == AccountState.ACTIVE,
    )
    role = (RoleGrant.role, RoleGrant.starts_on, RoleGrant.ends_on)
    return (
        select(models.CircleKeeper.pathway_id, models.CircleKeeper.user_id, UserAccount.name, TrainingRecord, *role)
        .join(UserAccount, UserAccount.id == models.CircleKeeper.user_id)
        .outerjoin(TrainingRecord, training)
        .outerjoin(RoleGrant, work)
        .where(among_ids(models.CircleKeeper.pathway_id), models.CircleKeeper.ended_at.is_(None))
        .order_by(models.CircleKeeper.id, TrainingRecord.id)
    )


@Prepared
def settings(among_ids: Narrow) -> Any:
    setting = models.CircleSetting
    return select(setting.school_id, setting.guardian_consent).where(among_ids(setting.school_id))


@cache
def of(model: Any) -> Prepared:
    """The prepared select of a model's rows of these circles, by id."""
    return Prepared(lambda among_ids: select(model).where(among_ids(model.pathway_id)).order_by(model.id))


@dataclass
class Circle:
    """The state of a circle, from which its page and its requirements are decided.

    `trainings`: the keepers' training records, from any school. `at_work`: each keeper's roles at the circle's school.
    `planned`: people of the case who have an agreed safety plan.
    """

    invited: list[Any] = field(default_factory=list)
    holds: list[rules.Hold] = field(default_factory=list)
    consents: dict[int, models.CircleConsent] = field(default_factory=dict)
    preparations: dict[int, models.CirclePreparation] = field(default_factory=dict)
    supporters: list[models.CircleSupporter] = field(default_factory=list)
    screen: models.CircleScreen | None = None
    keeper_names: dict[int, str] = field(default_factory=dict)
    at_work: dict[int, set[tuple[Role, date, date | None]]] = field(default_factory=dict)
    trainings: list[TrainingRecord] = field(default_factory=list)
    lifted: set[str] = field(default_factory=set)
    guardians_asked: bool = False
    planned: frozenset[int] = frozenset()
    meetings: list[models.CircleMeeting] = field(default_factory=list)
    agreement: Agreement | None = None

    @property
    def names(self) -> dict[int, str]:
        """The names of the invited, as the case team knows them."""
        return {person.id: person_words(person) for person in self.invited}

    @property
    def waiting(self) -> models.CircleMeeting | None:
        return next((meeting for meeting in self.meetings if meeting.happened is None), None)

    @property
    def was_held(self) -> bool:
        return any(meeting.happened for meeting in self.meetings)

    @property
    def keepers(self) -> list[int]:
        """The ids of the current keepers, and of those who led a meeting."""
        return [*self.keeper_names, *(meeting.keeper_id for meeting in self.meetings)]

    @property
    def without_plan(self) -> list[str]:
        """The names of the invited who were harmed, caused no harm, and have no agreed safety plan."""
        return [person_words(person) for person in self._without_plan()]

    def _without_plan(self) -> list[Any]:
        return [person for person in self.invited if person.role is PersonRole.HARMED and person.id not in self.planned]

    def keepers_on(self, day: date) -> dict[int, str]:
        """The keepers who may keep a circle of this school on a day, by the rule of `may_keep`: id to name."""
        roles = self._roles_on(day)
        return {key: name for key, name in self.keeper_names.items() if rules.may_keep_as(roles.get(key, ()))}

    def trained_on(self, day: date) -> dict[int, str]:
        """The keepers who may lead on a day and whose training is in force then: id to name."""
        trained = {row.user_id for row in self.trainings if in_force(row, day)}
        return {key: name for key, name in self.leaders_on(day).items() if key in trained}

    def leaders_on(self, day: date) -> dict[int, str]:
        """The keepers whose roles allow them to lead a meeting on a day, trained or not: id to name."""
        roles = self._roles_on(day)
        return {key: name for key, name in self.keeper_names.items() if may_lead_as(roles.get(key, ()))}

    def _roles_on(self, day: date) -> dict[int, set[Role]]:
        return {
            key: {role for role, starts_on, ends_on in terms if starts_on <= day <= (ends_on or day)}
            for key, terms in self.at_work.items()
        }

    def requirements_on(self, day: date) -> list[rules.Requirement]:
        return rules.requirements_of(self.facts_on(day))

    def facts_on(self, day: date) -> rules.Facts:
        """The facts from which the requirements of a meeting on this day are decided."""
        return rules.Facts(
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
    """The newest stored routing answer for each person of the cases' incidents, by case."""
    newest = {tuple(person_key): answer for *person_key, answer in answers.rows(case_ids)}
    by_case: dict[int, list[Any]] = defaultdict(list)
    for (case_id, _incident, _person), answer in newest.items():
        by_case[case_id].append(answer)
    return by_case


def circle_of(pathway: Pathway) -> Circle:
    """The state of a circle; the caller has checked the pathway."""
    return circles_for([pathway])[pathway.id]


def get_circle_and_state(actor: Actor, case_id: int, pathway_id: int) -> tuple[Pathway, Circle]:
    """A circle that the actor may see, and its state. Raises NotFound."""
    row = get_circle(actor, case_id, pathway_id)
    return row, circle_of(row)


def circles_for(rows: Sequence[Pathway]) -> dict[int, Circle]:
    """The state of each circle by id, in a constant number of queries."""
    if not rows:
        return {}
    circles = _begun_for(rows)
    _read_requirements(circles, rows)
    for supporter in of(models.CircleSupporter).rows(circles).scalars():
        circles[supporter.pathway_id].supporters.append(supporter)
    return circles


def _begun_for(rows: Sequence[Pathway]) -> dict[int, Circle]:
    """Circles with their meetings and agreement, by id."""
    circles = {row.id: Circle() for row in rows}
    for meeting in meetings.rows(circles).scalars():
        circles[meeting.pathway_id].meetings.append(meeting)
    for agreement in agreements.rows(circles).scalars().unique():
        circles[agreement.pathway_id].agreement = agreement
    for circle in circles.values():
        circle.meetings.sort(key=lambda meeting: (meeting.starts_at, meeting.id), reverse=True)
    return circles


def _read_requirements(circles: Mapping[int, Circle], rows: Sequence[Pathway]) -> None:
    """Read the parts of these circles that requirements need: people, holds, consents, preparations, keepers."""
    case_ids = sorted({row.case_id for row in rows})
    people, answers, planned = people_of_each(case_ids), answers_on_cases(case_ids), _planned(case_ids)
    read = {row.id: circles[row.id] for row in rows}
    for row in rows:
        circle = read[row.id]
        circle.invited = rules.parties(row.for_whom, row.participant_id, people[row.case_id])
        circle.holds = rules.holds_on(row.kind, row.for_whom, answers[row.case_id])
        circle.planned = planned[row.case_id]
    _read_parties(read)
    for row in rows:
        leave_out_unset(read[row.id], row.participant_id)
    read_lifts(read)
    read_keepers(read)
    _read_settings(read, {row.id: row.school_id for row in rows})


def leave_out_unset(circle: Circle, named_id: int | None) -> None:
    """Remove invited people whose role is not set, except `named_id` and those already asked or prepared."""
    known = {named_id, *circle.consents, *circle.preparations}
    circle.invited = [person for person in circle.invited if person.id in known or not rules.is_unset(person)]


def _planned(case_ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
    by_case = dict.fromkeys(case_ids, frozenset[int]())
    for case_id, participant_id in agreed_plans.rows(case_ids):
        by_case[case_id] |= {participant_id}
    return by_case


def _read_parties(circles: dict[int, Circle]) -> None:
    for consent in consents.rows(circles).scalars():
        circles[consent.pathway_id].consents[consent.participant_id] = consent
    for prepared in of(models.CirclePreparation).rows(circles).scalars():
        circles[prepared.pathway_id].preparations[prepared.participant_id] = prepared
    for screen in of(models.CircleScreen).rows(circles).scalars():
        circles[screen.pathway_id].screen = screen


def read_lifts(circles: Mapping[int, Circle]) -> None:
    """Read which holds of these circles were lifted; no query when none has a hold."""
    with_holds = [pathway_id for pathway_id, circle in circles.items() if circle.holds]
    for lift in of(models.HoldLift).rows(with_holds).scalars() if with_holds else ():
        circles[lift.pathway_id].lifted.add(lift.rule)


def read_keepers(circles: Mapping[int, Circle]) -> None:
    """Read the current keepers of these circles, their roles at the school, and their trainings."""
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
    """An agreement with the parts of its terms that show what is open and when it was agreed."""

    agreed_on: date
    terms: list[Any] = field(default_factory=list)


def begun_in_columns(rows: Sequence[Any]) -> dict[int, Circle]:
    """Circles by id, with the columns of meetings and agreement on which the next step depends."""
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
    """Columns of the meetings of these circles, the latest first."""
    meeting = models.CircleMeeting
    columns = select(
        meeting.id, meeting.pathway_id, meeting.school_id, meeting.kind, meeting.starts_at, meeting.happened
    )
    return columns.where(among_ids(meeting.pathway_id)).order_by(meeting.starts_at.desc(), meeting.id.desc())


@Prepared
def _terms(among_ids: Narrow) -> Any:
    """The agreements of these circles, one row per term; one row for an agreement without terms."""
    term = AgreementTerm
    columns = select(
        Agreement.pathway_id, Agreement.agreed_on.label("first_agreed_on"),
        term.id, term.state, term.due_on, term.agreed_on,
    )  # fmt: skip
    joined = columns.select_from(Agreement).outerjoin(term, term.agreement_id == Agreement.id)
    return joined.where(among_ids(Agreement.pathway_id)).order_by(term.position)


def requirements_in_columns(circles: Mapping[int, Circle], rows: Sequence[Any]) -> None:
    """Read the parts of these circles that requirements need, as columns: people, holds, consents, preparations,
    keepers.
    """
    if not rows:
        return
    answers = _holds({row.case_id for row in rows})
    read = {row.id: circles[row.id] for row in rows}
    people: dict[int, list[Any]] = defaultdict(list)
    for person in _people.rows(read):
        people[person.pathway_id].append(person)
    for row in rows:
        circle = read[row.id]
        circle.invited = rules.parties(row.for_whom, row.participant_id, people[row.id])
        circle.holds = rules.holds_on(row.kind, row.for_whom, answers[row.case_id])
        _fill(circle, people[row.id])
        leave_out_unset(circle, row.participant_id)
    read_lifts(read)
    read_keepers(read)


@Prepared
def _people(among_ids: Narrow) -> Any:
    """The people of these circles' cases, each with their consent and preparation, and the screen and setting of the
    circle.
    """
    person, consent, prepared = CaseParticipant, models.CircleConsent, models.CirclePreparation
    agreed = and_(SafetyPlan.participant_id == person.id, SafetyPlan.case_id == person.case_id)
    of_both = and_(prepared.pathway_id == Pathway.id, prepared.participant_id == person.id)
    counts = and_(consent.pathway_id == Pathway.id, consent.participant_id == person.id, consent.replaced_at.is_(None))
    columns = select(
        Pathway.id.label("pathway_id"), person.id, person.role, person.incident_person_id,
        consent.id.label("consent_id"), consent.consented, consent.not_now, consent.given_on,
        consent.guardian_consented, consent.guardian_on,
        prepared.id.label("preparation_id"), prepared.support_offered_on, prepared.pre_met_on, prepared.is_ready,
        prepared.ready_on, prepared.plan_needed,
        models.CircleScreen.id.label("screen_id"), models.CircleScreen.answer, models.CircleScreen.screened_on,
        models.CircleSetting.guardian_consent.label("guardians_asked"),
        select(SafetyPlan.id).where(agreed, SafetyPlan.state == PlanState.AGREED).exists().label("planned"),
    )  # fmt: skip
    statement = (
        columns.select_from(Pathway)
        .join(person, person.case_id == Pathway.case_id)
        .outerjoin(consent, counts)
        .outerjoin(prepared, of_both)
        .outerjoin(models.CircleScreen, models.CircleScreen.pathway_id == Pathway.id)
        .outerjoin(models.CircleSetting, models.CircleSetting.school_id == Pathway.school_id)
    )
    return statement.where(among_ids(Pathway.id)).order_by(person.id)


def _fill(circle: Circle, people: Iterable[Any]) -> None:
    """Fill a circle from the rows of its people. One row is the person, their consent and their preparation."""
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
    """The holds of the newest stored routing answer for each person of the cases' incidents, by case."""
    newest = {tuple(person_key): holds for *person_key, holds in _answers.rows(sorted(case_ids))}
    by_case: dict[int, list[Any]] = defaultdict(list)
    for (case_id, _incident, _person), holds in newest.items():
        by_case[case_id].append({"holds": holds or ()})
    return by_case


@Prepared
def _answers(among_ids: Narrow) -> Any:
    """The holds of the stored routing answers for the people of these cases' incidents, newest last."""
    answer = RoutingAnswer
    columns = select(CaseIncident.case_id, answer.incident_id, answer.incident_person_id, answer.answer["holds"])
    joined = columns.join(answer, answer.incident_id == CaseIncident.incident_id)
    return joined.where(among_ids(CaseIncident.case_id)).order_by(answer.id)
