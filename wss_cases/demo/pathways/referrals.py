"""A referral's life: drafted, consented in writing, sent as a disclosure, answered, served, or taken back."""

from datetime import datetime, timedelta

from wss_cases.access.permissions import Permission
from wss_cases.casework.pathway_page import end_early
from wss_cases.demo.cases.case import Path
from wss_cases.demo.district.calendar import moment
from wss_cases.demo.district.schools import Person, Pupil
from wss_cases.demo.story.world import Organization, Steps, rows
from wss_cases.foundation import clock
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.pathways.common.rules import EndReason
from wss_cases.pathways.referrals.consent import Signed, record_consent, revoke, send
from wss_cases.pathways.referrals.referral.models import ReferralConsent
from wss_cases.pathways.referrals.referral.pages import complete, draft
from wss_cases.pathways.referrals.referral.queries import usual_purpose
from wss_cases.pathways.referrals.referral.rules import FIELD_LABELS
from wss_cases.pathways.referrals.service import accept, decline, finish, log_service, waitlist

NEEDS = (
    "Someone to talk to about what happened in the last weeks.",
    "Help for the family to get through the winter.",
    "An adult who knows the way out of trouble between groups.",
    "A quiet place and help with schoolwork in the afternoon.",
)
LESS = ["name", "service", "language", "guardian_name", "guardian_phone", "school_contact"]
REFUSALS = ("no_place", "no_place", "language", "outside_area", "not_reached")
RECEIVED = (("all", "partly", "stopped"), (7, 2, 1))
ANSWERS = (("accepts", "waits", "declines"), (82, 10, 8))


def referral(path: Path, now: datetime) -> Steps:
    """Let a partner be asked for help and give it, as far as it comes. Returns the last instant."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    partner, pupil = _partner(path), path.pupil
    if partner is None or pupil is None:
        end_early(work.calls(now), path.id, EndReason.OTHER_PATHWAY, "No partner offers this.")
        return now
    number = draft(work.calls(now), path.id, partner_id=partner.id, student_id=pupil.id, need=rng.choice(NEEDS))
    now = yield calendar.in_days(now, rng.choice((1, 2, 3)), rng.randrange(9 * 60, 15 * 60))
    _sign(path, pupil, partner.name, number, now)
    now = yield calendar.in_days(now, rng.choice((0, 1)), rng.randrange(10 * 60, 15 * 60))
    send(work.calls(now), number)
    if _is_the_last(path, now):
        now = yield moment(calendar.due_today, 8 * 60 + 6)
        decline(work.calls(now), number, "no_place", by=Permission.CASE_WORK)
        yield calendar.never
    answer = rng.choices(*ANSWERS)[0]
    now = yield calendar.in_days(now, rng.choice((1, 2, 3, 3, 4, 6)), rng.randrange(9 * 60, 16 * 60))
    who, by = _answers(path, number, partner)
    if answer == "declines":
        decline(work.world.calls(who, now), number, rng.choice(REFUSALS), by=by)
        return (yield from _over(path, now))
    if answer == "waits":
        waitlist(work.world.calls(who, now), number, by=by)
        now = yield calendar.in_days(now, rng.randrange(3, 8), rng.randrange(9 * 60, 16 * 60))

    accept(work.world.calls(who, now), number, by=by)
    return (yield from _serve(path, number, partner, now))


def _is_the_last(path: Path, now: datetime) -> bool:
    """Whether this is the one referral of the demo school that comes back today, and another partner is to be found."""
    world, place = path.work.world, path.work.place
    ago = world.calendar.school_days.between(world.day(now), world.calendar.due_today)
    is_last = place.is_demo and 0 < ago < 8 and not world.has_no_place
    world.has_no_place |= is_last
    return is_last


def _partner(path: Path) -> Organization | None:
    rng = path.work.place.rng
    fits = [one for one in path.work.world.partners if one.sends and path.kind in one.services]
    if not fits:
        return None
    return fits[0] if fits[0].account and rng.random() < 0.6 else rng.choice(fits)


def _sign(path: Path, pupil: Pupil, partner: str, number: int, now: datetime) -> None:
    work, rng = path.work, path.work.place.rng
    today = work.world.day(now)
    signed = Signed(
        by=pupil.guardian, relation=rng.choice(("parent", "parent", "guardian")), language=pupil.language,
        manner=rng.choice(("paper", "paper", "electronic", "mail")), on=today,
        until=today + timedelta(days=rng.choice((120, 180, 180, 300))),
    )  # fmt: skip
    fields = list(FIELD_LABELS) if rng.random() < 0.6 else LESS
    record_consent(work.calls(now), number, signed, fields, usual_purpose(partner, path.kind))


def _answers(path: Path, number: int, partner: Organization) -> tuple[Person, Permission]:
    """Return who writes down what the partner does: its own account, else the lead for it.

    The partner's account reaches what it has by the day of the clock, whenever its act is said to be.
    """
    today = local_date(clock.now(), district_zone())
    consent = ReferralConsent
    signed, until = rows(consent.signed_on, consent.until_on, where=consent.referral_id == number)[0]
    if partner.account is not None and signed <= today <= until:
        return partner.account, Permission.REFERRAL_ANSWER
    return path.work.lead, Permission.CASE_WORK


def _serve(path: Path, number: int, partner: Organization, now: datetime) -> Steps:
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    wait = rng.choice((2, 3, 4, 6))
    takes_back = rng.random() < 0.06
    for _visit in range(rng.randrange(1, 4)):
        now = yield calendar.in_days(now, wait, rng.randrange(13 * 60, 16 * 60))
        who, by = _answers(path, number, partner)
        log_service(work.world.calls(who, now), number, work.world.day(now), by=by)
        wait = rng.choice((5, 5, 10))
    now = yield calendar.in_days(now, 5, 16 * 60 + 10)
    if takes_back:
        revoke(work.calls(now), number)
        end_early(work.calls(now), path.id, EndReason.NO_LONGER_NEEDED, "")
        return now
    who, by = _answers(path, number, partner)
    finish(work.world.calls(who, now), number, work.world.day(now), rng.choices(*RECEIVED)[0], by=by)
    return (yield from _over(path, now))


def _over(path: Path, now: datetime) -> Steps:
    now = yield path.work.world.calendar.in_days(now, 1, path.work.place.rng.randrange(9 * 60, 12 * 60))
    complete(path.work.calls(now), path.id, "")
    return now
