"""Requests for a circle, for whoever answers them: the list, one request, the school's link and its sheet."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import holders
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, radio
from wss_cases.foundation.i18n import dotted, force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import fold, id_in, new_code
from wss_cases.foundation.pages import Page, code_picture, printed_address, with_flash
from wss_cases.foundation.school_time import at_local, today_at, zone_of
from wss_cases.foundation.settings.reading import setting
from wss_cases.incidents.pages.presenters import place_names
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.practice.log.pages import FORM, Held, new_form, words_of, write_entry
from wss_cases.practice.log.queries import PracticeKind
from wss_cases.practice.requests import messages, models
from wss_cases.practice.requests.messages import (
    ASKED,
    DANGER,
    PAGE,
    UNREAD,
    WORKERS,
    answered_since,
    get_request,
    link_of,
    open_requests,
)
from wss_cases.practice.requests.models import KIND_OF_WISH, Asker, Became, CircleRequest, RequestLink, Wish
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import grade_words, language_words
from wss_cases.roster.directory.queries import get_school, school_days

HOUR: Final = timedelta(hours=1)
MOST_IN_AN_HOUR: Final = 20
"""Requests that one link takes in an hour; those that tell of danger are counted by themselves, so that no flood of
others keeps them out."""

_DANGER: Final = re.compile(
    r"\b(not safe|unsafe|scared to|suicid\w*|kill\w*|want to die|wanna die|end my life|hurt(s|ing)? (me|my\w*|him|her)"
    r"|cut(s|ting)? my\w*|self harm\w*|hit(s|ting)? me|beat(s|ing)? me|touch(es|ed|ing)? me|abus\w+|rap(e|ed|ing)"
    r"|guns?|knife|knives|weapons?|shoot\w*|stab\w*|bombs?|threat\w*|run(ning)? away"
    r"|no estoy a salvo|no me siento segur[ao]|matar\w*|me quiero morir|quiero morir\w*|no quiero vivir|hacerme dano"
    r"|me (pega\w*|golpea\w*|lastima\w*|toca\w*|corto|amenaza\w*)|abus\w+|viol(o|aron|acion|ar\w*)|armas?|pistolas?"
    r"|cuchillos?|navajas?|disparar\w*|bombas?|amenaza\w*|miedo de volver)\b"
)


def in_danger(words: str) -> bool:
    """Whether words tell of danger, in English or Spanish; one time too many is better than one too few."""
    return _DANGER.search(fold(words)) is not None


def reads_request(actor: Actor, request: Any) -> bool:
    """Coordinators and administrators of the school; its deans too where somebody is in danger."""
    own = actor.covers(request.school_id, Role.COORDINATOR, Role.ADMINISTRATOR)
    return own or (request.in_danger and actor.covers(request.school_id, Role.DEAN))


def hour_of(began: datetime | None, now: datetime) -> datetime:
    """Return when the hour began in which a link is asked: the one that runs, or a new one."""
    return began if began is not None and now - began < HOUR else now


class AnswerForm(BaseForm):
    """What a request became, other than a circle."""

    became = radio(
        _l("Result"), [(one.value, one.label) for one in Became if one is not Became.CIRCLE], _l("Choose the result.")
    )


class NewLinkForm(BaseForm):
    """A new link for the school: one button."""


@dataclass(frozen=True)
class Asked:
    """What somebody asks for; `form_key` is the page's own, so that one page asks once."""

    form_key: str
    wish: Wish
    asker: Asker | None
    grade: int | None
    location_code: str
    language: str
    in_danger: bool
    words: str
    contact: str


@use_case
def make_link(uow: UnitOfWork, school_id: int) -> int:
    """Make a school's link; the one before opens nothing any more. Returns its id."""
    school = uow.load(School, school_id, Permission.CIRCLE_REQUEST_LINK)
    before = link_of(school.id)
    if before is not None:
        before.ended_at = uow.now
        uow.session.flush()
    link = uow.add(RequestLink(school_id=school.id, code=new_code(), made_at=uow.now, made_by_id=uow.actor.user_id))
    uow.record(link, "circle_request.link_made")
    return link.id


def takes_another(link_id: int, in_danger: bool, now: datetime) -> bool:
    """Count what is sent by a link, refused or not; False once there was too much in its hour."""
    with unit_of_work(SYSTEM, now) as uow:
        link = _open_link(uow, link_id)
        began = hour_of(link.hour_began, now)
        if link.hour_began != began:
            link.hour_began, link.asked, link.dangers = began, 0, 0
        if in_danger:
            link.dangers += 1
        else:
            link.asked += 1
        uow.no_audit()
        return (link.dangers if in_danger else link.asked) <= MOST_IN_AN_HOUR


def ask(link_id: int, asked: Asked, now: datetime) -> int:
    """Keep a request and tell the school's team. Returns its id; the same page sent again asks nothing new."""
    with unit_of_work(SYSTEM, now) as uow:
        link = _open_link(uow, link_id)
        again = select(CircleRequest.id).where(CircleRequest.form_key == asked.form_key)
        if (known := uow.session.scalar(again)) is not None:
            return known
        request = uow.add(CircleRequest(school_id=link.school_id, link_id=link.id, asked_at=now, **asdict(asked)))
        uow.record(request, "circle_request.asked")
        _tell(uow, request)
        return request.id


def _open_link(uow: UnitOfWork, link_id: int) -> RequestLink:
    link = existing(uow.session.get(RequestLink, link_id, with_for_update=True, populate_existing=True))
    if link.ended_at is not None:
        raise NotFound
    return link


def _tell(uow: UnitOfWork, request: CircleRequest) -> None:
    """Tell whoever answers requests, of danger the deans too and at any hour, and again if nobody has opened it by the
    next school day."""
    school = existing(get_school(request.school_id))
    today = today_at(school.id, uow.now)
    held = {role: holders(role, school.id, today) for role in (Role.COORDINATOR, Role.ADMINISTRATOR, Role.DEAN)}
    answering = dict([*held[Role.COORDINATOR], *held[Role.ADMINISTRATOR]])
    if request.in_danger:
        for user_id in answering | dict(held[Role.DEAN]):
            uow.notify(user_id, DANGER, request, f"{DANGER}:{request.id}:{user_id}", at_any_hour=True)
    else:
        for user_id in dict(held[Role.COORDINATOR]) or answering:
            uow.notify(user_id, ASKED, request, f"{ASKED}:{request.id}:{user_id}")
    next_day = school_days(school.id).on_or_after(today + timedelta(days=1))
    bell = at_local(next_day, school.first_bell.hour, school.first_bell.minute, school.time_zone)
    for user_id in answering:
        uow.notify(user_id, UNREAD, request, f"{UNREAD}:{request.id}:{user_id}", not_before=bell)


@use_case
def answer(uow: UnitOfWork, request_id: int, became: Became) -> int:
    """Say what a request became, other than a circle; its words and the way to reach somebody are erased."""
    request = _waiting(uow, request_id)
    _close(uow, request, became)
    return request.id


@use_case
def hold_circle(uow: UnitOfWork, request_id: int, held: Held) -> int:
    """Log the circle that a request became, and erase what it said. Returns the id of the entry."""
    request = _waiting(uow, request_id)
    entry = write_entry(uow, request.school_id, held)
    request.practice_id = entry.id
    _close(uow, request, Became.CIRCLE)
    return entry.id


def _waiting(uow: UnitOfWork, request_id: int) -> CircleRequest:
    request = uow.load(CircleRequest, request_id, Permission.CIRCLE_REQUEST_WORK, uow.version)
    if request.became is not None:
        raise Refused("", _("It was already answered."))
    return request


def _close(uow: UnitOfWork, request: CircleRequest, became: Became) -> None:
    request.became, request.answered_at, request.answered_by_id = became, uow.now, uow.actor.user_id
    request.words = request.contact = ""
    uow.record(request, "circle_request.answered", became=became.value)


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
    act=lambda call, one, form: answer(call, one.id, Became(form.became.data)),
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
    return act_form(form, lambda call: hold_circle(call, one.id, form.held), done, words, FORM)


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
    act=lambda call, school, form: make_link(call, school.id),
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


ROOM = Room(
    pages=(blueprint,),
    sentences=models.SENTENCES,
    messages=messages.MESSAGES,
    loaders={"circle_request": messages.load_request},
)
