"""Cover while away: who stands in for whom at one school. Handing over several cases at once, or all."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import Cover, UserAccount
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.coverage import CoverRow, covers_of, overlapping
from wss_cases.cases.case.actions import title
from wss_cases.cases.case.queries import place_words, students_in, students_seen
from wss_cases.casework.case_file import open_cases_of
from wss_cases.casework.case_page.acts import hand_over_many
from wss_cases.casework.next_act import harm_words
from wss_cases.followups.core.presenters import days_ahead
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes.pages import kept_with_notes
from wss_cases.pathways.common.pages import number, people_choices
from wss_cases.pathways.common.queries import team_of
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.queries import school_days

DAY = _l("Choose a day.")


class HandOverManyForm(BaseForm):
    """Which cases, to whom, with one note for all of them."""

    cases = SelectMultipleField(
        _l("Which cases"), validators=[InputRequired(_l("Choose at least one case."))], choices=[]
    )
    to = SelectField(_l("Who takes them over"), validators=[InputRequired(_l("Choose who takes the cases over."))])
    note = LongText(
        _l("Note for the next person"),
        [NotBlank(_l("Write what the next person needs to know."))],
        limit=4000,
        description=_l("It is noted in each of these cases."),
    )


class CoverForm(BaseForm):
    user = SelectField(_l("Who is away"), validators=[InputRequired(_l("Choose who is away."))])
    cover = SelectField(_l("Who is covering"), validators=[InputRequired(_l("Choose who is covering."))])
    starts_on = DateField(_l("From"), validators=[InputRequired(DAY)])
    ends_on = DateField(_l("Through"), validators=[InputRequired(DAY)])
    note = ShortText(
        _l("Note"), [Optional()], limit=500, description=_l("For example, where to find something. No student names.")
    )


LONGEST = 366
"""Days that one cover lasts at most."""


@use_case
def set_cover(
    uow: UnitOfWork, school_id: int, user_id: int, cover_id: int, *, starts_on: date, ends_on: date, note: str
) -> int:
    """Say who stands in for a person at a school, and from when to when; returns the cover's id.

    Raises NotFound for somebody one may not set it for, Refused for dates that do not fit, somebody outside the
    school's team, days that are covered already, or somebody who is away then as well.
    """
    uow.session.get(UserAccount, user_id, with_for_update=True)
    row = Cover(
        school_id=school_id, user_id=user_id, cover_id=cover_id, starts_on=starts_on, ends_on=ends_on,
        note=note.strip(), made_at=uow.now, made_by_id=uow.actor.user_id,
    )  # fmt: skip
    require(uow.actor, Permission.COVER_SET, row)
    _check(uow, row)
    uow.add(row)
    uow.record(row, "cover.set", until=ends_on.isoformat())
    if cover_id != uow.actor.user_id:
        uow.notify(cover_id, "cover_set", row, f"cover-set:{row.id}")
    return row.id


def _check(uow: UnitOfWork, row: Cover) -> None:
    today = today_at(row.school_id, uow.now)
    if row.ends_on < today:
        raise Refused("ends_on", _("Choose today or a later day."))
    if row.ends_on < row.starts_on:
        raise Refused("ends_on", _("The last day comes before the first one."))
    if (row.ends_on - row.starts_on).days > LONGEST:
        raise Refused("ends_on", _("Choose a last day within a year."))
    people = team_of(row.school_id, today)
    if row.user_id not in people:
        raise NotFound
    if row.cover_id == row.user_id or row.cover_id not in people:
        raise Refused("cover", _("Choose who is covering."))
    for other in overlapping(row.user_id, row.school_id, row.starts_on, row.ends_on):
        raise Refused(
            "starts_on",
            _("%(name)s is already covering from %(first)s to %(last)s. End that first, or choose other days.",
              name=other.cover_name, first=day_words(other.starts_on), last=day_words(other.ends_on)),
        )  # fmt: skip
    if overlapping(row.cover_id, row.school_id, row.starts_on, row.ends_on):
        raise Refused("cover", _("They are away themselves on some of these days. Choose someone else."))


pages = Pages("covers", __name__)


def school_of(actor: Actor) -> int:
    """Return the school whose work is shown. Raises NotFound where none is chosen."""
    return existing(chosen_school_id(actor, *CASE_TEAM))


@pages.get("/desk/cover")
@gate(Permission.COVER_SET)
def covers() -> Page:
    """Who stands in for whom, now and in the days to come: one's own, for an administrator everybody's."""
    actor = current_actor()
    school_id = school_of(actor)
    today = today_at(school_id, clock.now())
    rows = covers_of(_may_set(actor, school_id), school_id, today)
    return render_template(
        "workday/cover/list.html", rows=[_row(actor, row) for row in rows], day_words=day_words, today=today
    )


def _may_set(actor: Actor, school_id: int) -> dict[int, str]:
    people = team_of(school_id, today_at(school_id, clock.now()))
    if actor.covers(school_id, Role.ADMINISTRATOR):
        return people
    return {key: name for key, name in people.items() if key == actor.user_id}


def _row(actor: Actor, row: CoverRow) -> dict[str, Any]:
    words = (
        _("%(name)s is covering for you", name=row.cover_name)
        if row.user_id == actor.user_id
        else _("%(cover)s is covering for %(name)s", cover=row.cover_name, name=row.name)
    )
    return {
        "title": words,
        "meta": _("from %(first)s to %(last)s", first=day_words(row.starts_on), last=day_words(row.ends_on)),
        "note": row.note,
        "end": url_for("covers.end", cover_id=row.id),
    }


@pages.route("/desk/cover/new", methods=["GET", "POST"], endpoint="set_cover")
@gate(Permission.COVER_SET)
def set_cover_page() -> Page:
    actor = current_actor()
    school_id = school_of(actor)
    today, days = today_at(school_id, clock.now()), school_days(school_id)
    away = _may_set(actor, school_id)
    form = CoverForm(starts_on=today, user=str(actor.user_id))
    form.user.choices = people_choices(away)
    form.cover.choices = people_choices(
        {key: name for key, name in team_of(school_id, today).items() if len(away) > 1 or key not in away}, _("Choose…")
    )
    form.ends_on.quick = days_ahead(today, days, 1, 5, 10)
    return form_page(
        form,
        lambda: set_cover(
            submitted(form),
            school_id,
            number(form.user.data) or 0,
            number(form.cover.data) or 0,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            note=form.note.data or "",
        ),
        url_for("covers.covers"),
        "workday/cover/cover.html",
        alone=len(away) <= 1,
    )


@pages.button("/desk/cover/<int:cover_id>/end", Cover, Permission.COVER_SET, then=".covers", endpoint="end")
def end_cover(uow: UnitOfWork, row: Cover) -> None:
    """Call a cover off at once; one that is over already stays as it is."""
    if row.ended_at is None and row.ends_on >= today_at(row.school_id, uow.now):
        row.ended_at = uow.now
        uow.record(row, "cover.ended")
    uow.no_audit()


hand_overs = Blueprint("hand_overs", __name__)


@hand_overs.route("/desk/hand-over", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def choose() -> Page:
    """Give one's own cases to somebody, all or some; an administrator those of anybody at the school."""
    actor = current_actor()
    school_id = school_of(actor)
    people = team_of(school_id, today_at(school_id, clock.now()))
    from_id = _whose(actor, school_id)
    rows = open_cases_of(actor, school_id, from_id)
    form = HandOverManyForm()
    form.cases.choices = choices(_case_choices(actor, rows))
    if not form.is_submitted() and "all" in request.args:
        form.cases.data = [str(row.id) for row in rows]
    others = {key: name for key, name in people.items() if key != from_id}
    form.to.choices = people_choices(others, _("Choose…"))
    return form_page(
        form,
        lambda: hand_over_many(
            submitted(form),
            [found for found in map(number, form.cases.data or ()) if found is not None],
            from_id,
            number(form.to.data) or 0,
            form.note.data or "",
        ),
        url_for("desk.page"),
        "workday/hand_over/cases.html",
        count=len(rows),
        kept=_told_apart(_kept(actor)) if from_id == actor.user_id else [],
        all_href=url_for("hand_overs.choose", whose=request.args.get("whose"), all="yes"),
        whose=people.get(from_id or 0, "") if from_id != actor.user_id else "",
    )


def _case_choices(actor: Actor, rows: Sequence[Any]) -> list[tuple[str, str]]:
    places, whom = place_words(row.location_code for row in rows), students_in([row.id for row in rows])
    titles = {
        row.id: title(row.reference, harm_words(row.harm_kind), places.get(row.location_code, "")) for row in rows
    }
    names = {row.id: whom_words(whom.get(row.id, []), actor) for row in rows}
    return [(str(key), f"{names[key]} · {words}" if names[key] else words) for key, words in titles.items()]


def _kept(actor: Actor) -> list[tuple[str, str]]:
    """Return where somebody hands over notes, as they alone can: the keepers of each circle in which they wrote, with
    whom its case is about where they still see it."""
    periods = list(db.session.scalars(kept_with_notes().where(CircleKeeper.user_id == actor.user_id)))
    whom = students_seen(actor, [one.case_id for one in periods])
    return [
        (
            url_for("keepers.keepers", case_id=one.case_id, pathway_id=one.pathway_id),
            whom_words(whom.get(one.case_id, []), actor) or _("No student named"),
        )
        for one in periods
    ]


def _told_apart(links: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the links with a number behind those words that several of them have."""
    often, met = Counter(words for _href, words in links), Counter[str]()
    told = []
    for href, words in links:
        met[words] += 1
        told.append((href, f"{words} ({met[words]})" if often[words] > 1 else words))
    return told


def _whose(actor: Actor, school_id: int) -> int | None:
    person = number(request.args.get("whose"))
    if person is None or person == actor.user_id:
        return actor.user_id
    if not actor.covers(school_id, Role.ADMINISTRATOR):
        raise NotFound
    return person


ROOM = Room(pages=(pages, hand_overs))
