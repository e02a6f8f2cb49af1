"""The review queue: narrowed, in pages, assigned; two reports of one event merged or told apart with one tap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, make_user
from tests.factories.base import fresh, one_commit
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.intake.making import NOW, Place, set_facts
from tests.support.pages.asked import asked
from tests.support.pages.tables import heads_of, rows_of
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import GuardianContact, Incident
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.intake.duplicates import ToldApart, merge_into, tell_apart
from wss_cases.intake.recommendation import situation
from wss_cases.intake.review.acts import reopen_review
from wss_cases.journal.models import OutboxMessage, TimelineEntry

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED


def tap(client: Any, report: Incident, act: str) -> Any:
    """Press one of the buttons of a row."""
    data = {"csrf_token": client.csrf_token("/review"), "request_key": "k"}
    return client.post(f"/review/{report.id}/{act}?to=queue", data=data)


def shown(client: Any, query: str = "") -> list[int]:
    rows = client.page(f"/review{query}").find_all("tbody")
    return [int(row.get("id").removeprefix("report-")) for row in rows if (row.get("id") or "").startswith("report-")]


def kinds_of(report: Incident) -> list[str]:
    entries = select(TimelineEntry.kind).where(
        TimelineEntry.subject_type == "incident", TimelineEntry.subject_id == report.id
    )
    return list(db.session.scalars(entries.order_by(TimelineEntry.id)))


def test_two_reports_of_one_event_stand_side_by_side(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, three = place.students
    first = place.report((one, CAUSED), narrative="They pushed at the lockers.")
    same_student = place.report((one, CAUSED), tile="threat", location_code="yard", narrative="He shouted at her.")
    same_place = place.report((two, CAUSED), occurred_at=first.occurred_at + timedelta(minutes=90))
    place.report((two, HARMED), tile="threat", occurred_at=first.occurred_at - timedelta(minutes=121))
    elsewhere = Place(SchoolFactory())
    elsewhere.report((elsewhere.students[0], CAUSED))
    client = client_as(place.dean)
    pairs = [
        group.get("aria-label") for group in client.page("/review").find_all("div") if group.get("role") == "group"
    ]
    assert [words.partition(": ")[2] for words in pairs] == [
        f"{first.reference} and {same_student.reference}",
        f"{first.reference} and {same_place.reference}",
    ], "each pair once, whatever is two hours apart or of another school is none"
    text = client.page("/review").text
    assert "They pushed at the lockers." in text and "He shouted at her." in text
    assert f"Possible duplicate of {first.reference}, above" in text

    # the older one stays, whichever row's button it was
    assert tap(client, same_student, f"same/{first.id}").location.endswith(f"#report-{first.id}")
    assert (fresh(same_student).state, fresh(same_student).duplicate_of_id) == (IncidentState.DUPLICATE, first.id)
    # three was never named: the other two are told apart, and that is remembered
    assert tap(client, first, f"apart/{same_place.id}").status_code == 303
    tap(client, same_place, f"apart/{first.id}")
    assert len(db.session.scalars(select(ToldApart)).all()) == 1
    assert "Possible duplicate" not in client.page("/review").text
    page = client.page(f"/review/{first.id}").text
    assert f"{same_place.reference} is not the same event." in page and three.shown_name not in page
    assert tap(client, same_place, f"maybe/{first.id}").status_code == 303
    assert "Possible duplicate" in client.page("/review").text
    assert [kind for kind in kinds_of(same_place) if kind.startswith("review.")] == [
        "review.told_apart", "review.may_be_same"
    ]  # fmt: skip
    assert [tap(client, first, f"{act}/{first.id}").status_code for act in ("same", "apart")] == [400, 400]


def test_no_one_merges_or_assigns_what_is_not_theirs(place: Place, client_as: Callable[[Any], Any]) -> None:
    mine = place.report((place.students[0], CAUSED))
    elsewhere = Place(SchoolFactory())
    theirs = elsewhere.report((elsewhere.students[0], CAUSED))
    dean = client_as(place.dean)
    for report, acts in ((mine, (f"same/{theirs.id}", f"apart/{theirs.id}")), (theirs, (f"same/{mine.id}", "take"))):
        assert [tap(dean, report, act).status_code for act in acts] == [404, 404]
    data = {"assignee": str(elsewhere.dean.id)}
    assert dean.submit(f"/review/{mine.id}/assign", data, holding="assignee").status_code == 400
    assert dean.submit(f"/review/{mine.id}/assign", {"assignee": str(place.coordinator.id)}).status_code == 400


def test_a_report_is_taken_given_away_and_given_back(place: Place, client_as: Callable[[Any], Any]) -> None:
    other = make_user(Role.DEAN, place.school, name="Dean Other")
    report, second = (place.report((one, CAUSED)) for one in place.students[:2])
    client = client_as(place.dean)
    version = fresh(report).version
    tap(client, report, "take")
    assert shown(client, "?whose=mine") == [report.id] and shown(client, "?whose=unassigned") == [second.id]
    assert fresh(report).version == version, "nobody's open form is stale for it"
    assert db.session.scalars(select(OutboxMessage.id).where(OutboxMessage.kind == "review.assigned")).all() == []

    client.submit(f"/review/{report.id}/assign", {"assignee": str(other.id)}, holding="assignee")
    mails = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "review.assigned")).all()
    assert [(mail.recipient_id, mail.object_id) for mail in mails] == [(other.id, report.id)]
    assert shown(client_as(other), "?whose=mine") == [report.id] and shown(client, "?whose=mine") == []
    assert "Assigned to Dean Other for review" in client.page(f"/review/{report.id}").text
    # whose role has ended reviews nothing any more: the report is anybody's
    db.session.merge(other).grants[0].ends_on = NOW.date() - timedelta(days=1)
    db.session.commit()
    assert set(shown(client, "?whose=unassigned")) == {report.id, second.id}
    client.submit(f"/review/{report.id}/assign", {"assignee": "none"}, holding="assignee")
    assert kinds_of(report)[-3:] == ["review.assigned", "review.assigned", "review.unassigned"]


def test_the_queue_is_narrowed_and_turned_page_by_page(
    place: Place, client_as: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wss_cases.intake.queue.PAGE", 2)
    students = [StudentFactory(school=place.school) for _number in range(4)]
    old, fight, threat, danger = (
        place.report((who, CAUSED), now=NOW - timedelta(hours=hours), occurred_at=NOW - timedelta(hours=hours), **more)
        for who, hours, more in zip(
            students,
            (60, 12, 6, 1),
            ({}, {}, {"tile": "threat", "location_code": "yard"}, {"danger_now": True}),
            strict=True,
        )
    )
    client = client_as(place.dean)
    assert shown(client) == [danger.id, old.id]
    assert shown(client, f"?after={old.id}") == [fight.id, threat.id]
    assert shown(client, f"?kind=fight&after={danger.id}") == [old.id, fight.id]
    for query, expected in {
        "?first=danger": [danger.id], "?kind=threat": [threat.id], "?place=yard": [threat.id], "?days=2": [old.id],
        "?days=2&kind=threat": [], "?whose=mine": [], "?days=x&whose=y&kind=z": [danger.id, old.id],
    }.items():  # fmt: skip
        assert shown(client, query) == expected, query
    text = client.page("/review?kind=threat&days=2").text
    assert "No waiting report fits these filters." in text and "2 days or longer" in text


@pytest.mark.both_databases
def test_the_queue_is_sorted_by_its_headers_page_by_page(
    place: Place, client_as: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wss_cases.intake.queue.PAGE", 2)
    tiles, places = ("fight", "threat", "fight", "disruption", "threat"), ("yard", "gym", "hallway", "gym", "yard")
    waits = (3, 60, 12, 6, 1)
    reports = [
        place.report((StudentFactory(school=place.school), CAUSED), tile=tile, location_code=where,
                     now=NOW - timedelta(hours=hours), occurred_at=NOW - timedelta(hours=hours), danger_now=hours == 6)
        for tile, where, hours in zip(tiles, places, waits, strict=True)
    ]  # fmt: skip
    numbers, client = [report.id for report in reports], client_as(place.dean)

    def in_order(sort: str) -> list[int]:
        found = shown(client, f"?sort={sort}")
        while len(page := shown(client, f"?sort={sort}&after={found[-1]}")):
            found += page
        return found

    assert in_order("first") == [numbers[place] for place in (3, 1, 2, 0, 4)], "danger, then the longest waiting"
    assert in_order("-first") == [numbers[place] for place in (4, 0, 2, 1, 3)]
    assert in_order("waiting") == [numbers[place] for place in (1, 2, 3, 0, 4)]
    assert in_order("-number") == numbers[::-1]
    assert in_order("what") == [numbers[place] for place in (3, 0, 2, 1, 4)], "Disruption, Fight, Threat"
    for sort in ("who", "-who", "where", "when", "reporter"):
        assert sorted(in_order(sort)) == sorted(numbers), sort
    page = client.page("/review?sort=what&kind=threat")
    assert rows_of(page)[0]["What"] == "Threat" and "sort=what" in str([a.get("href") for a in page.find_all("a")])
    client.submit("/review", {"columns": ["who", "first"]}, holding="columns")
    assert heads_of(client.page("/review")) == ["Select", "What", "Who", "Comes first", "Assigned to"]


def test_names_lead_to_the_student_and_initials_hide_them(place: Place, client_as: Callable[[Any], Any]) -> None:
    who = place.students[0]
    place.report((who, CAUSED))
    client = client_as(place.dean)
    links = {link.get("href"): link.text for link in client.page("/review").find_all("a")}
    assert links[f"/students/{who.id}"].strip() == who.shown_name
    db.session.merge(place.dean).initials = True
    db.session.commit()
    assert who.shown_name not in client_as(place.dean).page("/review").text


def test_who_reviews_at_two_schools_sees_the_queue_of_the_chosen_one(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    there = Place()
    RoleGrantFactory(user_id=place.dean.id, role=Role.DEAN, school_id=there.school.id)
    here, elsewhere = (one.report((one.students[0], CAUSED)) for one in (place, there))
    client = client_as(place.dean)
    for school, report in ((place.school, here), (there.school, elsewhere), (place.school, here)):
        client.post("/school", data={"school_id": school.id, "csrf_token": client.csrf_token("/review")})
        assert shown(client) == [report.id]
        assert "Waiting for a decision (1)" in " ".join(client.page("/review").text.split())


def test_alarms_stand_first_then_duties_then_what_waits_longest(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _three = place.students
    hours = (timedelta(hours=number) for number in range(9, 0, -1))
    waits = place.report((one, CAUSED), occurred_at=NOW - next(hours))
    duty = set_facts(place.report((one, CAUSED), (two, HARMED), occurred_at=NOW - next(hours)), bullying=True)
    maybe = set_facts(place.report((one, CAUSED), tile="threat", occurred_at=NOW - next(hours)), weapon="unknown")
    gun = set_facts(place.report((one, CAUSED), tile="weapon", occurred_at=NOW - next(hours)), weapon="unknown")
    danger = place.report((one, CAUSED), danger_now=True, occurred_at=NOW - next(hours))
    for number, report in enumerate((waits, duty, maybe, gun, danger)):
        report = fresh(report)
        report.submitted_at = NOW - timedelta(hours=10 - number)
    place_dean = client_as(place.dean)
    assert shown(place_dean) == [gun.id, danger.id, duty.id, waits.id, maybe.id]
    assert shown(place_dean, "?first=danger") == [gun.id, danger.id]
    text = place_dean.page("/review").text
    assert "Weapon, or maybe one" in text and "Hurt or in danger" in text
    assert text.count("After the open questions") == len(
        [one for one in (waits, duty, maybe, gun, danger) if situation(one.id).plan.must_ask]
    )
    assert "open question" in text
    set_facts(gun, weapon="lookalike", gun_violence_threat=False)
    assert shown(place_dean)[0] == danger.id, "a toy is no alarm"


def test_my_day_shows_a_weapon_as_it_does_danger_and_says_no_more_than_is_known(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    set_facts(place.report((place.students[0], CAUSED), tile="weapon", narrative="In the locker."), weapon="unknown")
    text = client_as(place.dean).page("/my-day").text
    assert "Weapon, or maybe one" in text and "Danger reported" not in text and "In the locker." not in text


def test_no_row_shows_words_of_what_is_nobody_elses(place: Place, client_as: Callable[[Any], Any]) -> None:
    """Two reports of one event stand beside each other with their words; these do not."""
    one, two, _three = place.students
    plain = place.report((one, CAUSED), narrative="They pushed at the lockers.")
    for number, fact in enumerate(("self_harm", "bias", "abuse_suspected", "adult_conduct")):
        hidden = place.report((one, CAUSED), (two, HARMED), narrative=f"Secret words {number}.")
        set_facts(hidden, **{fact: "unknown"})
    text = client_as(place.dean).page("/review").text
    assert "Possible duplicate" in text and "They pushed at the lockers." in text and "Secret words" not in text
    page = client_as(place.dean).page(f"/review/{plain.id}").text
    assert "Secret words" not in page


def test_a_row_carries_the_first_words_a_weapon_and_what_is_not_known(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    one, two, _three = place.students
    long = "They pushed at the lockers. " * 8
    place.report((one, PersonRole.INVOLVED), (two, PersonRole.INVOLVED), narrative=long, weapon="lookalike")
    hidden = place.report((one, CAUSED), narrative="Secret words.", occurred_at=NOW - timedelta(days=3))
    set_facts(hidden, sexual="unknown")
    text = client_as(place.dean).page("/review").text
    assert "They pushed at the lockers. They pushed" in text and long.strip() not in text
    assert "Looks like a weapon but is not one" in text and "Not known: roles" in text
    assert "Not known: safety" in text and "Secret words" not in text and "sexual" not in text.lower()


MOST = 20
ORDERS = ("", "?sort=who", "?sort=-when", "?sort=reporter", "?sort=-waiting", "?sort=first", "?days=1", "?whose=mine")


def plant(place: Place, pairs: int) -> None:
    """Twice as many reports, two of one event each, by two students of their own."""
    with one_commit():
        students = [StudentFactory(school=place.school) for _number in range(2 * pairs)]
    for number in range(pairs):
        happened = NOW - timedelta(days=2, hours=3 * number)
        for side in (0, 1):
            one = students[2 * number + side]
            place.report((one, PersonRole.CAUSED_HARM), occurred_at=happened, narrative=f"Pushed {number}.")


def ask(client: Any, address: str) -> tuple[int, list[str]]:
    with asked() as statements:
        page = client.page(address)
    return len([row for row in page.find_all("tbody") if (row.get("id") or "").startswith("report-")]), statements


def test_a_full_page_asks_no_more_than_one_pair(place: Place, client_as: Callable[[Any], Any]) -> None:
    client = client_as(place.dean)
    plant(place, 1)
    ask(client, "/review")  # what a process asks once and keeps
    (shown, few), before = ask(client, "/review"), {order: len(ask(client, f"/review{order}")[1]) for order in ORDERS}
    assert shown == 2
    plant(place, 5)
    full, many = ask(client, "/review")
    assert full > shown and len(few) == len(many) <= MOST, "\n".join(many)
    after = {order: len(ask(client, f"/review{order}")[1]) for order in ORDERS}
    assert after == before and max(after.values()) <= MOST, (before, after)


LIGHT = {"tile": "disruption", "injury": "none", "narrative": "They threw paper.", "details_completed_at": NOW}


def light(place: Place, who: Any, **more: Any) -> Incident:
    return place.report((who, CAUSED), code="disruption", **LIGHT | more)


def offered(client: Any) -> set[str]:
    boxes = client.page("/review").find_all("input")
    return {box.get("value") for box in boxes if box.get("name") == "chosen"}


def test_no_possible_duplicate_is_accepted_among_others(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, three = place.students
    first = light(place, one, occurred_at=NOW - timedelta(hours=1))
    twin = light(place, two, occurred_at=NOW - timedelta(minutes=30))
    alone = light(place, three, occurred_at=NOW - timedelta(hours=9))
    client = client_as(place.dean)
    assert offered(client) == {f"{alone.id}.{alone.version}"}

    # nor does a page that was open before, or a form by hand
    data = {"csrf_token": client.csrf_token("/review"), "request_key": "k"}
    chosen = [f"{row.id}.{row.version}" for row in (first, twin, alone)]
    client.post("/review/accept", data=data | {"chosen": chosen})
    assert [fresh(row).state is IncidentState.SUBMITTED for row in (first, twin, alone)] == [True, True, False]
    assert "may be duplicates" in client.page("/review").text

    tell_apart(Invocation(place.actor(), NOW, "apart"), first.id, twin.id)
    assert len(offered(client)) == 2


def merged(place: Place) -> tuple[Incident, Incident]:
    """Return a report that stayed and the one that was merged into it, which brought two people along."""
    one, two, three = place.students
    stays = place.report((one, CAUSED))
    goes = place.report((one, CAUSED), (two, HARMED), (three, HARMED), narrative="Behind the gym.")
    merge_into(Invocation(place.actor(), NOW, "merge", version=fresh(goes).version), goes.id, stays.reference)
    assert {person.student_id for person in fresh(stays).people} == {one.id, two.id, three.id}
    return stays, goes


def reopen(place: Place, report: Incident) -> None:
    call = Invocation(place.actor(), NOW + timedelta(hours=1), "again", version=fresh(report).version)
    reopen_review(call, report.id, reason="They are two fights.")


def told(report: Incident) -> list[tuple[str, dict[str, Any]]]:
    entries = select(TimelineEntry.kind, TimelineEntry.data).where(
        TimelineEntry.subject_type == "incident",
        TimelineEntry.subject_id == report.id,
        TimelineEntry.kind.startswith("review.unmerged"),
    )
    return [(kind, data) for kind, data in db.session.execute(entries)]


def test_an_undone_merge_takes_back_who_came_with_it(place: Place, client_as: Callable[[Any], Any]) -> None:
    stays, goes = merged(place)
    reopen(place, goes)
    assert fresh(goes).state is IncidentState.UNDER_REVIEW and fresh(goes).duplicate_of_id is None
    assert [person.student_id for person in fresh(stays).people] == [place.students[0].id]
    assert len(fresh(goes).people) == 3
    assert told(stays) == [("review.unmerged", {"reference": goes.reference, "went": 2})]
    assert told(goes) == [("review.unmerged", {"reference": stays.reference, "went": 2})]
    text = client_as(place.dean).page(f"/review/{stays.id}").text
    assert f"No longer merged with {goes.reference}. People taken back: 2" in text


@pytest.mark.parametrize("done", ["contacted", "injured", "decided"])
def test_whoever_something_was_done_with_stays(place: Place, done: str) -> None:
    stays, goes = merged(place)
    _one, second, third = fresh(stays).people
    if done == "contacted":
        contact = {"at": NOW, "manner": "phone", "result": "no_answer", "author_id": place.dean.id}
        db.session.add(GuardianContact(incident_id=stays.id, incident_person_id=second.id, **contact))
    if done == "injured":
        second.injury = "minor"
    if done == "decided":
        second.incident.reviewed_at = NOW + timedelta(minutes=5)
    kept = {place.students[0].id, second.student_id} | ({third.student_id} if done == "decided" else set())
    db.session.commit()
    reopen(place, goes)
    assert {person.student_id for person in fresh(stays).people} == kept
    [(kind, data)] = told(stays)
    assert (kind, data["went"], data["stay"]) == ("review.unmerged_stay", 3 - len(kept), len(kept) - 1)


def test_a_person_who_was_there_before_stays(place: Place) -> None:
    one = place.students[0]
    stays, goes = place.report((one, CAUSED)), place.report((one, CAUSED), narrative="Again.")
    merge_into(Invocation(place.actor(), NOW, "merge", version=fresh(goes).version), goes.id, stays.reference)
    StudentFactory(school=place.school)
    reopen(place, goes)
    assert [person.student_id for person in fresh(stays).people] == [one.id]
