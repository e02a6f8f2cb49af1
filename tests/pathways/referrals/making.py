"""A case with a wrap-around pathway, a partner with somebody who signs in for it, and the acts in one line each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.cases.making import NOW, TODAY, World, make_world
from tests.factories.accounts import acting
from tests.factories.cases import PathwayFactory
from tests.factories.referrals import PartnerFactory, make_partner_user
from tests.factories.roster import GuardianFactory, StudentGuardianFactory
from wss_cases.access.actor import Actor, Invocation
from wss_cases.accounts.account.models import UserAccount
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.referrals import case_page as pages
from wss_cases.pathways.referrals import consent as consents
from wss_cases.pathways.referrals import partner_pages as by_partner
from wss_cases.pathways.referrals.referral.models import Partner
from wss_cases.routing.engine.vocabulary import Kind

FIELDS = ["name", "grade", "need"]
"""What the family agrees to, beside the kind of help."""


@dataclass
class Scene:
    """The world of a case, its pathway, and a partner with one person."""

    world: World
    pathway: Pathway
    partner: Partner
    user: UserAccount

    @property
    def school(self) -> Actor:
        """The coordinator of the case's school."""
        return self.world.actor

    @property
    def partner_actor(self) -> Actor:
        """The partner's person, with the grants of today."""
        return acting(self.user)


def make_scene(language: str = "en", **partner: Any) -> Scene:
    world = make_world()
    guardian = GuardianFactory(language=language, name="Rosalind Quillfeather", phone="312-555-0142")
    StudentGuardianFactory(student=world.students[0], guardian=guardian)
    pathway = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, kind=Kind.FAMILY_SUPPORT.value,
        owner_id=world.coordinator.id, participant_id=world.people[0].id,
    )  # fmt: skip
    made = PartnerFactory(**partner)
    return Scene(world, pathway, made, make_partner_user(made))


def signed(on: date = TODAY, until: date = TODAY + timedelta(days=90), **values: Any) -> dict[str, Any]:
    """The answers about a consent that a parent signed on paper."""
    given = {"by": "Rosalind Quillfeather", "relation": "parent", "manner": "paper", "language": "en"}
    return {**given, **values, "on": on, "until": until}


def draft(scene: Scene, partner: Partner | None = None, now: datetime = NOW) -> int:
    chosen, student_id = (partner or scene.partner).id, scene.world.students[0].id
    call, need = Invocation(scene.school, now), "Somebody to talk to at home."
    return pages.draft(call, scene.pathway.id, partner=chosen, student=student_id, need=need)


def consent(scene: Scene, referral_id: int, fields: list[str] | None = None, now: datetime = NOW, **values: Any) -> int:
    answers = {"fields": fields or FIELDS, "purpose": "So that the partner can help.", **signed(**values)}
    return consents.record_consent(Invocation(scene.school, now), referral_id, **answers)


def send(scene: Scene, referral_id: int, now: datetime = NOW) -> int:
    return consents.send(Invocation(scene.school, now), referral_id)


def sent(scene: Scene, fields: list[str] | None = None, **values: Any) -> int:
    """Draft, consent and send in one go; return the referral's id."""
    referral_id = draft(scene)
    consent(scene, referral_id, fields, **values)
    return send(scene, referral_id)


def accept(scene: Scene, referral_id: int, now: datetime = NOW) -> int:
    return by_partner.accept(Invocation(scene.partner_actor, now), referral_id)


def serve(scene: Scene, referral_id: int, on: date = TODAY, now: datetime = NOW) -> int:
    return by_partner.log_service(Invocation(scene.partner_actor, now), referral_id, on=on)


def finish(scene: Scene, referral_id: int, on: date = TODAY, received: str = "all", now: datetime = NOW) -> int:
    return by_partner.finish(Invocation(scene.partner_actor, now), referral_id, on=on, received=received)
