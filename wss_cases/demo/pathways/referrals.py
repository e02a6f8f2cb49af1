"""A referral: drafted, consented in writing, sent as a disclosure, answered, served, or taken back."""

from datetime import datetime, timedelta

from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.casework.pathway_page import end_early
from wss_cases.demo.cases.case import Path
from wss_cases.demo.district.calendar import moment
from wss_cases.demo.story.world import Organization, Steps, rows
from wss_cases.foundation import clock
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.pathways.common.rules import EndReason
from wss_cases.pathways.referrals.consent import Signed, record_consent, revoke, send
from wss_cases.pathways.referrals.referral.models import ReferralConsent
from wss_cases.pathways.referrals.referral.pages import complete, draft
from wss_cases.pathways.referrals.referral.queries import usual_purpose
from wss_cases.pathways.referrals.service import accept, decline, finish, log_service, waitlist

NEED = "Someone to talk to about what happened in the last weeks."
FIELDS = ["name", "service", "language", "guardian_name", "guardian_phone", "school_contact"]
RECEIVED = (("all", "partly", "stopped"), (7, 2, 1))
ANSWERS = (("accepts", "waits", "declines", "revoked"), (76, 10, 8, 6))


def referral(path: Path, now: datetime) -> Steps:
    """Let a partner be asked for help and give it, as far as it comes."""
    work, rng, calendar, pupil = path.work, path.work.place.rng, path.work.world.calendar, path.pupil
    partners = [partner for partner in work.world.partners if partner.sends and path.kind in partner.services]
    if not partners or pupil is None:
        end_early(work.calls(now), path.id, EndReason.OTHER_PATHWAY, "No partner offers this.")
        return
    partner = partners[0] if partners[0].account and rng.random() < 0.6 else rng.choice(partners)
    number = draft(work.calls(now), path.id, partner_id=partner.id, student_id=pupil.id, need=NEED)
    now = yield calendar.in_days(now, rng.choice((1, 2, 3)), rng.randrange(9 * 60, 15 * 60))
    signed = Signed(
        by=pupil.guardian, relation="parent", language=pupil.language, manner="paper",
        on=work.world.day(now), until=work.world.day(now) + timedelta(days=180),
    )  # fmt: skip
    record_consent(work.calls(now), number, signed, FIELDS, usual_purpose(partner.name, path.kind))
    now = yield calendar.in_days(now, rng.choice((0, 1)), rng.randrange(10 * 60, 15 * 60))
    send(work.calls(now), number)
    if _is_the_last(path, now):
        now = yield moment(calendar.due_today, 8 * 60 + 6)
        decline(work.calls(now), number, "no_place", by=Permission.CASE_WORK)
        yield calendar.never
    now = yield calendar.in_days(now, rng.choice((1, 2, 3, 3, 4, 6)), rng.randrange(9 * 60, 16 * 60))
    yield from _answered(path, number, partner, rng.choices(*ANSWERS)[0], now)


def _is_the_last(path: Path, now: datetime) -> bool:
    """Whether this is the one referral of the demo school that comes back today, and another partner is to be found."""
    world, place = path.work.world, path.work.place
    ago = world.calendar.school_days.between(world.day(now), world.calendar.due_today)
    is_last = place.is_demo and 0 < ago < 8 and not world.has_no_place
    world.has_no_place |= is_last
    return is_last


def _answered(path: Path, number: int, partner: Organization, answer: str, now: datetime) -> Steps:
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    call, by = _answers(path, number, partner, now)
    if answer == "declines":
        decline(call, number, "no_place", by=by)
        now = yield calendar.in_days(now, 1, rng.randrange(9 * 60, 12 * 60))
        complete(work.calls(now), path.id, "")
        return
    if answer == "waits":
        waitlist(call, number, by=by)
        now = yield calendar.in_days(now, 5, rng.randrange(9 * 60, 16 * 60))
        call, by = _answers(path, number, partner, now)
    accept(call, number, by=by)
    for wait in (3, 5, 10):
        now = yield calendar.in_days(now, wait, rng.randrange(13 * 60, 16 * 60))
        call, by = _answers(path, number, partner, now)
        log_service(call, number, work.world.day(now), by=by)
    now = yield calendar.in_days(now, 5, 16 * 60 + 10)
    if answer == "revoked":
        revoke(work.calls(now), number)
        end_early(work.calls(now), path.id, EndReason.NO_LONGER_NEEDED, "")
        return
    call, by = _answers(path, number, partner, now)
    finish(call, number, work.world.day(now), rng.choices(*RECEIVED)[0], by=by)
    now = yield calendar.in_days(now, 1, rng.randrange(9 * 60, 12 * 60))
    complete(work.calls(now), path.id, "")


def _answers(path: Path, number: int, partner: Organization, now: datetime) -> tuple[Invocation, Permission]:
    """Return the call of whoever writes down what the partner does: its own account, else the lead for it.

    The partner's account reaches what it has by the day of the clock, whenever its act is said to be.
    """
    today = local_date(clock.now(), district_zone())
    consent = ReferralConsent
    signed, until = rows(consent.signed_on, consent.until_on, where=consent.referral_id == number)[0]
    if partner.account is not None and signed <= today <= until:
        return path.work.world.calls(partner.account, now), Permission.REFERRAL_ANSWER
    return path.work.calls(now), Permission.CASE_WORK
