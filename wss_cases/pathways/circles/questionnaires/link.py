"""The page behind a one-time link: no account, no name, no school, no case. Answered once."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import force_locale, locale_code
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.questionnaires.models import QUESTIONS, LinkState, Questionnaire
from wss_cases.pathways.circles.questionnaires.pages import Questions, answer, open_link, questions_form
from wss_cases.pathways.circles.questionnaires.queries import GUESS_WINDOW, INTRO, languages, state_of, words_of
from wss_cases.roster.directory.pages import language_words

blueprint = Blueprint("questionnaire", __name__, url_prefix="/q")

UNKNOWN, WAIT = "unknown", "wait"
STATUS = {UNKNOWN: 404, WAIT: 429}
OVER = 410


@blueprint.route("/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def link(token: str) -> Response:
    """Show the questions of a link and take the answers, in the language of the link or the one chosen here."""
    now = clock.now()
    opened = open_link(token, request.remote_addr or "", now)
    if opened.row is None:
        return _over(WAIT if opened.wait else UNKNOWN)
    state = state_of(opened.row, now)
    if state is not LinkState.OPEN:
        return _over(state, opened.row.language)
    language = _language(opened.row)
    with force_locale(language if language in setting("LANGUAGES") else "en"):
        return _questions(opened.row, language)


def _questions(row: Questionnaire, language: str) -> Response:
    texts = words_of(row.answerer, row.occasion, language, today_at(None, clock.now()))
    form = questions_form(row.answerer, QUESTIONS[row.answerer, row.occasion], texts)()
    status = 200
    if form.is_submitted() and "switch_language" not in request.form:
        status = 400
        if form.validate():
            state = _take(row.id, form)
            if state is LinkState.OPEN:
                thanks: Response = redirect(url_for("questionnaire.thanks", language=language), 303)
                return _quiet(thanks)
            if state is not None:
                return _over(state, language)
    return _page(
        "pathways/circles/questionnaires/link/answer.html", status, form=form, intro=texts[INTRO], **_words(language)
    )


def _take(questionnaire_id: int, form: Questions) -> LinkState | None:
    try:
        return answer(questionnaire_id, form.values, form.said.data or "", clock.now())
    except Refused as refusal:
        apply_refusal(form, refusal)
        return None


def _language(row: Questionnaire) -> str:
    known = languages(today_at(None, clock.now()))
    chosen = request.form.get("switch_language") or request.form.get("language") or request.args.get("language")
    return chosen if chosen is not None and chosen in known else row.language


def _words(language: str) -> dict[str, Any]:
    others = [code for code in languages(today_at(None, clock.now())) if code != language]
    named = []
    for code in others:
        with force_locale(code):
            named.append((code, language_words(code).capitalize()))
    return {"language": language, "others": named}


@blueprint.get("/thanks")
@gate(Permission.PUBLIC)
def thanks() -> Response:
    with force_locale(_shown(request.args.get("language"))):
        return _page("pathways/circles/questionnaires/link/thanks.html", 200)


def _shown(language: str | None) -> str:
    return language if language is not None and language in setting("LANGUAGES") else locale_code()


def _over(why: str, language: str | None = None) -> Response:
    with force_locale(_shown(language)):
        page = _page("pathways/circles/questionnaires/link/over.html", STATUS.get(why, OVER), why=str(why))
    if why == WAIT:
        page.headers["Retry-After"] = str(int(GUESS_WINDOW.total_seconds()))
    return page


def _page(template: str, status: int, **context: Any) -> Response:
    return _quiet(make_response(render_template(template, **context), status))


def _quiet(page: Response) -> Response:
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    page.headers["Cache-Control"] = "no-store"
    return page


ROOM = Room(pages=(blueprint,))
