"""The desk in words: groups, reasons, weights."""

from collections.abc import Sequence
from datetime import date

from wss_cases.access.actor import Actor
from wss_cases.accounts.coverage.queries import CoverRow
from wss_cases.cases.case.states import CaseState
from wss_cases.followups.core.rules import due_words
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.states import Pathway as Family
from wss_cases.workday.caseload.rules import Group, Placed, Reason, Why
from wss_cases.workday.caseload.weights import FAMILIES, STAGES, Part

TONES = {Group.URGENT: "brick", Group.OVERDUE: "brick", Group.TODAY: "sun", Group.STUCK: "sun"}


def due_tag(placed: Placed, today: date, days: SchoolDays) -> tuple[str, str]:
    """Return the tag of a case on the desk and its tone: how late it is, or until when it waits; else ''."""
    tone = TONES.get(placed.group, "slate")
    if placed.group is Group.OVERDUE:
        return due_words(placed.since, today, days).words, tone
    if placed.group is Group.WAITS and placed.act.on is not None:
        return _("Waits until %(day)s", day=day_words(placed.act.on)), tone
    return "", tone


def reason_words(reason: Reason) -> str:
    """Return why a case does not move, in words without blame."""
    since = day_words(reason.since)
    if reason.why is Why.DUTY:
        return ngettext("%(num)d legal duty is open", "%(num)d legal duties are open", reason.count)
    if reason.why is Why.MOVED:
        return ngettext("a student changed school", "%(num)d students changed school", reason.count)
    if reason.why is Why.OVERDUE:
        return ngettext(
            "a follow-up is due since %(day)s",
            "%(num)d follow-ups are due, the first since %(day)s",
            reason.count,
            day=since,
        )
    if reason.why is Why.NOTHING:
        return _("nothing in progress")
    if reason.why is Why.LEAD:
        return _("no coordinator")
    words = {
        Why.REVIEW: _("its review was due %(day)s", day=since),
        Why.START: _("a pathway was due to start by %(day)s", day=since),
        Why.STEP: _("its next step was due %(day)s", day=since),
    }
    return words[reason.why]


def part_words(code: str) -> str:
    """Return what one part of a weight stands for: a stage of a case, or a family of pathways."""
    if code in STAGES:
        return str(CaseState(code).label)
    return str(Family(code).label) if code in FAMILIES else code


def weight_words(parts: Sequence[Part]) -> tuple[str, str]:
    """Return a case's weight, and what it is made of: "6 points", "Preparing 3, Circle 3"."""
    total = sum(part.points for part in parts)
    made = ", ".join(f"{part_words(part.of)} {part.points}" for part in parts)
    return ngettext("%(num)d point", "%(num)d points", total), made


def cover_words(row: CoverRow, actor: Actor) -> str:
    """Return who stands in for whom until when, to one of the two."""
    until = day_words(row.ends_on)
    if row.user_id == actor.user_id:
        return _("%(name)s is covering for you until %(day)s.", name=row.cover_name, day=until)
    return _("You're covering for %(name)s until %(day)s.", name=row.name, day=until)
