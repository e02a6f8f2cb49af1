"""My day in words: one row of each group, with the act that is one tap away."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.cases.case.queries import place_words
from wss_cases.cases.case.queries import students_in as students_in_cases
from wss_cases.casework.case_file import TERM_KIND
from wss_cases.casework.next_act import harm_words
from wss_cases.followups.about import NOBODY, About
from wss_cases.followups.core.states import CONVERSATION, RECORD_PAGES, RECORDED_ELSEWHERE
from wss_cases.followups.evidence import record_words
from wss_cases.foundation.i18n import _, dotted, ngettext
from wss_cases.foundation.school_time import day_words, time_words, zone_of
from wss_cases.incidents.incident.models import Alarm
from wss_cases.incidents.lists import students_in
from wss_cases.roster.directory.pages import whom_words
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS
from wss_cases.safeguards.duties.duty.pages import clock_left, span_words
from wss_cases.safeguards.duties.duty.queries import running_clocks
from wss_cases.safeguards.duties.duty.rules import is_overdue
from wss_cases.safeguards.police.review.queries import calls_to_record
from wss_cases.workday.my_day.queries import Waiting
from wss_cases.workday.my_day.rules import Item

MOST_DANGERS = 3
"""Cards of danger; more are a line."""

Line = dict[str, Any]

TAGS = {"overdue": "brick", "today": "sun"}
MOST_OF_A_SORT = 5
"""New cases, questions and partners' answers that are listed one by one; the rest is a line that leads to all."""


def due_row(item: Item, actor: Actor, whom: About = NOBODY) -> dict[str, Any]:
    """Return one follow-up with its act, whom it is about and whom to call."""
    row = item.row
    whose = "" if row.owner_id == actor.user_id else _("for %(name)s", name=row.owner)
    href = url_for("followups.follow_up", follow_up_id=row.id)
    act, words = _act(item, actor) or (href, record_words(row.kind))
    return {**_texts(item, whose, whom), "href": href, "act": act, "act_words": words, "id": row.id}


def snoozed_row(item: Item, actor: Actor, whom: About = NOBODY) -> dict[str, Any]:
    back = _("Back on %(day)s", day=day_words(item.row.snoozed_until))
    return {**due_row(item, actor, whom), "due": back, "tone": "slate"}


def given_row(item: Item, whom: About = NOBODY) -> dict[str, Any]:
    href = url_for("followups.follow_up", follow_up_id=item.row.id)
    return {**_texts(item, _("with %(name)s", name=item.row.owner), whom), "href": href}


def _texts(item: Item, whose: str, whom: About) -> dict[str, Any]:
    row = item.row
    harm = harm_words(row.harm_kind) if row.harm_kind else ""
    return {
        "title": whom.titled(row.title),
        "meta": dotted(*whom.guardians, row.reference, harm, whose),
        "reference": row.reference,
        "due": item.due.words,
        "tone": TAGS.get(item.due.state, "slate"),
    }


def _act(item: Item, actor: Actor) -> tuple[str, str] | None:
    row = item.row
    if row.kind == CONVERSATION and might(actor, Permission.INCIDENT_REVIEW):
        return url_for("review_acts.conversation", incident_id=row.incident_id), _("How did it go?")
    if row.kind in RECORDED_ELSEWHERE and row.kind in RECORD_PAGES:
        words = _("Did this get done?") if row.kind == TERM_KIND else _("Record it")
        return url_for(RECORD_PAGES[row.kind], follow_up_id=row.id), words
    return None


def _law_rows(waiting: Waiting) -> Iterator[dict[str, str]]:
    if waiting.own_duties:
        words = ngettext(
            "%(num)d mandated-reporter duty of an adult is open",
            "%(num)d mandated-reporter duties of adults are open",
            waiting.own_duties,
        )
        yield _waits(words, "own_duties.duties", _("Only that adult and the administrator see this"))
    if waiting.duties:
        words = ngettext("%(num)d legal duty is open", "%(num)d legal duties are open", waiting.duties)
        yield _waits(words, "safeguards.duties", _("Who to notify, and by when"))
    if waiting.second_looks:
        words = ngettext(
            "%(num)d legal duty is waiting for second review",
            "%(num)d legal duties are waiting for second review",
            waiting.second_looks,
        )
        yield _waits(words, "safeguards.duties", _("A colleague finds that it does not apply"))
    if waiting.police_reviews:
        words = ngettext(
            "%(num)d police-notification review is waiting for you",
            "%(num)d police-notification reviews are waiting for you",
            waiting.police_reviews,
        )
        yield _waits(words, "police_reviews.page", _("No response means no"), state="asked")
    if waiting.police_seconds:
        words = ngettext(
            "%(num)d police notification is waiting for a second person",
            "%(num)d police notifications are waiting for a second person",
            waiting.police_seconds,
        )
        yield _waits(words, "police_reviews.page", _("Verify the duty, or review what a colleague recorded"))
    if waiting.appeals:
        words = ngettext("%(num)d appeal to decide", "%(num)d appeals to decide", waiting.appeals)
        yield _waits(words, "discipline.actions", _("Hear both sides first"))


def strip(actor: Actor, waiting: Waiting, now: datetime) -> dict[str, list[Line]]:
    """Return the cards of danger and the lines under them, both empty where nothing needs the actor now.

    The lines: emergency calls to record, then legal clocks by what is left, requests of danger, questions.
    """
    rows = [*_police(actor, waiting, now), *_clocks(actor, waiting, now), *_requests(waiting), *_questions(waiting)]
    return {"dangers": _dangers(actor, waiting, now), "more": list(_more_dangers(waiting)), "rows": rows}


def _dangers(actor: Actor, waiting: Waiting, now: datetime) -> list[Line]:
    shown = waiting.dangers[:MOST_DANGERS]
    if not shown:
        return []
    whom, places = students_in([one.id for one in shown]), place_words(one.location_code for one in shown)
    return [
        {
            "ago": _since(one.alarm, now - one.submitted_at),
            "call": one.alarm is not Alarm.SEXUAL,
            "what": dotted(harm_words(one.tile), places.get(one.location_code, "")),
            "whom": whom_words(whom.get(one.id, []), actor),
            "href": url_for("review.incident", incident_id=one.id),
            "reference": one.reference,
        }
        for one in shown
    ]


def _since(alarm: Alarm, span: timedelta) -> str:
    just_now = span < timedelta(minutes=1)
    if alarm is not Alarm.DANGER:
        when = _("reported a moment ago") if just_now else _("reported %(span)s ago", span=span_words(span))
        return dotted(alarm.label, when)
    return _("Danger reported just now") if just_now else _("Danger reported %(span)s ago", span=span_words(span))


def _more_dangers(waiting: Waiting) -> Iterator[Line]:
    if (more := len(waiting.dangers) - MOST_DANGERS) > 0:
        words = ngettext("%(num)d more report that cannot wait", "%(num)d more reports that cannot wait", more)
        yield _waits(words, "queue.page", "")


def _police(actor: Actor, waiting: Waiting, now: datetime) -> Iterator[Line]:
    if not waiting.called:
        return
    for row in calls_to_record(actor, MOST_OF_A_SORT):
        review = row.review
        zone = zone_of(review.school_id)
        called = _("called %(time)s", time=time_words(review.called_at, zone)) if review.called_at else ""
        left = _left(review.record_due_at, now)
        may_record = might(actor, Permission.POLICE_NOTIFICATION_RECORD)
        endpoint = "police_record.record" if may_record else "police_reviews.review"
        yield {
            "title": _("Police record due"),
            "href": url_for(endpoint, review_id=review.id),
            "meta": dotted(called, left, row.reference),
            "act": _("Record the call"),
        }


def _left(due_at: datetime | None, now: datetime) -> str:
    if due_at is None:
        return ""
    if due_at < now:
        return _("Overdue by %(span)s", span=span_words(now - due_at))
    return _("%(span)s left", span=span_words(due_at - now))


def _clocks(actor: Actor, waiting: Waiting, now: datetime) -> Iterator[Line]:
    if not waiting.clocks:
        return
    rows = running_clocks(actor, MOST_OF_A_SORT)
    for row in rows:
        late = is_overdue(row.duty.state, row.duty.due_at, now, row.kind.clock_hours)
        yield {
            "title": DUTY_LABELS.get(row.duty.code, row.duty.code),
            "href": url_for("safeguards.duty", duty_id=row.duty.id),
            "meta": dotted(clock_left(row, now), row.reference),
            "act": _("Go to the duty"),
            "late": late,
        }
    if (more := waiting.duties - len(rows)) > 0 and len(rows) == MOST_OF_A_SORT:
        words = ngettext("%(num)d more legal duty", "%(num)d more legal duties", more)
        yield _waits(words, "safeguards.duties", "")


def _requests(waiting: Waiting) -> Iterator[Line]:
    if waiting.requests_of_danger:
        words = ngettext(
            "%(num)d request for a circle mentions danger",
            "%(num)d requests for a circle mention danger",
            waiting.requests_of_danger,
        )
        yield _waits(words, "circle_requests.requests", "") | {"act": _("Read it now")}


def _questions(waiting: Waiting) -> Iterator[Line]:
    for incident_id, reference in waiting.questions[:MOST_OF_A_SORT]:
        href = url_for("incidents.incident", incident_id=incident_id)
        yield {
            "title": _("A question about your report"), "href": href, "meta": reference,
            "act": _("Answer the question"),
        }  # fmt: skip
    if (more := len(waiting.questions) - MOST_OF_A_SORT) > 0:
        words = ngettext("%(num)d more question", "%(num)d more questions", more)
        yield _waits(words, "incidents.incidents", "")


def waiting_rows(waiting: Waiting, actor: Actor) -> Iterator[dict[str, str]]:
    """Yield what waits for a decision, a student's safety and the law first."""
    if waiting.concerns:
        words = ngettext("%(num)d concern to screen", "%(num)d concerns to screen", waiting.concerns)
        yield _waits(words, "care.records", _("A clinician screens the student the same day"))
    yield from _law_rows(waiting)
    if waiting.to_review:
        words = ngettext("%(num)d report to review", "%(num)d reports to review", waiting.to_review)
        yield _waits(words, "queue.page", _("Read why, and decide"))
    if waiting.circle_requests:
        words = ngettext("%(num)d request for a circle", "%(num)d requests for a circle", waiting.circle_requests)
        yield _waits(words, "circle_requests.requests", _("Read requests every school day"))
    new_cases = waiting.new_cases[:MOST_OF_A_SORT]
    whom = students_in_cases([case_id for case_id, _reference, _harm in new_cases])
    for case_id, reference, harm in new_cases:
        href, who = url_for("casework.case", case_id=case_id), whom_words(whom.get(case_id, []), actor)
        yield {"title": _("New case"), "href": href, "meta": dotted(who, harm_words(harm), reference)}
    if (more := len(waiting.new_cases) - MOST_OF_A_SORT) > 0:
        words = ngettext("%(num)d more new case", "%(num)d more new cases", more)
        yield _waits(words, "casework.cases", "", whose="mine", state="intake")
    another = _("Find another partner, or end it")
    for one in waiting.declined[:MOST_OF_A_SORT]:
        href = url_for("pathways.pathway", case_id=one.case_id, pathway_id=one.pathway_id)
        meta = f"{one.reference} · {another}"
        yield {"title": _("%(partner)s cannot accept it", partner=one.partner), "href": href, "meta": meta}
    if (more := len(waiting.declined) - MOST_OF_A_SORT) > 0:
        words = ngettext("%(num)d more answer of a partner", "%(num)d more answers of partners", more)
        yield _waits(words, "desk.page", "")

    yield from _training_rows(waiting)


def _training_rows(waiting: Waiting) -> Iterator[dict[str, str]]:
    if waiting.own_trainings:
        words = ngettext(
            "%(num)d training that you must take or renew",
            "%(num)d trainings that you must take or renew",
            waiting.own_trainings,
        )
        yield _waits(words, "own_trainings.page", _("See which, and by when"))
    if waiting.school_trainings:
        words = ngettext(
            "%(num)d required training is missing or due at your school",
            "%(num)d required trainings are missing or due at your school",
            waiting.school_trainings,
        )
        behind = waiting.schools_behind
        place = ("trainings.school", {"school": behind[0]}) if len(behind) == 1 else ("trainings.schools", {})
        yield _waits(words, place[0], _("See who is due"), **place[1])


def _waits(title: str, endpoint: str, meta: str, **values: Any) -> dict[str, str]:
    return {"title": title, "href": url_for(endpoint, **values), "meta": meta}
