"""A reviewer's question to the reporter is answered while it waits, and only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState


def test_a_question_is_answered_once(session: Any, client_as: Callable[[Any], Any]) -> None:
    school = SchoolFactory()
    reporter = make_user(Role.REPORTER, school)
    report = make_incident(school, reporter_id=reporter.id, state=IncidentState.RETURNED, question="Who began?")
    client, address = client_as(reporter), f"/incidents/{report.id}"
    form = client.form(address, action=f"{address}/answer")
    sent = {name: values[0] for name, values in form.values().items() if values} | {"answer": "Nobody saw it."}
    assert client.post(f"{address}/answer", data=sent).status_code == 303
    answered = fresh(report)
    assert (answered.state, answered.answer) == (IncidentState.SUBMITTED, "Nobody saw it.")
    again = sent | {"request_key": "another", "version": str(answered.version), "answer": "Somebody did."}
    refused = client.post(f"{address}/answer", data=again)
    assert refused.status_code == 400 and "No question is waiting for an answer." in refused.text
    db.session.expire_all()
    assert fresh(report).answer == "Nobody saw it."
