"""Everything that decides about circles, read for many at once; the caller has checked the pathways."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import people_of_each
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle.keepers import get_circle
from wss_cases.pathways.circles.circle.leading import may_lead_as
from wss_cases.pathways.circles.circle.models import (
    CircleConsent,
    CircleMeeting,
    CirclePreparation,
    CircleScreen,
    CircleSupporter,
    HoldLift,
)
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
from wss_cases.pathways.circles.requirements import selects
from wss_cases.pathways.circles.terms.models import Agreement
from wss_cases.pathways.common.models import Pathway
from wss_cases.training.records.pages import in_force
from wss_cases.training.records.queries import TrainingRecord


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
    newest = {tuple(whose): answer for *whose, answer in selects.answers.rows(case_ids)}
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
    for supporter in selects.of(CircleSupporter).rows(circles).scalars():
        circles[supporter.pathway_id].supporters.append(supporter)
    return circles


def _begun_for(rows: Sequence[Pathway]) -> dict[int, Circle]:
    """Return the meetings and the agreement of each circle, by its id."""
    circles = {row.id: Circle() for row in rows}
    for meeting in selects.meetings.rows(circles).scalars():
        circles[meeting.pathway_id].meetings.append(meeting)
    for agreement in selects.agreements.rows(circles).scalars().unique():
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
    for case_id, participant_id in selects.agreed_plans.rows(case_ids):
        by_case[case_id] |= {participant_id}
    return by_case


def _read_parties(circles: dict[int, Circle]) -> None:
    for consent in selects.consents.rows(circles).scalars():
        circles[consent.pathway_id].consents[consent.participant_id] = consent
    for prepared in selects.of(CirclePreparation).rows(circles).scalars():
        circles[prepared.pathway_id].preparations[prepared.participant_id] = prepared
    for screen in selects.of(CircleScreen).rows(circles).scalars():
        circles[screen.pathway_id].screen = screen


def read_lifts(circles: Mapping[int, Circle]) -> None:
    """Read which holds of these circles were lifted; no query where none has a hold."""
    held = [pathway_id for pathway_id, circle in circles.items() if circle.holds]
    for lift in selects.of(HoldLift).rows(held).scalars() if held else ():
        circles[lift.pathway_id].lifted.add(lift.rule)


def read_keepers(circles: Mapping[int, Circle]) -> None:
    """Read who keeps these circles now, the roles they hold at its school, and their trainings."""
    for pathway_id, user_id, name, trained, role_held, since, until in selects.keepers.rows(circles):
        circle = circles[pathway_id]
        circle.keeper_names[user_id] = name
        if trained is not None and trained not in circle.trainings:
            circle.trainings.append(trained)
        if role_held is not None:
            circle.at_work.setdefault(user_id, set()).add((role_held, since, until))


def _read_settings(circles: Mapping[int, Circle], schools: Mapping[int, int]) -> None:
    asks_guardians = {row.school_id for row in selects.settings.rows(set(schools.values())) if row.guardian_consent}
    for pathway_id, circle in circles.items():
        circle.guardians_asked = schools[pathway_id] in asks_guardians
