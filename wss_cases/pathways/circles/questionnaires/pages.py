"""Answering a questionnaire, by a one-time link without an account, or as a keeper; and the pages that give out links.

Free text is sealed at once.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from flask import redirect, render_template, request, session, url_for
from sqlalchemy import delete
from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.sign_in.sessions.actions import sign_out
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, apply_refusal, choices, radio
from wss_cases.foundation.i18n import _, _l, locale_code
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys import seal, unseal
from wss_cases.foundation.pages import Page, code_picture, form_page, printed_address
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.foundation.settings import setting
from wss_cases.foundation.sign_in import current_user, logout_user
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.mail.family_texts import Text
from wss_cases.pathways.circles.agreements.queries import names_by_key, person_key
from wss_cases.pathways.circles.circle.queries import get_circle, keeps_since, with_keepers
from wss_cases.pathways.circles.questionnaires import actions, models, queries
from wss_cases.pathways.circles.questionnaires.models import (
    QUESTIONS,
    VALUES,
    Answerer,
    LinkState,
    Occasion,
    Question,
    Questionnaire,
    QuestionnaireAnswer,
    QuestionnaireGuess,
)
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of, get_circle_and_state
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.pages import ACT, act_context
from wss_cases.roster.directory.pages import language_words

PURPOSE = "questionnaire"


@dataclass(frozen=True)
class Opened:
    """The questionnaire that a link opens, or None. `wait`: there were too many wrong links."""

    row: Questionnaire | None
    wait: bool = False


def open_link(code: str, address: str, now: datetime) -> Opened:
    """What a link opens. Wrong links are counted until there are too many; a right link always opens."""
    row = queries.by_code(code)
    if row is not None:
        return Opened(row)
    if queries.throttled(*queries.guesses(address, now)):
        return Opened(None, wait=True)
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(delete(QuestionnaireGuess).where(QuestionnaireGuess.at <= now - queries.GUESS_WINDOW))
        uow.session.add(QuestionnaireGuess(address=address[:64], at=now))
        uow.no_audit()
    return Opened(None)


def answer(questionnaire_id: int, values: Mapping[str, int], words: str, now: datetime) -> LinkState:
    """Save the answers given through a link, once. Returns the state of the link: only an open one takes answers.

    Raises Refused without an answer, and for a value that its question does not have.
    """
    with unit_of_work(SYSTEM, now) as uow:
        row = existing(uow.session.get(Questionnaire, questionnaire_id, with_for_update=True, populate_existing=True))
        state = queries.state_of(row, now)
        if state is LinkState.OPEN:
            _save(uow, row, values, words)
        return state


@use_case
def answer_as_keeper(
    uow: UnitOfWork, pathway_id: int, occasion: Occasion, values: Mapping[str, int], words: str
) -> int:
    """Save a keeper's own answers about their circle. Returns the pathway's id.

    Raises NotFound for anyone else. Raises Refused for a second time, before the occasion, and without an answer.
    """
    pathway = actions.load_asked_circle(uow, pathway_id)
    require(uow.actor, Permission.CIRCLE_NOTE_READ, with_keepers(pathway))
    circle = circle_of(pathway)
    actions.check_occasion(pathway, circle, occasion)
    if f"keeper-{uow.actor.user_id}" in actions.already_asked(pathway_id, occasion, uow.now):
        raise Refused("", _("You have already answered."))
    row = uow.add(
        Questionnaire(
            **actions.new_values(uow, pathway, circle, occasion),
            answerer=Answerer.KEEPER,
            keeper_user_id=uow.actor.user_id,
            language=uow.actor.locale,
            token_digest=token_digest(secrets.token_hex(32)),
        )
    )
    _save(uow, row, values, words)
    return pathway.id


def _save(uow: UnitOfWork, row: Questionnaire, values: Mapping[str, int], words: str) -> None:
    scales = {question.code: question.scale for question in QUESTIONS[row.answerer, row.occasion]}
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
    """A person's answers: values by question, and their own words. `words` None: no key of this system opens them."""

    row: Questionnaire
    values: dict[str, int]
    words: str | None


def read_answers(actor: Actor, pathway_id: int, questionnaire_id: int, now: datetime) -> ReadAnswers:
    """The answers of one person, for a keeper of that circle. The reading is audited.

    Raises NotFound, also for answers from before this keeper began, because they were given to others.
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
        values = {answer_row.question: answer_row.value for answer_row in row.answers}
        return ReadAnswers(row, values, _words(row))


def _words(row: Questionnaire) -> str | None:
    if row.sealed_text is None or row.sealed_key is None:
        return ""
    try:
        return unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key)
    except ValueError:
        return None


class MakeForm(BaseForm):
    """Who gets a link, on which occasion, in which language."""

    occasion = RadioField(_l("When it is asked"), validators=[InputRequired(_l("Choose when it is asked."))])
    people = SelectMultipleField(_l("Who is asked"), validators=[InputRequired(_l("Check who is asked."))], choices=[])
    language = SelectField(_l("Language"), validators=[Optional()])


class Questions(BaseForm):
    """The questions of a questionnaire; `asked` holds their codes. Made by `questions_form`."""

    asked: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, int]:
        return {code: int(self[f"q_{code}"].data) for code in self.asked if self[f"q_{code}"].data}


def questions_form(answerer: str, questions: Iterable[Question], texts: Mapping[str, Text]) -> type[Questions]:
    """The form of a questionnaire in the words of these texts. No question is required."""
    fields: dict[str, Any] = {"asked": tuple(question.code for question in questions)}
    for question in questions:
        labels = [(str(value), texts[f"scale.{question.scale}.{value}"].text) for value in VALUES[question.scale]]
        fields[f"q_{question.code}"] = radio(texts[f"question.{answerer}.{question.code}"].text, labels)
    free = texts["questionnaire_free"]
    fields["said"] = LongText(free.title, [Optional()], limit=4000, description=free.text)
    return type("QuestionsForm", (Questions,), fields)


pages = Pages("questionnaires", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/questionnaires")

TONES = {LinkState.OPEN: "sun", LinkState.ANSWERED: "moss"}


@pages.get("")
@gate(Permission.CASE_WORK)
def questionnaires(case_id: int, pathway_id: int) -> Page:
    """List the people who were asked, and the state of each link."""
    actor, now = current_actor(), clock.now()
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    rows, names = queries.questionnaires_of(row.id), names_by_key(row, circle)
    is_keeper = can(actor, Permission.CIRCLE_NOTE_READ, with_keepers(row))
    began = keeps_since(row.id, actor.user_id)
    open_now = queries.occasions_of(circle, row.state not in LIVE)
    mine = {item.occasion for item in rows if item.keeper_user_id == actor.user_id}
    return render_template(
        "pathways/circles/questionnaires/list.html",
        ids={"case_id": row.case_id, "pathway_id": row.id},
        rows=[_row(item, names, began if is_keeper else None, now) for item in reversed(rows)],
        came=bool(open_now and queries.people_to_ask(row, circle)),
        is_open=bool(open_now),
        may_ask=bool(actions.may_be_asked(row, circle, open_now, now)),
        mine=[(item.value, str(Occasion(item).label)) for item in open_now if is_keeper and item not in mine],
        keeps=is_keeper,
        **act_context(row, _("Questionnaires"), ""),
    )


def _row(
    questionnaire: Questionnaire, names: dict[str, str], reads_from: datetime | None, now: datetime
) -> dict[str, Any]:
    state = queries.state_of(questionnaire, now)
    waits = questionnaire.keeper_user_id is None and state in (LinkState.OPEN, LinkState.EXPIRED)
    meta = [str(Answerer(questionnaire.answerer).label), str(Occasion(questionnaire.occasion).label)]
    if questionnaire.keeper_user_id is None:
        meta.append(language_words(questionnaire.language))
    if state is LinkState.OPEN:
        meta.append(_("until %(day)s", day=day_words(today_at(questionnaire.school_id, questionnaire.expires_at))))
    return {
        "id": questionnaire.id,
        "name": names.get(person_key(questionnaire), ""),
        "meta": " · ".join(meta),
        "tag": str(LinkState(state).label),
        "tone": TONES.get(state, "slate"),
        "waits": waits,
        "reads": reads_from is not None
        and questionnaire.answered_at is not None
        and questionnaire.answered_at >= reads_from,
    }


@pages.route("/new", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def make(case_id: int, pathway_id: int) -> Page:
    """Make links for people who came. They are shown once, to be handed over."""
    actor, now = current_actor(), clock.now()
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    form = _make_form(row, circle, now)
    if form.validate_on_submit():
        try:
            links = actions.make_links(
                actor,
                row.id,
                Occasion(form.occasion.data),
                form.people.data or [],
                form.language.data or "",
                now,
                form.request_key.data,
            )
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            return _handed(row, circle, links)
    explained = _(
        "Each link works once, without an account, for %(days)d days. The keepers read each answer by name.",
        days=actions.LINK_DAYS.on(today_at(None, now)),
    )
    context = act_context(row, _("Make links"), _("Make the links"), facts=[explained], back_href=_list_address(row))
    return render_template(ACT, form=form, **context), 400 if form.is_submitted() else 200


def _make_form(row: Pathway, circle: Circle, now: datetime) -> MakeForm:
    open_now = queries.occasions_of(circle, row.state not in LIVE)
    occasion = open_now[-1] if open_now else Occasion.AFTER_MEETING
    people = actions.may_be_asked(row, circle, open_now or [occasion], now)
    asked_keys = actions.already_asked(row.id, occasion, now)
    form = MakeForm(occasion=occasion.value, people=[item.key for item in people if item.key not in asked_keys])
    form.occasion.choices = choices([(item.value, Occasion(item).label) for item in open_now or [occasion]])
    form.people.choices = choices([(item.key, item.name) for item in people])
    form.language.choices = choices(
        [
            ("", _("The language of each family")),
            *((code, language_words(code)) for code in queries.languages(today_at(None, now))),
        ]
    )
    return form


def _list_address(row: Pathway) -> str:
    return url_for("questionnaires.questionnaires", case_id=row.case_id, pathway_id=row.id)


def _handed(row: Pathway, circle: Circle, links: list[actions.Link]) -> Page:
    names = names_by_key(row, circle)
    keys = {questionnaire.id: person_key(questionnaire) for questionnaire in queries.questionnaires_of(row.id)}
    shown = [
        {
            "name": names.get(keys[link.questionnaire_id], ""),
            "address": (address := printed_address("questionnaire.link", token=link.code)),
            "picture": code_picture(address),
        }
        for link in links
    ]
    context = act_context(row, _("Links to hand over"), "")
    return render_template(
        "pathways/circles/questionnaires/links.html",
        links=shown,
        days=actions.LINK_DAYS.on(today_at(None, clock.now())),
        **context,
    )


@pages.post("/<int:questionnaire_id>/renew")
@gate(Permission.CASE_WORK)
def renew(case_id: int, pathway_id: int, questionnaire_id: int) -> Page:
    """Renew a link and show it once; the old one stops working."""
    actor = current_actor()
    row, questionnaire = _find_handed(actor, case_id, pathway_id, questionnaire_id)
    link = actions.renew(actor, questionnaire.id, clock.now())
    return _handed(row, circle_of(row), [link] if link else [])


def _find_handed(actor: Actor, case_id: int, pathway_id: int, questionnaire_id: int) -> tuple[Pathway, Questionnaire]:
    row = get_circle(actor, case_id, pathway_id)
    return row, queries.get_questionnaire(actor, row.id, questionnaire_id)


@pages.button(
    "/<int:questionnaire_id>/revoke", Subject(Questionnaire, _find_handed, row=itemgetter(1)), Permission.CASE_WORK,
    then=lambda seen, _id: _list_address(seen[0]),
)  # fmt: skip
def revoke(uow: UnitOfWork, questionnaire: Questionnaire) -> None:
    """Withdraw a link, so that it opens nothing. Refused when it was answered or withdrawn already."""
    actions.refuse_keepers_own(questionnaire)
    if not queries.may_become(queries.state_of(questionnaire, uow.now), LinkState.REVOKED):
        raise Refused("", _("This questionnaire was answered or withdrawn."))
    questionnaire.revoked_at = uow.now
    uow.record(questionnaire, "questionnaire.revoked")


@pages.post("/<int:questionnaire_id>/here")
@gate(Permission.CASE_WORK)
def here(case_id: int, pathway_id: int, questionnaire_id: int) -> Page:
    """Open the questions on this device. The member of staff is signed out first, so that nothing else can be
    opened.
    """
    actor = current_actor()
    _row, questionnaire = _find_handed(actor, case_id, pathway_id, questionnaire_id)
    link = actions.renew(actor, questionnaire.id, clock.now())
    sign_out(actor, current_user.row.session_id, clock.now())
    logout_user()
    session.clear()
    target = url_for("questionnaire.link", token=link.code) if link else url_for("accounts.sign_in")
    answer = redirect(target, 303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@pages.route("/mine", methods=["GET", "POST"])
@gate(Permission.CIRCLE_NOTE_READ)
def mine(case_id: int, pathway_id: int) -> Page:
    row, _circle = _circle_of_keeper(current_actor(), case_id, pathway_id)
    chosen = request.args.get("occasion")
    occasion = Occasion(chosen) if chosen in set(Occasion) else Occasion.AFTER_MEETING
    texts = queries.words_of(Answerer.KEEPER, occasion, locale_code(), today_at(row.school_id, clock.now()))
    form = questions_form(Answerer.KEEPER, QUESTIONS[Answerer.KEEPER, occasion], texts)()
    return form_page(
        form,
        lambda: answer_as_keeper(submitted(form), row.id, occasion, form.values, form.said.data or ""),
        _list_address(row),
        "pathways/circles/questionnaires/mine.html",
        **act_context(row, str(Occasion(occasion).label), _("Send my answers")),
    )


def _circle_of_keeper(actor: Actor, case_id: int, pathway_id: int) -> tuple[Pathway, Circle]:
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    if not can(actor, Permission.CIRCLE_NOTE_READ, with_keepers(row)):
        raise NotFound
    return row, circle


@pages.get("/<int:questionnaire_id>/answers")
@gate(Permission.CIRCLE_NOTE_READ)
def answers(case_id: int, pathway_id: int, questionnaire_id: int) -> Page:
    """Show what a person answered, only to the circle's keepers. Each reading is audited."""
    actor, now = current_actor(), clock.now()
    row, circle = _circle_of_keeper(actor, case_id, pathway_id)
    read = read_answers(actor, row.id, questionnaire_id, now)
    questions = QUESTIONS[read.row.answerer, read.row.occasion]
    texts = queries.words_of(read.row.answerer, read.row.occasion, locale_code(), today_at(row.school_id, now))
    lines = [
        {
            "label": texts[f"question.{read.row.answerer}.{question.code}"].text,
            "value": texts[f"scale.{question.scale}.{read.values[question.code]}"].text
            if question.code in read.values
            else _("not answered"),
        }
        for question in questions
    ]
    context = act_context(row, _("Answers"), "")
    context["lede"] = f"{names_by_key(row, circle).get(person_key(read.row), '')} · {Occasion(read.row.occasion).label}"
    return render_template("pathways/circles/questionnaires/answers.html", lines=lines, words=read.words, **context)


ROOM = Room(pages=(pages,), sentences=models.SENTENCES)
