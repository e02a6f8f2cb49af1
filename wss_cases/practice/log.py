"""The practice log: circles and similar practices that no incident called for. No student is named, and nothing said
there is recorded."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from flask import render_template, request, url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, in_schools
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db, named_enum, newest
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, ShortText, choices, radio
from wss_cases.foundation.i18n import Labelled, _, _l, dotted, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, moment_words, today_at, zone_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import author, sentence
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.plans.models import CirclePlanKind, shelf_of, used_before
from wss_cases.pathways.common.pages import people_choices
from wss_cases.pathways.mentoring.mentors import number_or_none
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.queries import names_at_school
from wss_cases.training.records.models import staff_of


class PracticeKind(Labelled):
    COMMUNITY = "community", _l("Community circle")
    CHECK_IN = "check_in", _l("Check-in")
    CHAT = "chat", _l("Restorative chat")
    PEACE_ROOM = "peace_room", _l("Peace room visit")
    STAFF = "staff", _l("Staff circle")
    FAMILY = "family", _l("Family circle")


class Purpose(Labelled):
    START = "start", _l("Start of the day or week")
    BELONGING = "belonging", _l("Get to know each other")
    LEARNING = "learning", _l("Learn together")
    CELEBRATE = "celebrate", _l("Celebrate")
    AFTER = "after", _l("After something happened")


class Leader(Labelled):
    """Who led it, when not a named member of staff."""

    STAFF = "staff", _l("A member of the staff")
    OUTSIDE = "outside", _l("A circle keeper from outside the school")
    STUDENTS = "students", _l("Students, with a trained adult")


SECOND_TIER: Final = frozenset({PracticeKind.CHAT, PracticeKind.PEACE_ROOM})
"""Kinds for some students rather than for all."""

SENTENCES: dict[str, Any] = {
    "practice.logged": _l("Logged"),
    "practice.corrected": _l("Corrected"),
    "practice.taken_back": _l("Withdrawn"),
}


LONGEST_PLACE = 60


class PracticeEntry(Versioned, Base):
    """A circle, check-in or visit: when, where, what, who led it, how many came and for how long."""

    __tablename__ = "practice_entry"
    __table_args__ = (
        Index("ix_practice_entry_school", "school_id", "held_on"),
        Index("ix_practice_entry_logged_by", "logged_by_id", "school_id"),
        Index("ix_practice_entry_plan", "plan_id"),
        CheckConstraint("students >= 0 and adults >= 0 and students + adults > 0", name="somebody_came"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("(leader = 'staff') = (led_by_id is not null)", name="led_by"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    held_on: Mapped[date]
    kind: Mapped[PracticeKind] = mapped_column(named_enum(PracticeKind, "kind"))
    purpose: Mapped[Purpose | None] = mapped_column(named_enum(Purpose, "purpose"))
    grade: Mapped[int | None]
    place: Mapped[str] = mapped_column(String(LONGEST_PLACE), default="")
    leader: Mapped[Leader] = mapped_column(named_enum(Leader, "leader"))
    led_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("circle_plan.id", ondelete="set null"))
    students: Mapped[int]
    adults: Mapped[int]
    minutes: Mapped[int]
    logged_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    logged_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]


PAGE = 25
LOOKED_AT = 40
MOST_GROUPS = 4

load_entry = by_id(PracticeEntry)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select to entries of the actor's case teams, and the actor's own at schools where they work."""
    own = or_(PracticeEntry.logged_by_id == actor.user_id, PracticeEntry.led_by_id == actor.user_id)
    theirs = and_(own, in_schools(PracticeEntry.school_id, actor, *STAFF))
    return statement.where(or_(theirs, in_schools(PracticeEntry.school_id, actor, *CASE_TEAM)))


def entries(actor: Actor, school_id: int, before_id: int | None) -> list[PracticeEntry]:
    """The newest entries of a school that the actor may see, one more than a page shows."""
    statement = newest(visible_to(select(PracticeEntry), actor), PracticeEntry, PAGE + 1, before_id, school_id)
    return list(db.session.scalars(statement))


def get_entry(actor: Actor, practice_id: int) -> PracticeEntry:
    """An entry that the actor may see. Raises NotFound."""
    statement = visible_to(select(PracticeEntry), actor).where(PracticeEntry.id == practice_id)
    entry: PracticeEntry | None = db.session.scalar(statement)
    return existing(entry)


def own_entries(user_id: int | None, school_id: int) -> list[PracticeEntry]:
    """The latest entries that an account logged at a school, newest first."""
    mine = select(PracticeEntry).where(PracticeEntry.logged_by_id == user_id, PracticeEntry.taken_back_at.is_(None))
    return list(db.session.scalars(newest(mine, PracticeEntry, LOOKED_AT, None, school_id)))


def groups_of(mine: Sequence[PracticeEntry]) -> list[tuple[int | None, str]]:
    """The latest (grade, class or place) in one's own entries."""
    groups = dict.fromkeys((entry.grade, entry.place) for entry in mine if entry.place)
    return list(groups)[:MOST_GROUPS]


def plans_to_follow(actor: Actor, school_id: int) -> dict[int, str]:
    """The plans that a logged circle may have followed: id to title. First the school's community circles that the
    actor may read, newest first, then its shelf. Ready-made plans are left out, because they are copied first.
    """
    community = [plan for plan in used_before(actor, school_id) if plan.kind is CirclePlanKind.COMMUNITY]
    return {plan.id: plan.title for plan in (*community, *shelf_of(actor, school_id))}


def own_entry_or_team(actor: Actor, entry: Any) -> bool:
    """Those who logged or led it while they work at its school, and the school's case team."""
    own = actor.user_id is not None and actor.user_id in (entry.logged_by_id, entry.led_by_id)
    return actor.covers(entry.school_id, *(STAFF if own else CASE_TEAM))


def tier_of(kind: PracticeKind, purpose: Purpose | None) -> int:
    """The tier: 1 for practices for everyone, 2 for those for some students or after an event."""
    return 2 if kind in SECOND_TIER or purpose is Purpose.AFTER else 1


def group_value(grade: int | None, place: str) -> str:
    return f"{'' if grade is None else grade}|{place}"


def group_in(value: str) -> tuple[int | None, str]:
    grade, _bar, place = value.partition("|")
    return (int(grade) if grade else None), place


@use_case
def log_practice(uow: UnitOfWork, school_id: int, details: Mapping[str, Any]) -> int:
    """Log a practice at a school. Raises Refused for a future day, without people, and for a student's name."""
    return write_entry(uow, school_id, details).id


def write_entry(uow: UnitOfWork, school_id: int, details: Mapping[str, Any]) -> PracticeEntry:
    """Write an entry in the caller's unit of work; raises as `log_practice` does."""
    require(uow.actor, Permission.PRACTICE_LOG, existing(get_school(school_id)))
    _check(uow, school_id, details, None)
    entry = uow.add(PracticeEntry(school_id=school_id, logged_by_id=uow.actor.user_id, logged_at=uow.now, **details))
    uow.record(entry, "practice.logged")
    return entry


@use_case
def correct(uow: UnitOfWork, practice_id: int, details: Mapping[str, Any]) -> int:
    """Correct an entry; its earlier values stay in the audit log. Raises Refused as logging does."""
    entry = uow.load(PracticeEntry, practice_id, Permission.PRACTICE_WORK, uow.version)
    _refuse_withdrawn(entry)
    _check(uow, entry.school_id, details, entry)
    for name, value in details.items():
        setattr(entry, name, value)
    uow.record(entry, "practice.corrected")
    return entry.id


def _refuse_withdrawn(entry: PracticeEntry) -> None:
    if entry.taken_back_at is not None:
        raise Refused("", _("It was already withdrawn."))


def _check(uow: UnitOfWork, school_id: int, details: Mapping[str, Any], before: PracticeEntry | None) -> None:
    today = today_at(school_id, uow.now)
    place, led_by_id, plan_id = details["place"], details["led_by_id"], details["plan_id"]
    if details["held_on"] > today:
        raise Refused("held_on", _("Choose today or an earlier day."))
    if not details["students"] + details["adults"]:
        raise Refused("students", _("Enter how many were there."))
    as_it_was = before is not None and before.led_by_id == led_by_id
    if led_by_id is not None and not as_it_was and led_by_id not in staff_of(school_id, today):
        raise Refused("led_by", _("Choose someone from this school."))
    kept_plan = before is not None and before.plan_id == plan_id
    if plan_id is not None and not kept_plan and plan_id not in plans_to_follow(uow.actor, school_id):
        raise Refused("plan", _("Choose a plan from the list."))
    if (before is None or before.place != place) and names_at_school(school_id, place):
        raise Refused("place", _("Leave out student names."))


MINUTES = (10, 15, 20, 30, 45, 60, 90)
MOST = 2000


class PracticeForm(BaseForm):
    kind = radio(_l("Kind"), PracticeKind, _l("Choose what it was."))
    group = RadioField(_l("Who was there"), [InputRequired(_l("Choose a class or a grade."))])
    students = number_or_none(_l("Students"), 0, MOST, required=True)
    adults = number_or_none(_l("Adults"), 0, MOST, required=True)
    minutes = radio(_l("Minutes"), [(str(one), str(one)) for one in MINUTES], _l("Choose how long it took."))
    purpose = radio(_l("Why"), Purpose)
    place = ShortText(
        _l("Another class or place"), limit=LONGEST_PLACE, description=_l("Such as Room 204. No student names.")
    )
    held_on = DateField(_l("Day"), [InputRequired(_l("Choose a day."))])
    led_by = SelectField(_l("Who led it"), [InputRequired(_l("Choose who led it."))])
    plan = SelectField(_l("Plan"), [Optional()], choices=[])

    @property
    def held(self) -> dict[str, Any]:
        """The columns of the entry."""
        grade, place = group_in(self.group.data)
        by_staff = self.led_by.data.isdigit()
        return {
            "held_on": self.held_on.data, "kind": PracticeKind(self.kind.data),
            "purpose": Purpose(self.purpose.data) if self.purpose.data else None, "grade": grade,
            "place": (self.place.data or "").strip() or place,
            "leader": Leader.STAFF if by_staff else Leader(self.led_by.data),
            "led_by_id": int(self.led_by.data) if by_staff else None, "students": self.students.data,
            "adults": self.adults.data, "minutes": int(self.minutes.data),
            "plan_id": int(self.plan.data) if self.plan.data else None,
        }  # fmt: skip


USUAL_MINUTES = 20


def new_form(
    actor: Actor, school_id: int, now: datetime, kind: PracticeKind | None = None, plan_id: int | None = None,
    **sent: Any,
) -> PracticeForm:  # fmt: skip
    """The form for a new entry: today, led by the actor, and the rest as in the actor's last entry.

    `plan_id`: the plan that was followed. `sent`: arguments for the form when its answers are not this request's own
    fields.
    """
    mine = own_entries(actor.user_id, school_id)
    last = mine[0] if mine else None
    form = PracticeForm(
        kind=(kind or (last.kind if last else PracticeKind.COMMUNITY)).value,
        group=group_value(last.grade, last.place) if last else None,
        students=last.students if last else None,
        adults=last.adults if last else 1,
        minutes=str(last.minutes if last else USUAL_MINUTES),
        held_on=today_at(school_id, now),
        led_by=str(actor.user_id),
        plan=str(plan_id or ""),
        **sent,
    )
    return _offering(form, actor, school_id, groups_of(mine), now)


def form_of(entry: PracticeEntry, actor: Actor, now: datetime) -> PracticeForm:
    """The form that corrects an entry."""
    form = PracticeForm(
        version=entry.version,
        kind=entry.kind.value,
        group=group_value(entry.grade, entry.place),
        students=entry.students,
        adults=entry.adults,
        minutes=str(entry.minutes),
        purpose=entry.purpose.value if entry.purpose else None,
        held_on=entry.held_on,
        led_by=str(entry.led_by_id or entry.leader.value),
        plan=str(entry.plan_id or ""),
    )
    groups = [(entry.grade, entry.place), *groups_of(own_entries(actor.user_id, entry.school_id))]
    return _offering(form, actor, entry.school_id, groups, now, entry.led_by_id)


def _offering(
    form: PracticeForm,
    actor: Actor,
    school_id: int,
    groups: Iterable[tuple[int | None, str]],
    now: datetime,
    leader_id: int | None = None,
) -> PracticeForm:
    school = existing(get_school(school_id))
    low, high = school.low_grade, school.high_grade
    grades = range(low, high + 1) if low is not None and high is not None else range(13)
    offered = dict.fromkeys([*((grade, place) for grade, place in groups if place), *((item, "") for item in grades)])
    pairs = {group_value(*item): group_words(*item) for item in offered}
    pairs[group_value(None, "")] = _("Several grades, or adults")
    form.group.choices = choices(list(pairs.items()))
    staff = user_names([actor.user_id, leader_id]) | staff_of(school_id, today_at(school_id, now))
    others = [(str(key), name) for key, name in staff.items() if key != actor.user_id]
    outside = [(item.value, item.label) for item in Leader if item is not Leader.STAFF]
    form.led_by.choices = choices([(str(actor.user_id), _("I did")), *outside, *others])
    plans = plans_to_follow(actor, school_id)
    form.plan.choices = people_choices(plans, _("No plan"))
    return form


def group_words(grade: int | None, place: str) -> str:
    return ", ".join(words for words in (place, grade_words(grade)) if words)


def rows_of(practice_entries: Sequence[PracticeEntry]) -> list[dict[str, Any]]:
    """Entries as rows of a list."""
    names = user_names(entry.led_by_id for entry in practice_entries)
    return [
        {
            "id": entry.id,
            "title": dotted(entry.kind.label, group_words(entry.grade, entry.place)),
            "meta": dotted(
                day_words_with_year(entry.held_on),
                people_words(entry.students, entry.adults),
                ngettext("%(num)s minute", "%(num)s minutes", entry.minutes),
                names.get(entry.led_by_id, "") if entry.led_by_id else entry.leader.label,
            ),
            "tag": _("Withdrawn") if entry.taken_back_at else None,
        }
        for entry in practice_entries
    ]


def people_words(students: int, adults: int) -> str:
    return dotted(
        ngettext("%(num)s student", "%(num)s students", students), ngettext("%(num)s adult", "%(num)s adults", adults)
    )


pages = Pages("practice", __name__, url_prefix="/practice")
FORM = "practice/log/form.html"


def _school_id(actor: Actor) -> int:
    return existing(chosen_school_id(actor, *STAFF))


@pages.get("")
@gate(Permission.PRACTICE_LOG)
def entries_page() -> Page:
    """The logged entries, newest first: one's own, and all of the school for its case team."""
    actor = current_actor()
    before = id_in(request.args.get("before"))
    practice_entries = entries(actor, _school_id(actor), before)
    older = (
        url_for("practice.entries_page", before=practice_entries[PAGE - 1].id) if len(practice_entries) > PAGE else None
    )
    first = url_for("practice.entries_page") if before else None
    return render_template("practice/log/list.html", rows=rows_of(practice_entries[:PAGE]), older=older, newer=first)


@pages.route("/new", methods=["GET", "POST"])
@gate(Permission.PRACTICE_LOG)
def new() -> Page:
    """Log a practice with a few taps and no typing."""
    actor = current_actor()
    school_id = _school_id(actor)
    form = new_form(actor, school_id, clock.now(), plan_id=id_in(request.args.get("plan")))
    done = with_flash(_("Logged. Thank you."), url_for("practice.entries_page"))
    return act_form(
        form, lambda call: log_practice(call, school_id, form.held), done, words_of(_("Log a circle")), FORM
    )


def words_of(title: str, **more: Any) -> dict[str, Any]:
    back = {"back_href": url_for("practice.entries_page"), "go_words": _("Save")}
    return {"title": title, "entry": None, **back, **more}


@pages.route("/<int:practice_id>", methods=["GET", "POST"])
@gate(Permission.PRACTICE_WORK)
def entry(practice_id: int) -> Page:
    """Correct an entry, and see who changed it."""
    actor = current_actor()
    row = get_entry(actor, practice_id)
    form: PracticeForm = form_of(row, actor, clock.now())
    zone = zone_of(row.school_id)
    entries_shown = [
        {"label": moment_words(change.at, zone), "value": f"{sentence(change)} · {author(change)}"}
        for change in history("practice_entry", row.id)
    ]
    words = words_of(rows_of([row])[0]["title"], entry=row, history=entries_shown)
    return act_form(form, lambda call: correct(call, row.id, form.held), url_for("practice.entries_page"), words, FORM)


@pages.button(
    "/<int:practice_id>/take-back", Subject(PracticeEntry, get_entry), Permission.PRACTICE_WORK, then=".entries_page"
)
def take_back(uow: UnitOfWork, entry: PracticeEntry) -> None:
    """Take an entry out of every total. It stays in the list, marked as withdrawn."""
    _refuse_withdrawn(entry)
    entry.taken_back_at = uow.now
    uow.record(entry, "practice.taken_back")


ROOM = Room(pages=(pages,), sentences=SENTENCES, loaders={"practice_entry": load_entry})
