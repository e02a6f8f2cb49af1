"""Legal duties: raised once, moved on, never taken back; closed by what was done or by two people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from tests.factories.safeguards import LegalDutyFactory, make_approver
from tests.support.pages.reading import forms
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.accounts.account.models import AccountState, UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.incidents.deputies import DeputyLook
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.safeguards.duties.duty import pages
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty, LegalDutyKind, Raised, merged
from wss_cases.safeguards.duties.duty.queries import Wanted, duties_of, duties_page, get_duty
from wss_cases.safeguards.duties.duty.raising import raise_duties
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
DUE, VERIFY = DutyState.DUE, DutyState.VERIFY_FIRST


@dataclass
class Scene:
    school: Any
    dean: Any
    administrator: Any
    incident: Any

    def raise_now(self, now: datetime = NOW, **raised: DutyState) -> None:
        with unit_of_work(SYSTEM, now) as uow:
            incident = uow.session.get(type(self.incident), self.incident.id)
            raise_duties(uow, incident, {code: Raised(state, ("D1",)) for code, state in raised.items()})
            uow.audit("test", "incident", incident.id)

    def duties(self) -> dict[str, LegalDuty]:
        return {row.duty.code: fresh(row.duty) for row in duties_of(self.incident.id)}


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Scene:
    at("2026-11-24 11:00")
    school = SchoolFactory()
    return Scene(
        school,
        make_user(Role.DEAN, school, name="Dean One"),
        make_user(Role.ADMINISTRATOR, school, name="Principal Two"),
        make_incident(school),
    )


def test_the_duty_table_is_seeded_with_its_doubts(session: Any) -> None:
    kinds = {kind.code: kind for kind in session.scalars(select(LegalDutyKind))}
    assert len(kinds) == 16
    assert {code for code, kind in kinds.items() if not kind.is_confirmed} == {
        "firearm_or_gun_threat",
        "attack_on_staff",
        "child_abuse_or_neglect",
        "bullying_notice",
        "adult_conduct",
        "article_26a_support",
    }
    assert kinds["drug_delivery"].clock_hours == 48
    assert kinds["firearm_or_gun_threat"].clock_hours == 0
    assert kinds["bullying_yearly"].clock_hours is None
    assert all(kind.trigger_es and kind.tell_es and kind.clock_es for kind in kinds.values())


def test_a_duty_starts_its_clock_and_tells_at_any_hour(scene: Scene, session: Any) -> None:
    scene.raise_now(drug_delivery=DUE)
    duty = scene.duties()["drug_delivery"]
    assert (duty.state, duty.raised_at, duty.due_at) == (DUE, NOW, NOW + timedelta(hours=48))
    mails = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "duty_raised")).all()
    assert {mail.recipient_id for mail in mails} == {scene.dean.id, scene.administrator.id}
    assert all(mail.at_any_hour for mail in mails)


def test_routing_again_moves_on_and_never_takes_back(scene: Scene) -> None:
    scene.raise_now(drug_incident=VERIFY, title_ix_contact=DUE)
    scene.raise_now(drug_incident=DUE)
    duties = scene.duties()
    assert duties["drug_incident"].state is DUE
    assert duties["title_ix_contact"].state is DUE
    assert not duties["title_ix_contact"].still_raised
    scene.raise_now(drug_incident=VERIFY, title_ix_contact=VERIFY)
    duties = scene.duties()
    assert len(duties_of(scene.incident.id)) == 2
    assert [duties[code].state for code in ("drug_incident", "title_ix_contact")] == [DUE, DUE]
    assert duties["title_ix_contact"].still_raised


def test_the_same_answer_again_changes_nothing(scene: Scene, session: Any) -> None:
    scene.raise_now(title_ix_contact=DUE)
    before = len(session.scalars(select(TimelineEntry)).all()), scene.duties()["title_ix_contact"].version
    scene.raise_now(title_ix_contact=DUE)
    after = len(session.scalars(select(TimelineEntry)).all()), scene.duties()["title_ix_contact"].version
    assert before == after
    assert len(session.scalars(select(OutboxMessage)).all()) == 2


def test_due_beats_verify_first_over_several_people() -> None:
    answers = [
        [{"duty": "drug_incident", "state": "verify_first", "rules": ["D2"]}],
        [{"duty": "drug_incident", "state": "due", "rules": ["D9"]}],
        [{"duty": "drug_incident", "state": "verify_first", "rules": ["D2"]}],
    ]
    assert merged(answers) == {"drug_incident": Raised(DUE, ("D2", "D9"))}


def close(scene: Scene, duty: LegalDuty, version: int | None = None, **more: Any) -> int:
    what = more.pop("what_was_done", "Called the coordinator.")
    values = {"done_at": NOW, "told_whom": "The coordinator", "channel": "phone", "reference": "T-1"} | more
    seen = duty.version if version is None else version
    call = Invocation(acting(scene.dean), NOW, version=seen)
    return SCHOOL_ACTS["discharge"](call, duty.id, what_was_done=what, **values)


def test_carried_out_once_and_not_raised_again(scene: Scene, session: Any) -> None:
    scene.raise_now(title_ix_contact=DUE)
    duty = scene.duties()["title_ix_contact"]
    close(scene, duty)
    assert fresh(duty).state is DutyState.DISCHARGED
    scene.raise_now(title_ix_contact=DUE)
    assert len(duties_of(scene.incident.id)) == 1
    audit = session.scalars(select(AuditEntry).where(AuditEntry.action == "duty.discharged")).one()
    assert audit.changes["what_was_done"] == ["…", "…"]


def test_what_cannot_close_a_duty(scene: Scene) -> None:
    scene.raise_now(title_ix_contact=DUE)
    duty = scene.duties()["title_ix_contact"]
    for field, more in (("done_at", {"done_at": NOW + timedelta(hours=1)}), ("what_was_done", {"what_was_done": " "})):
        with pytest.raises(Refused) as refused:
            close(scene, duty, **more)
        assert refused.value.field == field
    with pytest.raises(Stale):
        close(scene, duty, version=duty.version + 1)
    assert scene.duties()["title_ix_contact"].state is DUE


def test_the_deputy_looks_where_the_school_has_nobody_else(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    scene.raise_now(drug_incident=VERIFY)
    duty = scene.duties()["drug_incident"]
    deputy = db.session.get_one(UserAccount, make_approver(scene.school).deputy_id)
    fresh(scene.dean).state = AccountState.DISABLED
    db.session.commit()
    principal = Invocation(acting(scene.administrator), NOW)
    SCHOOL_ACTS["not_applicable"](principal, duty.id, reason="It was sugar.")
    first = db.session.scalars(select(DeputyLook)).one()
    client = client_as(deputy)
    page = client.page(f"/deputy-looks/{first.id}").text
    assert "It was sugar." in page and client.get(f"/duties/{duty.id}").status_code == 404
    assert client.submit(f"/deputy-looks/{first.id}", {"agrees": "no"}).status_code == 303
    assert (fresh(duty).state, fresh(duty).proposed_by_id) == (VERIFY, None)
    SCHOOL_ACTS["not_applicable"](principal, duty.id, reason="It was sugar, tested.")
    again = db.session.scalars(select(DeputyLook).where(DeputyLook.taken_at.is_(None))).one()
    assert client.submit(f"/deputy-looks/{again.id}", {"agrees": "yes"}).status_code == 303
    assert (fresh(duty).state, fresh(duty).closed_by_id) == (DutyState.NOT_APPLICABLE, deputy.id)


def test_not_applicable_needs_a_second_person(scene: Scene) -> None:
    scene.raise_now(drug_incident=VERIFY)
    duty = scene.duties()["drug_incident"]
    dean, other = acting(scene.dean), acting(scene.administrator)
    SCHOOL_ACTS["not_applicable"](Invocation(dean, NOW, version=duty.version), duty.id, reason="It was sugar.")
    duty = fresh(duty)
    assert duty.state is VERIFY
    with pytest.raises(Refused, match="second person"):
        pages.take_second_review(Invocation(dean, NOW, version=duty.version), duty.id, agrees=True)
    pages.take_second_review(Invocation(other, NOW, version=duty.version), duty.id, agrees=False)
    assert fresh(duty).proposed_by_id is None
    duty = fresh(duty)
    SCHOOL_ACTS["not_applicable"](Invocation(dean, NOW, version=duty.version), duty.id, reason="It was sugar, tested.")
    pages.take_second_review(Invocation(other, NOW, version=fresh(duty).version), duty.id, agrees=True)
    duty = fresh(duty)
    assert (duty.state, duty.closed_by_id, duty.what_was_done) == (
        DutyState.NOT_APPLICABLE,
        other.user_id,
        "It was sugar, tested.",
    )
    scene.raise_now(drug_incident=VERIFY)
    assert len(duties_of(scene.incident.id)) == 1
    scene.raise_now(drug_incident=DUE)
    assert [row.duty.turn for row in duties_of(scene.incident.id)] == [2, 1]


def test_duties_of_another_school_do_not_exist(scene: Scene) -> None:
    duty = LegalDutyFactory(incident_id=scene.incident.id, school_id=scene.school.id)
    stranger = acting(make_user(Role.DEAN, SchoolFactory()))
    coordinator = acting(make_user(Role.COORDINATOR, scene.school))
    assert duties_page(stranger, Wanted(), None) == []
    assert [row.duty.id for row in duties_page(coordinator, Wanted(scene.school.id), None)] == [duty.id]
    with pytest.raises(NotFound):
        get_duty(stranger, duty.id)
    with pytest.raises(NotFound):
        SCHOOL_ACTS["not_applicable"](Invocation(coordinator, NOW, version=duty.version), duty.id, reason="No.")
    with pytest.raises(NotFound):
        SCHOOL_ACTS["not_applicable"](Invocation(stranger, NOW, version=duty.version), duty.id, reason="No.")


def test_the_pages_say_what_to_do(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    duty = LegalDutyFactory(
        incident_id=scene.incident.id, school_id=scene.school.id, code="bullying_notice", still_raised=False,
        due_at=NOW - timedelta(hours=1),
    )  # fmt: skip
    client = client_as(scene.dean)
    listed = client.page("/duties").text
    assert "Needs legal review" in listed
    assert "Overdue" in listed
    assert "The facts no longer raise this duty" in listed
    answer = client.submit(f"/duties/{duty.id}/discharge", {"what_was_done": "", "told_whom": "Families"})
    assert answer.status_code == 400
    values = {"what_was_done": "Called all families.", "told_whom": "Families", "channel": "phone"}
    early = client.submit(f"/duties/{duty.id}/discharge", values)
    assert early.status_code == 400
    assert "First record each step" in early.get_data(as_text=True)
    told = {"outcome": "done", "told_whom": "Both families", "channel": "phone"}
    unsaid = client.submit(f"/duties/{duty.id}/steps/1", told | {"told_whom": ""})
    assert unsaid.status_code == 400 and "Enter who was told." in unsaid.get_data(as_text=True)
    assert client.submit(f"/duties/{duty.id}/steps/1", told).status_code == 303
    assert "Both families" in client.page(f"/duties/{duty.id}").text
    assert client.submit(f"/duties/{duty.id}/discharge", values).status_code == 303
    assert fresh(duty).state is DutyState.DISCHARGED
    assert "Called all families." in client.page(f"/duties/{duty.id}").text


def test_a_second_look_on_the_page(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    duty = LegalDutyFactory(incident_id=scene.incident.id, school_id=scene.school.id)
    client_as(scene.dean).submit(f"/duties/{duty.id}/not-applicable", {"reason": "A joke."})
    assert "A second person decides" in client_as(scene.dean).page(f"/duties/{duty.id}").text
    second = client_as(scene.administrator)
    form = next(form for form in _forms(second, f"/duties/{duty.id}") if form.values().get("agrees") == ["1"])
    answer = second.post(f"/duties/{duty.id}/second-look", data={k: v[0] for k, v in form.values().items()})
    assert answer.status_code == 303
    assert fresh(duty).state is DutyState.NOT_APPLICABLE


def _forms(client: Any, address: str) -> list[Any]:

    return [form for form in forms(client.page(address).find_all("main")[0]) if form.method == "post"]
