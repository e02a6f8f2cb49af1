"""A referral's life: drafted, consented in writing, sent as a disclosure, answered, served, or taken back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.bench.bulk.cases.courses import PATHWAY_OVER, Course
from tests.bench.bulk.cases.followups import cancel, close
from tests.bench.bulk.district.partners import Organisation
from tests.bench.bulk.writing.acts import PRIVATE, Somebody
from tests.bench.bulk.writing.world import later
from wss_cases.journal.models import Disclosure
from wss_cases.pathways.referrals.referral.models import (
    FIELD_LABELS,
    OUTCOME_OF,
    Referral,
    ReferralConsent,
    Service,
    ServiceDate,
    ServiceKind,
)

NEEDS = (
    "Somebody to talk to about what happened in the last weeks.",
    "Help for the family to get through the winter.",
    "An adult who knows the way out of trouble between groups.",
    "A quiet place and help with schoolwork in the afternoon.",
)
PURPOSE = "So that the first visit can be planned without asking everything twice."
LESS = ("name", "service", "language", "guardian_name", "guardian_phone", "school_contact")
BEFORE_END = 5


@dataclass
class Sent:
    """One referral, its consent, and what waits for it."""

    course: Course
    row: dict[str, Any]
    partner: Organisation
    consent: dict[str, Any]
    waiting: dict[str, dict[str, Any]]

    @property
    def answers(self) -> Somebody:
        """Who writes down what the partner does: its own account, else the lead."""
        return self.partner.account or self.course.work.lead

    def step(self, at: datetime, kind: str, state: str, who: Somebody | None = None, **data: Any) -> None:
        """Tell a change of state."""
        before, self.row["state"] = self.row["state"], state
        self.row["version"] += 1
        changes = {"state": (before, state)}
        self.course.tell(at, "referral", self.row["id"], kind, changes, who, partner=self.partner.name, **data)

    def settle(self, kind: str, at: datetime, outcome: str) -> None:
        """Close what waited with the outcome that was just recorded."""
        close(self.course.scene, self.course.report, self.waiting[kind], at, self.answers, outcome)

    def drop(self, at: datetime) -> None:
        """Cancel what still waits when the referral ends."""
        for row in self.waiting.values():
            if row["state"] == "open":
                cancel(self.course.scene, self.course.report, row, at, self.answers, PATHWAY_OVER)


def draft(course: Course, at: datetime) -> Sent | None:
    """Draft a referral to a partner that offers the help; None where none does, or it is for no student."""
    rng, owner, service = course.scene.rng, course.owner, course.row["kind"]
    fits = [one for one in course.scene.world.partners if one.sends and service in one.services]
    if not fits or owner is None or owner.part.pupil is None:
        return None
    partner = fits[0] if fits[0].account and rng.random() < 0.6 else rng.choice(fits)
    row = course.new(
        Referral,
        partner_id=partner.id,
        partner_name=partner.name,
        student_id=owner.part.pupil.id,
        service=service,
        need=rng.choice(NEEDS),
        sent_fields=None,
    )
    changes = {"partner_id": partner.id, "state": "drafted", "need": PRIVATE}
    course.tell(at, "referral", row["id"], "referral.drafted", changes, partner=partner.name)
    if owner.language not in ("en", "es"):
        course.follow("interpreter", at, days=2, closes_at=later(at, 60 * 30), outcome="understood")
    return Sent(course, row, partner, {}, {})


def withdraw(sent: Sent, at: datetime, on: date) -> None:
    """Take a draft back: the family does not wish it."""
    sent.row["ended_on"] = on
    sent.step(at, "referral.withdrawn", "withdrawn", reason="not_needed")


def consent(sent: Sent, at: datetime, on: date) -> None:
    """The family signs for some or all of the fields."""
    course, rng = sent.course, sent.course.scene.rng
    pupil = _pupil(sent)
    fields = list(FIELD_LABELS) if rng.random() < 0.6 else list(LESS)
    until = on + timedelta(days=rng.choice((90, 180, 180, 300)))
    keys = {name: value for name, value in course.keys.items() if name != "pathway_id"}
    sent.consent = course.scene.world.store.new(
        ReferralConsent,
        **keys,
        referral_id=sent.row["id"],
        signed_by=pupil.guardian,
        relation=rng.choice(("parent", "parent", "guardian")),
        manner=rng.choice(("paper", "paper", "electronic", "mail")),
        language=pupil.language,
        fields=fields,
        purpose=PURPOSE,
        signed_on=on,
        until_on=until,
        recorded_at=at,
        recorded_by_id=course.work.lead.id,
    )
    subject = ("referral_consent", sent.consent["id"])
    course.report.story.audit(at, course.work.lead, subject, "referral.consented", {"fields": PRIVATE})
    sent.step(at, "referral.consented", "consented", until=until.isoformat())


def send(sent: Sent, at: datetime, on: date) -> None:
    """Send exactly what was consented to, as a disclosure; the clocks begin."""
    course, days = sent.course, sent.course.scene.world.days
    known = _record(sent)
    answer_by = days.add(on, sent.partner.days_to_answer)
    shown = {name: known[name] for name in sent.consent["fields"] if name in known}
    sent.row.update(sent_on=on, sent_fields=shown, answer_by=answer_by)
    sent.step(at, "referral.sent", "sent", by=answer_by.isoformat())
    interest = str(sent.row["service"])
    number = course.scene.world.store.add(
        Disclosure,
        student_id=sent.row["student_id"],
        school_id=course.scene.place.id,
        at=at,
        told_whom=sent.partner.name,
        interest=interest,
        purpose=PURPOSE,
        fields=list(shown),
        of_housing=interest == Service.HOUSING_BASIC_NEEDS,
        object_type="referral",
        object_id=sent.row["id"],
        made_by_id=course.work.lead.id,
    )
    changes = {"told_whom": PRIVATE, "fields": PRIVATE}
    course.report.story.audit(at, course.work.lead, ("disclosure", number), "disclosure.made", changes)
    sent.waiting["referral_answer"] = course.follow("referral_answer", at, due_on=answer_by)
    ends = max(on, days.add(sent.consent["until_on"], -BEFORE_END))
    sent.waiting["referral_consent_ends"] = course.follow("referral_consent_ends", at, due_on=ends)


def serve(sent: Sent, sent_on: date) -> tuple[date, str] | None:
    """Live through the answer and the service; returns the last day and the pathway's outcome, None while it goes on.

    An outcome of "" says that no partner helped and none said why.
    """
    course, rng, days = sent.course, sent.course.scene.rng, sent.course.scene.world.days
    day = days.add(sent_on, max(1, sent.partner.days_to_answer + rng.choice((-3, -2, -1, -1, 0, 0, 1, 3))))
    at = course.on(day, rng.randrange(9 * 60, 16 * 60))
    if at is None:
        return None
    chance = rng.random()
    if chance < 0.1:
        return _decline(sent, at, day)
    if chance < 0.2:
        waits_until = days.add(day, sent.partner.days_to_answer)
        sent.row.update(answered_on=day, answer_by=waits_until)
        sent.step(at, "referral.waitlisted", "waitlisted", sent.answers)
        sent.settle("referral_answer", at, "partner_waitlisted")
        sent.waiting["referral_answer"] = course.follow("referral_answer", at, due_on=waits_until)
        day = days.add(day, rng.randrange(6, 14))
        at = course.on(day, rng.randrange(9 * 60, 16 * 60))
        if at is None:
            return None
    first_by = days.add(day, sent.partner.days_to_first_service)
    sent.row.update(answered_on=day, first_service_by=first_by)
    sent.step(at, "referral.accepted", "accepted", sent.answers, by=first_by.isoformat())
    sent.settle("referral_answer", at, "partner_accepted")
    sent.waiting["referral_first_service"] = course.follow("referral_first_service", at, due_on=first_by)
    return _service(sent, day)


def _decline(sent: Sent, at: datetime, day: date) -> tuple[date, str]:
    reason = sent.course.scene.rng.choice(("no_place", "no_place", "language", "outside_area", "not_reached"))
    sent.row.update(answered_on=day, ended_on=day, answer_note=reason)
    sent.step(at, "referral.declined", "declined", sent.answers, reason=reason)
    sent.settle("referral_answer", at, "partner_declined")
    sent.drop(at)
    return day, "service_not_available"


def _service(sent: Sent, accepted_on: date) -> tuple[date, str] | None:
    course, rng, days = sent.course, sent.course.scene.rng, sent.course.scene.world.days
    day = days.add(accepted_on, max(1, sent.partner.days_to_first_service + rng.randrange(-6, 4)))
    at = course.on(day, rng.randrange(13 * 60, 17 * 60))
    if at is None:
        return None
    sent.row["first_service_on"] = day
    _log(sent, ServiceKind.FIRST, day, at)
    sent.step(at, "referral.first_seen", "first_seen", sent.answers, on=day.isoformat())
    sent.settle("referral_first_service", at, "first_seen")
    visits = rng.randrange(4, 13)
    revoked_after = rng.randrange(1, visits) if rng.random() < 0.06 else None
    for number in range(visits):
        day = days.on_or_after(day + timedelta(days=7))
        if day > sent.consent["until_on"]:
            break
        at = course.on(day, rng.randrange(13 * 60, 17 * 60))
        if at is None:
            return None
        if number == revoked_after:
            return _revoke(sent, at, day)
        _log(sent, ServiceKind.LATER, day, at)
        sent.step(at, "referral.service", "active", sent.answers, on=day.isoformat())
    received = rng.choices(("all", "partly", "stopped"), (7, 2, 1))[0]
    at = course.on(day, 17 * 60 + 10)
    if at is None:
        return None
    sent.row.update(received=received, ended_on=day)
    _log(sent, ServiceKind.LAST, day, at)
    sent.step(at, "referral.done", "done", sent.answers, received=received)
    sent.drop(at)
    return day, OUTCOME_OF[received]


def _revoke(sent: Sent, at: datetime, day: date) -> tuple[date, str]:
    lead = sent.course.work.lead
    sent.consent.update(revoked_on=day, revoked_at=at, revoked_by_id=lead.id, version=2)
    sent.row["ended_on"] = day
    subject = ("referral_consent", sent.consent["id"])
    sent.course.report.story.audit(at, lead, subject, "referral.revoked", {"revoked_on": day})
    sent.step(at, "referral.revoked", "revoked")
    sent.drop(at)
    return day, ""


def _log(sent: Sent, kind: ServiceKind, day: date, at: datetime) -> None:
    sent.course.scene.world.store.add(
        ServiceDate, referral_id=sent.row["id"], kind=kind.value, on_day=day, logged_at=at, logged_by_id=sent.answers.id
    )


def _pupil(sent: Sent) -> Any:
    owner = sent.course.owner
    assert owner is not None and owner.part.pupil is not None
    return owner.part.pupil


def _record(sent: Sent) -> dict[str, Any]:
    pupil, course = _pupil(sent), sent.course
    grade = course.owner.part.grade if course.owner else None
    found = {
        "name": pupil.name,
        "service": sent.row["service"],
        "grade": grade,
        "birth_date": pupil.birth_date.isoformat(),
        "language": pupil.language,
        "guardian_name": pupil.guardian,
        "guardian_phone": pupil.phone,
        "need": sent.row["need"],
        "school_contact": f"{course.work.lead.name}, {course.scene.place.name}",
    }
    return {name: value for name, value in found.items() if value is not None and value != ""}
