"""Funding by school year and source; former school police money is not undone by one person."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.plan_money import FundingFactory
from tests.factories.roster import SchoolFactory
from tests.plans.money.conftest import Scene
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Overreach, Refused, Stale
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.plans.money.funding.models import Funding, FundingChange, FundingSource, funding_by_source
from wss_cases.plans.money.funding.pages import Given, add_funding, ask_change, change_funding, settle_change

POLICE = Given("2026-27", FundingSource.FORMER_POLICE, 15_000_000, 2)
WHY = "The state cut this money in October"


def police_line(scene: Scene) -> Funding:
    """Two officers left the school for $150,000."""
    return db.session.get_one(Funding, add_funding(scene.calls(scene.district), scene.school.id, POLICE))


def asked(scene: Scene, row: Funding, dollars: int = 0, officers: int | None = 0) -> FundingChange:
    """The district asks to take it back."""
    answers = {"amount": str(dollars), "officers": officers, "reason": WHY}
    return db.session.get_one(FundingChange, ask_change(scene.calls(scene.district), row.id, **answers))


def test_former_police_money_is_not_changed_by_an_ordinary_edit(scene: Scene) -> None:
    row = police_line(scene)
    with pytest.raises(Refused, match="two people"):
        change_funding(scene.calls(scene.district), row.id, amount="0")
    assert (fresh(row).amount_cents, fresh(row).officers_removed) == (15_000_000, 2)
    more = Given("2026-27", FundingSource.FORMER_POLICE, 1_000_000, note="More of it")
    with pytest.raises(Refused, match="Ask for a change of that line"):
        add_funding(scene.calls(scene.district), scene.school.id, more)


def test_a_second_person_and_a_reason_change_it_and_leave_a_trace(scene: Scene) -> None:
    row = police_line(scene)
    with pytest.raises(Refused, match="why"):
        ask_change(scene.calls(scene.district), row.id, amount="0", officers=0, reason="  ")
    change = asked(scene, row)
    assert fresh(row).amount_cents == 15_000_000, "asking changes nothing"
    with pytest.raises(Refused, match="already waits"):
        asked(scene, row, 1)
    with pytest.raises(Overreach):
        settle_change(scene.calls(scene.district), change.id, agrees="yes", answer="Yes")
    assert fresh(row).amount_cents == 15_000_000
    settle_change(scene.calls(scene.principal), change.id, agrees="yes", answer="The council knows")
    assert (fresh(row).amount_cents, fresh(row).officers_removed) == (0, 0)
    with pytest.raises(Refused, match="already been decided"):
        settle_change(scene.calls(scene.other_district), change.id, agrees="no", answer="No")
    told = set(db.session.scalars(select(TimelineEntry.kind)))
    assert {"funding.added", "funding.change_asked", "funding.changed", "funding.change_made"} <= told
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "funding.changed"))
    assert (entry.actor_id, entry.changes["amount_cents"]) == (scene.principal.id, [15_000_000, 0])
    assert WHY not in str([one.changes for one in db.session.scalars(select(AuditEntry))])


def test_a_second_person_may_say_no_and_who_asked_may_let_it_go(scene: Scene) -> None:
    row = police_line(scene)
    for by in (scene.principal, scene.district):
        change = asked(scene, row)
        settle_change(scene.calls(by), change.id, agrees="no", answer="It pays two coordinators")
        assert fresh(row).amount_cents == 15_000_000 and fresh(change).agreed is False


def test_what_changed_since_it_was_asked_is_not_agreed_to(scene: Scene) -> None:
    row = police_line(scene)
    change = asked(scene, row)
    fresh(row).amount_cents = 9_900_000
    db.session.commit()
    with pytest.raises(Stale):
        settle_change(scene.calls(scene.principal), change.id, agrees="yes", answer="Yes")
    assert fresh(row).amount_cents == 9_900_000


@pytest.mark.both_databases
def test_the_database_keeps_former_police_money_and_two_people(scene: Scene) -> None:
    row = police_line(scene)
    with pytest.raises(DBAPIError, match="never deleted"), db.session.begin_nested():
        db.session.execute(text("DELETE FROM funding"))
    grant = FundingFactory(school_id=scene.school.id, source=FundingSource.GRANT)
    with db.session.begin_nested():
        db.session.execute(text(f"DELETE FROM funding WHERE id = {grant.id}"))
    change = asked(scene, row)
    alone = "UPDATE funding_change SET agreed = :yes, settled_by_id = asked_by_id, settled_at = asked_at WHERE id = :id"
    with pytest.raises(IntegrityError, match="two_people"), db.session.begin_nested():
        db.session.execute(text(alone), {"yes": True, "id": change.id})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Given("2026-27", FundingSource.GRANT, -1), "amount"),
        (Given("2026-27", FundingSource.GRANT, 10**12 + 1), "amount"),
        (Given("2099-00", FundingSource.GRANT, 1), "school_year"),
        (Given("soon", FundingSource.GRANT, 1), "school_year"),
        (Given("2026-27", FundingSource.GRANT, 1, 2), "officers"),
        (Given("2026-27", FundingSource.FORMER_POLICE, 1, -1), "officers"),
    ],
)
def test_what_cannot_be_is_refused_and_named(scene: Scene, given: Given, field: str) -> None:
    with pytest.raises(Refused) as refused:
        add_funding(scene.calls(scene.district), scene.school.id, given)
    assert refused.value.field == field
    assert db.session.scalar(select(Funding)) is None


def test_a_line_is_written_once_and_added_up_by_source(scene: Scene) -> None:
    call, elsewhere = scene.calls(scene.district), SchoolFactory()
    for school_id, given in (
        (scene.school.id, Given("2026-27", FundingSource.GRANT, 100_001, note="State")),
        (scene.school.id, Given("2026-27", FundingSource.GRANT, 50, note="City")),
        (scene.school.id, Given("2025-26", FundingSource.GRANT, 7, note="State")),
        (elsewhere.id, Given("2026-27", FundingSource.DISTRICT, 900)),
    ):
        add_funding(call, school_id, given)
    with pytest.raises(Refused, match="already has a line"):
        add_funding(call, scene.school.id, Given("2026-27", FundingSource.GRANT, 5, note="City"))
    actor = call.actor
    assert funding_by_source(actor, [scene.school.id], ["2026-27"]) == {scene.school.id: {FundingSource.GRANT: 100_051}}
    assert funding_by_source(actor, None, ["2026-27"])[elsewhere.id] == {FundingSource.DISTRICT: 900}
    own = scene.calls(scene.principal).actor
    assert set(funding_by_source(own, None, ["2026-27"])) == {scene.school.id}


def test_the_district_writes_the_school_reads_and_no_other(scene: Scene, client_as: Any) -> None:
    row = police_line(scene)
    dean, stranger = make_user(Role.DEAN, scene.school), make_user(Role.ADMINISTRATOR, SchoolFactory())
    address = f"/safety-plans/funding/{row.id}"
    assert "$150,000" in client_as(dean).page(address).text
    assert "Cedar Park" not in client_as(stranger).page("/safety-plans/funding").text


def test_the_pages_of_funding_lead_through_two_people(scene: Scene, client_as: Any) -> None:
    district, principal = client_as(scene.district), client_as(scene.principal)
    form = {"school": str(scene.school.id), "source": "former_police", "amount": "$150,000", "officers": "2"}
    odd = district.submit("/safety-plans/funding/new", form | {"amount": "-12", "note": "Two officers"})
    assert odd.status_code == 400 and "less than 0" in odd.text and "Two officers" in odd.text and "-12" in odd.text
    done = district.submit("/safety-plans/funding/new", form)
    line = done.location
    assert "Change the amount" not in district.page(line).text
    asked_for = district.submit(f"{line}/ask", {"amount": "0", "officers": "0", "reason": WHY})
    assert asked_for.status_code == 303
    change = db.session.scalars(select(FundingChange)).one()
    assert "Waiting for a second person" in principal.page("/safety-plans/funding").text
    own = district.submit(f"/safety-plans/funding/changes/{change.id}", {"agrees": "yes", "answer": "Yes"})
    assert own.status_code == 400 and "second person" in own.text
    principal.submit(f"/safety-plans/funding/changes/{change.id}", {"agrees": "yes", "answer": "The council knows"})
    shown = principal.page(line).text
    assert all(words in shown for words in ("$150,000 to $0", WHY, "The council knows", scene.district.name))
    assert fresh(change).agreed is True
