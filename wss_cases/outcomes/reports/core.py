"""The report of incidents: page and filters, counts of students and staff, and a person's saved views of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, case, func, select
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import _, _l, locale_code
from wss_cases.foundation.pages import Page
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import every_behavior, every_place
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.lists import ACTED, conditions_of, trait_words
from wss_cases.incidents.pages import read_filter
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.outcomes.counting.cache import Values, cached_count
from wss_cases.outcomes.counting.daily_figures.actions import breakdowns, day_of_year_words
from wss_cases.outcomes.counting.daily_figures.queries import SavedView
from wss_cases.outcomes.counting.scope.pages import Shown, shown, years_of
from wss_cases.outcomes.counting.scope.queries import (
    PreparedOfScope,
    by_days,
    counted,
    enrolled_within,
    networks_of,
    schools_reached,
    within_schools,
)
from wss_cases.outcomes.counting.scope.rules import Scope, month_of, narrowed, term_of
from wss_cases.outcomes.counting.totals import NOTHING, Core, NotCountedYet, ask, core_of
from wss_cases.outcomes.reports.charts import Point, bar, bars, month_rows
from wss_cases.roster.directory.models import Enrolment, StaffMember
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import school_days

FEW, MANY = 2, 6
"""The number of incidents from which a student is in the middle and in the upper band."""
MOST_REPORTERS = 100


@dataclass(frozen=True)
class Bands:
    """Students by the number of incidents they are reported to have caused harm in: 0 or 1, 2 to 5, 6 or more."""

    few: int
    some: int
    many: int


def _by_days_of_all(
    actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = (), grade: int | None = None
) -> Values:
    return None if more or grade is not None else by_days(actor, scope)


@cached_count("bands", version=3, depends_on=_by_days_of_all)
def bands_of(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = (), grade: int | None = None) -> Bands:
    """The bands of all students (of a grade, if given) enrolled on any day of the period, in one query."""
    if more or grade is not None:
        row = db.session.execute(_each_band(actor, scope, more, grade)).one()
    else:
        row = _BANDS.rows(actor, scope).one()
    return Bands(row[0], int(row[1] or 0), int(row[2] or 0))


def _each_band(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = (), grade: int | None = None) -> Any:
    person = IncidentPerson
    incidents = func.count(Incident.id.distinct()).label("number")
    each = (
        select(person.student_id, incidents)
        .select_from(Incident)
        .join(person, person.incident_id == Incident.id)
        .where(*counted(actor, scope), *more, person.role.in_(ACTED), person.student_id.is_not(None))
        .where(*([] if grade is None else [person.grade == grade]))
        .group_by(person.student_id)
        .cte("each_student")
    )
    several_incidents = func.sum(case((each.c.number.between(FEW, MANY - 1), 1), else_=0))
    many = func.sum(case((each.c.number >= MANY, 1), else_=0))
    # nothing is subtracted: a student of another school may be in a band here without being enrolled here
    several = select(each.c.student_id).where(each.c.number >= FEW)
    others = enrolled_within(actor, scope, grade).where(Enrolment.student_id.not_in(several))
    return select(others.scalar_subquery(), several_incidents, many).select_from(each)


_BANDS = PreparedOfScope(_each_band)


@dataclass(frozen=True)
class Reporting:
    """How many staff reported an incident, of how many staff."""

    reported: int
    staff: int


@cached_count("reporting", version=2, depends_on=_by_days_of_all)
def reporting(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = ()) -> Reporting:
    rows: Any = db.session.execute(_reporters(actor, scope, more)) if more else _REPORTING.rows(actor, scope)
    row = rows.one()
    return Reporting(row[0], row[1])


def _reporters(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = ()) -> Any:
    reporters = select(func.count(Incident.reporter_id.distinct()))
    who = reporters.where(*counted(actor, scope), *more).scalar_subquery()
    staff = select(func.count()).where(StaffMember.is_active, *within_schools(actor, scope, StaffMember.school_id))
    return select(who, staff.scalar_subquery())


_REPORTING = PreparedOfScope(_reporters)


def by_reporter(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = ()) -> list[tuple[str, int]]:
    """(name, incidents) of the people who reported, most first; '' for reports without an account. Only for the
    school's administrator; the caller has checked that."""
    number = func.count().label("number")
    statement = (
        select(func.coalesce(UserAccount.name, ""), number)
        .select_from(Incident)
        .outerjoin(UserAccount, UserAccount.id == Incident.reporter_id)
        .where(*counted(actor, scope), *more)
        .group_by(UserAccount.id, UserAccount.name)
        .order_by(number.desc(), UserAccount.name)
        .limit(MOST_REPORTERS)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def code_words(locale: str) -> tuple[dict[str, str], dict[str, str]]:
    """The labels of every behavior and every place, in their newest wording and sorted by label."""
    behaviors, places = every_behavior(locale).items(), every_place(locale).items()
    return dict(sorted(behaviors, key=itemgetter(1))), dict(sorted(places, key=itemgetter(1)))


DRILLS: Final = ("month", "behavior", "place", "hour", "weekday", "grade", "group")
"""Parameters that a bar sets; the list of incidents takes the same ones."""
PERIOD: Final = ("year", "term", "network")
LONGEST: Final = 12
MOST_MONTHLY: Final = 10


@dataclass(frozen=True)
class Narrowed:
    """A page of the core reports: its narrowed scope, the filter, and the parameters of both."""

    page: Shown
    narrow: IncidentFilter
    parameters: Mapping[str, str]

    @property
    def is_plain(self) -> bool:
        return self.narrow == NOTHING

    def address(self, endpoint: str = "outcomes.core.report", **change: Any) -> str:
        return url_for(endpoint, **{**self.parameters, **change})

    def without(self, name: str) -> str:
        taken_off: dict[str, Any] = {name: None}
        return self.address(**taken_off)

    def schools(self, **change: Any) -> str:
        """The address of the page that compares all schools in the same period, without the other filters."""
        period: dict[str, Any] = {key: self.parameters[key] for key in PERIOD if key in self.parameters}
        return url_for("outcomes.core.schools", **{**period, **change})

    def listed(self) -> str | None:
        """The address of the list behind the figures; None when the reader may not see it."""
        scope = self.page.scope
        chosen = {name: self.parameters[name] for name in DRILLS if name in self.parameters}
        if "term" in self.parameters:
            chosen |= {"from": scope.first.isoformat(), "to": scope.last.isoformat()}
        return self.page.incidents(**chosen)


def narrowed_page() -> Narrowed:
    """Read the filters from the address. Raises NotFound for an invalid filter, and for a school or network that the
    reader may not see."""
    given = {
        name: request.args[name] for name in (*DRILLS, "year", "term", "network", "school") if request.args.get(name)
    }
    try:
        narrow = read_filter({name: given[name] for name in DRILLS if name in given})
    except Refused as refused:
        raise NotFound from refused
    page = shown(given.get("school"), of_network="network" in given)
    if given.get("term", "1") not in ("1", "2"):
        raise NotFound
    first, last = term_of(page.scope.year, int(given["term"])) if "term" in given else (None, None)
    network = given.get("network")
    if network is not None and page.school is not None:
        raise NotFound
    scope = existing(narrowed(page.scope, first, last, network))
    if narrow.month is not None:
        of_month = narrowed(scope, *month_of(narrow.month), network)
        if of_month is None:  # the year or half was changed after the month was chosen: drop the month
            del given["month"]
        scope, narrow = of_month or scope, narrow if of_month else replace(narrow, month=None)
    return Narrowed(Shown(page.actor, page.school, scope), narrow, given)


def chips_shown(here: Narrowed, behaviors: Mapping[str, str], places: Mapping[str, str]) -> list[tuple[str, str]]:
    """(label, address without it) of every filter in use."""
    given = here.parameters
    words: dict[str, Any] = {
        "school": here.page.school_words,
        "network": given.get("network"),
        "term": _("First half of the year") if given.get("term") == "1" else _("Second half of the year"),
        **trait_words(here.narrow, behaviors, places),
    }
    return [(str(text), here.without(name)) for name, text in words.items() if name in given]


def monthly_rows(core: Core, behaviors: Mapping[str, str]) -> list[tuple[str, list[int]]]:
    """(behavior, incidents in each month of the page) of the most frequent behaviors."""
    most = sorted(core.parts.behavior.items(), key=lambda pair: (-pair[1], pair[0] or ""))[:MOST_MONTHLY]
    months = [month.first.replace(day=1) for month in core.months if month.school_days or month.incidents]
    by_month = core.parts.months
    return [
        (
            behaviors.get(key, key) if key else _("Not coded yet"),
            [by_month.get(month, {}).get(key, 0) for month in months],
        )
        for key, _number in most
    ]


def band_rows(bands: Bands) -> list[Point]:
    """Students by their number of incidents, with their share of all students."""
    everyone = bands.few + bands.some + bands.many
    words = (_("0 or 1 incident"), _("2 to 5 incidents"), _("6 incidents or more"))
    numbers = [getattr(bands, band.name) for band in fields(bands)]
    shares = [
        _("%(share)s of the students", share=f"{100 * number / everyone:.1f}%") if everyone else None
        for number in numbers
    ]
    rows = zip(words, numbers, ("moss", "sun", "brick"), shares, strict=True)
    return [bar(label, number, tone, note=share) for label, number, tone, share in rows]


blueprint = Blueprint("core", __name__, url_prefix="/incidents")
GRADES = range(-1, 13)
ACCEPTED = 202
"""The status of a page whose figures are being counted. Its script asks again until the status changes."""


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def report() -> str:
    """Incidents of a school or of all, narrowed by their own traits."""
    here = narrowed_page()
    actor, scope = here.page.actor, here.page.scope
    days = school_days(scope.school_id)
    core = core_of(actor, scope, days, here.narrow)
    behaviors, places = code_words(locale_code())
    is_one_school = scope.school_id is not None
    bands = bands_of(actor, scope, _more(here), here.narrow.grade) if here.listed() else None
    return render_template(
        "outcomes/reports/core/page.html",
        asked=here,
        page=here.page,
        core=core,
        school_days=core.school_days,
        rate=core.rate,
        reporting=reporting(actor, scope, _more(here)) if is_one_school and scope.is_this_year else None,
        bands=band_rows(bands) if bands else [],
        months=month_rows(core, here.address, per_day=True),
        monthly=monthly_rows(core, behaviors),
        parts={part: bars(part, rows, LONGEST, here.address) for part, rows in breakdowns(core.parts).items()},
        chips=chips_shown(here, behaviors, places),
        options=_options(here, behaviors, places),
        kept={name: here.parameters[name] for name in (*DRILLS, "school") if name in here.parameters},
        until=day_of_year_words(scope.last) if scope.is_current else None,
        school_count=schools_reached(actor) if scope.is_all else None,
        leads=here.page.leads,
    )


@blueprint.get("/reporters")
@gate(Permission.OUTCOMES_READ)
def reporters() -> str:
    """Who reported how often, for the administrator of the school only."""
    here = narrowed_page()
    if not here.page.leads:
        raise NotFound
    rows = by_reporter(here.page.actor, here.page.scope, _more(here))
    return render_template("outcomes/reports/core/reporters.html", asked=here, page=here.page, rows=rows)


@blueprint.errorhandler(NotCountedYet)
def not_counted_yet(missing: NotCountedYet) -> tuple[str, int]:
    """Request the count that a page misses, and say that it is running; the page's script asks again."""
    here = narrowed_page()
    is_asked = ask(here.page.actor, missing, clock.now())
    behaviors, places = code_words(locale_code())
    chips = chips_shown(here, behaviors, places)
    words = render_template(
        "outcomes/reports/core/counting.html",
        asked=here,
        page=here.page,
        is_asked=is_asked,
        chips=chips,
        again=here.address(),
    )
    return words, ACCEPTED


def _more(here: Narrowed) -> list[Any]:
    return [] if here.is_plain else conditions_of(here.narrow)


def _options(here: Narrowed, behaviors: dict[str, str], places: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """The choices of the filter form: parameter to (value, label)."""
    return {
        "year": [(year, year.replace("-", "–")) for year in years_of(here.page)],
        "network": [] if here.page.school else [(name, name) for name in networks_of(here.page.actor)],
        "behavior": list(behaviors.items()),
        "place": list(places.items()),
        "grade": [(str(grade), grade_words(grade)) for grade in GRADES],
    }


MOST_VIEWS = 50


@use_case
def save_view(uow: UnitOfWork, name: str, narrowed: Mapping[str, str]) -> int:
    """Save a report's filters under a name. Raises Refused for a name already used, or too many views."""
    mine = SavedView.user_id == uow.actor.user_id
    if uow.session.scalar(select(SavedView.id).where(mine, SavedView.name == name.strip())) is not None:
        raise Refused("name", _("You have a view with this name. Choose another name."))
    if (uow.session.scalar(select(func.count()).where(mine)) or 0) >= MOST_VIEWS:
        raise Refused("", _("You have %(number)s views. Delete one first.", number=MOST_VIEWS))
    assert uow.actor.user_id is not None
    view = SavedView(user_id=uow.actor.user_id, name=name.strip(), narrowed=dict(narrowed), made_at=uow.now)
    return uow.add_audited(view, "view.saved")


def delete_view(actor: Actor, view_id: int, now: datetime) -> None:
    """Delete one of the actor's own views. Raises NotFound for any other."""
    with unit_of_work(actor, now) as uow:
        view = uow.session.get(SavedView, view_id, with_for_update=True)
        if view is None or view.user_id != actor.user_id:
            raise NotFound
        uow.audit("view.deleted", SavedView.__tablename__, view.id, {"name": [view.name, None]})
        uow.session.delete(view)


views = Blueprint("saved", __name__, url_prefix="/views")


class ViewForm(BaseForm):
    """The name of a new saved view."""

    name = ShortText(_l("Name of the view"), [NotBlank(_l("Enter a name for the view."))], limit=80)


@views.get("")
@gate(Permission.OUTCOMES_READ)
def mine() -> str:
    """The list of the person's own views."""
    own = select(SavedView).where(SavedView.user_id == current_actor().user_id).order_by(SavedView.name)
    return render_template("outcomes/reports/saved_views/list.html", rows=db.session.scalars(own).all())


@views.route("/new", methods=["GET", "POST"])
@gate(Permission.OUTCOMES_READ)
def new() -> Page:
    """Name the report's filters, which the address holds."""
    here, form = narrowed_page(), ViewForm()
    back = here.address()
    words = {
        "title": _("Save this view"), "go_words": _("Save"),
        "lede": _("Your filters saved under a name, only for you."),
        "back_href": back, "back_words": _("Back to the report"),
        "crumbs": [
            (_("Outcomes"), url_for("outcomes.overview")), (_("Incidents"), back), (_("Save this view"), None),
        ],
    }  # fmt: skip
    return act_form(
        form,
        lambda call: save_view(call, form.name.data or "", here.parameters),
        url_for("outcomes.saved.mine"),
        words,
        "layouts/form_page.html",
    )


@views.post("/<int:view_id>/delete")
@gate(Permission.OUTCOMES_READ)
def delete(view_id: int) -> Response:
    delete_view(current_actor(), view_id, clock.now())
    return redirect(url_for("outcomes.saved.mine"), 303)
