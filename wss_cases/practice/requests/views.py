"""Requests for a circle, for whoever answers them: the list, one request, the school's link and its sheet."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import dotted, force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, code_picture, printed_address, with_flash
from wss_cases.foundation.school_time import at_local, today_at, zone_of
from wss_cases.foundation.settings.reading import setting
from wss_cases.incidents.pages.presenters import place_names
from wss_cases.practice.log.presenters import new_form
from wss_cases.practice.log.states import PracticeKind
from wss_cases.practice.log.views import FORM, words_of
from wss_cases.practice.requests import actions
from wss_cases.practice.requests.forms import AnswerForm, NewLinkForm
from wss_cases.practice.requests.models import CircleRequest, RequestLink
from wss_cases.practice.requests.queries import PAGE, WORKERS, answered_since, get_request, link_of, open_requests
from wss_cases.practice.requests.states import KIND_OF_WISH, Became
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import grade_words, language_words
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("circle_requests", __name__, url_prefix="/circle-requests")


@blueprint.get("")
@gate(Permission.CIRCLE_REQUEST_WORK)
def requests() -> Page:
    """Who waits for an answer, and what became of the others in this school year."""
    actor, now = current_actor(), clock.now()
    before = id_in(request.args.get("before"))
    found = open_requests(actor, before)
    today = today_at(None, now)
    first = school_year_bounds(school_year(today))[0]
    counts = answered_since(actor, at_local(first, 0, 0, zone_of(None)))
    return render_template(
        "practice/requests/list.html",
        rows=[_row(one) for one in found[:PAGE]],
        older=url_for("circle_requests.requests", before=found[PAGE - 1].id) if len(found) > PAGE else None,
        newer=url_for("circle_requests.requests") if before else None,
        counts=[{"label": one.label, "value": counts.get(one, 0)} for one in Became],
        since=day_words_with_year(first),
    )


def _row(one: CircleRequest) -> dict[str, Any]:
    return {
        "title": one.wish.label,
        "href": url_for("circle_requests.one", request_id=one.id),
        "meta": dotted(moment_words(one.asked_at, zone_of(one.school_id)), grade_words(one.grade)),
        "danger": one.in_danger,
    }


def _words(one: CircleRequest) -> dict[str, Any]:
    asker = one.asker.label if one.asker else _("They did not say")
    facts = [
        {"label": _("Asked on"), "value": moment_words(one.asked_at, zone_of(one.school_id))},
        {"label": _("Who asks"), "value": f"{asker} ({language_words(one.language)})"},
        {
            "label": _("Class or place"),
            "value": grade_words(one.grade) or place_names().get(one.location_code, one.location_code),
        },
    ]
    if one.became is None:
        facts.append({"label": _("In their words"), "value": one.words})
        facts.append({"label": _("How to reach them"), "value": one.contact})
    else:
        facts.append({"label": _("Result"), "value": one.became.label})
    return {
        "title": one.wish.label,
        "go_words": _("Save, and erase their words"),
        "one": one,
        "facts": facts,
        "office": existing(get_school(one.school_id)).phone,
    }


act_page(
    blueprint,
    "/<int:request_id>",
    "one",
    Permission.CIRCLE_REQUEST_WORK,
    load=get_request,
    form=lambda one: AnswerForm(version=one.version),
    act=lambda call, one, form: actions.answer(call, one.id, Became(form.became.data)),
    done=lambda one: url_for("circle_requests.requests"),
    words=_words,
    template="practice/requests/one.html",
)


@blueprint.route("/<int:request_id>/circle", methods=["GET", "POST"])
@gate(Permission.CIRCLE_REQUEST_WORK)
def circle(request_id: int) -> Page:
    """Log the circle that a request became."""
    actor = current_actor()
    one = get_request(actor, request_id)
    form = new_form(actor, one.school_id, clock.now(), KIND_OF_WISH.get(one.wish, PracticeKind.COMMUNITY))
    words = words_of(_("Log the circle"), back_href=url_for("circle_requests.one", request_id=one.id))
    done = with_flash(_("Logged. The words of the request are erased."), url_for("circle_requests.requests"))
    return act_form(form, lambda call: actions.hold_circle(call, one.id, form.held), done, words, FORM)


def _own_school(actor: Actor) -> School:
    return existing(get_school(existing(chosen_school_id(actor, *WORKERS))))


def _link_words(school: School) -> dict[str, Any]:
    standing = link_of(school.id)
    return {
        "title": _("Link for requests"),
        "go_words": _("Make a new link") if standing else _("Make the link"),
        "address": _address(standing) if standing else "",
        "made": moment_words(standing.made_at, school.time_zone) if standing else "",
    }


def _address(standing: RequestLink) -> str:
    return printed_address("circle_request.link", token=standing.code)


act_page(
    blueprint,
    "/link",
    "link",
    Permission.CIRCLE_REQUEST_LINK,
    load=_own_school,
    form=lambda school: NewLinkForm(),
    act=lambda call, school, form: actions.make_link(call, school.id),
    done=lambda school: url_for("circle_requests.link"),
    words=_link_words,
    template="practice/requests/link.html",
)


@blueprint.get("/link/sheet")
@gate(Permission.CIRCLE_REQUEST_LINK)
def sheet() -> Page:
    """The sheet for a wall, with the code to scan, in both languages."""
    school = _own_school(current_actor())
    standing = link_of(school.id)
    if standing is None:
        raise NotFound
    address = _address(standing)
    picture = code_picture(address)
    both = []
    for code in setting("LANGUAGES"):
        with force_locale(code):
            both.append({"lang": code, **_sheet_words()})
    return render_template("practice/requests/sheet.html", school=school, address=address, picture=picture, both=both)


def _sheet_words() -> dict[str, str]:
    return {
        "ask": _("Would you like a circle? Someone to talk to?"),
        "how": _(
            "Scan this code, or type the address. You do not need an account or any names. Requests are read on "
            "school days."
        ),
        "watch": _("No one watches it. In danger, call now:"),
    }
