"""Words, rows and forms of the practice log."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.forms import people_choices
from wss_cases.practice.log.forms import PracticeForm
from wss_cases.practice.log.models import PracticeEntry
from wss_cases.practice.log.queries import groups_of, own_entries, plans_to_follow
from wss_cases.practice.log.rules import group_value
from wss_cases.practice.log.states import Leader, PracticeKind
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import get_school
from wss_cases.training.records.queries import staff_of

USUAL_MINUTES = 20


def new_form(
    actor: Actor, school_id: int, now: datetime, kind: PracticeKind | None = None, plan_id: int | None = None,
    **sent: Any,
) -> PracticeForm:  # fmt: skip
    """Return the form as it is first shown: today, by me, and the rest as I logged it last.

    `plan_id`: the plan that was followed. `sent`: what a form is made with whose answers are not this request's own
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
    """Return the form of an entry that is put right."""
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
    offered = dict.fromkeys([*((grade, place) for grade, place in groups if place), *((one, "") for one in grades)])
    pairs = {group_value(*one): group_words(*one) for one in offered}
    pairs[group_value(None, "")] = _("Several grades, or adults")
    form.group.choices = choices(list(pairs.items()))
    staff = user_names([actor.user_id, leader_id]) | staff_of(school_id, today_at(school_id, now))
    others = [(str(key), name) for key, name in staff.items() if key != actor.user_id]
    outside = [(one.value, one.label) for one in Leader if one is not Leader.STAFF]
    form.led_by.choices = choices([(str(actor.user_id), _("I did")), *outside, *others])
    plans = plans_to_follow(actor, school_id)
    form.plan.choices = people_choices(plans, _("No plan"))
    return form


def group_words(grade: int | None, place: str) -> str:
    """Return a class or place and its grade: "Room 204, Grade 7"."""
    return ", ".join(words for words in (place, grade_words(grade)) if words)


def rows_of(found: Sequence[PracticeEntry]) -> list[dict[str, Any]]:
    """Return entries as lines of a list."""
    names = user_names(entry.led_by_id for entry in found)
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
        for entry in found
    ]


def people_words(students: int, adults: int) -> str:
    """Return how many were there."""
    return dotted(
        ngettext("%(num)s student", "%(num)s students", students), ngettext("%(num)s adult", "%(num)s adults", adults)
    )
