"""Queries and rules of questionnaires: who may be asked, the state of each link, counts of wrong links, the texts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.visibility import in_view
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.ids import plain_code, token_digest
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.mail.common.pages import FamilyText
from wss_cases.mail.family_texts import Text, family_texts
from wss_cases.pathways.circles.agreements.queries import supporters_of
from wss_cases.pathways.circles.circle.models import CircleSupporter, MeetingKind
from wss_cases.pathways.circles.questionnaires import models
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.circles.terms import completion_held, open_terms
from wss_cases.pathways.common.models import Pathway

GUESS_WINDOW = timedelta(minutes=15)
GUESSES_PER_ADDRESS = 60
GUESSES_OVER_ALL = 600
"""The number of wrong links within the window, from one address and from all, after which further wrong links are
refused unread.

Only wrong links are throttled. A right link still opens, because a whole school shares one address, and a person who
guesses must not lock the others out. A link has 31 ** 20 forms, about 2 ** 99, so guessing finds none.
"""


def state_of(row: Any, now: datetime) -> models.LinkState:
    """The state of a link, from a row with `answered_at`, `revoked_at` and `expires_at`."""
    if row.answered_at is not None:
        return models.LinkState.ANSWERED
    if row.revoked_at is not None:
        return models.LinkState.REVOKED
    return models.LinkState.EXPIRED if row.expires_at <= now else models.LinkState.OPEN


def may_become(state: models.LinkState, next_state: models.LinkState) -> bool:
    return next_state in models.LINK_TRANSITIONS[state]


def throttled(from_address: int, over_all: int) -> bool:
    return from_address >= GUESSES_PER_ADDRESS or over_all >= GUESSES_OVER_ALL


def answerer_of(role: PersonRole) -> models.Answerer:
    """The role in which a party answers. A person who was harmed and caused harm answers as a person harmed."""
    return models.Answerer.HARMED if role in (PersonRole.HARMED, PersonRole.BOTH) else models.Answerer.CAUSED_HARM


def occasions_of(circle: Any, has_ended: bool) -> list[models.Occasion]:
    """The occasions that have come: after a held meeting, and once no term of the agreement is open."""
    held_meetings = [
        meeting for meeting in circle.meetings if meeting.happened and meeting.kind is not MeetingKind.COMPLETION
    ]
    occasions = [models.Occasion.AFTER_MEETING] if held_meetings else []
    over = completion_held(circle) or has_ended or not open_terms(circle.agreement)
    if held_meetings and circle.agreement is not None and over:
        occasions.append(models.Occasion.LAST_CHECK_IN)
    return occasions


def came_to(meetings: Iterable[Any]) -> set[str]:
    """The keys of the people who came to any of these meetings ("party-1", "supporter-2")."""
    came = set()
    for meeting in meetings:
        for row in meeting.attendance:
            if row.attended and row.participant_id is not None:
                came.add(f"party-{row.participant_id}")
            if row.attended and row.supporter_id is not None:
                came.add(f"supporter-{row.supporter_id}")
    return came


INTRO = "questionnaire_intro"
FREE = "questionnaire_free"


@dataclass(frozen=True)
class Asked:
    """A person who may be asked: `key` as forms send it, their role, and their family's language."""

    key: str
    id: int
    name: str
    answerer: models.Answerer
    language: str


def people_to_ask(row: Pathway, circle: Circle) -> list[Asked]:
    """The parties and supporters who came to a meeting of this circle. Keepers answer on their own page."""
    came = came_to(meeting for meeting in circle.meetings if meeting.happened)
    parties = [
        Asked(
            f"party-{person.id}",
            person.id,
            circle.names[person.id],
            answerer_of(person.role),
            (person.student.language if person.student else None) or "en",
        )
        for person in circle.invited
    ]
    supporters = [_supporter(person, parties) for person in supporters_of(row.id)]
    return [person for person in (*parties, *supporters) if person.key in came]


def _supporter(row: CircleSupporter, parties: Iterable[Asked]) -> Asked:
    language = next((party.language for party in parties if party.id == row.participant_id), "en")
    return Asked(f"supporter-{row.id}", row.id, row.name, models.Answerer.SUPPORTER, language)


def questionnaires_of(pathway_id: int) -> list[models.Questionnaire]:
    """A circle's questionnaires, oldest first; the caller has checked the circle."""
    statement = select(models.Questionnaire).where(models.Questionnaire.pathway_id == pathway_id)
    return list(db.session.scalars(statement.order_by(models.Questionnaire.id)))


def get_questionnaire(actor: Actor, pathway_id: int, questionnaire_id: int) -> models.Questionnaire:
    """A questionnaire of a circle at one of the actor's schools. Raises NotFound."""
    statement = select(models.Questionnaire).where(
        models.Questionnaire.id == questionnaire_id, models.Questionnaire.pathway_id == pathway_id
    )
    return existing(db.session.scalar(statement.where(in_view(models.Questionnaire, actor, *CASE_TEAM))))


def by_code(code: str) -> models.Questionnaire | None:
    """The questionnaire that a link opens; None when there is no such link."""
    digest = token_digest(plain_code(code))
    return db.session.scalar(select(models.Questionnaire).where(models.Questionnaire.token_digest == digest))


def guesses(address: str, now: datetime) -> tuple[int, int]:
    """How many wrong links came from an address, and from all, within the window."""
    recent = models.QuestionnaireGuess.at > now - GUESS_WINDOW
    own = select(func.count()).where(models.QuestionnaireGuess.address == address, recent).scalar_subquery()
    every = select(func.count()).where(recent).select_from(models.QuestionnaireGuess).scalar_subquery()
    from_address, over_all = db.session.execute(select(own, every)).one()
    return from_address, over_all


def languages(day: date) -> list[str]:
    statement = select(FamilyText.language).where(FamilyText.code == INTRO, FamilyText.starts_on <= day)
    return sorted(set(db.session.scalars(statement)), key=lambda code: (code != "en", code))


def words_of(answerer: models.Answerer, occasion: models.Occasion, language: str, day: date) -> dict[str, Text]:
    """The texts of a questionnaire by code: introduction, questions, scales, free question."""
    questions = [f"question.{answerer}.{question.code}" for question in models.QUESTIONS[answerer, occasion]]
    scales = [f"scale.{scale}.{value}" for scale in models.Scale for value in models.VALUES[scale]]
    return family_texts([INTRO, FREE, *questions, *scales], language, day)
