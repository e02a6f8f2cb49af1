"""One act: case, pathways, follow-ups, lead, notices; or a light report logged on the incident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import IncidentPersonFactory
from tests.factories.roster import SchoolFactory, StaffMemberFactory, StudentFactory
from tests.intake.making import NOW, Place, route, set_facts
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.about import about, cards
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import for_case
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import CapturedPerson
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole
from wss_cases.intake.decision import Added, Choice, decide, is_light, people_with_an_item, record_conversation
from wss_cases.intake.duplicates import merge_into
from wss_cases.intake.queue import Narrow, Queue, queue_counts, queue_page
from wss_cases.intake.recommendation import situation
from wss_cases.intake.report.actions import add_people_to
from wss_cases.intake.review import acts as review_acts
from wss_cases.intake.review.people import change_person
from wss_cases.intake.review.presenters import addable
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Kind, Person
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.duties.duty.models import DutyState
from wss_cases.safeguards.duties.duty.queries import duties_of
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS
from wss_cases.safeguards.police.review.deciding import open_repair

CAUSED, HARMED, BOTH, INVOLVED = (PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH, PersonRole.INVOLVED)


def accept(place: Place, incident: Any, **more: Any) -> Any:
    decide(Invocation(place.actor(), NOW, version=incident.version), incident.id, Choice(**more))
    return fresh(incident)


def queue_of(actor: Any, school_id: int | None = None) -> Queue:
    return Queue(actor, school_id, NOW, frozenset())


def pathways(session: Any, incident: Any) -> list[Pathway]:
    [case] = cases_of_incident(incident.id)
    return list(session.scalars(select(Pathway).where(Pathway.case_id == case.id).order_by(Pathway.id)))


def follow_ups(session: Any, **by: Any) -> dict[str, FollowUp]:
    return {row.kind: row for row in session.scalars(select(FollowUp).filter_by(**by))}


def test_a_part_that_is_not_set_is_nobodys_and_opens_nothing(place: Place, session: Any) -> None:
    one, two, _ = place.students
    incident = place.report((one, INVOLVED), (two, INVOLVED))
    now = situation(incident.id)
    [answer] = now.answers
    assert (answer.person, answer.facts["caused_by"], answer.facts["harmed"]) == (None, "unknown", "unknown")
    assert (now.plan.items, [item.kind for item in now.plan.waiting]) == ((), ["conversation"])
    assert not is_light(now.plan, 0)
    with pytest.raises(Refused, match="Answer the open questions first"):
        accept(place, incident)
    assert follow_ups(session, incident_id=incident.id) == {}
    assert cases_of_incident(incident.id) == []


def test_parts_are_said_by_the_reviewer_and_route_again(place: Place, session: Any) -> None:
    one, two, three = place.students
    incident = place.report((one, INVOLVED), (two, INVOLVED), (three, INVOLVED), code="hurt_someone")
    first, second, third = (person.id for person in situation(incident.id).people)
    roles = {first: CAUSED, second: HARMED, third: PersonRole.WITNESS}
    for person_id, role in roles.items():
        change_person(Invocation(place.actor(), NOW), incident.id, person_id, {"role": role.value})
    incident = accept(place, fresh(incident))
    [case] = cases_of_incident(incident.id)
    made = [(row.kind, row.incident_person_id) for row in session.scalars(select(FollowUp).filter_by(case_id=case.id))]
    assert ("guardian_contact", first) in made
    assert ("guardian_contact_harmed", second) in made
    assert third not in {person_id for _kind, person_id in made}
    assert [row.kind for row in pathways(session, incident)] == ["peace_circle"]


def test_somebody_not_identified_gets_no_conversation_and_no_call(place: Place, session: Any) -> None:
    incident = place.report((None, CAUSED), code="disruption", tile="disruption")
    now = situation(incident.id)
    assert (now.plan.items, is_light(now.plan, 0)) == ((), False)
    assert [wanted.kind for wanted in now.plan.follow_ups] == []
    harmed_too = place.report((None, CAUSED), (place.students[0], HARMED), code="hurt_someone")
    accept(place, harmed_too)
    [case] = cases_of_incident(harmed_too.id)
    assert "guardian_contact" not in follow_ups(session, case_id=case.id)
    assert "guardian_contact_harmed" in follow_ups(session, case_id=case.id)


def test_nobody_identified_is_answered_too(place: Place) -> None:
    incident = place.report((place.students[0], HARMED))
    [answer] = situation(incident.id).answers
    assert answer.person is None
    assert answer.facts["caused_by"] == "unknown"


def test_routing_again_answers_for_who_stands_there_now(place: Place, session: Any) -> None:
    one, two, _ = place.students
    incident = place.report((one, CAUSED), (two, CAUSED))
    [first, second] = situation(incident.id).people
    first.role, second.role = CAUSED, HARMED
    session.commit()
    route(incident)
    [answer] = situation(incident.id).answers
    assert answer.person is not None
    assert answer.person.student_id == one.id
    assert session.scalar(select(func.count()).select_from(RoutingAnswer)) == 3


def test_accepting_does_it_all_in_one_act(place: Place, session: Any) -> None:
    one, two, _ = place.students
    incident = accept(place, place.report((one, CAUSED), (two, HARMED), code="hurt_someone"))
    assert (incident.state, incident.reviewer_id) == (IncidentState.ROUTED, place.dean.id)
    [case] = cases_of_incident(incident.id)
    assert (case.lead_id, case.next_review_on, case.harm_kind) == (place.coordinator.id, date(2026, 12, 8), "fight")
    [circle] = pathways(session, incident)
    assert (circle.kind, circle.for_whom, circle.participant_id) == ("peace_circle", "both", None)
    assert (circle.start_by, circle.owner_id) == (date(2026, 12, 8), place.coordinator.id)
    entry = session.scalars(select(AuditEntry).filter_by(object_type="pathway", object_id=circle.id)).one()
    assert entry.changes["rules"] == [None, circle.rules]
    made = follow_ups(session, case_id=case.id)
    assert made["guardian_contact"].owner_id == place.dean.id
    assert made["guardian_contact"].due_on == date(2026, 11, 24)
    assert made["contact_person_harmed"].owner_id == place.coordinator.id
    assert made["pre_meetings"].due_on == date(2026, 11, 27)
    mails = {(mail.kind, mail.recipient_id) for mail in session.scalars(select(OutboxMessage))}
    assert mails == {("case_assigned", place.coordinator.id), ("incident.outcome", place.reporter.id)}


def test_shared_kinds_once_and_personal_kinds_per_person(place: Place, session: Any) -> None:
    one, two, three = place.students
    incident = place.report((one, CAUSED), (two, CAUSED), (three, HARMED), code="bullying", tile="bullying")
    incident = accept(place, incident)
    made = [(row.kind, row.participant_id) for row in pathways(session, incident)]
    [case] = cases_of_incident(incident.id)
    who = {person.student_id: person.id for person in case.participants}
    assert ("one_to_one", who[one.id]) in made
    assert ("one_to_one", who[two.id]) in made
    assert made.count(("support_circle", who[three.id])) == 1
    assert len(made) == len(set(made))
    assert case.next_review_on == date(2026, 12, 1)


def test_everyone_who_caused_or_suffered_harm_ends_with_an_item(place: Place, session: Any) -> None:
    one, two, three = place.students
    young = StudentFactory(school=place.school, grade=1)
    for parts, facts in (
        ([(one, CAUSED), (two, HARMED)], {"sexual": "contact"}),
        ([(one, BOTH), (two, BOTH)], {"mutual": True}),
        ([(one, CAUSED), (young, CAUSED), (three, HARMED)], {"harmed_wants_to_meet": "no"}),
        ([(one, CAUSED), (two, HARMED), (three, HARMED)], {"weapon": "other", "imminent_danger": True}),
    ):
        incident = accept(place, set_facts(place.report(*parts, code="hurt_someone"), **facts))
        now = situation(incident.id)
        made = pathways(session, incident)
        [case] = cases_of_incident(incident.id)
        served = {person.id for person in case.participants} if any(p.for_whom == "both" for p in made) else set()
        served |= {p.participant_id for p in made}
        assert served >= {person.id for person in case.participants}, facts
        assert people_with_an_item(now.plan, now.plan.items) >= {person.id for person in now.people}


def test_what_an_adult_did_supports_the_student_and_is_no_circle(place: Place, session: Any) -> None:
    student = place.students[0]
    incident = place.report((student, HARMED), code="hurt_someone")
    staff = StaffMemberFactory(school=place.school)
    IncidentPersonFactory(incident_id=incident.id, staff_id=staff.id, kind=PersonKind.STAFF, role=CAUSED)
    route(incident)
    incident = accept(place, fresh(incident))
    assert {row.duty.code for row in duties_of(incident.id)} == {"adult_conduct"}
    assert {row.for_whom for row in pathways(session, incident)} == {"harmed"}


def test_an_adult_who_was_only_added_raises_no_duty(place: Place, session: Any) -> None:
    """Adding an adult told four people of a duty to the hotline; marking the adult a witness left it standing."""
    incident = place.report((place.students[0], HARMED), code="")
    staff = StaffMemberFactory(school=place.school)
    added = CapturedPerson(PersonKind.STAFF, staff.id)
    add_people_to(Invocation(place.actor("reporter"), NOW), incident.id, [added], None)
    assert duties_of(incident.id) == []
    adult = next(person for person in fresh(incident).people if person.kind is PersonKind.STAFF)

    def mark(role: PersonRole) -> list[DutyState]:
        change_person(Invocation(place.actor(), NOW), incident.id, adult.id, {"role": role.value})
        return [DutyState(row.duty.state) for row in duties_of(incident.id)]

    assert mark(CAUSED) == [DutyState.DUE]
    assert mark(PersonRole.WITNESS) == [DutyState.NOT_APPLICABLE]
    assert {"duty.taken_back"} <= set(session.scalars(select(TimelineEntry.kind)))
    assert sorted(mark(CAUSED)) == sorted([DutyState.NOT_APPLICABLE, DutyState.DUE])
    [open_one] = [row.duty for row in duties_of(incident.id) if row.duty.state is DutyState.DUE]
    SCHOOL_ACTS["not_applicable"](Invocation(place.actor(), NOW), open_one.id, reason="It was another adult.")
    assert DutyState.DUE in mark(PersonRole.WITNESS), "somebody had acted on it: two people decide"


def test_who_was_harmed_or_saw_it_is_not_reported_to_have_done_it(place: Place) -> None:
    incident = place.report((place.students[0], CAUSED), tile="fight")
    roles = (PersonRole.INVOLVED, HARMED, PersonRole.WITNESS)
    named = [
        CapturedPerson(PersonKind.STUDENT, one.id, "", role)
        for one, role in zip(StudentFactory.create_batch(3, school=place.school, grade=5), roles, strict=True)
    ]
    add_people_to(Invocation(place.actor("reporter"), NOW), incident.id, named, None)
    coded = {person.role: person.behavior is not None for person in fresh(incident).people}
    assert coded == {CAUSED: True, PersonRole.INVOLVED: True, HARMED: False, PersonRole.WITNESS: False}


def test_a_staff_member_who_is_only_described_can_be_added(place: Place) -> None:
    incident = place.report((place.students[0], HARMED))
    described = CapturedPerson(PersonKind.STAFF, None, "A substitute with a red cap")
    add_people_to(Invocation(place.actor("reporter"), NOW), incident.id, [described], None)
    assert [p.description for p in fresh(incident).people if p.kind is PersonKind.STAFF] == [described.description]


def test_a_light_report_stays_without_a_case(place: Place, session: Any) -> None:
    incident = place.report((place.students[0], CAUSED), code="disruption", tile="disruption")
    incident = accept(place, incident)
    assert (incident.state, cases_of_incident(incident.id)) == (IncidentState.ROUTED, [])
    made = follow_ups(session, incident_id=incident.id)
    assert set(made) == {"conversation", "guardian_contact"}
    assert (made["conversation"].owner_id, made["conversation"].due_on) == (place.dean.id, date(2026, 11, 25))
    record_conversation(Invocation(place.actor(), NOW, version=incident.version), incident.id, "understood", "")
    assert fresh(incident).state is IncidentState.CLOSED
    assert fresh(made["conversation"]).state is FollowUpState.DONE


def test_a_conversation_already_held_closes_the_report_at_once(place: Place, session: Any) -> None:
    incident = place.report((place.students[0], CAUSED), code="disruption", tile="disruption")
    incident = accept(place, incident, conversation="repair_agreed")
    assert (incident.state, incident.outcome_reason) == (IncidentState.CLOSED, "repair_agreed")
    assert "conversation" not in follow_ups(session, incident_id=incident.id)


@pytest.mark.parametrize(
    ("more", "facts"), [({"open_case": True}, {}), ({}, {"bias": True}), ({}, {"abuse_suspected": True})]
)
def test_a_case_opens_by_choice_or_for_a_duty(place: Place, more: dict[str, Any], facts: dict[str, Any]) -> None:
    incident = place.report((place.students[0], CAUSED), code="disruption", tile="disruption")
    incident = accept(place, set_facts(incident, **facts) if facts else incident, **more)
    assert len(cases_of_incident(incident.id)) == 1


def test_a_conversation_that_a_review_opened_before_is_not_opened_again(place: Place, session: Any) -> None:
    incident = place.report((place.students[0], CAUSED), code="disruption", tile="disruption")
    with unit_of_work(SYSTEM, NOW) as uow:
        open_repair(uow, uow.session.get_one(Incident, incident.id))
    [before] = pathways(session, incident)
    assert before.rules == []
    incident = accept(place, fresh(incident))
    [row] = pathways(session, incident)
    assert (row.id, row.kind) == (before.id, "conversation")
    assert row.rules != [], "the decision's rules stand on it"


def test_a_hold_cannot_be_chosen_away(place: Place) -> None:
    one, two, _ = place.students
    incident = set_facts(place.report((one, CAUSED), (two, HARMED), code="hurt_someone"), sexual="contact")
    keep = frozenset(item.key for item in situation(incident.id).plan.items)
    for added in (Added(Kind.PEACE_CIRCLE, Person.BOTH), Added(Kind.HEALING_CIRCLE, Person.BOTH)):
        with pytest.raises(Refused, match="on hold") as refused:
            accept(place, incident, keep=keep, add=(added,), reason="other", reason_text="They asked.")
        assert refused.value.field == "added"
    assert cases_of_incident(incident.id) == []


def test_choosing_otherwise_takes_one_reason_and_leaves_nobody_out(place: Place, session: Any) -> None:
    one, two, _ = place.students
    incident = place.report((one, CAUSED), (two, HARMED), code="hurt_someone")
    circle = frozenset(item.key for item in situation(incident.id).plan.items)
    own = next(person.id for person in situation(incident.id).people if person.student_id == one.id)
    add = (Added(Kind.ONE_TO_ONE, Person.CAUSED_HARM, own),)
    for field, more in (
        ("reason", {"keep": circle, "add": add}),
        ("reason_text", {"keep": circle, "add": add, "reason": "safety", "reason_text": "  "}),
        ("keep", {"keep": frozenset(), "add": add, "reason": "safety", "reason_text": "Not now."}),
        ("keep", {"keep": frozenset(), "reason": "safety", "reason_text": "Not now."}),
    ):
        with pytest.raises(Refused) as refused:
            accept(place, incident, **more)
        assert refused.value.field == field
    incident = accept(place, incident, keep=circle, add=add, reason="safety", reason_text="A mentor helps.")
    assert (incident.outcome_reason, incident.closing_note) == ("safety", "A mentor helps.")
    assert [row.kind for row in pathways(session, incident)] == ["peace_circle", "one_to_one"]


def test_no_choice_takes_a_duty_away(place: Place) -> None:
    one, two, _ = place.students
    incident = set_facts(place.report((one, CAUSED), (two, HARMED), code="bullying"), bullying=True)
    keep = frozenset(item.key for item in situation(incident.id).plan.items)
    incident = accept(place, incident, keep=keep, reason="other", reason_text="As it is.")
    assert [row.duty.state.value for row in duties_of(incident.id)] == ["due"]
    other = set_facts(place.report((one, CAUSED), (two, HARMED)), bias=True)
    review_acts.take_no_action(
        Invocation(place.actor(), NOW, version=other.version), other.id, reason="unfounded", note="It was a play."
    )
    assert [row.duty.state.value for row in duties_of(other.id)] == ["due"]


def test_the_youngest_are_given_only_what_fits(place: Place) -> None:
    young = StudentFactory(school=place.school, grade=1)
    incident = place.report((young, CAUSED), (place.students[0], HARMED), code="hurt_someone")
    now = situation(incident.id)
    keep = frozenset(item.key for item in now.plan.items)
    own = now.answers[0].person.id if now.answers[0].person else None
    with pytest.raises(Refused, match="pre-K to grade 2"):
        accept(
            place,
            incident,
            keep=keep,
            add=(Added(Kind.ONE_TO_ONE, Person.CAUSED_HARM, own),),
            reason="other",
            reason_text="A mentor.",
        )


def test_the_same_form_twice_opens_one_case(place: Place, session: Any) -> None:
    one, two, _ = place.students
    incident = place.report((one, CAUSED), (two, HARMED))
    for _turn in range(2):
        decide(Invocation(place.actor(), NOW, "same-key", version=incident.version), incident.id, Choice())
    assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_the_second_of_two_deans_is_told(place: Place, session: Any) -> None:
    incident = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    decide(Invocation(place.actor(), NOW, version=incident.version), incident.id, Choice())
    for version in (incident.version, None):
        with pytest.raises(Stale):
            decide(Invocation(place.actor("administrator"), NOW, version=version), incident.id, Choice())
    assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_only_reviewers_of_the_school_decide(place: Place) -> None:
    incident = place.report((place.students[0], CAUSED))
    stranger = acting(make_user(Role.DEAN, SchoolFactory()))
    for actor in (place.actor("reporter"), place.actor("coordinator"), stranger):
        with pytest.raises(NotFound):
            decide(Invocation(actor, NOW, version=incident.version), incident.id, Choice())
        assert queue_page(queue_of(actor), Narrow()) == []
        assert queue_counts(queue_of(actor, place.school.id), Narrow())[""] == 0
    assert [row.id for row in queue_page(queue_of(place.actor()), Narrow())] == [incident.id]


def test_the_queue_puts_danger_first_then_duties_then_waiting(place: Place, at: Callable[..., Any]) -> None:
    one, two, _ = place.students
    new = place.report((one, CAUSED), now=at("2026-11-24 10:00"))
    old = place.report((one, CAUSED), now=at("2026-11-23 10:00"))
    duty = place.report((one, CAUSED), (two, HARMED), code="bullying", tile="bullying", now=at("2026-11-24 10:30"))
    danger = place.report((one, CAUSED), danger_now=True, now=at("2026-11-24 10:40"))
    decided = accept(place, place.report((one, CAUSED)))
    rows = queue_page(queue_of(place.actor(), place.school.id), Narrow())
    assert [row.id for row in rows] == [danger.id, duty.id, old.id, new.id]
    assert [(row.danger_now, bool(row.duties)) for row in rows] == [
        (True, False), (False, True), (False, False), (False, False),
    ]  # fmt: skip
    assert decided.id not in {row.id for row in rows}
    for number, row in enumerate(rows):
        later = queue_page(queue_of(place.actor()), Narrow(), after=row.id)
        assert [one.id for one in later] == [one.id for one in rows[number + 1 :]]


def test_verifying_makes_a_duty_due(place: Place) -> None:
    incident = place.report((place.students[0], CAUSED), code="drugs", tile="substance")
    incident = set_facts(incident, substance="cannabis")
    assert [(r.duty.code, r.duty.state.value) for r in duties_of(incident.id)] == [("drug_incident", "verify_first")]
    review_acts.check_facts(Invocation(place.actor(), NOW, version=incident.version), incident.id, verified="yes")
    assert [r.duty.state.value for r in duties_of(incident.id)] == ["due"]
    assert situation(incident.id).plan.police.value == "required_by_law"
    incident = fresh(incident)
    review_acts.check_facts(Invocation(place.actor(), NOW, version=incident.version), incident.id, verified="no")
    [row] = duties_of(incident.id)
    assert (row.duty.state.value, row.duty.still_raised) == ("due", False)


def test_asking_no_action_and_duplicates(place: Place) -> None:
    one, two, _ = place.students
    asked = place.report((one, CAUSED))
    review_acts.ask_reporter(
        Invocation(place.actor(), NOW, version=asked.version), asked.id, question="Who else was there?"
    )
    assert (fresh(asked).state, fresh(asked).question) == (IncidentState.RETURNED, "Who else was there?")
    closed = place.report((one, CAUSED))
    with pytest.raises(Refused):
        review_acts.take_no_action(
            Invocation(place.actor(), NOW, version=closed.version), closed.id, reason="other", note=" "
        )
    review_acts.take_no_action(
        Invocation(place.actor(), NOW, version=closed.version), closed.id, reason="settled", note="They talked."
    )
    review_acts.reopen_review(
        Invocation(place.actor(), NOW, version=fresh(closed).version), closed.id, reason="New facts"
    )
    assert fresh(closed).state is IncidentState.UNDER_REVIEW
    double, kept = place.report((two, CAUSED)), place.report((one, CAUSED))
    merge_into(Invocation(place.actor(), NOW, version=double.version), double.id, kept.reference)
    assert (fresh(double).state, fresh(double).duplicate_of_id) == (IncidentState.DUPLICATE, kept.id)
    assert {answer.person.student_id for answer in situation(kept.id).answers if answer.person} == {one.id, two.id}


MOST_CARDS = 6


def decided(place: Place, *parts: tuple[Any, PersonRole], **facts: Any) -> Any:
    incident = place.report(*parts)
    incident = set_facts(incident, **facts) if facts else incident
    decide(Invocation(place.actor(), NOW, version=incident.version), incident.id, Choice())
    [case] = cases_of_incident(incident.id)
    return case


@pytest.mark.parametrize("roles", [(BOTH, BOTH), (CAUSED, HARMED)])
def test_a_fight_of_two_makes_at_most_six_cards_that_each_name_a_person(place: Place, roles: Any) -> None:
    one, two, _third = place.students
    case = decided(place, (one, roles[0]), (two, roles[1]), mutual=roles[0] is BOTH, injury="minor")
    actor = place.actor("coordinator")
    rows, days = for_case(actor, case.id), school_days(place.school.id)
    whom = about(actor, rows, call=True)
    made = cards(rows, lambda row: whom[row.id].person, lambda _school, first, last: days.between(first, last))
    assert 0 < len(made) <= MOST_CARDS
    assert all(card.person for card in made)
    assert sum(len(card.rows) for card in made) == len(rows) > len(made)


def test_one_family_is_called_once_for_both_parts_and_the_rules_of_both_are_kept(place: Place, session: Any) -> None:
    one, two, _third = place.students
    case = decided(place, (one, BOTH), (two, BOTH), mutual=True)
    rows = list(session.scalars(select(FollowUp).filter_by(case_id=case.id)))
    calls = [row for row in rows if row.kind.startswith("guardian_contact")]
    assert Counter(row.incident_person_id for row in calls).most_common(1)[0][1] == 1
    assert [row.rules for row in calls] == [["F1", "F9"]] * 2
    met = [row.incident_person_id for row in rows if row.kind == "pre_meetings"]
    assert sorted(met) == sorted(row.incident_person_id for row in calls)


def test_a_mutual_fight_gives_each_one_conversation_and_offers_no_second(place: Place, client_as: Any) -> None:
    one, two, _third = place.students
    one.grade = two.grade = 1
    report = set_facts(place.report((one, BOTH), (two, BOTH)), mutual=True)
    talks = [item for item in situation(report.id).plan.items if item.kind is Kind.CONVERSATION]
    assert sorted(item.person_id or 0 for item in talks) == sorted(person.id for person in report.people)
    assert all(item.start == 1 and len(item.because) == 2 and "P15" in item.rules for item in talks), "of both parts"
    page = client_as(place.dean).page(f"/review/{report.id}").text
    assert "(reported to have caused and experienced harm)" in page
    offered = [added.kind for _whom, kinds in addable(situation(report.id)) for added, _words in kinds]
    assert offered and Kind.CONVERSATION not in offered


def test_what_the_law_and_a_safety_plan_ask_stays(place: Place, session: Any) -> None:
    one, two, _third = place.students
    case = decided(place, (one, CAUSED), (two, HARMED), bullying=True)
    kinds = Counter(row.kind for row in session.scalars(select(FollowUp).filter_by(case_id=case.id)))
    assert kinds["safety_plan"] == 1
    assert kinds["check_in_person_harmed"] == 2
    assert kinds["guardian_contact"] == kinds["guardian_contact_harmed"] == 1
