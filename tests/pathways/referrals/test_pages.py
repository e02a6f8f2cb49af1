"""The pages of a referral on the school's side, as a coordinator without JavaScript uses them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, make_user
from tests.factories.base import fresh
from tests.factories.referrals import PartnerFactory
from tests.pathways.referrals.making import Scene, accept, draft, make_scene, sent
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.referrals.referral.models import Referral, ReferralState


@pytest.fixture
def scene(session: Any, at: Any) -> Scene:
    """A scene whose pathway the family was offered."""
    at("2026-11-24 10:00")
    made = make_scene()
    made.pathway.offered_on = TODAY
    db.session.commit()
    return made


def base_of(scene: Scene) -> str:
    return f"/cases/{scene.world.case.id}/pathways/{scene.pathway.id}"


def newest() -> Referral:
    db.session.expire_all()
    return db.session.scalars(select(Referral).order_by(Referral.id.desc())).first()  # type: ignore[return-value]


def test_from_draft_to_sending_through_the_pages(scene: Scene, client_as: Any) -> None:
    client, base = client_as(scene.world.coordinator), base_of(scene)
    better = PartnerFactory(name="Aardvark Help", languages=["en"], capacity=0)
    page = client.page(f"{base}/referral")
    assert "no open spot" in page.text and "agreement in force" in page.text
    assert page.text.index(scene.partner.name) < page.text.index(better.name)
    refused = client.submit(f"{base}/referral", {"need": "A calm place to talk."})
    assert refused.status_code == 400
    assert "Choose a partner." in refused.text and "A calm place to talk." in refused.text
    values = {"need": "A calm place to talk.", "partner": str(scene.partner.id)}
    assert client.submit(f"{base}/referral", values).status_code == 303
    row = newest()
    assert "Ask for the written consent" in client.page(base).text
    address = f"{base}/referral/{row.id}"
    form = client.form(f"{address}/consent")
    assert form.values().get("fields") == ["name"]
    letter = client.page(f"{address}/letter?language=es&fields=grade&until=2027-02-01")
    assert "Grado" in letter.text or "grado" in letter.text
    signature = {
        "by": "Rosalind Quillfeather",
        "relation": "parent",
        "manner": "paper",
        "until": (TODAY + timedelta(days=60)).isoformat(),
    }
    bad = client.submit(f"{address}/consent", signature | {"until": "2026-11-01", "fields": ["name", "need"]})
    assert bad.status_code == 400 and "Rosalind Quillfeather" in bad.text
    assert client.submit(f"{address}/consent", signature | {"fields": ["name", "need"]}).status_code == 303
    assert fresh(scene.pathway).state is PathwayState.PREPARING
    goes = client.page(f"{address}/send").find_all("main")[0].text
    assert "A calm place to talk." in goes and "312-555-0142" not in goes and "Grade 9" not in goes
    assert client.submit(f"{address}/send").status_code == 303
    assert set(newest().sent_fields or {}) == {"name", "service", "need"}
    panel = client.page(base).text
    assert "What was shared" in panel and f"{scene.partner.name} received:" in panel
    assert "Partner sees it now" in panel
    assert client.submit(f"{address}/answer", {"answer": "declined"}).status_code == 400
    assert client.submit(f"{address}/answer", {"answer": "accepted"}).status_code == 303
    assert client.submit(f"{address}/service").status_code == 303
    assert client.submit(f"{address}/finish", {"received": "all"}).status_code == 303
    done = client.page(base).text
    assert "Complete it with its outcome" in done
    assert "The service was received" in client.page(f"{base}/referral/complete").text
    assert client.submit(f"{base}/referral/complete", {"note": "Well."}).status_code == 303
    ended = client.page(base).text
    assert "What was shared" in ended and "Earlier referrals" in ended


def test_nobody_looks_up_a_family_through_a_pathway_that_has_ended(scene: Scene, client_as: Any) -> None:
    client, address = client_as(scene.world.coordinator), f"{base_of(scene)}/referral/{draft(scene)}/consent"
    assert "312-555-0142" in client.page(address).text
    row = fresh(scene.pathway)
    row.state, row.end_reason, row.ended_at = PathwayState.ENDED_EARLY, "moved_school", NOW
    db.session.commit()
    assert "312-555-0142" not in client.page(address).text


def test_on_its_day_the_answer_is_asked_for(scene: Scene, client_as: Any) -> None:
    referral = db.session.get_one(Referral, sent(scene))
    asked = "Ask the partner for its answer"
    referral.answer_by = TODAY + timedelta(days=1)
    db.session.commit()
    client = client_as(scene.world.coordinator)
    assert asked not in client.page(base_of(scene)).text
    newest().answer_by = TODAY
    db.session.commit()
    assert asked in client.page(base_of(scene)).text


def test_withdrawing_and_revoking(scene: Scene, client_as: Any) -> None:
    client, base = client_as(scene.world.coordinator), base_of(scene)
    first = sent(scene)
    assert client.submit(f"{base}/referral/{first}/withdraw").status_code == 400
    done = client.submit(f"{base}/referral/{first}/withdraw", {"reason": "no_answer"})
    assert done.status_code == 303 and newest().state is ReferralState.WITHDRAWN
    assert "Choose the next partner" in client.page(base).text
    second = sent(scene)
    accept(scene, second)
    assert client.submit(f"{base}/referral/{second}/revoke").status_code == 303
    assert newest().state is ReferralState.REVOKED
    again = client.submit(f"{base}/referral/{second}/revoke")
    assert again.status_code == 400 and "no consent here" in again.text


def test_a_letter_that_is_missing_says_so(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 10:00")
    scene = make_scene("pl")
    referral_id = draft(scene)
    page = client_as(scene.world.coordinator).page(f"{base_of(scene)}/referral/{referral_id}/letter")
    assert "There is no letter in Polish" in page.text


def test_another_school_finds_nothing(scene: Scene, client_as: Any) -> None:
    other = make_scene()
    client, referral_id = client_as(other.world.coordinator), sent(scene)
    for page in ("consent", "send", "answer", "service", "finish", "revoke", "withdraw", "renew", "letter"):
        assert client.get(f"{base_of(scene)}/referral/{referral_id}/{page}").status_code == 404
        assert client.get(f"{base_of(other)}/referral/{referral_id}/{page}").status_code == 404


ENTRY = {
    "name": "Lantern Street Counseling",
    "services": ["behavioral_health", "family_support"],
    "languages": ["en", "es"],
    "capacity": "12",
    "agreement_from": "2026-08-01",
    "agreement_until": "2026-12-31",
    "low_grade": "6",
    "high_grade": "12",
}


def test_the_district_keeps_the_directory(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 10:00")
    scene = make_scene()
    client = client_as(make_user(scene.world.school, Role.DISTRICT))
    for values, words in (
        ({"name": scene.partner.name}, "already a partner"),
        ({"capacity": "-1"}, "how many students"),
        ({"capacity": "many"}, "whole number"),
        ({"days_to_answer": "0"}, "from 1 to 200"),
        ({"agreement_until": "2026-01-01"}, "before the first"),
        ({"agreement_from": ""}, "start of the agreement"),
        ({"low_grade": "12", "high_grade": "6"}, "before the first"),
    ):
        refused = client.submit("/partners/new", ENTRY | values)
        assert refused.status_code == 400 and words in refused.text, values
    made = client.submit("/partners/new", ENTRY)
    assert made.status_code == 303
    page = client.page(made.location)
    assert "Agreement ends" in page.text and "Grade 6" in page.text
    for query, found in (
        ("service=behavioral_health", True),
        ("service=academic", False),
        ("language=es&grade=9&free=y", True),
        ("grade=3", False),
        ("q=lantern", True),
        ("q=%25", False),
        ("ended=y", False),
    ):
        assert ("Lantern Street" in client.page(f"/partners?{query}").text) is found, query
    chips = client.page("/partners?service=behavioral_health&free=y").find_all("a")
    assert "/partners?free=y" in {link.get("href") for link in chips}
    assert client.submit(f"{made.location}/edit", {"area": "North side"}).status_code == 303
    assert "North side" in client.page(made.location).text
    assert client.submit(f"{made.location}/people/new", {"name": "A", "email": "no"}).status_code == 400
    person = {"name": "Wendeline Ashgrove", "email": "wendeline@lantern.example"}
    assert client.submit(f"{made.location}/people/new", person).status_code == 303
    again = client.submit(f"{made.location}/people/new", person)
    assert again.status_code == 400 and "already" in again.text
    staff = {"name": "B", "email": scene.world.coordinator.email}
    assert client.submit(f"{made.location}/people/new", staff).status_code == 400
    assert "Wendeline Ashgrove" in client.page(made.location).text
    end = next(f for f in client.page(made.location).find_all("form") if "/people/" in f.get("action"))
    token = client.csrf_token("/account")
    assert client.post(end.get("action"), data={"csrf_token": token}).status_code == 303
    assert client.post(end.get("action"), data={"csrf_token": token}).status_code == 404
    assert client.submit(f"{made.location}/people/new", person).status_code == 303
    assert client.submit(f"{made.location}/end").status_code == 303
    assert "Lantern Street" in client.page("/partners?ended=y").text
    assert client.submit(f"{made.location}/end").status_code == 303


def test_a_coordinator_reads_the_directory_only(session: Any, client_as: Any) -> None:
    scene = make_scene()
    client = client_as(scene.world.coordinator)
    page = client.page(f"/partners/{scene.partner.id}")
    assert scene.user.email not in page.text and "Change the entry" not in page.text
