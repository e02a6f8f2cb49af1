"""A school's calendar: month by month, declaring a day after seeing what it moves, taking it back."""

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.dates import long_day_words, time_of_day_words
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.plausible import day_in
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.calendar.days import DayAt, Said, after_taking_back, day_at, days_between
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.directory.rules import DayKind
from wss_cases.workday.calendar import presenters
from wss_cases.workday.calendar.actions import District, check_day, declare_day, take_back_day
from wss_cases.workday.calendar.forms import DayForm, TakeBackForm
from wss_cases.workday.calendar.presenters import day_words_at, lines_by_kind, said_by_words, shift_lines
from wss_cases.workday.calendar.queries import Consequences, consequences, moved_by

blueprint = Blueprint("calendar", __name__, url_prefix="/school-calendar")
SCHOOL, EVERYWHERE = "/schools/<int:school_id>", "/district"
NO_SCHOOL = {"school_id": None}
Place = School | None
"""A school, or None for the whole district."""


@blueprint.get("")
@gate(Permission.SCHOOL_MANAGE)
def home() -> Page:
    """Lead to the calendar of the chosen school, or to the district's where none is chosen."""
    school_id = chosen_school_id(current_actor(), Role.ADMINISTRATOR, Role.DISTRICT)
    return redirect(_to(_place(school_id), "month"))


@blueprint.get(SCHOOL)
@blueprint.get(EVERYWHERE, endpoint="district_month", defaults=NO_SCHOOL)
@gate(Permission.SCHOOL_MANAGE)
def month(school_id: int | None) -> Page:
    """A month of a school's calendar, or of the district's."""
    place = _place(school_id)
    today = today_at(school_id, clock.now())
    shown = presenters.month_page(request.args.get("of", ""), today)
    said = days_between(school_id, shown.first, shown.last)
    may_import = can(current_actor(), Permission.SCHOOL_MANAGE, District())
    return render_template(
        "workday/calendar/year.html", weeks=shown.weeks(said), special=shown.special(said), title=shown.title,
        known=any(shown.first.replace(day=15) == day for day in said), today=today, weekdays=presenters.weekdays(),
        earlier=_to(place, "month", of=shown.earlier), later=_to(place, "month", of=shown.later),
        to_day=lambda day: _to(place, "declare", day=day.isoformat()), **_frame(place),
        import_href=url_for("calendar_import.upload") if may_import else "",
    )  # fmt: skip


@blueprint.route(f"{SCHOOL}/<day>", methods=["GET", "POST"])
@blueprint.route(f"{EVERYWHERE}/<day>", endpoint="district_declare", methods=["GET", "POST"], defaults=NO_SCHOOL)
@gate(Permission.SCHOOL_MANAGE)
def declare(school_id: int | None, day: str) -> Page:
    """Declare a day of a school, or of all schools: the form, what it would move, the act."""
    place, chosen = _place(school_id), _date(day)
    standing = day_at(school_id, chosen)
    form = DayForm(seen=standing.mark)
    past, is_half = _refusal(chosen, place), form.kind.data == DayKind.HALF
    asks = "confirmed" not in request.form and form.is_submitted() and not past
    if asks and form.validate() and not (is_half and form.last_bell.data is None):
        return _check(place, chosen, form, DayKind(form.kind.data))

    def act() -> int:
        told = Said(DayKind(form.kind.data), form.label.data or "", form.last_bell.data if is_half else None)
        return declare_day(submitted(form), school_id, chosen, told, form.seen.data or "")

    return form_page(
        form,
        act,
        _to(place, "moved", day=day),
        "workday/calendar/day.html",
        standing=standing,
        past=past,
        can_take_back=standing.own and standing.said_at is not None,
        has_moved=place is not None and bool(moved_by(current_actor(), place.id, chosen)),
        **_frame(place, chosen),
    )


@blueprint.route(f"{SCHOOL}/<day>/take-back", methods=["GET", "POST"])
@blueprint.route(
    f"{EVERYWHERE}/<day>/take-back", endpoint="district_take_back", methods=["GET", "POST"], defaults=NO_SCHOOL
)
@gate(Permission.SCHOOL_MANAGE)
def take_back(school_id: int | None, day: str) -> Page:
    """Take back what was declared of a school's day, or for all schools, after seeing what returns."""
    place, chosen = _place(school_id), _date(day)
    standing = day_at(school_id, chosen)
    if not standing.own or standing.said_at is None:
        return redirect(_to(place, "declare", day=day), 303)
    form = TakeBackForm(seen=standing.mark)
    after: DayAt = after_taking_back(school_id, standing)
    return form_page(
        form,
        lambda: take_back_day(submitted(form), school_id, chosen, form.seen.data or ""),
        _to(place, "moved", day=day),
        "workday/calendar/take_back.html",
        past=_refusal(chosen, place),
        becomes=DayKind(after.kind).label,
        **_effects(place, chosen, after.kind),
        **_frame(place, chosen),
    )


@blueprint.get(f"{SCHOOL}/<day>/moved")
@blueprint.get(f"{EVERYWHERE}/<day>/moved", endpoint="district_moved", defaults=NO_SCHOOL)
@gate(Permission.SCHOOL_MANAGE)
def moved(school_id: int | None, day: str) -> Page:
    """What a day of a school has moved, and why; of the district, that it is declared for all schools."""
    place, chosen = _place(school_id), _date(day)
    detailed = place is not None and current_actor().covers(place.id, *CASE_TEAM)
    found = moved_by(current_actor(), place.id, chosen) if place is not None else []
    words = shift_lines if detailed else lines_by_kind
    return render_template(
        "workday/calendar/moved.html",
        moved=words([shift for shift, back in found if not back]),
        returned=words([shift for shift, back in found if back]),
        standing=day_at(school_id, chosen),
        detailed=detailed,
        **_frame(place, chosen),
    )


def _place(school_id: int | None) -> Place:
    school = existing(get_school(school_id)) if school_id is not None else None
    require(current_actor(), Permission.SCHOOL_MANAGE, school or District())
    return school


def _date(text: str) -> date:
    try:
        return day_in(text)
    except ValueError as error:
        raise NotFound from error


def _to(place: Place, page: str, **values: Any) -> str:
    if place is None:
        return url_for(f"calendar.district_{page}", **values)
    return url_for(f"calendar.{page}", school_id=place.id, **values)


def _frame(place: Place, day: date | None = None) -> dict[str, Any]:
    """What every page of a calendar says of itself."""
    shown: dict[str, Any] = {"place": place, "calendar_href": _to(place, "month")}
    if day is None:
        return shown
    on, standing = day.isoformat(), day_at(_id(place), day)
    return shown | {
        "day": day, "long_day": long_day_words(day), "now_is": day_words_at(standing),
        "calendar_href": _to(place, "month", of=on[:7]), "back_href": _to(place, "declare", day=on),
        "who": said_by_words(standing) if standing.said_at else "",
        "moved_href": _to(place, "moved", day=on), "take_back_href": _to(place, "take_back", day=on),
    }  # fmt: skip


def _id(place: Place) -> int | None:
    return place.id if place else None


def _refusal(day: date, place: Place) -> str:
    try:
        check_day(day, today_at(_id(place), clock.now()))
    except Refused as refused:
        return refused.message
    return ""


def _check(place: Place, day: date, form: DayForm, becomes: DayKind) -> Page:
    bell = form.last_bell.data if becomes is DayKind.HALF else None
    return render_template(
        "workday/calendar/check.html",
        form=form,
        becomes=DayKind(becomes).label,
        bell=time_of_day_words(bell) if bell else "",
        kept={"kind": becomes.value, "label": form.label.data, "last_bell": f"{bell:%H:%M}" if bell else ""},
        **_effects(place, day, becomes),
        **_frame(place, day),
    )


def _effects(place: Place, day: date, becomes: DayKind) -> dict[str, Any]:
    """What a change would do at a school: line by line for its own case team, as counts for others."""
    if place is None:
        return {"found": None, "detailed": False}
    found: Consequences = consequences(current_actor(), place, day, becomes, today_at(_id(place), clock.now()))
    detailed = current_actor().covers(place.id, *CASE_TEAM)
    words = shift_lines if detailed else lines_by_kind
    return {
        "found": found, "detailed": detailed, "leaving": words(found.leaving),
        "meetings": words(found.meetings), "returning": words(found.returning),
    }  # fmt: skip
