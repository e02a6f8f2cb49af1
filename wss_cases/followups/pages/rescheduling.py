"""Moving several follow-ups at once: choose, check each new day, move. Also undoing the last act."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.actor import STAFF
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.followups.about import about
from wss_cases.followups.calendar import Calendars, is_check_in, last_day_for
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.presenters import due_words, quick_days
from wss_cases.followups.core.queries import FollowUpRow, rows_by_id
from wss_cases.followups.core.states import MOVE_REASONS
from wss_cases.followups.making import check_day, check_near, move_row
from wss_cases.followups.pages.follow_up import ONE_DAY, ReplanForm
from wss_cases.followups.undo import MOST_AT_ONCE, SPREAD, moved_with, overdue_ids, spread, undo, why_fixed
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, apply_refusal, choices, day_in
from wss_cases.foundation.i18n import _, dotted, ngettext
from wss_cases.foundation.ids import IdConverter, numbers_in
from wss_cases.foundation.pages import Page, fill_by_chip
from wss_cases.foundation.school_time import day_words
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.rules import SchoolDays


@dataclass(frozen=True)
class Wanted:
    """A follow-up as the check page showed it, and its new day."""

    id: int
    version: int
    due_on: date


@use_case
def move_several(uow: UnitOfWork, wanted: Sequence[Wanted], reason: str) -> int:
    """Move each follow-up to its day for one reason. Returns the id of the batch's first act.

    Follow-ups that changed meanwhile stay. Raises NotFound when the actor may not move one, and Refused naming the
    field, also when nothing is left to move.
    """
    if reason not in MOVE_REASONS:
        raise Refused("reason", _("Choose why."))
    if len(wanted) > MOST_AT_ONCE:
        raise Refused("ids", _("Choose at most %(number)d at a time.", number=MOST_AT_ONCE))
    batch, moved, sound = uuid.uuid4().hex, [], set[tuple[Any, ...]]()
    # locked in the order of ids, so that two such acts never wait for each other
    for item in sorted(wanted, key=lambda item: item.id):
        row = uow.load(FollowUp, item.id, Permission.FOLLOWUP_WORK)
        if _stands(row, item):
            check = (row.school_id, item.due_on, row.kind, row.case_id if is_check_in(row.kind) else None)
            if check not in sound:
                check_day(uow, *check)
                sound.add(check)
            moved.append(move_row(uow, row, item.due_on, reason, batch).id)
    if not moved:
        raise Refused("", _("All of them changed since this page was opened. Choose again."))
    return moved[0]


def _stands(row: FollowUp, item: Wanted) -> bool:
    """Whether it is still as the check page showed it, and may be moved in bulk."""
    seen = row.version == item.version and row.state is FollowUpState.OPEN
    return seen and row.due_on != item.due_on and why_fixed(row.kind, row.same_day) is None


blueprint = Blueprint("replan", __name__)


@dataclass(frozen=True)
class Proposed:
    """Where a follow-up would move, or the reason why it stays."""

    row: FollowUpRow
    to: date | None = None
    stays: Any = None


@blueprint.route("/follow-ups/re-plan", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_WORK)
def choose() -> Page:
    """Choose several follow-ups, one day or a spread, and a reason. The next page shows each new day before anything
    moves.
    """
    form = ReplanForm()
    rows = _chosen([*_requested_ids(), *numbers_in(request.form.getlist("ids"))])
    _offer(form, rows)
    if not form.is_submitted() or fill_by_chip(form):
        return _shown(form, rows)
    if form.validate():
        try:
            return _check(form, rows)
        except Refused as refusal:
            apply_refusal(form, refusal)
    return _shown(form, rows), 400


@blueprint.post("/follow-ups/re-plan/move")
@gate(Permission.FOLLOWUP_WORK)
def move() -> Page:
    """Move what the check page showed. Follow-ups that changed meanwhile stay, and My day names them."""
    actor, form = current_actor(), BaseForm()
    wanted = [item for text in request.form.getlist("move") if (item := _wanted(text)) is not None]
    ids = [item.id for item in wanted]
    try:
        if not form.validate() or not wanted:
            raise Refused("ids", _("Choose at least one follow-up."))
        act_id = move_several(submitted(form), wanted, request.form.get("reason", ""))
    except Refused as refusal:
        again, rows = ReplanForm(formdata=None, ids=ids), _chosen(ids)
        _offer(again, rows)
        apply_refusal(again, refusal)
        return _shown(again, rows), 400
    moved = set(moved_with(actor, act_id))
    left = ".".join(str(number) for number in ids if number not in moved)
    return redirect(url_for("my_day.page", left=left or None), 303)


@blueprint.post("/follow-ups/undo")
@gate(Permission.FOLLOWUP_WORK)
def take_back() -> Page:
    """Undo the actor's last act, if nobody changed the follow-ups since."""
    try:
        left = undo(current_actor(), request.form.get("batch", ""), clock.now())
    except Refused as refusal:
        flash(refusal.message, "warning")
    else:
        flash(_("Undone."))
        if left:
            words = ngettext(
                "%(num)d follow-up stays because someone has changed it since.",
                "%(num)d follow-ups stay because someone has changed them since.",
                left,
            )
            flash(words, "warning")
    return redirect(url_for("my_day.page"), 303)


def _requested_ids() -> list[int]:
    if request.args.get("all") != "overdue":
        return numbers_in(request.args.getlist("id"), MOST_AT_ONCE)
    actor, known = current_actor(), Calendars(clock.now())
    days = [(school_id, known.of(school_id)[0]) for school_id in sorted(actor.school_ids(*STAFF))]
    return overdue_ids(actor, days, MOST_AT_ONCE)


def _wanted(text: str) -> Wanted | None:
    number, version, day = [*text.split("."), "", ""][:3]
    try:
        [follow_up_id] = numbers_in([number])
        return Wanted(follow_up_id, min(int(version), IdConverter.LARGEST), day_in(day))
    except ValueError:
        return None


def _chosen(ids: list[int]) -> list[FollowUpRow]:
    """These follow-ups as rows. Raises NotFound when the actor may not see one of them."""
    wanted = set(ids)
    rows = rows_by_id(current_actor(), wanted) if wanted else []
    if len(rows) != len(wanted):
        raise NotFound
    return rows


def _stays(row: FollowUpRow) -> Any:
    if row.state is not FollowUpState.OPEN:
        return _("It is already closed.")
    return why_fixed(row.kind, row.same_day)


def _offer(form: ReplanForm, rows: list[FollowUpRow]) -> None:
    named = _named(rows)
    form.ids.choices = choices([(row.id, named[row.id]) for row in rows if _stays(row) is None])
    form.number.choices = choices([(n, ngettext("%(num)d school day", "%(num)d school days", n)) for n in SPREAD])


def _named(rows: list[FollowUpRow]) -> dict[int, str]:
    known, titles = Calendars(clock.now()), _titles(rows)
    return {
        row.id: dotted(titles[row.id], row.reference, due_words(row.due_on, *known.of(row.school_id)).words)
        for row in rows
    }


def _titles(rows: list[FollowUpRow]) -> dict[int, str]:
    abouts = about(current_actor(), rows)
    return {row.id: abouts[row.id].titled(row.title) for row in rows}


def _shown(form: ReplanForm, rows: list[FollowUpRow]) -> str:
    known, named = Calendars(clock.now()), _named(rows)
    if form.ids.data is None:
        form.ids.data = [row.id for row in rows if _stays(row) is None]
    return render_template(
        "followups/pages/rescheduling/choose.html",
        form=form,
        action=url_for("replan.choose", id=[row.id for row in rows]),
        quick=quick_days(*known.of(rows[0].school_id)) if rows else [],
        stay=[(named[row.id], why) for row in rows if (why := _stays(row)) is not None],
        most=MOST_AT_ONCE if len(rows) >= MOST_AT_ONCE else None,
    )


def _check(form: ReplanForm, rows: list[FollowUpRow]) -> str:
    picked = [row for row in rows if row.id in set(form.ids.data) and _stays(row) is None]
    proposed = _one_day(picked, form.due_on.data) if form.how.data == ONE_DAY else _spread(picked, form.number.data)
    if not any(proposal.to for proposal in proposed):
        raise Refused("due_on", _("None of them can move there. Choose another day."))
    titles = _titles(rows)
    return render_template(
        "followups/pages/rescheduling/check.html",
        form=BaseForm(formdata=None),
        moves=[
            {
                "row": proposal.row,
                "title": titles[proposal.row.id],
                "from": day_words(proposal.row.due_on),
                "to": day_words(proposal.to),
                "iso": proposal.to,
            }
            for proposal in proposed
            if proposal.to
        ],
        stay=[
            (titles[proposal.row.id], proposal.row.reference, proposal.stays)
            for proposal in proposed
            if not proposal.to
        ]
        + [(titles[row.id], row.reference, why) for row in rows if (why := _stays(row)) is not None],
        reason=form.reason.data,
        reason_words=MOVE_REASONS[form.reason.data],
        back=url_for("replan.choose", id=[row.id for row in picked]),
    )


def _one_day(picked: list[FollowUpRow], to: date | None) -> list[Proposed]:
    if to is None:
        raise Refused("due_on", _("Choose a day."))
    known, proposed = Calendars(clock.now()), []
    for row in picked:
        today, days = known.of(row.school_id)
        check_near(to, today)
        proposed.append(_proposed(row, to, today, days))
    return proposed


def _spread(picked: list[FollowUpRow], number: int) -> list[Proposed]:
    known, proposed = Calendars(clock.now()), []
    for school_id in dict.fromkeys(row.school_id for row in picked):
        own = [row for row in picked if row.school_id == school_id]
        today, days = known.of(school_id)
        for row, to in zip(own, spread(len(own), today, number, days), strict=True):
            proposed.append(_proposed(row, to, today, days))
    return proposed


def _proposed(row: FollowUpRow, to: date, today: date, days: SchoolDays) -> Proposed:
    if to == row.due_on:
        return Proposed(row, stays=_("It is already due on this day."))
    if not days.is_school_day(to):
        return Proposed(row, stays=_("There is no school on this day."))
    last = last_day_for(row.kind, row.case_id, row.school_id, to, today, days)
    if last is None:
        return Proposed(row, to)
    return Proposed(row, stays=_("A check-in must come before the last school day (%(day)s).", day=day_words(last)))


ROOM = Room(pages=(blueprint,))
