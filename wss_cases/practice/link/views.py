"""The page behind a school's link or printed code: no account, nobody named, nothing that anybody watches."""

import re
from dataclasses import replace
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import apply_refusal, choices
from wss_cases.foundation.i18n import force_locale, locale_code
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import plain_code
from wss_cases.foundation.settings.reading import setting
from wss_cases.incidents.pages.presenters import place_names
from wss_cases.practice.link.forms import AskForm
from wss_cases.practice.log.rules import group_value
from wss_cases.practice.requests.actions import ask, takes_another
from wss_cases.practice.requests.models import RequestLink
from wss_cases.practice.requests.queries import link_by
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import grade_words, language_words
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.queries import names_at_school

blueprint = Blueprint("circle_request", __name__, url_prefix="/ask")
BUSY = 429
WAIT_SECONDS = 3600


@blueprint.route("/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def link(token: str) -> Response:
    """Ask for a circle; a link that was guessed or has ended looks like a page that is missing."""
    opened = link_by(plain_code(token))
    language = _language()
    with force_locale(language):
        school = existing(get_school(opened.school_id))
        form = _form(school)
        if not form.is_submitted() or "switch_language" in request.form:
            return _page(form, school, language, 200)
        danger = form.in_danger
        if danger:
            form.hurry()
        sound = form.validate()
        if not takes_another(opened.id, danger, clock.now()):
            return _page(form, school, language, BUSY, busy=True)
        return _sent(form, opened, school, language, sound=sound)


def _sent(form: AskForm, opened: RequestLink, school: School, language: str, *, sound: bool) -> Response:
    danger = form.in_danger
    try:
        if sound:
            ask(opened.id, _without_names(form, school, language), clock.now())
            words: dict[str, Any] = {"token": opened.code, "language": language, "danger": 1 if danger else None}
            done: Response = redirect(url_for("circle_request.thanks", **words), 303)
            return _quiet(done)
    except Refused as refusal:
        apply_refusal(form, refusal)
    return _page(form, school, language, 400)


def _without_names(form: AskForm, school: School, language: str) -> Any:
    """Return what is asked. Raises Refused for a name of a student; with danger the names are left out instead, so that
    nobody who needs help is kept waiting."""
    asked = form.asked(language)
    named = names_at_school(school.id, asked.words)
    if named and not asked.in_danger:
        raise Refused("words", _("Leave out names. You can say who it is when you talk with us."))
    return replace(asked, words=_struck(asked.words, named))


def _struck(words: str, named: list[str]) -> str:
    for name in named:
        words = re.sub(re.escape(name), "…", words, flags=re.IGNORECASE)
    return words


def _form(school: School) -> AskForm:
    form = AskForm()
    low, high = school.low_grade, school.high_grade
    grades = range(low, high + 1) if low is not None and high is not None else range(13)
    offered = [(group_value(grade, ""), grade_words(grade)) for grade in grades]
    offered += [(group_value(None, code), name) for code, name in place_names().items()]
    form.group.choices = choices([("", _("I would rather not say")), *offered])
    return form


def _language() -> str:
    chosen = request.form.get("switch_language") or request.form.get("language") or request.args.get("language")
    return chosen if chosen is not None and chosen in setting("LANGUAGES") else locale_code()


@blueprint.get("/<token>/thanks")
@gate(Permission.PUBLIC)
def thanks(token: str) -> Response:
    """Say that the request arrived, what happens now, and whom to call."""
    opened = link_by(plain_code(token))
    with force_locale(_language()):
        page = render_template(
            "practice/link/thanks.html",
            phone=existing(get_school(opened.school_id)).phone,
            danger="danger" in request.args,
            again=url_for("circle_request.link", token=opened.code),
        )
    return _quiet(make_response(page))


def _page(form: AskForm, school: School, language: str, status: int, **context: Any) -> Response:
    other = "en" if language == "es" else "es"
    with force_locale(other):
        named = language_words(other).capitalize()
    shown = {"form": form, "school": school, "language": language, "other": (other, named)}
    page = _quiet(make_response(render_template("practice/link/ask.html", **shown, **context), status))
    if status == BUSY:
        page.headers["Retry-After"] = str(WAIT_SECONDS)
    return page


def _quiet(page: Response) -> Response:
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    page.headers["Cache-Control"] = "no-store"
    return page
