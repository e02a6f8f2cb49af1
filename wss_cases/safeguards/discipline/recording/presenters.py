"""How discipline actions read on screen: rows, days away, what adults offered, what an action was before."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import url_for

from wss_cases.foundation import clock
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.school_time import day_words_with_year, moment_words, today_at, zone_of
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.removals import models
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction, Tried
from wss_cases.safeguards.discipline.removals.queries import (
    ListedAction,
    Offer,
    appeal_of,
    number_of_days,
    span_words,
    spans_of,
    versions_of,
    what_words,
)
from wss_cases.safeguards.discipline.removals.rules import (
    ALARM_DAY,
    days_away,
    hear_by,
    is_exclusion,
    is_protected,
    needs_verified_facts,
)
from wss_cases.safeguards.duties.duty.queries import user_name


def days_words(student_id: int, year: str) -> dict[str, Any]:
    """Return a student's school days away in a school year, over all removals that stand and all schools."""
    number = days_away(spans_of(student_id), year)
    return {"number": number, "words": number_of_days(number), "year": year, "left": max(ALARM_DAY - number, 0)}


def disability_words(student: Student) -> str:
    """Return what the roster says of a disability, '' where it says nothing of one."""
    plans = [name for name, has in (("IEP", student.has_iep), (_("504 plan"), student.has_504)) if has]
    return ", ".join(plans)


def offer_words(offers: Sequence[Offer]) -> list[dict[str, Any]]:
    """Return for each kind of intervention its dates, or that the record has none."""
    return [
        {
            "code": what.value,
            "label": Tried(what).label,
            "dates": [day_words_with_year(offer.on) for offer in offers if offer.what is what],
        }
        for what in Tried
    ]


def row_words(listed: ListedAction) -> dict[str, Any]:
    """Return one row of the school's list."""
    row = listed.action
    return {
        "title": listed.student.shown_name,
        "href": url_for("discipline.action", action_id=row.id),
        "meta": f"{span_words(row)} · {listed.reference or ''}".strip(" ·"),
        "tag": ActionState(row.state).label
        if row.state is ActionState.REVERSED
        else _("Appeal to decide")
        if listed.appeal_waits
        else None,
    }


def action_words(listed: ListedAction) -> dict[str, Any]:
    """Return everything that the page of one action says of it."""
    row, student = listed.action, listed.student
    protected = is_protected(bool(student.has_iep or student.has_504), row.disability, row.suspected)
    zone = zone_of(row.school_id)
    offers = [Offer(Tried(each["what"]), date.fromisoformat(each["on"])) for each in row.offered]
    return {
        "what": what_words(row),
        "kind": models.DisciplineKind(row.kind).label,
        "span": span_words(row, what_words(row)),
        "reference": listed.reference,
        "reversed": row.state is ActionState.REVERSED,
        "is_long": is_exclusion(row.kind, row.days),
        "protected": protected,
        "alarm": protected and row.state is ActionState.STANDING and (row.year_days or 0) >= ALARM_DAY,
        "disability": models.Answer(row.disability).label if row.disability else _("Not asked"),
        "suspected": models.Answer(row.suspected).label if row.suspected else _("Not asked"),
        "packet": [one | {"answer": row.answers.get(one["code"], "")} for one in offer_words(offers)],
        "hearing": _hearing_rows(row, zone),
        "length": row.length_reason or _not_recorded(row),
        "recorded": moment_words(row.recorded_at, zone),
        "by": user_name(row.recorded_by_id),
    }


def _hearing_rows(row: DisciplineAction, zone: str) -> list[dict[str, str]]:
    """Return whether the student was heard and what they said, or why not."""
    if row.analysis:
        return [
            {"label": _("Emergency removal under Title IX: safety and risk analysis"), "value": row.analysis},
            {"label": _("How the student can challenge it right away"), "value": row.challenge},
        ]
    said_by = dotted(user_name(row.facts_verified_by_id), moment_words(row.facts_verified_at, zone))
    not_yet = _("Not yet") if row.danger else _("Not checked")
    rows = [
        {"label": _("Removed before being heard: the continuing danger"), "value": row.danger},
        {"label": _("Facts verified, student heard"), "value": said_by if row.facts_verified_at else not_yet},
        {"label": _("What the student said"), "value": row.student_said or ("" if row.danger else _not_recorded(row))},
    ]
    return [one for one in rows if one["value"]]


def _not_recorded(row: DisciplineAction) -> str:
    return _("Not recorded") if needs_verified_facts(row.kind) else ""


def heard_by_words(row: DisciplineAction) -> str:
    """Return by when a student who is away for a continuing danger is heard, or was to be."""
    decided_on = today_at(row.school_id, row.recorded_at)
    day = hear_by(row.starts_on, decided_on, school_days(row.school_id))
    words = day_words_with_year(day)
    if day < today_at(row.school_id, clock.now()):
        return _("The student was to be heard by %(day)s. Hear them now.", day=words)
    return _("The student must be heard by %(day)s.", day=words)


def version_words(row: DisciplineAction) -> list[dict[str, Any]]:
    """Return what an action was before, newest first, each with why it changed, by whom and when."""
    zone = zone_of(row.school_id)
    return [
        {
            "span": span_words(before),
            "reason": before.reason,
            "cause": models.ChangeCause(before.cause).label,
            "why": before.why,
            "when": moment_words(before.changed_at, zone),
            "by": user_name(before.changed_by_id),
        }
        for before in versions_of(row.id)
    ]


def appeal_words(action_id: int) -> dict[str, Any] | None:
    """Return the appeal against an action in words; None where nobody asked for one."""
    row = appeal_of(action_id)
    if row is None:
        return None
    return {
        "asked": f"{models.AskedBy(row.asked_by).label}: {row.asked_name}, {day_words_with_year(row.asked_on)}",
        "why": row.asked_why,
        "heard": f"{day_words_with_year(row.heard_on)}, {row.heard_by}" if row.heard_on else "",
        "outcome": models.AppealOutcome(row.outcome).label if row.outcome else "",
        "decided": day_words_with_year(row.decided_on) if row.decided_on else "",
        "decision": row.decision,
        "is_open": row.outcome is None,
    }
