"""Pages for staff: hand out links, see what became of each, answer as keeper, read as keeper."""

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.sign_in.sessions.actions import sign_out
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import apply_refusal, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page, code_picture, form_page, printed_address
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.sign_in.login import current_user, logout_user
from wss_cases.pathways.circles.agreements.queries import names_by_key, person_key
from wss_cases.pathways.circles.circle.keepers import keeps_since, with_keepers
from wss_cases.pathways.circles.questionnaires import actions
from wss_cases.pathways.circles.questionnaires import answers as answering
from wss_cases.pathways.circles.questionnaires.forms import MakeForm, questions_form
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.pathways.circles.questionnaires.queries import (
    get_questionnaire,
    languages,
    people_to_ask,
    questionnaires_of,
    words_of,
)
from wss_cases.pathways.circles.questionnaires.rules import occasions_of, state_of
from wss_cases.pathways.circles.questionnaires.states import QUESTIONS, Answerer, LinkState, Occasion
from wss_cases.pathways.circles.requirements.queries import Circle, get_circle_and_state
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.views import ACT, act_context
from wss_cases.roster.directory.pages import language_words

blueprint = Blueprint(
    "questionnaires", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/questionnaires"
)

TONES = {LinkState.OPEN: "sun", LinkState.ANSWERED: "moss"}


@blueprint.get("")
@gate(Permission.CASE_WORK)
def questionnaires(case_id: int, pathway_id: int) -> Page:
    """List who was asked, and what became of each link."""
    actor, now = current_actor(), clock.now()
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    rows, names = questionnaires_of(row.id), names_by_key(row, circle)
    is_keeper = can(actor, Permission.CIRCLE_NOTE_READ, with_keepers(row))
    began = keeps_since(row.id, actor.user_id)
    open_now = occasions_of(circle, row.state not in LIVE)
    mine = {one.occasion for one in rows if one.keeper_user_id == actor.user_id}
    return render_template(
        "pathways/circles/questionnaires/list.html",
        ids={"case_id": row.case_id, "pathway_id": row.id},
        rows=[_row(one, names, began if is_keeper else None, now) for one in reversed(rows)],
        came=bool(open_now and people_to_ask(row, circle)),
        is_open=bool(open_now),
        may_ask=bool(actions.may_be_asked(row, circle, open_now, now)),
        mine=[(one.value, str(Occasion(one).label)) for one in open_now if is_keeper and one not in mine],
        keeps=is_keeper,
        **act_context(row, _("Questionnaires"), ""),
    )


def _row(one: Questionnaire, names: dict[str, str], reads_from: datetime | None, now: datetime) -> dict[str, Any]:
    state = state_of(one, now)
    waits = one.keeper_user_id is None and state in (LinkState.OPEN, LinkState.EXPIRED)
    meta = [str(Answerer(one.answerer).label), str(Occasion(one.occasion).label)]
    if one.keeper_user_id is None:
        meta.append(language_words(one.language))
    if state is LinkState.OPEN:
        meta.append(_("until %(day)s", day=day_words(today_at(one.school_id, one.expires_at))))
    return {
        "id": one.id,
        "name": names.get(person_key(one), ""),
        "meta": " · ".join(meta),
        "tag": str(LinkState(state).label),
        "tone": TONES.get(state, "slate"),
        "waits": waits,
        "reads": reads_from is not None and one.answered_at is not None and one.answered_at >= reads_from,
    }


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def make(case_id: int, pathway_id: int) -> Page:
    """Make links for those who came; they are shown once, to be handed over."""
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
    open_now = occasions_of(circle, row.state not in LIVE)
    occasion = open_now[-1] if open_now else Occasion.AFTER_MEETING
    people = actions.may_be_asked(row, circle, open_now or [occasion], now)
    asked = actions.already_asked(row.id, occasion, now)
    form = MakeForm(occasion=occasion.value, people=[one.key for one in people if one.key not in asked])
    form.occasion.choices = choices([(one.value, Occasion(one).label) for one in open_now or [occasion]])
    form.people.choices = choices([(one.key, one.name) for one in people])
    form.language.choices = choices(
        [
            ("", _("The language of each family")),
            *((code, language_words(code)) for code in languages(today_at(None, now))),
        ]
    )
    return form


def _list_address(row: Pathway) -> str:
    return url_for("questionnaires.questionnaires", case_id=row.case_id, pathway_id=row.id)


def _handed(row: Pathway, circle: Circle, links: list[actions.Link]) -> Page:
    names = names_by_key(row, circle)
    keys = {one.id: person_key(one) for one in questionnaires_of(row.id)}
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


@blueprint.post("/<int:questionnaire_id>/renew")
@gate(Permission.CASE_WORK)
def renew(case_id: int, pathway_id: int, questionnaire_id: int) -> Page:
    """Make a link anew and show it once; the old one is dead."""
    actor = current_actor()
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    questionnaire = get_questionnaire(actor, row.id, questionnaire_id)
    link = actions.renew(actor, questionnaire.id, clock.now())
    return _handed(row, circle, [link] if link else [])


@blueprint.post("/<int:questionnaire_id>/revoke")
@gate(Permission.CASE_WORK)
def revoke(case_id: int, pathway_id: int, questionnaire_id: int) -> Page:
    """Take a link back."""
    actor = current_actor()
    row, _circle = get_circle_and_state(actor, case_id, pathway_id)
    questionnaire = get_questionnaire(actor, row.id, questionnaire_id)
    actions.revoke(Invocation(actor, clock.now()), questionnaire.id)
    return redirect(_list_address(row), 303)


@blueprint.post("/<int:questionnaire_id>/here")
@gate(Permission.CASE_WORK)
def here(case_id: int, pathway_id: int, questionnaire_id: int) -> Page:
    """Open the questions on this device: the member of staff is signed out first, so that nothing else opens."""
    actor = current_actor()
    row, _circle = get_circle_and_state(actor, case_id, pathway_id)
    questionnaire = get_questionnaire(actor, row.id, questionnaire_id)
    link = actions.renew(actor, questionnaire.id, clock.now())
    sign_out(actor, current_user.row.session_id, clock.now())
    logout_user()
    session.clear()
    target = url_for("questionnaire.link", token=link.code) if link else url_for("accounts.sign_in")
    answer = redirect(target, 303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@blueprint.route("/mine", methods=["GET", "POST"])
@gate(Permission.CIRCLE_NOTE_READ)
def mine(case_id: int, pathway_id: int) -> Page:
    """Answer as a keeper of this circle."""
    row, _circle = _circle_of_keeper(current_actor(), case_id, pathway_id)
    chosen = request.args.get("occasion")
    occasion = Occasion(chosen) if chosen in set(Occasion) else Occasion.AFTER_MEETING
    texts = words_of(Answerer.KEEPER, occasion, locale_code(), today_at(row.school_id, clock.now()))
    form = questions_form(Answerer.KEEPER, QUESTIONS[Answerer.KEEPER, occasion], texts)()
    return form_page(
        form,
        lambda: answering.answer_as_keeper(submitted(form), row.id, occasion, form.values, form.said.data or ""),
        _list_address(row),
        "pathways/circles/questionnaires/mine.html",
        **act_context(row, str(Occasion(occasion).label), _("Send my answers")),
    )


def _circle_of_keeper(actor: Actor, case_id: int, pathway_id: int) -> tuple[Pathway, Circle]:
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    if not can(actor, Permission.CIRCLE_NOTE_READ, with_keepers(row)):
        raise NotFound
    return row, circle


@blueprint.get("/<int:questionnaire_id>/answers")
@gate(Permission.CIRCLE_NOTE_READ)
def answers(case_id: int, pathway_id: int, questionnaire_id: int) -> Page:
    """Read what one person answered; only for the circle's keepers, and each reading is in the audit."""
    actor, now = current_actor(), clock.now()
    row, circle = _circle_of_keeper(actor, case_id, pathway_id)
    read = answering.read_answers(actor, row.id, questionnaire_id, now)
    questions = QUESTIONS[read.row.answerer, read.row.occasion]
    texts = words_of(read.row.answerer, read.row.occasion, locale_code(), today_at(row.school_id, now))
    lines = [
        {
            "label": texts[f"question.{read.row.answerer}.{one.code}"].text,
            "value": texts[f"scale.{one.scale}.{read.values[one.code]}"].text
            if one.code in read.values
            else _("not answered"),
        }
        for one in questions
    ]
    context = act_context(row, _("Answers"), "")
    context["lede"] = f"{names_by_key(row, circle).get(person_key(read.row), '')} · {Occasion(read.row.occasion).label}"
    return render_template("pathways/circles/questionnaires/answers.html", lines=lines, words=read.words, **context)
