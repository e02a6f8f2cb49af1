"""Clean slate: past years fade from view by role, on the day they should, for every page alike; never what is open."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory, LegalDutyFactory
from tests.support.depth import examples
from tests.support.pages.reading import without_tokens
from wss_cases.access.actor import CASE_TEAM, STAFF, SYSTEM, Actor, Grant, Invocation, Role
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import can
from wss_cases.accounts.visibility import sees_from, set_years
from wss_cases.cases.case import queries as cases
from wss_cases.cases.case.models import Case, CaseResult, CaseState
from wss_cases.followups.core import queries as followups
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident import queries as incidents
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import priors
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.common import queries as pathways
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.legal_holds import HoldKind, LegalHold
from wss_cases.safeguards.discipline.removals import queries as discipline
from wss_cases.safeguards.discipline.removals.models import AskedBy, DisciplineAction, DisciplineAppeal
from wss_cases.safeguards.duties.duty import queries as duties
from wss_cases.safeguards.duties.duty.models import LegalDuty

DAYS = (date(2023, 9, 1), date(2024, 7, 31), date(2024, 8, 1), date(2025, 7, 31), date(2025, 8, 1))
EDGES = (None, date(2024, 8, 1), date(2025, 8, 1), date(2026, 8, 1))
REASON = "The family asks what was agreed two years ago."


def noon(day: date) -> datetime:
    return datetime.combine(day, time(17), UTC)


def routed(school: Any, students: Any, day: date, **more: Any) -> Incident:
    """A decided report of a day, long done with."""
    given = {"state": IncidentState.ROUTED, "local_date": day, "occurred_at": noon(day)}
    return make_incident(school, students, role=PersonRole.CAUSED_HARM, **(given | more))


def closed_case(incident: Incident, day: date, student: Any, **more: Any) -> Case:
    """A case of a report, closed on a day."""
    ended = {"state": CaseState.CLOSED, "result": CaseResult.REPAIRED, "closed_at": noon(day)}
    case: Case = CaseFactory(school_id=incident.school_id, **(ended | more))
    CaseIncidentFactory(case_id=case.id, incident_id=incident.id)
    CaseParticipantFactory(case_id=case.id, student_id=student.id)
    return case


def done(case: Case | None, incident: Incident | None) -> FollowUp:
    row: FollowUp = FollowUpFactory(
        school_id=(case or incident).school_id,  # type: ignore[union-attr]
        case_id=case.id if case else None, incident_id=incident.id if incident else None,
        state=FollowUpState.DONE, outcome="done",
    )  # fmt: skip
    return row


def plant(session: Any, school: Any, reporter: Any) -> list[Any]:
    """Reports of every age, alone and with everything that may keep one in view."""
    students = [StudentFactory(school_id=school.id) for _ in range(2)]
    for number, day in enumerate(DAYS):
        who = students[number % 2]
        routed(school, [who], day, reporter_id=reporter.id)
        routed(school, [who], day, state=IncidentState.RETURNED)
        case = closed_case(routed(school, [who], DAYS[0]), day, who)
        done(case, None)
        PathwayFactory(case_id=case.id, school_id=school.id, state=PathwayState.COMPLETED)
        DisciplineActionFactory(school_id=school.id, student_id=who.id, incident_id=case.incidents[0].id, starts_on=day)
    old, who = DAYS[0], students[0]
    closed_case(routed(school, [who], old), old, who, state=CaseState.INTAKE, result=None, closed_at=None)
    FollowUpFactory(school_id=school.id, case_id=closed_case(routed(school, [who], old), old, who).id)
    FollowUpFactory(school_id=school.id, incident_id=routed(school, [who], old).id)
    done(None, routed(school, [who], old))
    for code in ("title_ix_contact", "child_abuse_or_neglect"):
        incident = routed(school, [who], old)
        closed_case(incident, old, who)
        LegalDutyFactory(
            school_id=school.id, incident_id=incident.id, code=code, owner_id=reporter.id if "child" in code else None
        )  # fmt: skip
    action = DisciplineActionFactory(
        school_id=school.id, student_id=who.id, incident_id=routed(school, [who], old).id, starts_on=old
    )
    session.add(
        DisciplineAppeal(
            school_id=school.id, action_id=action.id, asked_on=old, asked_by=AskedBy.GUARDIAN, recorded_at=noon(old)
        )
    )
    session.flush()
    return students


KINDS: list[tuple[Any, P, Callable[[Actor], Any]]] = [
    (Incident, P.INCIDENT_READ, lambda actor: incidents.visible_to(select(Incident.id), actor)),
    (Case, P.CASE_READ, lambda actor: cases.visible_to(select(Case.id), actor)),
    (Pathway, P.CASE_READ, lambda actor: pathways.visible_to(select(Pathway.id), actor)),
    (FollowUp, P.FOLLOWUP_READ, lambda actor: followups.visible_to(select(FollowUp.id), actor)),
    (LegalDuty, P.DUTY_READ, lambda actor: duties.visible_to(select(LegalDuty.id), actor)),
    (LegalDuty, P.OWN_DUTY_READ, lambda actor: duties.mandated_visible_to(select(LegalDuty.id), actor)),
    (
        DisciplineAction,
        P.DISCIPLINE_READ,
        lambda actor: discipline.actions_visible_to(select(DisciplineAction.id), actor),
    ),
]
"""Every kind of record that fades: its table, the permission that reads it, and its list."""


@pytest.fixture
def school(session: Any, at: Callable[..., datetime]) -> Any:
    at("2026-07-31 12:00")
    return SchoolFactory()


def test_predicate_and_filter_agree_on_every_age_role_and_opening(session: Any, school: Any) -> None:
    reporter = make_user(Role.REPORTER, school)
    students = plant(session, school, reporter)
    elsewhere = SchoolFactory()
    rows = {model: list(session.scalars(select(model))) for model, _permission, _listed in KINDS}
    seen: set[int] = set()

    grants = st.lists(
        st.builds(
            Grant,
            st.sampled_from(sorted(STAFF)),
            st.sampled_from([school.id, elsewhere.id]),
            sees_from=st.sampled_from(EDGES),
        ),
        max_size=3,
    )

    @settings(max_examples=examples(8, 25))
    @given(grants, st.sampled_from([reporter.id, 0]), st.sets(st.sampled_from(students), max_size=1))
    def agree(held: list[Grant], user_id: int, opened: set[Any]) -> None:
        actor = Actor(user_id, "Anyone", tuple(held), past_students=frozenset(who.id for who in opened))
        for model, permission, listed in KINDS:
            by_filter = set(session.scalars(listed(actor)))
            by_predicate = {row.id for row in rows[model] if can(actor, permission, row)}
            assert by_filter == by_predicate, (model.__tablename__, by_filter ^ by_predicate, actor)
            seen.add(len(by_filter))

    agree()
    assert len(seen) > examples(4, 10), "the years never mattered"


LIVE: list[tuple[Any, Callable[..., Any]]] = [
    (Case, cases.visible_to),
    (FollowUp, followups.visible_to),
    (LegalDuty, duties.visible_to),
    (LegalDuty, duties.mandated_visible_to),
    (Pathway, pathways.visible_to),
    (Incident, lambda chosen, actor, **more: chosen.where(incidents.own_reports(actor, **more))),
]
"""The lists that can be asked for what is open alone."""


def test_what_is_open_is_in_view_whatever_its_age_and_asked_for_by_itself(session: Any, school: Any) -> None:
    reporter = make_user(Role.REPORTER, school)
    plant(session, school, reporter)
    plant(session, SchoolFactory(), reporter)
    session.commit()
    dean = acting(make_user(Role.DEAN, school))
    found = 0
    for actor in (acting(reporter), dean, replace(dean, grants=(*dean.grants, *acting(reporter).grants)), SYSTEM):
        for first in EDGES:
            seen = replace(actor, grants=tuple(replace(grant, sees_from=first) for grant in actor.grants))
            for model, visible_to in LIVE:
                asked = set(session.scalars(visible_to(select(model.id), seen, live=True)))
                every = visible_to(select(model.id), seen).where(model.always_visible())
                assert asked == set(session.scalars(every)), (model, first)
                found += len(asked)
    assert found > 20


def plain(text: str, record_id: int) -> str:
    """A page without the form's token and without what was asked for."""
    return re.sub(rf"\b{record_id}\b", "N", without_tokens(text))


def in_view(session: Any, actor: Actor) -> set[int]:
    return set(session.scalars(incidents.visible_to(select(Incident.id), actor)))


def test_a_year_fades_on_the_first_of_august_and_what_is_open_does_not(
    session: Any, school: Any, at: Callable[..., datetime], client_as: Callable[[Any], Any]
) -> None:
    reporter, dean = make_user(Role.REPORTER, school), make_user(Role.DEAN, school)
    administrator = make_user(Role.ADMINISTRATOR, school)
    who = StudentFactory(school_id=school.id)
    own = routed(school, [who], date(2025, 8, 1), reporter_id=reporter.id)
    last = routed(school, [who], date(2024, 8, 1))
    before = routed(school, [who], date(2024, 7, 31))
    kept = routed(school, [who], date(2024, 7, 31))
    FollowUpFactory(school_id=school.id, incident_id=kept.id)
    session.commit()
    # the last minute of the year 2025-26: a dean has it and the year before, a reporter their own of this year
    at("2026-07-31 23:59")
    assert in_view(session, acting(reporter)) == {own.id}
    assert in_view(session, acting(dean)) == {own.id, last.id, kept.id}
    assert in_view(session, acting(administrator)) == {own.id, last.id, before.id, kept.id}
    assert client_as(dean).get(f"/incidents/{last.id}").status_code == 200
    at("2026-08-01 00:00")
    assert in_view(session, acting(reporter)) == set()
    assert in_view(session, acting(dean)) == {own.id, kept.id}
    assert in_view(session, acting(administrator)) == {own.id, last.id, before.id, kept.id}
    client = client_as(dean)
    # faded and missing are the same bytes, on every page of the report
    for path in ("", "/details", "/contacts/new", "/follow-ups/new", "/duties/raise"):
        faded = client.get(f"/incidents/{last.id}{path}")
        missing = client.get(f"/incidents/{last.id + 70_000}{path}")
        assert (faded.status_code, missing.status_code) == (404, 404), path
        assert plain(faded.text, last.id) == plain(missing.text, last.id + 70_000), path
    # what routing counts reads as the system, whoever looks: faded years are priors all the same
    assert priors(who.id, date(2025, 8, 1)) == (0, 1)


def test_a_hold_keeps_its_own_cases_in_view_and_no_others(session: Any, school: Any) -> None:
    dean, old = acting(make_user(Role.DEAN, school)), DAYS[0]
    students = [StudentFactory(school_id=school.id) for _ in range(4)]
    held = [closed_case(routed(school, [who], old), old, who) for who in students]
    circle = PathwayFactory(case_id=held[2].id, school_id=school.id, state=PathwayState.COMPLETED)
    at, hold = (clock.now(), {"school_id": school.id, "kind": HoldKind.LEGAL_HOLD, "reason": "Asked by counsel."})
    for what in ({"student_id": students[0].id}, {"case_id": held[1].id}, {"pathway_id": circle.id}):
        session.add(LegalHold(**hold, **what, opened_at=at, opened_by_id=dean.user_id))
    session.commit()
    assert set(session.scalars(cases.visible_to(select(Case.id), dean))) == {case.id for case in held[:3]}


def test_a_case_fades_by_the_day_it_was_closed_and_keeps_its_report_until_then(
    session: Any, school: Any, client_as: Callable[[Any], Any]
) -> None:
    coordinator, who = make_user(Role.COORDINATOR, school), StudentFactory(school_id=school.id)
    report = routed(school, [who], DAYS[0])
    shown = closed_case(report, date(2024, 8, 1), who)
    faded = closed_case(routed(school, [who], DAYS[0]), date(2024, 7, 31), who)
    circle = PathwayFactory(case_id=faded.id, school_id=school.id, state=PathwayState.COMPLETED)
    row = done(faded, None)
    session.commit()
    client = client_as(coordinator)
    assert client.get(f"/cases/{shown.id}").status_code == 200
    assert client.get(f"/incidents/{report.id}").status_code == 200
    for path in (f"/cases/{faded.id}", f"/cases/{faded.id}/pathways/{circle.id}", f"/follow-ups/{row.id}"):
        assert client.get(path).status_code == 404, path
    page = client.page(f"/students/{who.id}").text
    assert shown.reference in page
    assert faded.reference not in page
    assert faded.reference not in client.page("/cases?state=all").text
    circle.state, circle.outcome, circle.ended_at = PathwayState.ACTIVE, "", None
    session.commit()
    assert client.get(f"/cases/{faded.id}").status_code == 200


def test_past_years_open_for_one_student_a_reason_and_a_while_and_the_school_sees_it(
    session: Any, school: Any, at: Callable[..., datetime], client_as: Callable[[Any], Any]
) -> None:
    at("2026-11-24 10:00")
    dean, administrator = (make_user(Role.DEAN, school, name="Dora Dean"), make_user(Role.ADMINISTRATOR, school))
    reporter = make_user(Role.REPORTER, school)
    who, other = StudentFactory(school_id=school.id), StudentFactory(school_id=school.id)
    case = closed_case(routed(school, [who], DAYS[0]), DAYS[1], who)
    old, others = case.incidents[0], routed(school, [other], DAYS[0])
    session.commit()
    client = client_as(dean)
    address = f"/students/{who.id}/past-years"
    assert "Older records are no longer shown" in client.page(f"/students/{who.id}").text
    assert client.get(f"/incidents/{old.id}").status_code == 404

    def send(reason: str) -> Any:
        return client.post(address, data={"csrf_token": client.csrf_token(address), "reason": reason})

    refused = send("Curious")
    assert (refused.status_code, "Curious" in refused.text) == (400, True)
    assert "at least 20 characters" in refused.text
    assert send(REASON).location.endswith(f"/students/{who.id}")
    assert old.reference in client.page(f"/students/{who.id}").text
    assert client.get(f"/incidents/{old.id}").status_code == 200
    assert client.get(f"/cases/{case.id}").status_code == 200
    assert client.get(f"/incidents/{others.id}").status_code == 404
    assert acting(dean).past_students == {who.id}
    # nobody else gains anything, and who only reports may never ask
    assert client_as(make_user(Role.DEAN, school)).get(f"/incidents/{old.id}").status_code == 404
    assert client_as(reporter).get(address).status_code == 404
    assert client_as(make_user(Role.DEAN, SchoolFactory())).get(address).status_code == 404
    told = client_as(administrator)
    for path in ("/past-years", f"/students/{who.id}", f"/cases/{case.id}/access"):
        assert "Dora Dean" in told.page(path).text, path
        assert REASON in told.page(path).text, path
    assert client.get("/past-years").status_code == 404
    assert session.scalar(select(AuditEntry.actor_id).where(AuditEntry.action == "past.opened")) == dean.id
    at("2026-11-24 18:00")
    assert client_as(dean).get(f"/incidents/{old.id}").status_code == 404
    client = client_as(dean)
    send(REASON + " Again.")
    assert client.get(f"/incidents/{old.id}").status_code == 200
    token = client.csrf_token(f"/students/{who.id}")
    client.post(f"{address}/end", data={"csrf_token": token})
    assert client.get(f"/incidents/{old.id}").status_code == 404


def test_the_district_sets_the_years_from_a_day_on(
    session: Any, school: Any, at: Callable[..., datetime], client_as: Callable[[Any], Any]
) -> None:
    now = at("2026-11-24 10:00")
    district, dean = make_user(Role.DISTRICT), make_user(Role.DEAN, school)
    report = routed(school, [], date(2024, 9, 1))
    session.commit()
    client = client_as(district)

    def send(**values: str) -> Any:
        given = {"role": "dean", "school_years": "3", "starts_on": "2026-11-25"} | values
        return client.post("/clean-slate", data={"csrf_token": client.csrf_token("/clean-slate"), **given})

    assert "starts today or later" in send(starts_on="2026-11-23").text
    assert "from 1 to 60" in send(school_years="0").text
    assert "at most two years ahead" in send(starts_on="2029-11-25").text
    assert send().status_code == 303
    assert "Choose a later day" in send(school_years="9").text
    assert "from Wed, Nov 25, 2026" in client.page("/clean-slate").text
    assert in_view(session, acting(dean)) == set()
    at("2026-11-25 08:00")
    assert in_view(session, acting(dean)) == {report.id}
    with pytest.raises(Refused):
        set_years(
            Invocation(acting(district), clock.now()), role=Role.PARTNER, school_years=1, starts_on=date(2027, 8, 1)
        )
    assert (sees_from(1, date(2026, 7, 31)), sees_from(2, date(2026, 8, 1))) == (date(2025, 8, 1), date(2025, 8, 1))
    assert sees_from(None, now.date()) is None
    assert set(STAFF) > set(CASE_TEAM)
