"""Answering: by a one-time link without an account, or by a keeper on their own page. Free text is sealed at once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys.envelope import seal, unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.keepers import keeps_since, with_keepers
from wss_cases.pathways.circles.questionnaires.actions import (
    already_asked,
    check_occasion,
    load_asked_circle,
    new_values,
)
from wss_cases.pathways.circles.questionnaires.models import Questionnaire, QuestionnaireAnswer, QuestionnaireGuess
from wss_cases.pathways.circles.questionnaires.queries import by_code, guesses
from wss_cases.pathways.circles.questionnaires.rules import GUESS_WINDOW, state_of, throttled
from wss_cases.pathways.circles.questionnaires.states import QUESTIONS, VALUES, Answerer, LinkState, Occasion
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.common.models import Pathway

PURPOSE = "questionnaire"


@dataclass(frozen=True)
class Opened:
    """The questionnaire that a link opens, or None; `wait` after too many wrong links."""

    row: Questionnaire | None
    wait: bool = False


def open_link(code: str, address: str, now: datetime) -> Opened:
    """Return what a link opens. A wrong one is counted, until there were too many; a right one always opens."""
    row = by_code(code)
    if row is not None:
        return Opened(row)
    if throttled(*guesses(address, now)):
        return Opened(None, wait=True)
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(delete(QuestionnaireGuess).where(QuestionnaireGuess.at <= now - GUESS_WINDOW))
        uow.session.add(QuestionnaireGuess(address=address[:64], at=now))
        uow.no_audit()
    return Opened(None)


def answer(questionnaire_id: int, values: Mapping[str, int], words: str, now: datetime) -> LinkState:
    """Save the answers given through a link, once. Returns what the link was: only an open one takes answers.

    Raises Refused when nothing was answered, or for a value that its question does not have.
    """
    with unit_of_work(SYSTEM, now) as uow:
        row = existing(uow.session.get(Questionnaire, questionnaire_id, with_for_update=True, populate_existing=True))
        state = state_of(row, now)
        if state is LinkState.OPEN:
            _save(uow, row, values, words)
        return state


@use_case
def answer_as_keeper(
    uow: UnitOfWork, pathway_id: int, occasion: Occasion, values: Mapping[str, int], words: str
) -> int:
    """Save a keeper's own answers about their circle. Returns the pathway's id.

    Raises NotFound for anybody else, Refused for a second time, before the occasion, or when nothing was answered.
    """
    pathway = load_asked_circle(uow, pathway_id)
    require(uow.actor, Permission.CIRCLE_NOTE_READ, with_keepers(pathway))
    circle = circle_of(pathway)
    check_occasion(pathway, circle, occasion)
    if f"keeper-{uow.actor.user_id}" in already_asked(pathway_id, occasion, uow.now):
        raise Refused("", _("You have already answered."))
    row = uow.add(
        Questionnaire(
            **new_values(uow, pathway, circle, occasion),
            answerer=Answerer.KEEPER,
            keeper_user_id=uow.actor.user_id,
            language=uow.actor.locale,
            token_digest=token_digest(secrets.token_hex(32)),
        )
    )
    _save(uow, row, values, words)
    return pathway.id


def _save(uow: UnitOfWork, row: Questionnaire, values: Mapping[str, int], words: str) -> None:
    scales = {one.code: one.scale for one in QUESTIONS[row.answerer, row.occasion]}
    if not values and not words.strip():
        raise Refused("", _("Answer at least one question."))
    for code, value in values.items():
        if code not in scales or value not in VALUES[scales[code]]:
            raise Refused("", _("Choose one of the answers shown."))
        row.answers.append(QuestionnaireAnswer(question=code, value=value))
    row.answered_at = uow.now
    if words.strip():
        sealed = seal(setting("WSS_KEYS"), PURPOSE, words)
        row.sealed_text, row.sealed_key, row.key_name = sealed.text, sealed.key, sealed.key_name
    uow.record(row, "questionnaire.answered", occasion=row.occasion.value)


@dataclass(frozen=True)
class ReadAnswers:
    """What somebody answered: values by question, and their own words; None: no key of this system opens them."""

    row: Questionnaire
    values: dict[str, int]
    words: str | None


def read_answers(actor: Actor, pathway_id: int, questionnaire_id: int, now: datetime) -> ReadAnswers:
    """Return what one person answered, for a keeper of that circle; the reading is audited.

    Raises NotFound, also for what was answered before this keeper began: it was told to others.
    """
    with unit_of_work(actor, now) as uow:
        pathway = uow.load(Pathway, pathway_id, Permission.CASE_READ)
        require(actor, Permission.CIRCLE_NOTE_READ, with_keepers(pathway))
        row = uow.session.get(Questionnaire, questionnaire_id)
        if row is None or row.pathway_id != pathway.id or row.answered_at is None:
            raise NotFound
        began = keeps_since(pathway.id, actor.user_id)
        if began is None or row.answered_at < began:
            raise NotFound
        uow.audit("questionnaire.read", "questionnaire", row.id)
        values = {one.question: one.value for one in row.answers}
        return ReadAnswers(row, values, _words(row))


def _words(row: Questionnaire) -> str | None:
    if row.sealed_text is None or row.sealed_key is None:
        return ""
    try:
        return unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key)
    except ValueError:
        return None
