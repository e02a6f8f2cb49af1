"""The page behind an invited link or the code on the wall: no account, no name, and one answer to all it refuses."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import force_locale, locale_code
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import plain_code
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.directory.queries import get_school
from wss_cases.surveys.answering.actions import Full, Opened, answer, open_code, takes_another, was_sent
from wss_cases.surveys.answering.forms import survey_form
from wss_cases.surveys.instrument.queries import intro_code, questions_on, texts_of
from wss_cases.surveys.instrument.states import SurveyGroup

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
        # another sender of the same link was quicker
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
    """Say that the answers arrived, and whom to call if one needs someone."""
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
