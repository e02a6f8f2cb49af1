"""A school's calendar: month by month, declaring a day after seeing what it moves, taking it back."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import HiddenField, TimeField
from wtforms.validators import Length, Optional

from wss_cases.access.actor import CASE_TEAM, SYSTEM, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.cases import progress as reviews
from wss_cases.followups import calendar as follow_ups
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, Stale, existing
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, day_in, radio
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import (
    day_words,
    district_zone,
    long_day_words,
    moment_words,
    month_words,
    time_of_day_words,
    today_at,
    weekday_name,
    weekday_words,
)
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.pathways.circles.meeting import pages as circles
from wss_cases.pathways.common import models as next_steps
from wss_cases.roster.calendar.days import (
    DayAt,
    Said,
    Shift,
    after_taking_back,
    day_at,
    days_between,
    moves_of_day,
    say_day,
    unsay_day,
    unsettled,
)
from wss_cases.roster.directory.models import CalendarDay, School
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.roster.directory.rules import DayKind, MoveWhy, is_weekday, week_of
from wss_cases.workday.calendar.queries import Consequences, consequences, meetings_on, moved_by, schools_to_settle

DAY = timedelta(days=1)
FARTHEST = timedelta(days=36_500)


@dataclass(frozen=True)
class Month:
    """One month: its first and last date, and how the ones beside it are written (2027-01)."""

    first: date
    last: date

    @property
    def title(self) -> str:
        """The month in words."""
        return month_words(self.first)

    @property
    def earlier(self) -> str:
        """The month before."""
        return f"{self.first - DAY:%Y-%m}"

    @property
    def later(self) -> str:
        """The month after."""
        return f"{self.last + DAY:%Y-%m}"

    def weeks(self, said: Mapping[date, DayAt]) -> list[list[dict[str, Any] | None]]:
        """Return rows of seven cells from Sunday on; None outside the month."""
        start = week_of(self.first)
        rows = []
        while start <= self.last:
            rows.append([self._cell(start + number * DAY, said) for number in range(7)])
            start += 7 * DAY
        return rows

    def _cell(self, day: date, said: Mapping[date, DayAt]) -> dict[str, Any] | None:
        if not self.first <= day <= self.last:
            return None
        guess = DayAt(day, DayKind.SCHOOL if is_weekday(day) else DayKind.CLOSED)
        found = said.get(day, guess)
        return {
            "day": day, "kind": found.kind.value, "words": long_day_words(day), "what": DayKind(found.kind).label,
            "declared": found.said_at is not None,
        }  # fmt: skip

    def special(self, said: Mapping[date, DayAt]) -> list[dict[str, Any]]:
        """Return the dates of the month of which something is said beyond an ordinary day or a weekend."""
        return [
            {"day": day, "words": long_day_words(day), "what": day_words_at(found), "kind": found.kind.value,
             "who": said_by_words(found)}
            for day, found in sorted(said.items())
            if found.label or found.said_at or found.kind is DayKind.HALF
        ]  # fmt: skip


def weekdays() -> list[tuple[str, str]]:
    days = [week_of(date(2024, 1, 1)) + number * DAY for number in range(7)]
    return [(weekday_words(day), weekday_name(day)) for day in days]


def month_page(text: str, today: date) -> Month:
    """Return the month written 2027-01, or today's when it is written otherwise."""
    try:
        first = day_in(f"{text}-01")
    except ValueError:
        first = today.replace(day=1)
    first = first if abs(first - today) < FARTHEST else today.replace(day=1)
    return Month(first, (first + 31 * DAY).replace(day=1) - DAY)


def day_words_at(found: DayAt) -> str:
    """Return what a date is: "No school – snow day", "Half day until 11:30 am"."""
    words = str(DayKind(found.kind).label)
    if found.last_bell is not None:
        words = _("Half day, last bell at %(time)s", time=time_of_day_words(found.last_bell))
    return f"{words} – {found.label}" if found.label else words


def said_by_words(found: DayAt) -> str:
    """Return who said what a date is: a person and when, or the imported calendar."""
    if found.said_at is None:
        return _("District calendar")
    when = moment_words(found.said_at, district_zone())
    if found.own:
        return _("Saved by %(name)s, %(when)s", name=found.said_by or _("the operator"), when=when)
    return _("Saved for all schools by %(name)s, %(when)s", name=found.said_by or _("the operator"), when=when)


def shift_lines(shifts: Sequence[Shift]) -> list[dict[str, Any]]:
    """Return a line for each thing that moves: what, of which case, whose, from when to when and why."""
    return [
        {"title": shift.what, "meta": " · ".join(part for part in (shift.reference, shift.owner, _way(shift)) if part)}
        for shift in shifts
    ]


def _way(shift: Shift) -> str:
    words = _("%(first)s to %(then)s", first=day_words(shift.from_day), then=day_words(shift.to_day))
    if shift.why is MoveWhy.YEAR_END:
        return _("%(words)s (before the school year ends)", words=words)
    if shift.why is MoveWhy.NEXT_SCHOOL:
        return _("%(words)s (at the next school)", words=words)
    return words


def lines_by_kind(shifts: Sequence[Shift]) -> list[dict[str, Any]]:
    """Return how many of each kind move, for those who may not see which."""
    counts = Counter((shift.from_day, shift.to_day) for shift in shifts)
    return [
        {
            "title": ngettext("%(num)d thing", "%(num)d things", number),
            "meta": _("%(first)s to %(then)s", first=day_words(first), then=day_words(then)),
        }
        for (first, then), number in sorted(counts.items())
    ]


SAY_LABELS = {DayKind.CLOSED: _l("No school"), DayKind.HALF: _l("Half day"), DayKind.SCHOOL: _l("There is school")}


class DayForm(BaseForm):
    """What the day is, why, and when a half day ends; `seen` is what the page showed."""

    kind = radio(
        _l("Type of day"), [(kind.value, label) for kind, label in SAY_LABELS.items()], _l("Choose the type of day.")
    )
    last_bell = TimeField(_l("Last bell of the half day"), validators=[Optional()])
    label = ShortText(
        _l("Why"),
        [NotBlank(_l("Enter the reason in a few words. It appears beside everything that moves."))],
        limit=120,
        description=_l("For example: snow day, no heating. No names."),
    )
    seen = HiddenField(validators=[Length(max=80)])


class TakeBackForm(BaseForm):
    """Taking back what was declared."""

    seen = HiddenField(validators=[Length(max=80)])


LONGEST = 400
"""Days ahead that a day can be declared."""
SETTLES_AFTER = timedelta(minutes=5)
"""So long a date is looked at again: a follow-up may have been saved beside the change of its day."""


class District:
    """The whole district, where a school is asked for: only who reaches every school may change its calendar."""

    id: int | None = None


@use_case
def declare_day(uow: UnitOfWork, school_id: int | None, day: date, said: Said, seen: str) -> int:
    """Declare a day of one school (None: of the district) and move what stands on it; returns the school's id or 0.

    What the district declares moves at each school with the next sweep. Raises NotFound, Refused for a day that is
    past or too far, or a half day without its bell; Stale when the day is no longer what `seen` says.
    """
    school = _place(uow, school_id)
    check_day(day, today_at(school_id, uow.now))
    _check(said)
    if day_at(school_id, day).mark != seen:
        raise Stale
    say_day(uow, school, day, said)
    if school is not None:
        settle(uow, school, day)
    return school_id or 0


@use_case
def take_back_day(uow: UnitOfWork, school_id: int | None, day: date, seen: str) -> int:
    """Take back what was declared of a day; what it moved and nobody touched returns. As `declare_day`."""
    school = _place(uow, school_id)
    check_day(day, today_at(school_id, uow.now))
    if day_at(school_id, day).mark != seen:
        raise Stale
    unsay_day(uow, school, day)
    if school is not None:
        settle(uow, school, day)
    return school_id or 0


def _place(uow: UnitOfWork, school_id: int | None) -> School | None:
    if school_id is not None:
        return uow.load(School, school_id, Permission.SCHOOL_MANAGE)
    require(uow.actor, Permission.SCHOOL_MANAGE, District())
    return None


def check_day(day: date, today: date) -> None:
    """Raise Refused for a day that cannot be declared any more, or not yet."""
    if day < today:
        raise Refused("", _("This day is past. What was due on it stays as it is."))
    if (day - today).days > LONGEST:
        raise Refused("", _("Choose a day within the next year."))


def _check(said: Said) -> None:
    if said.kind is DayKind.HALF and said.last_bell is None:
        raise Refused("last_bell", _("Enter when the last bell of the half day rings."))
    if said.kind is not DayKind.HALF and said.last_bell is not None:
        raise Refused("last_bell", _("Only a half day has its own last bell."))


def settle(uow: UnitOfWork, school: School, day: date) -> None:
    """Move what stands on a date of a school that has no school, or bring back what it moved."""
    days, today = school_days(school.id), today_at(school.id, uow.now)
    if day < today:
        return
    if days.is_school_day(day):
        moves = [move for move in moves_of_day(school.id, day) if move.returned_at is None]
        follow_ups.return_to_day(uow, moves)
        reviews.return_to_day(uow, moves)
        next_steps.return_to_day(uow, moves)
        circles.stop_asking(uow, moves)
        return
    to_day, label = days.on_or_after(day), day_at(school.id, day).label
    meetings = meetings_on(school, day)
    follow_ups.leave_day(uow, school.id, day, today, days, label)
    reviews.leave_day(uow, school.id, day, to_day, label)
    next_steps.leave_day(uow, school.id, day, to_day, label, {row.pathway_id for row in meetings})
    circles.ask_for_new_days(uow, meetings, day, to_day, label)


def settle_changes(now: datetime, share: Share = WHOLE) -> None:
    """Move what stands on dates that an import or the district opened or closed; the sweep calls it every minute.

    A date is settled at all of its schools, or not begun: where the share of a tick is over, the next goes on.
    """
    changed = unsettled()
    schools: dict[date, list[int]] = defaultdict(list)
    for school_id, day in schools_to_settle(changed) if changed else ():
        schools[day].append(school_id)
    for day, rows in groupby(changed, key=lambda row: row.day):
        if not share.goes_on():
            break
        ids = [row.id for row in rows]
        for school_id in schools[day]:
            with unit_of_work(SYSTEM, now) as uow:
                uow.no_audit()
                settle(uow, existing(uow.session.get(School, school_id, with_for_update=True)), day)
        _close(ids, now)


def _close(ids: Sequence[int], now: datetime) -> None:
    """Note of rows of the calendar that what stood on their date has moved, some minutes after they changed."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        for row_id in ids:
            again = uow.session.get(CalendarDay, row_id, with_for_update=True, populate_existing=True)
            since = again.unsettled_since if again is not None else None
            if again is not None and since is not None and since <= now - SETTLES_AFTER:
                again.unsettled_since = None


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
    return redirect(_to(_place_page(school_id), "month"))


@blueprint.get(SCHOOL)
@blueprint.get(EVERYWHERE, endpoint="district_month", defaults=NO_SCHOOL)
@gate(Permission.SCHOOL_MANAGE)
def month(school_id: int | None) -> Page:
    place = _place_page(school_id)
    today = today_at(school_id, clock.now())
    shown = month_page(request.args.get("of", ""), today)
    said = days_between(school_id, shown.first, shown.last)
    may_import = can(current_actor(), Permission.SCHOOL_MANAGE, District())
    return render_template(
        "workday/calendar/year.html", weeks=shown.weeks(said), special=shown.special(said), title=shown.title,
        known=any(shown.first.replace(day=15) == day for day in said), today=today, weekdays=weekdays(),
        earlier=_to(place, "month", of=shown.earlier), later=_to(place, "month", of=shown.later),
        to_day=lambda day: _to(place, "declare", day=day.isoformat()), **_frame(place),
        import_href=url_for("calendar_import.upload") if may_import else "",
    )  # fmt: skip


@blueprint.route(f"{SCHOOL}/<day>", methods=["GET", "POST"])
@blueprint.route(f"{EVERYWHERE}/<day>", endpoint="district_declare", methods=["GET", "POST"], defaults=NO_SCHOOL)
@gate(Permission.SCHOOL_MANAGE)
def declare(school_id: int | None, day: str) -> Page:
    """Declare a day of a school, or of all schools: the form, what it would move, the act."""
    place, chosen = _place_page(school_id), _date(day)
    standing = day_at(school_id, chosen)
    form = DayForm(seen=standing.mark)
    past, is_half = _refusal(chosen, place), form.kind.data == DayKind.HALF
    asks = "confirmed" not in request.form and form.is_submitted() and not past
    if asks and form.validate() and not (is_half and form.last_bell.data is None):
        return _check_page(place, chosen, form, DayKind(form.kind.data))

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
    place, chosen = _place_page(school_id), _date(day)
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
    place, chosen = _place_page(school_id), _date(day)
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


def _place_page(school_id: int | None) -> Place:
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


def _check_page(place: Place, day: date, form: DayForm, becomes: DayKind) -> Page:
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


ROOM = Room(pages=(blueprint,))
