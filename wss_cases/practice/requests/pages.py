"""Requests for a circle: rules and use cases, and the pages of those who answer: list, request, link, and printed
sheet.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from flask import render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import holders
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import PlainForm, radio
from wss_cases.foundation.i18n import _, _l, dotted, force_locale
from wss_cases.foundation.ids import fold, id_in, new_code
from wss_cases.foundation.pages import Page, code_picture, printed_address, with_flash
from wss_cases.foundation.school_time import at_local, day_words_with_year, moment_words, today_at, zone_of
from wss_cases.foundation.settings import setting
from wss_cases.incidents.pages import place_names
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.practice.log import FORM, PracticeKind, new_form, words_of, write_entry
from wss_cases.practice.requests.models import (
    ASKED,
    DANGER,
    KIND_OF_WISH,
    MESSAGES,
    PAGE,
    SENTENCES,
    UNREAD,
    WORKERS,
    Became,
    CircleRequest,
    RequestLink,
    answered_since,
    get_request,
    link_of,
    load_request,
    open_requests,
)
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import grade_words, language_words
from wss_cases.roster.directory.queries import get_school, school_days

HOUR: Final = timedelta(hours=1)
MOST_IN_AN_HOUR: Final = 20
"""The most requests that a link takes in an hour. Those about danger are counted separately, so that a flood of others
cannot block them.
"""

_DANGER: Final = re.compile(
    r"\b(not safe|unsafe|scared to|suicid\w*|kill\w*|want to die|wanna die|end my life|hurt(s|ing)? (me|my\w*|him|her)"
    r"|cut(s|ting)? my\w*|self harm\w*|hit(s|ting)? me|beat(s|ing)? me|touch(es|ed|ing)? me|abus\w+|rap(e|ed|ing)"
    r"|guns?|knife|knives|weapons?|shoot\w*|stab\w*|bombs?|threat\w*|run(ning)? away"
    r"|no estoy a salvo|no me siento segur[ao]|matar\w*|me quiero morir|quiero morir\w*|no quiero vivir|hacerme dano"
    r"|me (pega\w*|golpea\w*|lastima\w*|toca\w*|corto|amenaza\w*)|abus\w+|viol(o|aron|acion|ar\w*)|armas?|pistolas?"
    r"|cuchillos?|navajas?|disparar\w*|bombas?|amenaza\w*|miedo de volver)\b"
)


def in_danger(words: str) -> bool:
    """Whether words tell of danger, in English or Spanish. A false alarm is better than a missed one."""
    return _DANGER.search(fold(words)) is not None


def reads_request(actor: Actor, request: Any) -> bool:
    """Coordinators and administrators of the school; in danger its deans too."""
    own = actor.covers(request.school_id, Role.COORDINATOR, Role.ADMINISTRATOR)
    return own or (request.in_danger and actor.covers(request.school_id, Role.DEAN))


def hour_of(began: datetime | None, now: datetime) -> datetime:
    return began if began is not None and now - began < HOUR else now


def takes_another(link_id: int, in_danger: bool, now: datetime) -> bool:
    """Count a request by a link, refused or not. False when there were too many in the hour."""
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


def ask(link_id: int, details: Mapping[str, Any], now: datetime) -> int:
    """Store a request with these columns and tell the school's team. Returns its id.

    `form_key` is unique to the page, so that the same page sent again stores nothing new.
    """
    with unit_of_work(SYSTEM, now) as uow:
        link = _open_link(uow, link_id)
        again = select(CircleRequest.id).where(CircleRequest.form_key == details["form_key"])
        if (known := uow.session.scalar(again)) is not None:
            return known
        request = uow.add(CircleRequest(school_id=link.school_id, link_id=link.id, asked_at=now, **details))
        uow.record(request, "circle_request.asked")
        _tell(uow, request)
        return request.id


def _open_link(uow: UnitOfWork, link_id: int) -> RequestLink:
    link = existing(uow.session.get(RequestLink, link_id, with_for_update=True, populate_existing=True))
    if link.ended_at is not None:
        raise NotFound
    return link


def _tell(uow: UnitOfWork, request: CircleRequest) -> None:
    """Tell those who answer requests. In danger the deans are told too, at any hour. All are told again when no one has
    opened it by the next school day.
    """
    school = existing(get_school(request.school_id))
    today = today_at(school.id, uow.now)
    people_by_role = {
        role: holders(role, school.id, today) for role in (Role.COORDINATOR, Role.ADMINISTRATOR, Role.DEAN)
    }
    answering = dict([*people_by_role[Role.COORDINATOR], *people_by_role[Role.ADMINISTRATOR]])
    if request.in_danger:
        for user_id in answering | dict(people_by_role[Role.DEAN]):
            uow.notify(user_id, DANGER, request, f"{DANGER}:{request.id}:{user_id}", at_any_hour=True)
    else:
        for user_id in dict(people_by_role[Role.COORDINATOR]) or answering:
            uow.notify(user_id, ASKED, request, f"{ASKED}:{request.id}:{user_id}")
    next_day = school_days(school.id).on_or_after(today + timedelta(days=1))
    bell = at_local(next_day, school.first_bell.hour, school.first_bell.minute, school.time_zone)
    for user_id in answering:
        uow.notify(user_id, UNREAD, request, f"{UNREAD}:{request.id}:{user_id}", not_before=bell)


@use_case
def hold_circle(uow: UnitOfWork, request_id: int, details: Mapping[str, Any]) -> int:
    """Log the circle that a request became, and erase its words and contact. Returns the id of the log entry."""
    request = uow.load(CircleRequest, request_id, Permission.CIRCLE_REQUEST_WORK, uow.version)
    _refuse_answered(request)
    entry = write_entry(uow, request.school_id, details)
    request.practice_id = entry.id
    _close(uow, request, Became.CIRCLE)
    return entry.id


def _refuse_answered(request: CircleRequest) -> None:
    if request.became is not None:
        raise Refused("", _("It was already answered."))


def _close(uow: UnitOfWork, request: CircleRequest, became: Became) -> None:
    request.became, request.answered_at, request.answered_by_id = became, uow.now, uow.actor.user_id
    request.words = request.contact = ""
    uow.record(request, "circle_request.answered", became=became.value)


pages = Pages(
    "circle_requests", __name__, url_prefix="/circle-requests",
    trail=lambda _record: [(_("Requests for a circle"), url_for("circle_requests.requests"))],
)  # fmt: skip


@pages.get("")
@gate(Permission.CIRCLE_REQUEST_WORK)
def requests() -> Page:
    """The open requests, and the results of the others in this school year."""
    actor, now = current_actor(), clock.now()
    before = id_in(request.args.get("before"))
    open_rows = open_requests(actor, before)
    today = today_at(None, now)
    first = school_year_bounds(school_year(today))[0]
    counts = answered_since(actor, at_local(first, 0, 0, zone_of(None)))
    return render_template(
        "practice/requests/list.html",
        rows=[_row(result) for result in open_rows[:PAGE]],
        older=url_for("circle_requests.requests", before=open_rows[PAGE - 1].id) if len(open_rows) > PAGE else None,
        newer=url_for("circle_requests.requests") if before else None,
        counts=[{"label": result.label, "value": counts.get(result, 0)} for result in Became],
        since=day_words_with_year(first),
    )


def _row(request_row: CircleRequest) -> dict[str, Any]:
    return {
        "title": request_row.wish.label,
        "href": url_for("circle_requests.one", request_id=request_row.id),
        "meta": dotted(
            moment_words(request_row.asked_at, zone_of(request_row.school_id)), grade_words(request_row.grade)
        ),
        "danger": request_row.in_danger,
    }


class AnswerForm(PlainForm):
    became = radio(
        _l("Result"), [(row.value, row.label) for row in Became if row is not Became.CIRCLE], _l("Choose the result.")
    )


def _words(request_row: CircleRequest, _form: AnswerForm) -> dict[str, Any]:
    asker = request_row.asker.label if request_row.asker else _("They did not say")
    facts = [
        {"label": _("Asked on"), "value": moment_words(request_row.asked_at, zone_of(request_row.school_id))},
        {"label": _("Who asks"), "value": f"{asker} ({language_words(request_row.language)})"},
        {
            "label": _("Class or place"),
            "value": grade_words(request_row.grade)
            or place_names().get(request_row.location_code, request_row.location_code),
        },
    ]
    if request_row.became is None:
        facts.append({"label": _("In their words"), "value": request_row.words})
        facts.append({"label": _("How to reach them"), "value": request_row.contact})
    else:
        facts.append({"label": _("Result"), "value": request_row.became.label})
    return {"facts": facts, "office": existing(get_school(request_row.school_id)).phone}


@pages.act(
    "/<int:request_id>", Subject(CircleRequest, get_request), AnswerForm, Permission.CIRCLE_REQUEST_WORK,
    endpoint="one", title=lambda row: row.wish.label, button=_l("Save, and erase their words"), then=".requests",
    more=_words, template="practice/requests/one.html",
)  # fmt: skip
def answer(uow: UnitOfWork, request: CircleRequest, form: AnswerForm) -> None:
    """Record the result of a request other than a circle. Its words and contact are erased."""
    _refuse_answered(request)
    _close(uow, request, Became(form.became.data))


@pages.route("/<int:request_id>/circle", methods=["GET", "POST"])
@gate(Permission.CIRCLE_REQUEST_WORK)
def circle(request_id: int) -> Page:
    actor = current_actor()
    request_row = get_request(actor, request_id)
    form = new_form(
        actor, request_row.school_id, clock.now(), KIND_OF_WISH.get(request_row.wish, PracticeKind.COMMUNITY)
    )
    words = words_of(_("Log the circle"), back_href=url_for("circle_requests.one", request_id=request_row.id))
    done = with_flash(_("Logged. The words of the request are erased."), url_for("circle_requests.requests"))
    return act_form(form, lambda call: hold_circle(call, request_row.id, form.held), done, words, FORM)


def _own_school(actor: Actor) -> School:
    return existing(get_school(existing(chosen_school_id(actor, *WORKERS))))


class NewLinkForm(PlainForm):
    """A new link for the school: only a button."""


def _link_words(school: School, _form: NewLinkForm) -> dict[str, str]:
    standing = link_of(school.id)
    return {
        "address": _address(standing) if standing else "",
        "made": moment_words(standing.made_at, school.time_zone) if standing else "",
    }


def _address(standing: RequestLink) -> str:
    return printed_address("circle_request.link", token=standing.code)


@pages.act(
    "/link", Subject(School, _own_school), NewLinkForm, Permission.CIRCLE_REQUEST_LINK, adds=True, endpoint="link",
    title=_l("Link for requests"), then=".link", more=_link_words, template="practice/requests/link.html",
    button=lambda school: _("Make a new link") if link_of(school.id) else _("Make the link"), boxed=False,
    lede=_l("Anyone with the link can ask for a circle, without an account."),
)  # fmt: skip
def make_link(uow: UnitOfWork, school: School, _form: NewLinkForm) -> int:
    """Make a school's link; the former link stops working."""
    before = link_of(school.id)
    if before is not None:
        before.ended_at = uow.now
        uow.session.flush()
    link = uow.add(RequestLink(school_id=school.id, code=new_code(), made_at=uow.now, made_by_id=uow.actor.user_id))
    uow.record(link, "circle_request.link_made")
    return link.id


@pages.get("/link/sheet")
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


ROOM = Room(pages=(pages,), sentences=SENTENCES, messages=MESSAGES, loaders={"circle_request": load_request})
