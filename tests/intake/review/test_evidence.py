"""Whoever decides reads every text of a report, and is asked only for what is really missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.factories.incidents import behavior_code
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW, Place, route
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.incidents.changes import add_addendum, answer_question
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.duplicates import merge_into
from wss_cases.intake.review.acts import ask_reporter

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED


def test_the_review_shows_everything_that_was_said(place: Place, client_as: Callable[[Any], Any]) -> None:
    who = place.students
    report = place.report((who[0], CAUSED), (who[1], HARMED), narrative="The first text.")
    twin = place.report((who[2], CAUSED), narrative="The twin's text.", immediate_action="Ice and a nurse.")
    report = db.session.merge(report)
    report.immediate_action = "Both were taken apart."
    next(person for person in report.people if person.role is HARMED).injury = "needed_care"
    db.session.commit()
    later = NOW + timedelta(minutes=5)
    add_addendum(Invocation(place.actor("reporter"), later), report.id, "An addendum.")
    ask_reporter(Invocation(place.actor(), later), report.id, question="Who began?")
    answer_question(Invocation(place.actor("reporter"), later), report.id, "The tall one began.")
    merge_into(Invocation(place.actor(), later), twin.id, report.reference)
    page = client_as(place.dean).page(f"/review/{report.id}").text
    for text in (
        *("The first text.", "Both were taken apart.", "An addendum.", "Who began?", "The tall one began."),
        *("The twin's text.", "Ice and a nurse.", twin.reference, "Needed care"),
    ):
        assert text in page, text


def test_a_behavior_of_the_early_grades_is_no_missing_fact(place: Place, client_as: Callable[[Any], Any]) -> None:
    missing = "What each person is reported to have done"
    child = StudentFactory(school=place.school, grade=1)
    report = place.report((child, CAUSED), (place.students[1], HARMED), code="", narrative="Bit somebody.")
    client = client_as(place.dean)
    assert missing in client.page(f"/review/{report.id}").text
    report = db.session.merge(report)
    next(person for person in report.people if person.role is CAUSED).behavior_code_id = behavior_code(
        "other_prek2", "prek2"
    ).id
    db.session.commit()
    route(report)
    page = client.page(f"/review/{report.id}").text
    assert missing not in page
    assert "The behavior has no group yet" not in page
