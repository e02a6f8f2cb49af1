"""Answering a survey, once by an invited link or by the code on the wall. Nothing records when, or by which link, an
answer came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.actor import SYSTEM
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, apply_refusal, radio
from wss_cases.foundation.i18n import _, force_locale, locale_code
from wss_cases.foundation.ids import plain_code, token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.mail.family_texts import Text
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.directory.queries import get_school
from wss_cases.surveys.links import SurveyLink, link_by
from wss_cases.surveys.rounds import (
    MOST_BY_LINK,
    MOST_BY_WALL,
    VALUES,
    SurveyGroup,
    SurveyQuestion,
    SurveyRound,
    SurveySentForm,
    SurveyTally,
    SurveyWall,
    Way,
    counted,
    counts_in,
    hour_of,
    intro_code,
    is_open,
    questions_on,
    seal_counts,
    text_code,
    texts_of,
)


class SurveyForm(BaseForm):
    """The questions of one group, with their codes in `asked`; made by `survey_form`."""

    asked: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, int]:
        return {code: int(self[f"q_{code}"].data) for code in self.asked if self[f"q_{code}"].data}


def survey_form(group: SurveyGroup, questions: Sequence[SurveyQuestion], texts: Mapping[str, Text]) -> type[SurveyForm]:
    """The form class for a group's questions, in these texts."""
    fields: dict[str, Any] = {"asked": tuple(question.code for question in questions)}
    for question in questions:
        scale = question.scale
        labels = [(str(value), texts[f"survey.scale.{scale}_{value}"].text) for value in VALUES[scale]]
        fields[f"q_{question.code}"] = radio(texts[text_code(group, question.code)].text, labels)
    return type("QuestionsOfSurvey", (SurveyForm,), fields)


class Full(Refused):
    """The code on the wall has taken as many answers of a group as the group has people."""


@dataclass(frozen=True)
class Opened:
    """What a code opens: a round, and the group of its link; the code on the wall has None and asks for the group."""

    round: SurveyRound
    wall_id: int | None
    link_id: int | None
    group: SurveyGroup | None


def open_code(code: str, now: datetime) -> Opened | None:
    """What a code opens today. None alike for a code that is unknown or used, and before and after its round."""
    link = link_by(code)
    if link is not None:
        row = db.session.get_one(SurveyRound, link.round_id)
        return None if link.used or not _takes(row, now) else Opened(row, None, link.id, link.audience)
    wall = db.session.scalar(select(SurveyWall).where(SurveyWall.code == code))
    if wall is None:
        return None
    row = db.session.get_one(SurveyRound, wall.round_id)
    return Opened(row, wall.id, None, None) if _takes(row, now) else None


def _takes(row: SurveyRound, now: datetime) -> bool:
    return is_open(row, today_at(row.school_id, now))


def was_sent(form_key: str) -> bool:
    """Whether this page of questions was already sent and counted."""
    sent = select(SurveySentForm.round_id).where(SurveySentForm.digest == token_digest(form_key))
    return db.session.scalar(sent.limit(1)) is not None


def takes_another(opened: Opened, now: datetime) -> bool:
    """Count a submission by a link or a code, refused or not; False once its hour had too many."""
    with unit_of_work(SYSTEM, now) as uow:
        row = _locked(uow, opened)
        began = hour_of(row.hour_began, now)
        if row.hour_began != began:
            row.hour_began, row.sent = began, 0
        row.sent += 1
        uow.no_audit()
        return row.sent <= (MOST_BY_LINK if isinstance(row, SurveyLink) else MOST_BY_WALL)


def _locked(uow: UnitOfWork, opened: Opened) -> SurveyLink | SurveyWall:
    if opened.link_id is None:
        return existing(uow.session.get(SurveyWall, opened.wall_id, with_for_update=True, populate_existing=True))
    link = existing(uow.session.get(SurveyLink, opened.link_id, with_for_update=True, populate_existing=True))
    if link.used:
        raise NotFound
    return link


def answer(opened: Opened, group: SurveyGroup, values: Mapping[str, int], form_key: str, now: datetime) -> None:
    """Add an answer to its group's sealed tally, and use up the link. The same page sent again counts once.

    Raises NotFound once the link was used or the round is over, Full, and Refused when nothing was answered or a value
    does not belong to its question. Leaves no audit row and no history, because those would have a time.
    """
    if not values:
        raise Refused("", _("Answer at least one question."))
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        sent = {"round_id": opened.round.id, "digest": token_digest(form_key)}
        if not insert_once(uow.session, SurveySentForm, sent, list(sent)):
            return
        way = Way.OPEN if opened.link_id is None else Way.INVITED
        # lock the tally before the link, in the same order as ending the round
        tally = _tally(uow, opened.round.id, group, way)
        source = _locked(uow, opened)
        if tally.sealed_text is None:
            raise NotFound
        if tally.most is not None and tally.taken >= tally.most:
            raise Full("", _("This code has taken as many answers as there are people in this group."))
        _add(tally, values)
        if isinstance(source, SurveyLink):
            source.used, source.nonce, source.hour_began, source.sent = True, None, None, 0


def _tally(uow: UnitOfWork, round_id: int, group: SurveyGroup, way: Way) -> SurveyTally:
    mine = (SurveyTally.round_id == round_id, SurveyTally.audience == group, SurveyTally.way == way)
    query = select(SurveyTally).where(*mine).with_for_update().execution_options(populate_existing=True)
    return existing(uow.session.scalar(query))


def _add(tally: SurveyTally, values: Mapping[str, int]) -> None:
    try:
        seal_counts(tally, counted(counts_in(tally), values))
    except KeyError:
        raise Refused("", _("Choose one of the answers shown.")) from None
    tally.taken += 1


blueprint = Blueprint("survey", __name__, url_prefix="/survey")
OVER, BUSY = 404, 429
WAIT_SECONDS = 3600


@blueprint.route("/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def link(token: str) -> Response:
    """Show the questions that a code opens, and take the answers."""
    now, language = clock.now(), _language()
    opened = open_code(plain_code(token), now)
    with force_locale(language):
        if opened is None:
            sent_before = request.method == "POST" and was_sent(request.form.get("request_key", ""))
            return _thanks(language) if sent_before else _page("over", OVER, language)
        group = opened.group or _chosen(opened)
        if group is None:
            return _choice(opened, language)
        return _questions(opened, group, language)


def _chosen(opened: Opened) -> SurveyGroup | None:
    named = request.form.get("group") or request.args.get("group")
    return next((group for group in opened.round.groups if group.value == named), None)


def _choice(opened: Opened, language: str) -> Response:
    here = [
        (group.label, url_for("survey.link", token=_token(), group=group.value, language=language))
        for group in opened.round.groups
    ]
    return _page("choose", 200, language, opened=opened, groups=here)


def _token() -> str:
    return str((request.view_args or {})["token"])


def _questions(opened: Opened, group: SurveyGroup, language: str) -> Response:
    questions = questions_on(opened.round.opens_on, group)
    texts = texts_of(group, questions, language, today_at(opened.round.school_id, clock.now()))
    form = survey_form(group, questions, texts)()
    shown: dict[str, Any] = {"opened": opened, "group": group, "form": form, "intro": texts[intro_code(group)]}
    if not form.is_submitted() or "switch_language" in request.form:
        return _page("questions", 200, language, **shown)
    sound = form.validate()
    try:
        if not takes_another(opened, clock.now()):
            words = _("Too many answers were sent with this link in the last hour. Try again in an hour.")
            return _page("questions", BUSY, language, limit=words, **shown)
        if not sound:
            return _page("questions", 400, language, **shown)
        answer(opened, group, form.values, form.request_key.data or "", clock.now())
    except NotFound:
        # Another request used the same link first.
        return _thanks(language) if was_sent(form.request_key.data or "") else _page("over", OVER, language)
    except Full as full:
        return _page("questions", BUSY, language, limit=full.message, **shown)
    except Refused as refusal:
        apply_refusal(form, refusal)
        return _page("questions", 400, language, **shown)
    return _thanks(language)


def _thanks(language: str) -> Response:
    done: Response = redirect(url_for("survey.thanks", language=language), 303)
    return _quiet(done)


@blueprint.get("/thanks")
@gate(Permission.PUBLIC)
def thanks() -> Response:
    """Confirm that the answers arrived, and say whom to call for help."""
    language = _language()
    with force_locale(language):
        return _page("thanks", 200, language)


def _language() -> str:
    chosen = request.form.get("switch_language") or request.form.get("language") or request.args.get("language")
    return chosen if chosen is not None and chosen in setting("LANGUAGES") else locale_code()


def _page(name: str, status: int, language: str, opened: Opened | None = None, **context: Any) -> Response:
    school = existing(get_school(opened.round.school_id)) if opened is not None else None
    other = "en" if language == "es" else "es"
    with force_locale(other):
        named = language_words(other).capitalize()
    there = {**(request.view_args or {}), "language": other}
    if name == "questions":
        there["group"] = context["group"].value
    context |= {"other_address": url_for(str(request.endpoint), **there), "language": language, "other": (other, named)}
    page = make_response(render_template(f"surveys/answering/{name}.html", school=school, **context), status)
    if status == BUSY:
        page.headers["Retry-After"] = str(WAIT_SECONDS)
    return _quiet(page)


def _quiet(page: Response) -> Response:
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    page.headers["Cache-Control"] = "no-store"
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


ROOM = Room(pages=(blueprint,))
