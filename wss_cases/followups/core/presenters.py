"""Words of follow-ups: outcomes, due dates, history sentences; and notes after a circle, which are sealed.

A sealed note is read by the person who heard it and by coordinators who decide no discipline; each reading is audited.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from wss_cases.access.actor import Actor, Role
from wss_cases.followups.core import queries
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import KINDS, MOVE_REASONS, NEEDS_NOTE, OUTCOME_LABELS, OUTCOMES, SNOOZE_REASONS
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.keys import seal, unseal
from wss_cases.foundation.school_time import day_words, day_words_with_year, weekday_words
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.roster.directory.rules import NO_LABEL, SchoolDays

WORDS_OF_CIRCLES = frozenset({"check_in_person_harmed", "agreement_check_in", "after_walk_out"})
"""Kinds whose note says what was said after a circle; it is privileged like the circle."""
QUICK = (1, 3, 5, 10)


@dataclass(frozen=True)
class Due:
    """A due date in words, and its state: overdue, today, soon (two school days), or later."""

    words: str
    state: str


def outcomes_of(kind: str) -> tuple[str, ...]:
    return OUTCOMES.get(kind, OUTCOMES["other"])


def needs_note(outcome: str) -> bool:
    return outcome in NEEDS_NOTE


def reads_words(actor: Actor, row: Any) -> bool:
    """Whether the actor may read what was said after a circle: the person who heard it, or a coordinator who decides no
    discipline.
    """
    if row.kind not in WORDS_OF_CIRCLES or actor.user_id in (row.owner_id, row.closed_by_id):
        return True
    return actor.covers(row.school_id, Role.COORDINATOR) and not actor.covers(
        row.school_id, Role.DEAN, Role.ADMINISTRATOR
    )


def due_words(due_on: date, today: date, days: SchoolDays) -> Due:
    """A due date in words, counted in the school's own days.

    A count of days is given only as far as the calendar is known. A day in another school year says so.
    """
    if due_on < today:
        late = days.between(due_on, today)
        if late <= 0:
            return Due(_("Overdue since %(day)s", day=day_words(due_on)), "overdue")
        words = ngettext("Overdue by %(num)d school day", "Overdue by %(num)d school days", late)
        return Due(words, "overdue")
    if due_on == today:
        return Due(_("Due today, a half day") if days.is_half(today) else _("Due today"), "today")
    ahead = days.between(today, due_on)
    state = "soon" if ahead <= 2 else "later"
    if due_on == today + timedelta(days=1):
        tomorrow = (
            _("Due tomorrow (%(weekday)s, a half day)", weekday=weekday_words(due_on))
            if days.is_half(due_on)
            else _("Due tomorrow (%(weekday)s)", weekday=weekday_words(due_on))
        )
        return Due(tomorrow, state)
    if school_year(due_on) != school_year(today):
        words = _("Due %(day)s, in the next school year", day=day_words_with_year(due_on))
    elif ahead <= 5 or not days.knows(due_on):
        words = _("Due %(day)s", day=day_words(due_on))
    else:
        words = _("Due in %(number)d school days (%(day)s)", number=ahead, day=day_words(due_on))
    return Due(words, state)


def days_ahead(today: date, days: SchoolDays, *numbers: int) -> list[tuple[str, str]]:
    """(words, ISO date) of the days so many school days ahead, for chips above a date field."""
    return [(day_words(day), day.isoformat()) for day in (days.add(today, number) for number in numbers)]


def quick_days(today: date, days: SchoolDays) -> list[tuple[str, str]]:
    """(words, ISO date) of the days to which a follow-up is most often moved."""
    chips = []
    for number in QUICK:
        day = days.add(today, number)
        words = ngettext("in %(num)d school day", "in %(num)d school days", number)
        chips.append((f"{words} ({weekday_words(day)})", day.isoformat()))
    return chips


PURPOSE: Final = "check-in-words"
"""The purpose of the keys that seal these notes."""


def keep_note(row: FollowUp, note: str) -> None:
    """Store the note of a follow-up; notes after a circle only sealed."""
    row.outcome_note = note
    if row.kind in WORDS_OF_CIRCLES and note.strip():
        sealed = seal(setting("WSS_KEYS"), PURPOSE, note)
        row.outcome_note, row.sealed_text = "", sealed.text
        row.sealed_key, row.key_name = sealed.key, sealed.key_name


def let_words_go(row: FollowUp) -> None:
    """Remove the sealed note of a follow-up that is open again."""
    row.sealed_text = row.sealed_key = row.key_name = None


def note_for(actor: Actor, follow_up: FollowUp, now: datetime) -> str:
    """The note of a follow-up for an actor who may read the follow-up; '' without one.

    A sealed note is opened only for those who may read it, and the reading is audited. An older note that is not sealed
    yet is sealed now.
    """
    if follow_up.kind not in WORDS_OF_CIRCLES or follow_up.state is not FollowUpState.DONE:
        return follow_up.outcome_note
    if not follow_up.outcome_note and follow_up.sealed_text is None:
        return ""
    if not reads_words(actor, follow_up):
        return _("What was said is with the person who heard it.")
    with unit_of_work(actor, now) as uow:
        row = uow.session.get_one(FollowUp, follow_up.id, with_for_update=True, populate_existing=True)
        if row.sealed_text is None:
            keep_note(row, row.outcome_note)
        uow.audit("followup.words_read", "follow_up", row.id)
        try:
            return unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text or b"", row.sealed_key or b"")
        except ValueError:
            return _("No key of this system opens what was said.")


TAKEN_BACK: dict[str, Any] = {
    "closed": _l("it is open again"),
    "moved": _l("it is due as before the change"),
    "cancelled": _l("it is needed after all"),
    "reassigned": _l("it is assigned to the previous person again"),
    "snoozed": _l("its reminders are no longer paused"),
}
"""What holds again after an act was undone."""

LATE: dict[str, Any] = {
    "1": _l("one school day"),
    "2": _l("two school days"),
    "3": _l("three school days"),
    "4": _l("four school days"),
    "5": _l("five school days"),
    "6": _l("six school days"),
    "7": _l("seven school days"),
    "8": _l("eight school days"),
    "9": _l("nine school days"),
    "10": _l("ten school days"),
}
"""Lateness in words, by the stored number of school days."""

_WHAT: dict[str, Any] = {"what": KINDS}
SENTENCES: dict[str, Any] = {
    "followup.made": (_l("Follow-up added: %(what)s, due %(due_on)s"), _WHAT),
    "followup.done": (_l("Follow-up closed: %(what)s – %(outcome)s"), _WHAT | {"outcome": OUTCOME_LABELS}),
    "followup.in_case": (_l("Follow-up goes on in the case: %(what)s"), _WHAT),
    "followup.moved": (_l("Follow-up moved to %(due_on)s: %(what)s – %(reason)s"), _WHAT | {"reason": MOVE_REASONS}),
    "followup.no_school": (
        _l("Follow-up moved to %(due_on)s: %(what)s. There is no school on %(from_on)s (%(label)s)"),
        _WHAT | NO_LABEL,
    ),
    "followup.year_end": (
        _l("Follow-up moved to %(due_on)s: %(what)s. %(from_on)s is after the last school day of the year"),
        _WHAT,
    ),
    "followup.next_school": (
        _l("Follow-up moved to %(due_on)s: %(what)s. It is due at the student’s next school"),
        _WHAT,
    ),
    "followup.back": (_l("Follow-up back on %(due_on)s: %(what)s. There is school on that day after all"), _WHAT),
    "followup.reassigned": (_l("Follow-up reassigned to %(owner)s: %(what)s"), _WHAT),
    "followup.left": (_l("Follow-up reassigned to %(owner)s because the previous person left: %(what)s"), _WHAT),
    "followup.escalated": (_l("Follow-up overdue for %(late)s: %(what)s. Told: %(to)s"), _WHAT | {"late": LATE}),
    "followup.unreached": (_l("Email about a follow-up is not being delivered: %(what)s. Told: %(to)s"), _WHAT),
    "followup.snoozed": (
        _l("Reminders of a follow-up paused until %(until)s: %(what)s – %(reason)s"),
        _WHAT | {"reason": SNOOZE_REASONS},
    ),
    "followup.cancelled": (_l("Follow-up canceled: %(what)s"), _WHAT),
    "followup.brought_back": (_l("Follow-up open again: %(what)s, due %(due_on)s"), _WHAT),
    "followup.undone": (_l("Undone: %(what)s – %(act)s"), _WHAT | {"act": TAKEN_BACK}),
    "followup_template.changed": _l("Follow-up template changed from %(starts_on)s"),
    "followup_template.ended": _l("Follow-up template ended"),
    "followup_template.own": _l("The school’s own follow-up template from %(starts_on)s"),
    "followup_template.added": _l("Follow-up template added from %(starts_on)s"),
}


ROOM = Room(
    sentences=SENTENCES,
    loaders={"follow_up": queries.load_follow_up},
    exemptions={"incident": (queries.keeps_report,), "case_record": (queries.keeps_case,)},
)
