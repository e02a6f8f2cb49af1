"""What a partner sees and does: its own open referrals, only what was sent, and nothing else of the school."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from tests.access.planted import planted_walk
from tests.access.walk import Walk
from tests.cases.making import NOW, TODAY
from tests.factories.accounts import make_user as make_account
from tests.factories.base import fresh
from tests.factories.referrals import PartnerFactory
from tests.pathways.referrals.making import Scene, make_scene, sent
from tests.support.applications import people_client
from tests.support.databases import Databases
from tests.support.depth import in_turn
from wss_cases.access.actor import Invocation, Role
from wss_cases.access.gate import permission_of
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.delivery.messages import compose
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.referrals import case_page as pages
from wss_cases.pathways.referrals import consent as consents
from wss_cases.pathways.referrals import partner_pages as by_partner
from wss_cases.pathways.referrals.referral.models import Referral, ReferralState, ServiceDate
from wss_cases.roster.directory.models import Student


@pytest.fixture
def scene(session: Any, at: Any) -> Scene:
    at("2026-11-24 10:00")
    return make_scene()


def test_who_signs_in_for_a_partner_is_given_nothing_else(scene: Scene, client_as: Any) -> None:
    page = f"/people/{scene.user.id}"
    client = client_as(make_account(Role.SYSADMIN))
    role = {"role": "coordinator", "school_id": str(scene.world.school.id)}
    refused = client.submit(page, role, action="/roles")
    assert refused.status_code == 400 and "already signs in for a partner" in refused.text
    assert [grant.role for grant in fresh(scene.user).grants] == [Role.PARTNER]
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == scene.user.id)).one()
    grant.starts_on, grant.ends_on = TODAY - timedelta(days=9), TODAY - timedelta(days=2)
    db.session.commit()
    assert client.submit(page, role, action="/roles").status_code == 303


def test_the_partner_reads_exactly_what_was_sent(scene: Scene, client_as: Any) -> None:
    referral_id = sent(scene)
    # what changes at the school afterwards stays at the school
    row = db.session.get_one(Referral, referral_id)
    row.need = "A secret need"
    db.session.get_one(Student, row.student_id).grade = 12
    db.session.commit()
    client = client_as(scene.user)
    home = client.page("/")
    assert scene.world.students[0].shown_name in home.text and "To do (1)" in " ".join(home.text.split())
    page = client.page(f"/partner/referrals/{referral_id}").find_all("main")[0].text
    assert "Somebody to talk to at home." in page and "Grade 9" in page
    for secret in ("A secret need", "Rosalind", "312-555-0142", scene.world.case.reference, "Grade 12", "fight"):
        assert secret not in page, secret
    assert [a.get("href") for a in home.find_all("nav")[0].find_all("a")] == ["/partner"]


def test_the_partners_acts_through_its_pages(scene: Scene, client_as: Any) -> None:
    referral_id = sent(scene)
    client, base = client_as(scene.user), f"/partner/referrals/{referral_id}"
    assert client.submit(f"{base}/decline").status_code == 400
    assert client.submit(base, action="/waitlist").status_code == 303
    assert client.submit(base, action="/accept").status_code == 303
    assert client.submit(f"{base}/service", {"on": "2026-12-24"}).status_code == 400
    assert client.submit(f"{base}/service", {"on": "2026-11-24"}).status_code == 303
    assert "Log a day of service" in client.page(base).text
    assert client.submit(f"{base}/finish").status_code == 400
    assert client.submit(f"{base}/finish", {"received": "stopped"}).status_code == 303
    assert "the family stopped it early" in client.page(base).text
    assert "Done (1)" in " ".join(client.page("/partner").text.split())


def test_a_declined_referral_is_gone(scene: Scene, client_as: Any) -> None:
    referral_id = sent(scene)
    client = client_as(scene.user)
    done = client.submit(f"/partner/referrals/{referral_id}/decline", {"reason": "language"})
    assert (done.status_code, done.location) == (303, "/partner")
    assert client.get(f"/partner/referrals/{referral_id}").status_code == 404
    assert scene.world.students[0].shown_name not in client.page("/partner").text


@pytest.mark.parametrize("how", ["revoked", "withdrawn", "run out", "pathway ended", "partner ended", "role ended"])
def test_access_is_cut_on_the_next_request(scene: Scene, client_as: Any, at: Any, how: str) -> None:
    referral_id = sent(scene, until=TODAY + timedelta(days=3))
    client, base = client_as(scene.user), f"/partner/referrals/{referral_id}"
    name, token = scene.world.students[0].shown_name, client.csrf_token("/account")
    assert name in client.page(base).text
    now = NOW
    if how == "revoked":
        consents.revoke(Invocation(scene.school, NOW), referral_id)
    elif how == "withdrawn":
        pages.withdraw(Invocation(scene.school, NOW), referral_id, reason="moved")
    elif how == "run out":
        now = at("2026-11-28 00:05")
        db.session.execute(update(UserAccount).values(locale="en"))
    elif how == "pathway ended":
        row = fresh(scene.pathway)
        row.state, row.ended_at = PathwayState.DECLINED, NOW
    elif how == "partner ended":
        fresh(scene.partner).is_active = False
    else:
        grant = db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == scene.user.id)).one()
        grant.ends_on = TODAY - timedelta(days=1)
    db.session.commit()
    if how == "run out":
        client = client_as(scene.user)
        token = client.csrf_token("/account")
    for address in (base, f"{base}/decline", f"{base}/service", f"{base}/finish"):
        assert client.get(address).status_code == 404, address
    for act in ("accept", "waitlist", "decline", "service", "finish"):
        data = {"csrf_token": token, "on": "2026-11-24", "reason": "no_place", "received": "all"}
        assert client.post(f"{base}/{act}", data=data).status_code == 404, act
    home = client.get("/partner")
    assert name not in home.text
    if how != "role ended":
        assert "has ended." in home.text
        ended = client.get(base).text
        assert "This referral has ended" in ended
        assert name not in ended
    # the mail that waited says nothing either: delivery rechecks
    mail = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "referral.sent")).one()
    assert compose(mail, now) is None


def test_mails_to_the_partner_hold_nothing_of_the_student(scene: Scene) -> None:
    referral_id = sent(scene)
    by_partner.accept(Invocation(scene.partner_actor, NOW), referral_id)
    sent_mail = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "referral.sent")).one()
    said = str(compose(sent_mail, NOW))
    assert f"/partner/referrals/{referral_id}" in said
    consents.revoke(Invocation(scene.school, NOW), referral_id)
    ended = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "referral.ended")).one()
    said += str(compose(ended, NOW))
    student = scene.world.students[0]
    for secret in (student.given_name, student.family_name, "Rosalind", "Somebody to talk to", "family_support"):
        assert secret not in said


def test_a_form_sets_nothing_but_its_own_fields(scene: Scene, client_as: Any) -> None:
    referral_id = sent(scene)
    other = PartnerFactory()
    client, base = client_as(scene.user), f"/partner/referrals/{referral_id}"
    stuffed = {
        "csrf_token": client.csrf_token("/account"), "partner_id": str(other.id), "state": "done",
        "sent_fields": '{"name": "X"}', "school_id": "1", "student_id": "1", "received": "all",
        "first_service_on": "2026-01-01", "need": "X", "by": "case:work", "kind": "last", "logged_by_id": "1",
        "answer_by": "2030-01-01",
    }  # fmt: skip
    before = fresh(db.session.get_one(Referral, referral_id))
    kept = (before.partner_id, before.sent_fields, before.school_id, before.student_id, before.need, before.answer_by)
    assert client.post(f"{base}/accept", data=stuffed).status_code == 303
    assert client.post(f"{base}/service", data=stuffed | {"on": "2026-11-24"}).status_code == 303
    db.session.expire_all()
    row = db.session.get_one(Referral, referral_id)
    assert (row.partner_id, row.sent_fields, row.school_id, row.student_id, row.need, row.answer_by) == kept
    assert (row.state, row.received, row.first_service_on) == (ReferralState.FIRST_SEEN, "", TODAY)
    assert db.session.scalars(select(ServiceDate)).one().logged_by_id == scene.user.id


@pytest.fixture(scope="module")
def walk(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return planted_walk(databases, backend, tmp_path_factory.mktemp("partner"))


def canaries(app: Flask) -> set[str]:
    """Return what only schools know: case and report numbers, every student's number and full name."""
    with app.app_context():
        found = set(db.session.scalars(select(Case.reference))) | set(db.session.scalars(select(Incident.reference)))
        named = select(Student).join(CaseParticipant, CaseParticipant.student_id == Student.id)
        for student in db.session.scalars(named):
            found |= {student.shown_name, student.student_number}
    return {words for words in found if words}


def told_in(page: str, secrets: set[str]) -> list[str]:
    """Return the secrets that stand on a page as words of their own; one expression for all takes ten times as long."""
    standing = [words for words in secrets if words in page]
    return [words for words in standing if re.search(rf"(?<!\w){re.escape(words)}(?!\w)", page)]


OWN = """
    SELECT referral.id FROM referral
    JOIN role_grant ON role_grant.partner_id = referral.partner_id AND role_grant.user_id = :user
    JOIN referral_consent ON referral_consent.referral_id = referral.id
    JOIN pathway ON pathway.id = referral.pathway_id
    WHERE referral.state IN ('sent', 'waitlisted', 'accepted', 'first_seen', 'active', 'done')
        AND pathway.state NOT IN ('ended_early', 'declined') AND referral_consent.revoked_at IS NULL
        AND referral_consent.signed_on <= :today AND referral_consent.until_on >= :today"""
"""What a partner may see, said anew, so that a wrong filter of the application is not asked about itself."""


@pytest.mark.any_database("ids are collected by hand")
def test_a_partner_against_every_route_and_every_id(walk: Walk) -> None:
    with walk.app.app_context():
        user = db.session.scalars(select(UserAccount).where(UserAccount.email == "partner@demo.example")).one()
        mine = set(db.session.scalars(text(OWN), {"user": user.id, "today": local_date(clock.now(), DEFAULT_ZONE)}))
        sent = [row.sent_fields or {} for row in db.session.scalars(select(Referral).where(Referral.id.in_(mine)))]
        # the names that were sent: a guardian may be called as another student is
        sent_names = [str(fields.get(name, "")) for fields in sent for name in ("name", "guardian_name")]
        shown = {words for words in canaries(walk.app) if any(words in name for name in sent_names)}
        ids = list(db.session.scalars(select(Referral.id)))
    assert mine and set(ids) - mine
    secrets = canaries(walk.app) - shown
    assert told_in(f"case WALK{walk.schools['own']}-C of somebody", secrets)
    client = people_client(walk.app, user)
    token, leaks, reached = client.csrf_token("/account"), [], set()
    for number, (rule, method) in enumerate(walk.rules()):
        if rule.endpoint in ("accounts.sign_out", "static", "bootstrap.static"):
            continue
        if not (rule.endpoint.startswith("partner.") or in_turn(number, 3)):
            continue
        for side in walk.sides(rule):
            addresses = {walk.address(rule, side)}
            if "referral_id" in rule.arguments and rule.endpoint.startswith("partner."):
                addresses = {rule.build({"referral_id": one})[1] for one in ids}  # type: ignore[index]
            for address in addresses:
                # not looked at as a page: that is done elsewhere, and here there are a thousand
                data = {"csrf_token": token} if method == "POST" else None
                answer = FlaskClient.open(client, address, method=method, data=data)
                leaks += [f"{method} {address}: {words}" for words in told_in(answer.get_data(as_text=True), secrets)]
                if answer.status_code != 404:
                    reached.add((rule.endpoint, address))
    assert not leaks, leaks[:5]
    foreign = {address for endpoint, address in reached if endpoint.startswith("partner.") and "/referrals/" in address}
    assert {int(address.split("/")[3]) for address in foreign} == mine
    own = ("accounts.", "second_factor.", "sessions.", "web.", "partner.", "search.", "troubles.retry_own")
    own += ("sign_on.link_mine",)
    # what one wrote offline while one was staff arrives, or is given back to its writer, after the role ended too
    own += ("offline.device", "offline.send", "offline.waiting")
    beyond = {endpoint for endpoint, _address in reached if not endpoint.startswith(own)}
    assert {each for each in beyond if permission_of(walk.app, each) is not Permission.PUBLIC} == set()
