"""What was written without network arrives once, for its writer alone, and nothing of it is lost on the way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.intake.offline.device import Device
from wss_cases.access.actor import STAFF, SYSTEM, Invocation, Role
from wss_cases.accounts.account.models import RoleGrant, UserAccount, UserSession
from wss_cases.accounts.sealed_boxes import FORGOTTEN_AFTER, RENEWED_AFTER, SealingKey, key_for
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import Share
from wss_cases.incidents.changes import save_draft
from wss_cases.incidents.incident.models import CareRecord, Incident, IncidentDraft
from wss_cases.intake.offline.models import GONE, WAITS, EntryState, OfflineEntry, erase_unfiled
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.practice.log import PracticeEntry
from wss_cases.records.family_copies.copy.models import Part
from wss_cases.records.family_copies.request import ask
from wss_cases.records.retention.core.pages import RetentionRule
from wss_cases.records.retention.deletion.erasure import erase_student
from wss_cases.records.retention.schedule import clean

TEN = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def school(session: Any, at: Any) -> Any:
    at("2026-11-24 10:00")
    return SchoolFactory(phone="555 0100")


@pytest.fixture
def officer(school: Any) -> Any:
    return make_user(Role.REPORTER, school)


def all_of(model: Any) -> list[Any]:
    db.session.expire_all()
    return list(db.session.scalars(select(model).order_by(model.id)))


def test_a_report_arrives_once_with_its_own_time_and_the_names_to_be_matched(officer, client_as, at) -> None:
    device = Device(client_as(officer))
    box = device.write()
    assert b"Pena" not in str(box).encode()
    at("2026-11-24 11:30")
    first, second = device.send(box), device.send(box)
    [report] = all_of(Incident)
    assert first["status"] == second["status"] == "sent" and report.reference in first["words"]
    assert "Match the names you typed." in first["words"]
    assert first["words"] == second["words"] and first["href"] == f"/incidents/{report.id}/saved"
    assert (report.occurred_at, report.submitted_at, report.reporter_id) == (TEN, clock.now(), officer.id)
    assert [one.description for one in report.people] == ["Jordan Pena", "Mia K."]
    page = device.client.page(f"/incidents/{report.id}").text
    assert "Written offline" in page and "Jordan Pena, Mia K." in page and "Match the names" in page
    assert "device’s clock" not in page
    assert "Pena" not in str([entry.changes for entry in all_of(AuditEntry)])


def test_a_circle_arrives_once_on_the_day_it_was_held(officer, client_as, at) -> None:
    device = Device(client_as(officer))
    box = device.write("practice")
    at("2026-11-25 08:00")
    device = Device(client_as(officer))
    assert device.send(box) == device.send(box)
    [entry] = all_of(PracticeEntry)
    assert (entry.held_on.isoformat(), entry.students, entry.grade) == ("2026-11-24", 21, 9)
    assert (entry.led_by_id, entry.logged_by_id) == (officer.id, officer.id)


def test_what_its_page_had_brought_already_is_not_written_twice(officer, client_as) -> None:
    client = client_as(officer)
    device = Device(client)
    form = client.form("/incidents/new", action="/incidents/new").values()
    fields = {name: held[0] for name, held in form.items() if held}
    fields |= {"danger": "no", "unknown_person": "y", "what": "fight", "where": "hallway"}
    assert client.post("/incidents/new", data=fields).status_code == 303
    key = fields.pop("request_key")
    box = device.write(draft=True, name=key, **fields)
    db.session.delete(db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == officer.id)).one())
    db.session.commit()  # what is done is not undone by what came after it
    assert device.send(box)["status"] == "sent"
    assert len(all_of(Incident)) == 1 and all_of(OfflineEntry) == []


def test_a_clock_a_day_ahead_is_put_right_and_said(officer, client_as, at) -> None:
    device = Device(client_as(officer), ahead=DAY)
    box = device.write()
    at("2026-11-24 11:30")
    answer = device.send(box)
    [report] = all_of(Incident)
    assert report.occurred_at == TEN
    assert "1 day ahead" in answer["words"]
    page = device.client.page(f"/incidents/{report.id}").text
    assert "1 day ahead" in page and "Correct the facts" in page


def test_whatever_somebodys_roles_they_open_and_see_nothing_of_anothers(school, officer, client_as) -> None:
    device = Device(client_as(officer))
    box, kept = device.write(), device.write(what="")
    device.send(kept)
    [row] = all_of(OfflineEntry)
    for role in Role:
        other = Device(client_as(make_user(role, school if role in STAFF else None)))
        assert other.post(box).status_code == 404, role
        assert other.told["waiting"] == 0 and (other.told["key"] is not None) == (role in STAFF), role
        assert "Pena" not in other.client.page("/offline/waiting").text, role
        assert other.client.get(f"/incidents/new?unsent={row.id}").status_code == 404, role
    assert all_of(Incident) == [] and device.send(box)["status"] == "sent"


def test_a_session_that_is_over_sends_and_fetches_nothing_until_its_person_signs_in_again(officer, client_as) -> None:
    device = Device(client_as(officer))
    box = device.write()
    db.session.scalars(select(UserSession).where(UserSession.user_id == officer.id)).one().revoked_at = clock.now()
    db.session.commit()
    assert device.post(box).status_code == 303, "to the sign-in, which no device follows"
    assert device.client.get("/offline/device").status_code == 303
    assert all_of(Incident) == []
    again = Device(client_as(officer))
    assert again.send(box)["status"] == "sent"


@pytest.mark.parametrize("token", ["", "x"])
def test_without_a_token_nothing_is_taken(officer, client_as, token) -> None:
    device = Device(client_as(officer))
    assert device.post(device.write(), token).status_code == 400
    assert all_of(OfflineEntry) == []


def test_a_box_that_was_changed_is_refused_and_so_is_what_is_none(officer, client_as) -> None:
    device = Device(client_as(officer))
    box = device.write()
    broken = [
        {**box, "name": "0" * 32}, {**box, "text": box["text"][:-8] + "AAAAAAA="}, {**box, "nonce": "?"},
        {**box, "sender": "AAAA"}, {**box, "text": 5}, {**box, "nonce": "AA=="}, {},
    ]  # fmt: skip
    assert [device.post(one).status_code for one in broken] == [422] * len(broken)
    assert (
        device.client.post("/offline/send", data="x", headers={"X-CSRFToken": device.told["csrf"]}).status_code == 422
    )
    assert all_of(Incident) == []


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_role_that_ended_meanwhile_loses_nothing(school, officer, client_as, elsewhere) -> None:
    device = Device(client_as(officer))
    box = device.write(school=school.id)
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == officer.id)).one()
    if elsewhere:
        grant.school_id = SchoolFactory().id
    else:
        db.session.delete(grant)
    db.session.commit()
    answer = device.send(box)
    assert answer["status"] == "mend" and device.send(box) == answer
    [row] = all_of(OfflineEntry)
    assert all_of(Incident) == [] and b"Pena" not in row.sealed_text
    page = device.client.page("/offline/waiting").text
    assert "Jordan Pena, Mia K." in page and "Behind the gym." in page
    assert f"You have no role at {school.name} now" in page and "555 0100" in page
    assert ("Answer and file it" in page) == elsewhere
    device.hear()
    assert device.told["waiting"] == 1


def test_what_was_refused_is_mended_in_its_page_and_filed_once(officer, client_as) -> None:
    client = client_as(officer)
    device = Device(client)
    box = device.write(when="other", occurred="2031-01-01T10:00")
    assert device.send(box)["status"] == "mend"
    [row] = all_of(OfflineEntry)
    assert "This time is in the future" in client.page("/offline/waiting").text
    address = f"/incidents/new?unsent={row.id}"
    form = client.form(address, action="/incidents/new").values()
    assert form["narrative"] == ["Behind the gym.\nNames typed: Jordan Pena, Mia K."]
    client.submit(address, {"when": "earlier", "unknown_person": "y"}, action="/incidents/new")
    [report] = all_of(Incident)
    [row] = all_of(OfflineEntry)
    assert (row.state, row.sealed_text) == (EntryState.FILED, None)
    assert "Jordan Pena" in report.narrative
    assert device.send(box)["status"] == "sent" and len(all_of(Incident)) == 1
    assert client.get(address).status_code == 404


def test_what_waits_is_its_writers_alone_who_may_delete_it(school, officer, client_as) -> None:
    device, other = Device(client_as(officer)), client_as(make_user(Role.DEAN, school))
    device.send(device.write(what=""))
    [row] = all_of(OfflineEntry)
    assert "Nothing is waiting for you" in other.page("/offline/waiting").text
    theirs = other.post(f"/offline/waiting/{row.id}/discard", data={"csrf_token": other.csrf_token("/account")})
    assert theirs.status_code == 404 and all_of(OfflineEntry)[0].sealed_text is not None
    device.client.submit("/offline/waiting", action="/discard")
    [row] = all_of(OfflineEntry)
    assert (row.state, row.sealed_text) == (EntryState.DISCARDED, None)


def test_danger_waits_for_no_name_and_no_time(officer, client_as) -> None:
    device = Device(client_as(officer))
    device.send(device.write(danger="yes", names="", when="other", occurred="2031-01-01T10:00"))
    [report] = all_of(Incident)
    assert report.danger_now and report.occurred_at == TEN


def test_a_concern_about_a_student_goes_to_the_care_team_with_the_name_in_its_words(officer, client_as) -> None:
    device = Device(client_as(officer))
    assert device.send(device.write(what="worried"))["href"].startswith("/worries/")
    [record] = all_of(CareRecord)
    assert record.narrative == "Jordan Pena, Mia K.\nBehind the gym." and all_of(Incident) == []


def test_a_draft_ends_only_with_its_own_form(school, officer, client_as) -> None:
    device = Device(client_as(officer))
    save_draft(acting(officer), "capture", {"narrative": ["Another one."]}, clock.now(), school_id=school.id)
    device.send(device.write())
    assert len(all_of(IncidentDraft)) == 1
    device.send(device.write(draft=True))
    assert all_of(IncidentDraft) == []


def test_a_key_is_renewed_each_month_and_opens_for_a_year(officer, client_as, at) -> None:
    device = Device(client_as(officer))
    box, who = device.write(), acting(officer)
    assert key_for(who, clock.now()).name == device.told["key"]["name"]
    later = clock.now() + RENEWED_AFTER
    assert key_for(who, later).name != device.told["key"]["name"]
    assert device.send(box)["status"] == "sent"
    key_for(who, clock.now() + FORGOTTEN_AFTER)
    assert device.told["key"]["name"] not in [row.name for row in all_of(SealingKey)]


def test_asking_makes_no_key_and_only_staff_have_one_made(officer, client_as) -> None:
    client = client_as(officer)
    first = client.get("/offline/device").get_json()
    assert first["key"] is None and first["key_at"] == "/offline/key" and all_of(SealingKey) == []
    assert client.post("/offline/key", json={}).status_code == 400, "without the token of the form"
    key = Device(client).told["key"]
    again = client.get("/offline/device").get_json()
    assert again["key"] == key and again["key_at"] is None and len(all_of(SealingKey)) == 1
    auditor = client_as(make_user(Role.AUDITOR))
    told = auditor.get("/offline/device").get_json()
    assert told["key_at"] is None


def test_a_form_that_is_too_large_is_answered_with_a_page(officer, client_as) -> None:
    client = client_as(officer)
    sent = {"csrf_token": client.csrf_token("/account"), "request_key": "k", "narrative": "x" * 3_000_000}
    assert client.post("/incidents/new", data=sent).status_code == 413


def test_a_device_is_told_schools_and_a_key_and_no_name(school, officer, client_as) -> None:
    told = Device(client_as(officer)).told
    assert [one["name"] for one in told["schools"]] == [school.name]
    assert officer.name not in str(told) and officer.email not in str(told)
    partner = client_as(make_user(Role.AUDITOR)).get("/offline/device").get_json()
    assert partner["key"] is None and partner["schools"] == [] and all_of(SealingKey)[0].user_id == officer.id


@pytest.fixture
def officer_id(officer: Any) -> int:
    return officer.id


def entries() -> list[OfflineEntry]:
    db.session.expire_all()
    return list(db.session.scalars(select(OfflineEntry).order_by(OfflineEntry.id)))


def mails() -> list[tuple[str, int]]:
    """Return the kinds of mail about unfiled entries and to whom they go, in their order."""
    rows = db.session.execute(
        select(OutboxMessage.kind, OutboxMessage.recipient_id)
        .where(OutboxMessage.kind.in_([WAITS, GONE]))
        .order_by(OutboxMessage.id)
    )
    return [(kind, recipient) for kind, recipient in rows]


def test_its_writer_is_told_and_then_it_goes(officer: Any, officer_id: int, client_as: Any, at: Any) -> None:
    device = Device(client_as(officer))
    box = device.write(what="")
    device.send(box)
    for day, state, told in (
        ("2026-12-04", EntryState.TO_MEND, []),
        ("2026-12-05", EntryState.TO_MEND, [(WAITS, officer_id)]),
        ("2026-12-07", EntryState.TO_MEND, [(WAITS, officer_id)]),
        ("2026-12-08", EntryState.ERASED, [(WAITS, officer_id), (GONE, officer_id)]),
    ):
        at(f"{day} 10:00")
        clean(clock.now())
        clean(clock.now())
        assert (entries()[0].state, mails()) == (state, told), day
    [row] = entries()
    assert (row.sealed_text, row.sealed_key, row.key_name) == (None, None, None)
    audited = list(db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "offline_entry")))
    assert audited[-2:] == ["offline_entry.warned", "offline_entry.erased"]
    device = Device(client_as(db.session.get_one(UserAccount, officer_id)))  # the first session is over by now
    assert "never filed" in device.send(box)["words"] and len(entries()) == 1
    assert "Nothing is waiting for you" in device.client.page("/offline/waiting").text


def test_none_goes_untold_and_the_schedule_says_when(officer: Any, officer_id: int, client_as: Any, at: Any) -> None:
    device = Device(client_as(officer))
    device.send(device.write(what=""))
    rule = db.session.scalars(select(RetentionRule).where(RetentionRule.code == "offline_entry")).one()
    assert rule.keep == 14
    rule.keep = 4
    db.session.commit()
    at("2027-03-01 10:00")  # nobody swept for months
    clean(clock.now())
    assert entries()[0].state is EntryState.TO_MEND and mails() == [(WAITS, officer_id)]
    at("2027-03-03 10:00")
    clean(clock.now())
    assert entries()[0].state is EntryState.ERASED


def test_a_deletion_takes_what_names_the_child(school: Any, officer: Any, officer_id: int, client_as: Any) -> None:
    child = StudentFactory(school=school, given_name="Jordan", family_name="Pena")
    child_id = child.id
    device = Device(client_as(officer))
    for names in ("Jordan Pena", "Somebody Else"):
        device.send(device.write(what="", names=names))
    with unit_of_work(SYSTEM, clock.now()) as uow:
        counts = erase_student(uow, child_id, permanent=True)
        uow.no_audit()
    assert counts["unfiled"] == 1
    assert [row.state for row in entries()] == [EntryState.ERASED, EntryState.TO_MEND]
    assert mails() == [(GONE, officer_id)]


def test_a_copy_asks_for_it_to_be_filed(school: Any, officer: Any, officer_id: int, client_as: Any) -> None:
    child = StudentFactory(school=school, given_name="Jordan", family_name="Pena", birth_date=date(2008, 1, 1))
    report = make_incident(school, [child])
    asks, child_id, report_id = acting(make_user(Role.COORDINATOR, school)), child.id, report.id
    device = Device(client_as(officer))
    for names in ("Jordan Pena", "Somebody Else"):
        device.send(device.write(what="", names=names))
    wanted = {"who": "student", "asked_on": date(2026, 11, 24), "purpose": "To read it", "language": "en"}
    chosen = {"reports": [report_id], "parts": [Part.NARRATIVE]}
    ask(Invocation(asks, clock.now(), "k"), child_id, **wanted, **chosen)
    assert mails() == [(WAITS, officer_id)]
    assert [row.state for row in entries()] == [EntryState.TO_MEND, EntryState.TO_MEND]


def test_a_spent_share_tells_one_writer_and_empties_one_entry(
    officer: Any, officer_id: int, client_as: Any, at: Any
) -> None:
    device = Device(client_as(officer))
    device.send(device.write(what=""))
    at("2026-11-27 10:00")
    device = Device(client_as(db.session.get_one(UserAccount, officer_id)))
    device.send(device.write(what=""))
    at("2026-12-05 10:00")
    clean(clock.now())
    at("2026-12-08 10:00")
    assert erase_unfiled(clock.now(), 14, Share(-1.0)) == 1
    assert [(row.state, row.warned_at is None) for row in entries()] == [
        (EntryState.ERASED, False),
        (EntryState.TO_MEND, False),
    ]
