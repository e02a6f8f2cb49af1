"""The public page behind a school's link or printed code, which asks for a circle. It needs no account and names no
one; nobody watches it.
"""

import re
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField
from wtforms.validators import Optional

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, ShortText, apply_refusal, choices, radio
from wss_cases.foundation.i18n import _, _l, force_locale, locale_code
from wss_cases.foundation.ids import plain_code
from wss_cases.foundation.settings import setting
from wss_cases.incidents.pages import place_names
from wss_cases.journal.rooms import Room
from wss_cases.practice.log import group_in, group_value
from wss_cases.practice.requests.models import LONGEST_CONTACT, MOST_LETTERS, Asker, RequestLink, Wish, link_by
from wss_cases.practice.requests.pages import ask, in_danger, takes_another
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import grade_words, language_words
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.queries import names_at_school


class AskForm(BaseForm):
    not_safe = BooleanField(_l("I am not safe"))
    wish = radio(_l("What would you like?"), Wish, _l("Choose what you would like."))
    asker = radio(_l("Who asks?"), Asker)
    group = SelectField(_l("Class or place"), [Optional()])
    words = LongText(
        _l("A few words"), [Optional()], MOST_LETTERS, description=_l("At most 200 letters. No names, please.")
    )
    contact = ShortText(
        _l("How can we reach you?"), [Optional()], LONGEST_CONTACT,
        description=_l("Leave it empty if you do not want to be asked. It is erased once you have an answer."),
    )  # fmt: skip

    @property
    def in_danger(self) -> bool:
        """Whether the box "not safe" is checked, or the words tell of danger."""
        return bool(self.not_safe.data) or in_danger(f"{self.words.data or ''} {self.contact.data or ''}")

    def hurry(self) -> None:
        """Fill in and shorten fields, so that nothing missing or too long delays a person in danger."""
        self.wish.data = self.wish.data or Wish.UNSURE.value
        self.wish.raw_data = [self.wish.data]
        self.words.data = (self.words.data or "")[:MOST_LETTERS]
        self.contact.data = (self.contact.data or "")[:LONGEST_CONTACT]

    def values(self, language: str) -> dict[str, Any]:
        """The columns of the request."""
        grade, code = group_in(self.group.data or "|")
        return {
            "form_key": self.request_key.data, "wish": Wish(self.wish.data),
            "asker": Asker(self.asker.data) if self.asker.data else None, "grade": grade, "location_code": code,
            "language": language, "in_danger": self.in_danger, "words": self.words.data or "",
            "contact": self.contact.data or "",
        }  # fmt: skip


blueprint = Blueprint("circle_request", __name__, url_prefix="/ask")
BUSY = 429
WAIT_SECONDS = 3600


@blueprint.route("/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def link(token: str) -> Response:
    """Ask for a circle. A guessed link and an ended one look like a missing page."""
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


def _without_names(form: AskForm, school: School, language: str) -> dict[str, Any]:
    """The request. Raises Refused for a student's name. In danger names are struck out instead, so that no one who
    needs help has to wait.
    """
    values = form.values(language)
    named = names_at_school(school.id, values["words"])
    if named and not values["in_danger"]:
        raise Refused("words", _("Leave out names. You can say who it is when you talk with us."))
    for name in named:
        values["words"] = re.sub(re.escape(name), "…", values["words"], flags=re.IGNORECASE)
    return values


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
    """Confirm the request: what happens now, and whom to call."""
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


ROOM = Room(pages=(blueprint,))
