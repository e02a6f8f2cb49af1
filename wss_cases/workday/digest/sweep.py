"""The sweep of mornings: each school's digests, weekly counts and late partners, once a school day.

Also the mails of a hand-over, a cover, and a school without a coordinator: how much waits, and links. No names, no
titles. A school's morning is claimed in the commit that queues its mails, so any number of sweeps may run at once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from wss_cases.access.actor import CASE_TEAM, KNOW, STAFF, SYSTEM, Actor, Role
from wss_cases.accounts.coverage import load_cover
from wss_cases.accounts.teams import Team, colleagues, teams_at
from wss_cases.followups.core.states import KINDS
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.operations import WHOLE, Share, reach
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import long_day_words, today_at
from wss_cases.journal.message_kinds import Mail, MailList, MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.mail.common.pages import DigestDay
from wss_cases.mail.common.rules import Planned, choices_of, queued_keys, wanted
from wss_cases.mail.delivery.queue import queue
from wss_cases.pathways.referrals.referral.pages import overdue_mails, record_overdue
from wss_cases.pathways.referrals.referral.queries import late_referrals
from wss_cases.roster.directory.models import School
from wss_cases.workday.digest.queries import (
    DIGEST,
    Given,
    Morning,
    begins_week,
    digest_key,
    missed_the_first,
    mornings,
    never_reached,
    weekly_count,
    weekly_people,
    with_covers,
    with_work,
)
from wss_cases.workday.my_day.queries import MyDay, Waiting, my_day
from wss_cases.workday.my_day.rules import Item

NO_COORDINATOR = "school.no_coordinator"


def no_coordinator_key(user_id: int, school_id: int, day: date) -> str:
    monday = day - timedelta(days=day.weekday())
    return f"{NO_COORDINATOR}:{user_id}:{school_id}:{monday.isoformat()}"


def no_coordinator_mails(school_ids: Collection[int], day: date, instant: datetime) -> list[Planned]:
    """Return the mails to the administrators of those of these schools where nobody may know of a need for housing."""
    return [
        Planned(user_id, NO_COORDINATOR, "school", school_id, school_id, no_coordinator_key(user_id, school_id, day))
        for school_id, team in teams_at(school_ids, instant).items()
        if _is_without(team)
        for user_id in team.get(Role.ADMINISTRATOR, ())
    ]


def _is_without(team: Team) -> bool:
    return not any(team.get(role) for role in KNOW)


def _without(message: OutboxMessage, actor: Actor) -> Mail:
    school = db.session.get_one(School, message.object_id).name
    return Mail(
        _("Your school has no coordinator"),
        [
            _("No one at %(school)s has the role of coordinator.", school=school),
            _("Only coordinators see a student’s need for housing support, so no one would see it."),
            _(
                "Give the role to someone who may know of it, for example the liaison for students in temporary living "
                "situations."
            ),
            _("This email comes once a week until then, whether or not anything is waiting."),
        ],
        link("/people"),
        _("Open People"),
    )


def _still_without(message: OutboxMessage, actor: Actor) -> bool:
    school_id, instant = message.object_id, now()
    if actor.user_id is None or not actor.covers(school_id, Role.ADMINISTRATOR):
        return False
    if message.dedupe_key != no_coordinator_key(actor.user_id, school_id, today_at(school_id, instant)):
        return False
    return _is_without(teams_at([school_id], instant)[school_id])


MESSAGE = MessageKind(NO_COORDINATOR, _without, _still_without)


WEEKLY = "weekly"


def weekly_key(user_id: int, day: date) -> str:
    return f"{WEEKLY}:{user_id}:{day.isoformat()}"


def groups(day: MyDay) -> list[dict[str, Any]]:
    """Return the digest's groups in order, empty ones left out: words, count, lines of (kind, count), where it leads,
    and its part of the subject.
    """
    late, today, soon = len(day.overdue), len(day.due_today), len(day.coming)
    meetings, decisions = len(day.circles), day.waiting.count
    found = [
        _group("overdue", _("Overdue"), late, _("%(number)d overdue", number=late), _kinds(day.overdue)),
        _group(
            "today",
            _("Due today"),
            today,
            ngettext("%(num)d due today", "%(num)d due today", today),
            _kinds(day.due_today),
        ),
        _group(
            "circles",
            ngettext("Circle today", "Circles today", meetings),
            meetings,
            ngettext("%(num)d circle today", "%(num)d circles today", meetings),
        ),
        _group(
            "waiting",
            _("Waiting for you"),
            decisions,
            _("%(number)d waiting for you", number=decisions),
            _decisions(day.waiting),
        ),
        _group(
            "coming",
            _("Due in the next two school days"),
            soon,
            _("%(number)d coming up", number=soon),
            _kinds(day.coming),
        ),
    ]
    return [group for group in found if group["count"]]


GO = {
    "overdue": _l("See what is overdue"),
    "today": _l("See what is due today"),
    "circles": _l("See when and where"),
    "waiting": _l("See what is waiting"),
    "coming": _l("See what is coming up"),
}
TONES = {"overdue": "brick", "today": "sun", "circles": "teal", "waiting": "slate", "coming": "slate"}


def _group(name: str, words: str, count: int, short: str, lines: Sequence[tuple[str, int]] = ()) -> dict[str, Any]:
    return {
        "words": words,
        "count": count,
        "short": short,
        "lines": list(lines),
        "go": str(GO[name]),
        "href": link(f"/my-day/{name}"),
        "tone": TONES[name],
    }


def _decisions(waiting: Waiting) -> list[tuple[str, int]]:
    cases, refused, asked = len(waiting.new_cases), len(waiting.declined), len(waiting.questions)
    looks, own, dangers = waiting.second_looks, waiting.own_duties, len(waiting.dangers)
    alarms = waiting.requests_of_danger
    lines = [
        (ngettext("report that cannot wait", "reports that cannot wait", dangers), dangers),
        (
            ngettext("request for a circle that mentions danger", "requests for a circle that mention danger", alarms),
            alarms,
        ),
        (ngettext("question about your report", "questions about your reports", asked), asked),
        (ngettext("concern to screen", "concerns to screen", waiting.concerns), waiting.concerns),
        (ngettext("appeal to decide", "appeals to decide", waiting.appeals), waiting.appeals),
        (ngettext("legal duty open", "legal duties open", waiting.duties), waiting.duties),
        (ngettext("open duty of one adult", "open duties of one adult", own), own),
        (ngettext("legal duty for second review", "legal duties for second review", looks), looks),
        (
            ngettext("police-notification review", "police-notification reviews", waiting.police_reviews),
            waiting.police_reviews,
        ),
        (
            ngettext(
                "police notification for a second person",
                "police notifications for a second person",
                waiting.police_seconds,
            ),
            waiting.police_seconds,
        ),
        (ngettext("report to review", "reports to review", waiting.to_review), waiting.to_review),
        (ngettext("request for a circle", "requests for a circle", waiting.circle_requests), waiting.circle_requests),
        (ngettext("new case", "new cases", cases), cases),
        (ngettext("referral a partner cannot accept", "referrals a partner cannot accept", refused), refused),
        *_trainings(waiting),
    ]
    return [line for line in lines if line[1]]


def _trainings(waiting: Waiting) -> list[tuple[str, int]]:
    own, school = waiting.own_trainings, waiting.school_trainings
    missing = ngettext(
        "required training missing or due at your school", "required trainings missing or due at your school", school
    )
    return [(ngettext("training to take or renew", "trainings to take or renew", own), own), (missing, school)]


def _kinds(items: Sequence[Item]) -> list[tuple[str, int]]:
    kinds = Counter(str(KINDS.get(item.row.kind, KINDS["other"])) for item in items)
    return sorted(kinds.items())


def _digest(message: OutboxMessage, actor: Actor) -> Mail | None:
    day = my_day(actor, now())
    if not _says_trainings(day, message.recipient_id):
        day = replace(day, waiting=replace(day.waiting, own_trainings=0, school_trainings=0))
    found = groups(day)
    if not found:
        return None
    return Mail(
        ", ".join(group["short"] for group in found),
        href=link("/my-day"),
        go=_("Open My day"),
        title=_("Your day, %(day)s", day=long_day_words(day.today)),
        groups=found,
    )


def _says_trainings(day: MyDay, user_id: int) -> bool:
    """Whether a digest says trainings: only that of the morning with which a week begins at a school of the person, or
    the next one that is sent where that one was not."""
    if not (day.waiting.own_trainings or day.waiting.school_trainings):
        return False
    schools = set(day.calendars.zones)
    begins = any(begins_week(day.today, day.calendars.of(school_id)) for school_id in schools)
    return begins or not schools.isdisjoint(missed_the_first(day.today)) or bool(never_reached({user_id}, day.today))


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    return message.dedupe_key == digest_key(message.recipient_id, today_at(message.school_id, now()))


def _weekly(message: OutboxMessage, actor: Actor) -> Mail | None:
    instant = now()
    found = weekly_count(actor, today_at(message.school_id, instant), instant)
    lines = [
        (
            found.at_schools,
            ngettext("%(num)d follow-up at your school", "%(num)d follow-ups at your school", found.at_schools),
        ),
        (
            found.in_cases,
            ngettext("%(num)d follow-up in a case you lead", "%(num)d follow-ups in cases you lead", found.in_cases),
        ),
    ]
    words = [words for count, words in lines if count]
    if not words:
        return None
    late = found.at_schools + found.in_cases
    subject = ngettext("%(num)d follow-up of others is overdue", "%(num)d follow-ups of others are overdue", late)
    return Mail(
        subject,
        [_("Once a week, what is overdue and belongs to others:")],
        link("/follow-ups?whose=school"),
        _("Open the school’s follow-ups"),
        items=[(line, "", "") for line in words],
    )


def _of_this_week(message: OutboxMessage, actor: Actor) -> bool:
    day = today_at(message.school_id, now())
    week = {weekly_key(message.recipient_id, day - timedelta(days=back)) for back in range(day.weekday() + 1)}
    return message.dedupe_key in week


def _leads_there(message: OutboxMessage, actor: Actor) -> bool:
    return message.object_id == actor.user_id and actor.has(*CASE_TEAM)


def _stands_in(message: OutboxMessage, actor: Actor) -> bool:
    row = load_cover(message.object_id)
    if row is None or row.ended_at is not None or row.cover_id != actor.user_id:
        return False
    return row.ends_on >= today_at(message.school_id, now()) and actor.covers(row.school_id, *CASE_TEAM)


MESSAGES = (
    MessageKind(DIGEST, _digest, _still_due, mail_list=lambda message: MailList.DIGEST),
    MessageKind(WEEKLY, _weekly, _of_this_week, mail_list=lambda message: MailList.WEEKLY),
    MessageKind(
        "cases_handed_over",
        leads_to(
            "/desk",
            _l("Cases were handed over to you"),
            _l("Cases were handed over to you. Each one has a note."),
            go=_l("Open my caseload"),
        ),
        _leads_there,
    ),
    MessageKind(
        "cover_set",
        leads_to(
            "/desk",
            _l("You're covering for a colleague"),
            _l(
                "You were asked to cover for a colleague while they are away. Their cases and what is due appear on"
                " your caseload for those days."
            ),
            go=_l("Open my caseload"),
        ),
        _stands_in,
    ),
    MESSAGE,
)


SCHOOLS = 50
"""Mornings of one commit."""


def sweep_mornings(now: datetime, share: Share = WHOLE) -> tuple[int, list[Morning]]:
    """Queue the mails of the mornings that have come; returns how many, and the mornings this run claimed."""
    queued, claimed = 0, []
    for batch in _chunks(mornings(now)):
        if not share.goes_on():
            break
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()
            reach("sweep.before_claim")
            mine = [morning for morning in batch if _claim(uow, morning)]
            reach("sweep.after_claim")
            late = late_referrals(now, [morning.school_id for morning in mine])
            keys = queue(uow, [*_mails(mine, {}, now), *overdue_mails(late)])
            record_overdue(uow, late, keys)
        reach("queue.after_commit")
        queued += len(keys)
        claimed += mine
    return queued, claimed


def mornings_would_queue(now: datetime, given: Given) -> int:
    """Return how many messages `sweep_mornings` would queue; writes nothing."""
    keys: set[str] = set()
    for batch in _chunks(mornings(now)):
        late = late_referrals(now, [morning.school_id for morning in batch])
        planned = {message.dedupe_key for message in [*_mails(batch, given, now), *overdue_mails(late)]}
        keys |= planned - queued_keys(planned)
    return len(keys)


def _chunks(batch: Sequence[Morning]) -> Iterable[Sequence[Morning]]:
    return (batch[start : start + SCHOOLS] for start in range(0, len(batch), SCHOOLS))


def _claim(uow: UnitOfWork, morning: Morning) -> bool:
    row = {"school_id": morning.school_id, "day": morning.day}
    return insert_once(uow.session, DigestDay, row, ["school_id", "day"])


def _mails(batch: Iterable[Morning], given: Given, now: datetime) -> list[Planned]:
    """One digest and one weekly count a person and date, however many schools they work at; for each school without a
    coordinator one a week."""
    together: dict[tuple[date, date, bool], list[Morning]] = defaultdict(list)
    for morning in batch:
        together[morning.day, morning.horizon, morning.begins_week].append(morning)
    planned: dict[str, Planned] = {}
    for (day, _horizon, is_first), alike in together.items():
        mails = _planned(with_work(alike, given, now), DIGEST, MailList.DIGEST, day, now)
        if is_first:
            people = weekly_people([morning.school_id for morning in alike], day, now)
            mails += _planned(with_covers(people, day), WEEKLY, MailList.WEEKLY, day, now)
        mails += no_coordinator_mails([morning.school_id for morning in alike], day, now)
        for message in mails:
            planned.setdefault(message.dedupe_key, message)
    return list(planned.values())


def _planned(
    people: Iterable[tuple[int, int]], kind: str, mail_list: MailList, day: date, now: datetime
) -> list[Planned]:
    pairs = _at_work(people, now)
    choices = choices_of({user_id for user_id, _school_id in pairs})
    key_of = digest_key if kind == DIGEST else weekly_key
    return [
        Planned(user_id, kind, "user_account", user_id, school_id, key_of(user_id, day))
        for user_id, school_id in pairs
        if wanted(choices[user_id], mail_list)
    ]


def _at_work(people: Iterable[tuple[int, int]], now: datetime) -> list[tuple[int, int]]:
    """Those of these (person, school) who still work there."""
    pairs = sorted(people)
    known = colleagues({user_id for user_id, _school_id in pairs}, now)
    return [
        (user_id, school_id)
        for user_id, school_id in pairs
        if user_id in known and known[user_id].covers(school_id, *STAFF)
    ]


ROOM = Room(messages=MESSAGES)
