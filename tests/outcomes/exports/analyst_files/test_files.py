"""A file of incidents without names: agreement, request, release by another person, download, and what is in it."""

from __future__ import annotations

import random
import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, UserFactory, acting, make_user
from tests.factories.base import one_commit, put
from tests.outcomes.exports.analyst_files.attack import told_of_everyone
from tests.outcomes.exports.analyst_files.district import (
    AGREED,
    FORMULA,
    PAGE,
    WANTED,
    ClientAs,
    District,
    newest,
    tables_of,
)
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.outcomes.exports.analyst_files.agreements.models import AnalystAgreement, PrivacyLead
from wss_cases.outcomes.exports.analyst_files.files.messages import _answered
from wss_cases.outcomes.exports.analyst_files.files.models import AnalystFile
from wss_cases.outcomes.exports.analyst_files.files.states import FileState, Refusal
from wss_cases.outcomes.exports.export_log.models import ExportRecord


@pytest.mark.both_databases
def test_from_the_agreement_to_the_file_by_two_people_and_an_attacker_finds_nothing(made: District) -> None:
    made.ready()
    assert made.request().status_code == 303
    row = newest()
    one = f"{PAGE}/{row.id}"
    assert made.asks.get(f"{one}/download").status_code == 404
    assert made.asks.get(f"{one}/release").status_code == 404, "who asks does not release"
    told = made.releases.page(f"{one}/release").text
    assert "160 incidents" in told and AGREED["purpose"] in told
    assert made.releases.submit(f"{one}/release").status_code == 303
    assert made.releases.get(f"{one}/download").status_code == 404, "who releases does not take it"
    answer = made.asks.submit(f"{one}/download")
    assert answer.status_code == 200 and answer.is_streamed and answer.headers["Cache-Control"] == "no-store"
    incidents, dictionary, text = tables_of(answer)
    assert len(incidents) == 160
    _hold_against_the_district(incidents, text)
    _hold_against_the_dictionary(incidents, dictionary)
    assert {one["school"] for one in incidents} == {f"'{FORMULA}", "Oak High School"}
    assert {one["month"] for one in incidents} >= {"2026-09", "2026-10"}
    log = db.session.scalars(select(ExportRecord)).one()
    assert (log.name, log.form, log.row_count, log.reason) == ("incidents", "zip", 160, WANTED["reason"])
    log_of_it = select(AuditEntry.action).where(AuditEntry.object_type == "analyst_file").order_by(AuditEntry.id)
    acts = list(db.session.scalars(log_of_it))
    assert acts == ["analyst_file.asked", "analyst_file.released", "analyst_file.taken"]
    mails = {(row[0], row[1]) for row in db.session.execute(select(OutboxMessage.kind, OutboxMessage.recipient_id))}
    assert mails >= {
        ("analyst_file.asked", made.lead.id), ("analyst_file.answered", made.boss.id), ("export_made", made.lead.id),
    }  # fmt: skip


def _hold_against_the_district(incidents: list[dict[str, str]], text: str) -> None:
    numbers = {one["incident"] for one in incidents}
    assert len(numbers) == len(incidents) and all(re.fullmatch("[0-9a-f]{16}", one) for one in numbers)
    known = [str(value) for row in db.session.execute(select(Incident.id, Incident.reference)) for value in row]
    cells = {cell for one in incidents for name, cell in one.items() if name not in ("incident", "behavior_group")}
    assert not cells & set(known)
    assert not re.search(r"\d{4}-\d\d-\d\d|\d\d:\d\d", text), "no day, no hour"
    assert "Quillfeather" not in text and "Longname" not in text and AGREED["signed_by"] not in text
    alike: dict[tuple[str, ...], int] = {}
    for one in incidents:
        cell = tuple(value for name, value in one.items() if name != "incident")
        alike[cell] = alike.get(cell, 0) + 1
    assert min(alike.values()) >= 10 and len(alike) > 3 and not told_of_everyone(incidents)


def _hold_against_the_dictionary(incidents: list[dict[str, str]], dictionary: list[dict[str, str]]) -> None:
    """Each column is described, and each value of a closed column too."""
    described = {(one["column"], one["value"]) for one in dictionary}
    assert set(incidents[0]) == {column for column, value in described if not value}
    for one in incidents:
        for name, value in one.items():
            assert name in ("incident", "school_year", "network", "school", "month") or (name, value) in described
    assert ("(file)", "receiver") in described


def test_no_month_goes_to_a_receiver_twice_and_no_second_file_shows_what_moved(
    made: District, client_as: ClientAs, moment: Any
) -> None:
    made.ready()
    one = made.released()
    assert "some of these months" in made.request(first_month="2026-10").get_data(as_text=True)
    first, _words, _text = tables_of(made.asks.submit(f"{one}/download"))
    again, _words, _text = tables_of(made.asks.submit(f"{one}/download"))
    assert not {row["incident"] for row in first} & {row["incident"] for row in again}, "two files cannot be joined"
    same = made.asks.submit(f"{PAGE}/agreements/new", AGREED | {"receiver": "university of elm policy lab "})
    assert same.status_code == 303
    assert "No month goes to the same receiver twice" in made.request().get_data(as_text=True)
    with one_commit():
        for _ in range(30):
            made.report(made.students[0], random.Random(1))
    moved = made.asks.submit(f"{one}/download")
    assert moved.status_code == 400 and "changed since the file was released" in moved.get_data(as_text=True)
    moment("2026-12-01 11:00")
    assert client_as(made.boss).get(f"{one}/download").status_code == 404, "seven days are over"


def test_nothing_leaves_without_an_agreement_in_force(made: District, client_as: ClientAs, moment: Any) -> None:
    made.ready()
    one = made.released()
    agreement = db.session.scalars(select(AnalystAgreement)).one()
    assert made.asks.submit(f"{PAGE}/agreements/{agreement.id}/end").status_code == 303
    assert made.asks.get(f"{one}/download").status_code == 404
    assert made.asks.get(f"{PAGE}/agreements/{agreement.id}/end").status_code == 404
    assert f"{PAGE}/new" not in made.asks.get(PAGE).get_data(as_text=True)
    assert made.request().status_code == 400, "it is offered no more"
    assert made.asks.submit(f"{PAGE}/agreements/new", AGREED | {"ends_on": "2026-11-30"}).status_code == 303
    two = made.released()
    moment("2026-12-01 08:00")
    assert client_as(made.boss).get(f"{two}/download").status_code == 404


def test_bad_input_is_said_at_its_field_and_makes_nothing(made: District) -> None:
    made.ready()
    for said, change in {
        "must not come before the first month": {"first_month": "2026-10", "last_month": "2026-09"},
        "of one school year": {"first_month": "2026-07", "last_month": "2026-08"},
        "Choose the last month": {"last_month": ""},
        "Write a little more": {"reason": "study"},
    }.items():
        answer = made.request(**change)
        assert answer.status_code == 400 and said in answer.get_data(as_text=True), said
    for said, change in {
        "must not come before the first day": {"ends_on": "2026-10-01"},
        "This agreement is over": {"starts_on": "2025-11-01", "ends_on": "2026-11-23"},
        "at most five years": {"ends_on": "2032-01-01"},
        "Enter the receiver": {"receiver": "…"},
        "number of the signed document": {"reference": " "},
    }.items():
        answer = made.asks.submit(f"{PAGE}/agreements/new", AGREED | change)
        assert answer.status_code == 400 and said in answer.get_data(as_text=True), said
    assert db.session.scalar(select(AnalystFile.id)) is None


def test_who_answers_for_privacy_is_named_by_another_and_never_decides_on_their_own_request(
    made: District, client_as: ClientAs
) -> None:
    shown = made.asks.get(PAGE).get_data(as_text=True)
    assert f"{PAGE}/privacy" in shown and "a second administrator" not in shown
    alone = made.asks.submit(f"{PAGE}/privacy", {"user_id": str(made.boss.id)})
    assert alone.status_code == 400 and db.session.scalar(select(PrivacyLead.id)) is None
    made.ready()
    assert f"{PAGE}/new" in made.asks.get(PAGE).get_data(as_text=True)
    assert f"{PAGE}/new" not in made.releases.get(PAGE).get_data(as_text=True), "the lead never asks"
    refused = made.releases.submit(f"{PAGE}/new", WANTED | {"agreement_id": str(_agreement())})
    assert refused.status_code == 400 and "someone else must ask" in refused.get_data(as_text=True)
    assert made.request().status_code == 303
    row = newest()
    assert made.releases.submit(f"{PAGE}/privacy", {"user_id": str(made.boss.id)}).status_code == 303
    assert newest().state is FileState.WITHDRAWN, "who asked now answers for privacy"
    third = make_user(Role.DISTRICT)
    assert made.asks.submit(f"{PAGE}/privacy", {"user_id": str(made.lead.id)}).status_code == 303
    assert made.request().status_code == 303
    assert made.asks.submit(f"{PAGE}/privacy", {"user_id": str(third.id)}).status_code == 303
    row = newest()
    assert row.lead_id == third.id and made.releases.get(f"{PAGE}/{row.id}/release").status_code == 404
    assert client_as(third).submit(f"{PAGE}/{row.id}/refuse", {"because": "overlap"}).status_code == 303
    assert newest().state is FileState.REFUSED
    db.session.get_one(type(third), third.id).state = AccountState.DISABLED
    db.session.commit()
    assert "No one is named as responsible" in made.request().get_data(as_text=True)
    db.session.get_one(type(third), made.lead.id).state = AccountState.DISABLED
    db.session.commit()
    shown = made.asks.get(PAGE).get_data(as_text=True)
    assert f"{PAGE}/privacy" not in shown and "a second administrator" in shown


def _agreement() -> int:
    return db.session.scalars(select(AnalystAgreement.id)).one()


def test_one_person_with_two_accounts_releases_nothing(made: District) -> None:
    made.ready()
    assert made.request().status_code == 303
    row = newest()
    db.session.add(
        AuditEntry(
            at=row.asked_at, actor_id=made.boss.id, action="account.address_changed", object_type="user_account",
            object_id=made.lead.id, changes={}, request_id="",
        )
    )  # fmt: skip
    db.session.commit()
    assert made.releases.submit(f"{PAGE}/{row.id}/release").status_code == 400
    assert newest().state is FileState.ASKED


def test_a_request_is_withdrawn_by_who_made_it_and_too_few_incidents_are_refused(made: District) -> None:
    made.ready()
    assert made.request().status_code == 303
    row = newest()
    assert made.releases.get(f"{PAGE}/{row.id}/withdraw").status_code == 404
    assert made.asks.submit(f"{PAGE}/{row.id}/withdraw").status_code == 303
    assert newest().state is FileState.WITHDRAWN and newest().decided_by_id == row.asked_by_id
    assert made.request(first_month="2026-08", last_month="2026-08").status_code == 303
    row = newest()
    assert "Too few incidents" in made.releases.page(f"{PAGE}/{row.id}/release").text
    few = made.releases.submit(f"{PAGE}/{row.id}/release")
    assert few.status_code == 400 and "Choose more months" in few.get_data(as_text=True)
    assert newest().state is FileState.ASKED
    assert made.releases.submit(f"{PAGE}/{row.id}/refuse", {}).status_code == 303, "the reason is chosen already"
    assert newest().refused_because is Refusal.TOO_FEW and db.session.scalar(select(ExportRecord.id)) is None
    assert "Too few incidents and students" in made.asks.page(f"{PAGE}/{row.id}").text


def test_who_is_refused_reads_why(made: District) -> None:
    made.ready()
    assert made.request().status_code == 303
    one = f"{PAGE}/{newest().id}"
    assert made.releases.submit(f"{one}/refuse", {}).status_code == 400, "nothing stands in its way: choose a reason"
    silent = made.releases.submit(f"{one}/refuse", {"because": "other", "own_words": " "})
    assert silent.status_code == 400 and "Write why it is not released." in silent.get_data(as_text=True)
    said = {"because": "other", "own_words": "Ask for the whole year."}
    assert made.releases.submit(f"{one}/refuse", said).status_code == 303
    assert "Another reason · Ask for the whole year." in made.asks.page(one).text
    told = select(OutboxMessage).where(OutboxMessage.kind == "analyst_file.answered")
    mailed = _answered(db.session.scalars(told).one(), acting(made.boss))
    assert mailed["words"] == "It was not released. The page says why."
    assert newest().expires_at is None and made.request().status_code == 303, "its months are free"
    agreement = db.session.scalars(select(AnalystAgreement)).one()
    assert made.asks.submit(f"{PAGE}/agreements/{agreement.id}/end").status_code == 303
    one = f"{PAGE}/{newest().id}"
    stopped = made.releases.page(f"{one}/release")
    ways = [link.get("href") for link in stopped.find_all("main")[0].find_all("a")]
    assert "The agreement is not in force." in stopped.text and f"{one}/refuse" in ways
    assert "Release the file" not in stopped.find_all("main")[0].text, "no button that is refused"
    assert made.releases.submit(f"{one}/refuse", {}).status_code == 303
    assert newest().refused_because is Refusal.AGREEMENT
    changes = [str(row.changes) for row in db.session.scalars(select(AuditEntry))]
    assert not any("the whole year" in one for one in changes), "the log does not repeat the words"


def test_a_released_file_that_was_not_downloaded_gives_its_months_back(made: District) -> None:
    made.ready()
    one = made.released()
    assert made.request().status_code == 400
    assert made.releases.get(f"{one}/withdraw").status_code == 404, "only who asked for it"
    released = newest()
    assert made.asks.submit(f"{one}/withdraw").status_code == 303
    assert newest().state is FileState.WITHDRAWN and made.asks.get(f"{one}/download").status_code == 404
    decided = (newest().decided_by_id, newest().decided_at)
    assert decided == (released.decided_by_id, released.decided_at) and released.decided_by_id == made.lead.id
    two = made.released()
    assert made.asks.submit(f"{two}/download").status_code == 200
    assert made.asks.get(f"{two}/withdraw").status_code == 404, "what was downloaded cannot be called back"


def test_agreements_stand_page_by_page(made: District) -> None:
    shared = {"purpose": "P", "signed_by": "S", "starts_on": date(2026, 11, 1), "ends_on": date(2027, 1, 1)}
    for number in range(23):
        name = f"Receiver {number:02}"
        put(
            AnalystAgreement(
                receiver=name,
                receiver_key=name,
                reference="R",
                recorded_by_id=made.boss.id,
                recorded_at=clock.now(),
                **shared,
            )
        )
    db.session.commit()
    first = made.asks.page(PAGE)
    assert "Receiver 22" in first.text and "Receiver 02" not in first.text
    (older,) = [
        link.attributes["href"] for link in first.find_all("a") if "agreements=" in (link.attributes.get("href") or "")
    ]
    assert "Receiver 02" in made.asks.page(older).text and "Receiver 22" not in made.asks.page(older).text


def test_only_the_whole_district_knows_of_it(made: District, client_as: ClientAs) -> None:
    head = UserFactory()
    RoleGrantFactory(user_id=head.id, role=Role.DISTRICT, network="Network 1")
    for user in (head, make_user(Role.ADMINISTRATOR, made.schools[0]), make_user(Role.SYSADMIN)):
        for address in ("", "/new", "/privacy", "/agreements/new"):
            assert client_as(user).get(f"{PAGE}{address}").status_code == 404, address
