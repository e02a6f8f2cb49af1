"""A referral: drafted, consented in writing, sent as a disclosure, answered, served, or taken back."""

from datetime import datetime, timedelta
from typing import Any

from wss_cases.access.invocation import Invocation
from wss_cases.casework.pathway_page import end_early
from wss_cases.demo.cases.case import Path
from wss_cases.demo.district.calendar import moment
from wss_cases.demo.story.world import Organization, Steps, rows
from wss_cases.foundation import clock
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.pathways.common.rules import EndReason
from wss_cases.pathways.referrals import partner_pages as by_partner
from wss_cases.pathways.referrals import service as by_school
from wss_cases.pathways.referrals.case_page import complete, draft
from wss_cases.pathways.referrals.consent import record_consent, revoke, send
from wss_cases.pathways.referrals.referral.models import ReferralConsent
from wss_cases.pathways.referrals.referral.queries import usual_purpose

NEED = "Someone to talk to about what happened in the last weeks."
FIELDS = ["name", "language", "guardian_name", "guardian_phone", "school_contact"]
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
    number = draft(work.calls(now), path.id, partner=partner.id, student=pupil.id, need=NEED)
    now = yield calendar.in_days(now, rng.choice((1, 2, 3)), rng.randrange(9 * 60, 15 * 60))
    record_consent(
        work.calls(now), number, by=pupil.guardian, relation="parent", language=pupil.language, manner="paper",
        on=work.world.day(now), until=work.world.day(now) + timedelta(days=180), fields=FIELDS,
        purpose=usual_purpose(partner.name, path.kind),
    )  # fmt: skip
    now = yield calendar.in_days(now, rng.choice((0, 1)), rng.randrange(10 * 60, 15 * 60))
    send(work.calls(now), number)
    if _is_the_last(path, now):
        now = yield moment(calendar.due_today, 8 * 60 + 6)
        by_school.record_answer(work.calls(now), number, answer="declined", reason="no_place")
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
    if answer == "declines":
        _answer(path, number, partner, now, "declined", reason="no_place")
        now = yield calendar.in_days(now, 1, rng.randrange(9 * 60, 12 * 60))
        complete(work.calls(now), path.id)
        return
    if answer == "waits":
        _answer(path, number, partner, now, "waitlisted")
        now = yield calendar.in_days(now, 5, rng.randrange(9 * 60, 16 * 60))
    _answer(path, number, partner, now, "accepted")
    for wait in (3, 5, 10):
        now = yield calendar.in_days(now, wait, rng.randrange(13 * 60, 16 * 60))
        call, side = _answers(path, number, partner, now)
        side.log_service(call, number, on=work.world.day(now))
    now = yield calendar.in_days(now, 5, 16 * 60 + 10)
    if answer == "revoked":
        revoke(work.calls(now), number)
        end_early(work.calls(now), path.id, EndReason.NO_LONGER_NEEDED, "")
        return
    call, side = _answers(path, number, partner, now)
    side.finish(call, number, on=work.world.day(now), received=rng.choices(*RECEIVED)[0])
    now = yield calendar.in_days(now, 1, rng.randrange(9 * 60, 12 * 60))
    complete(work.calls(now), path.id)


def _answer(path: Path, number: int, partner: Organization, now: datetime, answer: str, **reason: str) -> None:
    call, side = _answers(path, number, partner, now)
    if side is by_school:
        by_school.record_answer(call, number, answer=answer, **reason)
    else:
        acts = {
            "accepted": by_partner.accept, "waitlisted": by_partner.waitlist, "declined": by_partner.decline
        }  # fmt: skip
        acts[answer](call, number, **reason)


def _answers(path: Path, number: int, partner: Organization, now: datetime) -> tuple[Invocation, Any]:
    """Return the call of whoever writes down what the partner does, and the acts of that side: its own account's, else
    those of the lead for it.

    The partner's account reaches what it has by the day of the clock, whenever its act is said to be.
    """
    today = local_date(clock.now(), district_zone())
    consent = ReferralConsent
    signed, until = rows(consent.signed_on, consent.until_on, where=consent.referral_id == number)[0]
    if partner.account is not None and signed <= today <= until:
        return path.work.world.calls(partner.account, now), by_partner
    return path.work.calls(now), by_school
