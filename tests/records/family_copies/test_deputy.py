"""Where a school has nobody else who may release a copy, the network's deputy reads it, and the copy alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.safeguards import make_approver
from tests.records.family_copies.making import Here
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.deputies import DeputyLook
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy, ReleaseState
from wss_cases.records.family_copies.draft import decide, hand_on
from wss_cases.records.family_copies.release import waiting

HANDED = {"manner": "in_person", "identity": "Known to the office"}


def given(here: Here) -> FamilyRelease:
    """The one administrator looks a copy through and hands it on."""
    row = here.ask()
    again(here, row)
    return db.session.get_one(FamilyRelease, row.id)


def again(here: Here, row: FamilyRelease) -> None:
    row_id = row.id
    decide(Invocation(acting(here.administrator), clock.now()), row_id, {}, [], the_rest=True)
    hand_on(Invocation(acting(here.administrator), clock.now()), row_id)


def told(kind: str) -> list[int]:
    return list(db.session.scalars(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == kind)))


def test_the_deputy_reads_the_copy_alone_and_the_school_releases_it(
    here: Here, client_as: Callable[[Any], Any]
) -> None:
    deputy = db.session.get_one(UserAccount, make_approver(here.school).deputy_id)
    row = given(here)
    assert told("deputy.asked") == [deputy.id]
    [look] = db.session.scalars(select(DeputyLook))
    client, address, own = client_as(deputy), f"/deputy-looks/{look.id}", f"/family-copies/{row.id}"
    page = client.page(address).text
    assert "another student hit Marisol Tenorio" in page and "Rosa Tenorio" in page
    assert not any(name in page for name in ("OBrien", "O'Brien", "imena", "A meeting")), "no child, and not what for"
    assert client.get(own).status_code == client.get(f"/incidents/{here.incident.id}").status_code == 404
    school = client_as(here.administrator)
    assert "deputy was asked" in school.page(own).text
    assert school.get(f"{own}/hand-over").status_code == 404, "nobody agreed yet"
    assert client.submit(address, {"agrees": "yes"}).status_code == 303
    assert told("family_copy.answered") == [here.administrator.id]
    assert db.session.get_one(FollowUp, row.follow_up_id).outcome == "", "its day still stands: nobody gave it yet"
    assert waiting() == [], "an answer is asked for once"
    assert school.submit(f"{own}/hand-over", HANDED).status_code == 303
    assert (fresh(row).state, fresh(row).released_by_id) == (ReleaseState.RELEASED, deputy.id)
    copy = db.session.scalars(select(FamilyReleaseCopy)).one()
    assert copy.made_by_id == here.administrator.id and "another student hit Marisol" in copy.text
    assert db.session.get_one(FollowUp, row.follow_up_id).outcome == "done"
    acts = set(db.session.scalars(select(AuditEntry.action).where(AuditEntry.actor_id == deputy.id)))
    assert {"deputy.looked", "family_release.seconded", "deputy_look.read"} <= acts


def test_a_no_and_a_changed_record_lead_back_to_the_school(here: Here, client_as: Callable[[Any], Any]) -> None:
    deputy = db.session.get_one(UserAccount, make_approver(here.school).deputy_id)
    row = given(here)
    [look] = db.session.scalars(select(DeputyLook))
    client, address = client_as(deputy), f"/deputy-looks/{look.id}"
    db.session.get_one(Incident, here.incident.id).narrative = "Ximena told it otherwise."
    db.session.commit()
    assert "Ximena" not in client.page(address).text, "what nobody looked through is not shown"
    assert client.submit(address, {"agrees": "yes"}).status_code == 400
    assert client.submit(address, {"agrees": "no"}).status_code == 303
    assert fresh(row).state is ReleaseState.PREPARING and told("family_copy.answered") == [here.administrator.id]
    again(here, row)
    assert told("deputy.asked") == [deputy.id, deputy.id]
    assert client_as(here.administrator).get(f"/family-copies/{row.id}/hand-over").status_code == 404


def test_the_schools_second_administrator_comes_first(here: Here) -> None:
    make_approver(here.school)
    make_user(Role.ADMINISTRATOR, here.school)
    given(here)
    assert not told("deputy.asked")
