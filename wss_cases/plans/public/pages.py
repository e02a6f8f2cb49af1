"""Public pages: one for each school that publishes its plan, and one for the district. No account, no cookie.

They are rendered apart from the layout, which asks who is signed in: what a cache keeps is the same for everyone.
"""

import hashlib
from math import ceil
from typing import Any, Final

from flask import Blueprint, current_app, make_response, request
from werkzeug.wrappers import Response

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.school_time import district, today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Room
from wss_cases.plans.public.publications import models
from wss_cases.plans.public.publications.presenters import FIGURE_LABELS, is_past, state_today, sums_of
from wss_cases.roster.directory.pages import language_words

blueprint = Blueprint("public_pages", __name__, url_prefix="/public")
KEPT: Final = "public, max-age=300"
"""A cache may keep a page for five minutes, so that a withdrawn one is soon gone."""
PER_PAGE: Final = 50


@blueprint.get("/<language>")
@gate(Permission.PUBLIC)
def all_schools(language: str) -> Response:
    """The schools of the district that publish their plans, a page at a time; missing while there is none."""
    today, number = today_at(None, clock.now()), id_in(request.args.get("page", "1")) or 0
    pages = ceil(models.count_read_by_anyone(today) / PER_PAGE)
    if not 1 <= number <= pages or language not in setting("LANGUAGES"):
        raise NotFound
    schools = models.all_read_by_anyone(language, (number - 1) * PER_PAGE, PER_PAGE)
    year, figures = sums_of(models.all_figures_read())
    return _page(
        "plans/public/district.html",
        language,
        "public_pages.all_schools",
        schools=schools,
        state=state_today,
        today=today,
        year=year,
        figures=figures,
        number=number,
        pages=pages,
    )


@blueprint.get("/<language>/<int:school_id>")
@gate(Permission.PUBLIC)
def school(language: str, school_id: int) -> Response:
    """A school's plan as it was published, and what became of it since; missing where nothing is published."""
    today = today_at(school_id, clock.now())
    found = models.read_by_anyone(school_id, today)
    if found is None or language not in found.content:
        raise NotFound
    plan = models.plan_of(found)
    return _page(
        "plans/public/school.html",
        language,
        "public_pages.school",
        content=found.content[language],
        plan=plan,
        state=state_today,
        today=today,
        stands=plan.state in models.PUBLISHABLE and not is_past(plan, today),
        school_id=school_id,
    )


def _page(template: str, language: str, endpoint: str, **shown: Any) -> Response:
    others = [(code, _named(code)) for code in setting("LANGUAGES") if code != language]
    with force_locale(language):
        html = current_app.jinja_env.get_template(template).render(
            language=language, others=others, endpoint=endpoint, district=district().name, labels=FIGURE_LABELS, **shown
        )
    answer: Response = make_response(html)
    answer.headers["Cache-Control"] = KEPT
    answer.headers["Content-Language"] = language
    answer.set_etag(hashlib.sha256(html.encode()).hexdigest())
    return answer.make_conditional(request)


def _named(code: str) -> str:
    with force_locale(code):
        return language_words(code).capitalize()


ROOM = Room(pages=(blueprint,))
