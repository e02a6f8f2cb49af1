"""A substitute's pages: no account, no name of a student, a school or a program; they end with the period."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import time_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.pathways.mentoring.own_period.forms import QuestionForm
from wss_cases.pathways.mentoring.own_period.presenters import given_words, question_values
from wss_cases.pathways.mentoring.own_period.rules import OwnPeriod, Question, next_after
from wss_cases.pathways.mentoring.substitutes.actions import Answer, mark_with_code, open_code, takes_another
from wss_cases.pathways.mentoring.substitutes.forms import TypeForm
from wss_cases.pathways.mentoring.substitutes.models import PeriodCode
from wss_cases.pathways.mentoring.substitutes.queries import period_behind
from wss_cases.pathways.mentoring.substitutes.rules import GUESS_WINDOW, HOUR, CodeState, plain_code, state_of

blueprint = Blueprint("substitute", __name__, url_prefix="/substitute")
BUSY = 429
FOLDER = "pathways/mentoring/substitutes/link"


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def enter() -> Response:
    """Type the code from the slip; whether it is good shows on the next page, like one that was scanned."""
    form = TypeForm()
    if form.validate_on_submit():
        answer: Response = redirect(url_for("substitute.period", token=plain_code(form.code.data)), 303)
        return _quiet(answer)
    return _page("enter", 400 if form.is_submitted() else 200, form=form)


@blueprint.errorhandler(NotFound)
def nothing_open(_error: NotFound) -> Response:
    """Say that nothing is open, and where to type again; a code that was wrong, over or taken back looks alike."""
    return _page("nothing", 404)


@blueprint.get("/<token>")
@gate(Permission.PUBLIC)
def period(token: str) -> Response:
    """Go on with the first question that has no answer, or look over the answers."""
    code = _open(token)
    if code is None:
        return _busy("guesses")
    if state_of(code, clock.now(), today_at(code.school_id, clock.now())) is CodeState.EARLY:
        return _page("early", 200, starts=time_words(code.starts_at, zone_of(code.school_id)))
    own = period_behind(code, clock.now())
    first = next_after(own.questions, None) if own is not None else None
    if first is not None and "all" not in request.args:
        answer: Response = redirect(_address(token, own, first), 303)
        return _quiet(answer)
    rows = [_row(token, own, question) for question in own.questions] if own is not None else []
    left = len(own.questions) - own.marked if own is not None else 0
    go_on = _address(token, own, first) if first is not None else None
    return _page("period", 200, period=code.period, rows=rows, left=left, go_on=go_on)


@blueprint.route("/<token>/<int:number>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def question(token: str, number: int) -> Response:
    """One question by its place in the period: one student, one goal, one tap."""
    code = _open(token)
    if code is None:
        return _busy("guesses")
    own = period_behind(code, clock.now())
    if own is None or not own.has_begun(clock.now()) or not 1 <= number <= len(own.questions):
        raise NotFound
    asked = own.questions[number - 1]
    form = QuestionForm(seen="" if asked.points is None else str(asked.points))
    following = next_after(own.questions, asked.key)
    overview = url_for("substitute.period", token=token, all=1)
    after = _address(token, own, following) if following is not None else overview
    if form.is_submitted():
        if not takes_another(code.id, clock.now()):
            return _busy("answers")
        if form.validate() and _marked(code, asked, form):
            answer: Response = redirect(after, 303)
            return _quiet(answer)
    values = question_values(own, asked) | {"skip": after, "overview": overview}
    return _page("question", 400 if form.is_submitted() else 200, form=form, **values)


def _marked(code: PeriodCode, asked: Question, form: QuestionForm) -> bool:
    try:
        mark_with_code(code.id, Answer(asked.row_id, asked.goal, form.chosen, form.shown), clock.now())
    except Refused as refusal:
        apply_refusal(form, refusal)
        return False
    return True


def _open(token: str) -> PeriodCode | None:
    return open_code(token, request.remote_addr or "", clock.now())


def _address(token: str, own: OwnPeriod | None, question: Question) -> str:
    place = own.questions.index(question) + 1 if own is not None else 1
    return url_for("substitute.question", token=token, number=place)


def _row(token: str, own: OwnPeriod, question: Question) -> dict[str, str]:
    return {
        "title": question.who,
        "meta": question.words,
        "tag": given_words(question),
        "tone": "teal",
        "href": _address(token, own, question),
    }


def _busy(why: str) -> Response:
    page = _page("busy", BUSY, why=why)
    page.headers["Retry-After"] = str(int((GUESS_WINDOW if why == "guesses" else HOUR).total_seconds()))
    return page


def _page(name: str, status: int, **context: object) -> Response:
    return _quiet(make_response(render_template(f"{FOLDER}/{name}.html", **context), status))


def _quiet(page: Response) -> Response:
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    page.headers["Cache-Control"] = "no-store"
    return page
