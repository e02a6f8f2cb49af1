"""Asking for a circle without an account, and what the school does with it."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import new_code
from wss_cases.foundation.school_time import at_local, today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.practice.log.actions import Held, write_entry
from wss_cases.practice.requests.messages import ASKED, DANGER, UNREAD
from wss_cases.practice.requests.models import CircleRequest, RequestLink
from wss_cases.practice.requests.queries import link_of
from wss_cases.practice.requests.rules import MOST_IN_AN_HOUR, hour_of
from wss_cases.practice.requests.states import Asker, Became, Wish
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school, school_days


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
