"""Discipline actions: what is refused, what adults offered, the tenth day, and the return that opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import SchoolFactory, StudentFactory, StudentGuardianFactory
from tests.factories.safeguards import DisciplineActionFactory
from tests.intake.making import NOW
from tests.safeguards.discipline.making import OSS, PACKET, Removing
from wss_cases.access.actor import Role
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.roster.directory.models import Enrolment
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.safeguards.discipline.removals.models import Answer, DisciplineKind, Tried
from wss_cases.safeguards.discipline.removals.queries import offered_to

ENDLESS = {"kind": DisciplineKind.EXPULSION, "days": 0}


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Removing:
    at("2026-11-24 11:00")
    return Removing()


def test_who_keeps_a_circle_decides_no_discipline_about_its_parties(scene: Removing, session: Any) -> None:
    dean = scene.place.actor("dean")
    case = CaseFactory(school_id=scene.place.school.id)
    CaseParticipantFactory(case_id=case.id, student_id=scene.student.id, role=PersonRole.CAUSED_HARM)
    circle = PathwayFactory(case_id=case.id, school_id=case.school_id)
    kept = CircleKeeper(
        pathway_id=circle.id, case_id=case.id, school_id=case.school_id, user_id=dean.user_id, added_at=NOW
    )
    session.add(kept)
    session.commit()
    with pytest.raises(Refused, match="someone else decides"):
        scene.remove(dean)
    assert scene.remove(scene.place.actor("administrator"))


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Pushed Memo on the stairs.", "Memo"),
        ("Pushed Diego’s brother.", "Diego"),
        ("Pushed student 41002.", "41002"),
        ("Pushed Mig on the stairs.", "Mig"),
        ("Salió de la clase y volvió a la puerta de la escuela.", ""),
    ],
)
def test_a_notice_names_the_other_child_in_no_way_and_a_small_word_is_no_name(
    scene: Removing, session: Any, reason: str, told: str
) -> None:
    """A nickname, the brother's name and the student number went through; every Spanish text with "de la" did not."""
    harmed = fresh(scene.harmed)
    harmed.given_name, harmed.family_name, harmed.student_number = "Guillermo Miguel", "de la Rosa", "S-0041002"
    brother = StudentFactory(school=scene.place.school, given_name="Diego", family_name="de la Rosa")
    parent = StudentGuardianFactory(student=harmed).guardian
    StudentGuardianFactory(student=brother, guardian=parent)
    session.commit()
    if not told:
        assert scene.remove(reason=reason)
        return
    with pytest.raises(Refused, match=rf"another child’s name \({told}\)") as refused:
        scene.remove(reason=reason)
    assert refused.value.field == "reason"


@pytest.mark.parametrize("kind", list(DisciplineKind))
def test_every_kind_is_recorded_once_and_opens_the_return_the_same_day(
    scene: Removing, session: Any, kind: DisciplineKind
) -> None:
    for _twice in range(2):
        made = scene.remove(key="once", kind=kind, **PACKET)
    [action] = scene.actions()
    assert (action.id, action.kind, action.days, action.year_days) == (made, kind, 2, 2)
    plan = session.scalars(select(ReengagementPlan)).one()
    assert (plan.cause_key, plan.away_from) == (f"removal:{made}", date(2026, 11, 25))
    planned = session.scalars(select(FollowUp).filter_by(kind="reentry_plan")).one()
    assert planned.due_on == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("days", {"days": -1}),
        ("days", {"days": 0}),
        ("days", {"ends_on": date(2026, 11, 27)}),
        ("ends_on", {"ends_on": date(2026, 11, 1)}),
        ("ends_on", {"ends_on": date(9999, 12, 31)}),
        ("starts_on", {"starts_on": date(1, 1, 1)}),
        ("starts_on", {"starts_on": date(9999, 12, 31)}),
        ("reason", {"reason": "  "}),
        ("disability", {"disability": None}),
        ("suspected", {"suspected": None}),
        ("answer_conversation", {"days": 4}),
        ("answer_conversation", ENDLESS),
        ("answer_check_in", {"days": 4, "answers": {w: "x" for w in Tried if w is not Tried.CHECK_IN}}),
        ("disruption", {"days": 4, "answers": PACKET["answers"]}),
        ("support_services", {"days": 4, **PACKET, "support_services": " "}),
    ],
)
def test_what_is_refused_leaves_nothing(scene: Removing, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        scene.remove(**changes)
    assert (refused.value.field, scene.actions()) == (field, [])


def test_only_those_who_caused_harm_and_whose_grade_on_that_day_allows_it(scene: Removing, session: Any) -> None:
    for other in (scene.harmed, scene.witness):
        with pytest.raises(Refused) as refused:
            scene.remove(student_id=other.id)
        assert refused.value.field == "student_id"
    scene.know(grade=3)
    stay = Enrolment(
        student_id=scene.student.id, school_id=scene.place.school.id, grade=2,
        starts_on=date(2026, 8, 20), ends_on=date(2026, 11, 25),
    )  # fmt: skip
    session.add(stay)
    session.commit()
    with pytest.raises(Refused) as refused:
        scene.remove()
    assert refused.value.field == "kind"
    assert scene.remove(kind=DisciplineKind.SENT_HOME) and scene.remove(starts_on=date(2026, 11, 26))


def test_the_reason_names_no_other_child(scene: Removing) -> None:
    with pytest.raises(Refused) as refused:
        scene.remove(reason=f"Hit {scene.harmed.given_name.upper()}.")
    assert refused.value.field == "reason" and scene.harmed.given_name.upper() in refused.value.message


def test_exclusions_are_the_administrators(scene: Removing) -> None:
    dean = scene.place.actor("dean")
    for changes in ({"days": 4}, ENDLESS, {"kind": DisciplineKind.ALTERNATIVE_PLACEMENT}):
        with pytest.raises(Refused):
            scene.remove(dean, **PACKET | changes)
    assert scene.remove(dean, days=3)
    stranger = make_user(Role.ADMINISTRATOR, SchoolFactory())
    for actor in (acting(stranger), scene.place.actor("coordinator")):
        with pytest.raises(NotFound):
            scene.remove(actor)


def offered_before(scene: Removing, state: PathwayState) -> None:
    """A case of the student in which adults offered a circle, mentoring and a referral, each now in this state."""
    school = scene.place.school
    case = CaseFactory(school_id=school.id, lead_id=scene.place.coordinator.id)
    part = CaseParticipantFactory(case_id=case.id, student_id=scene.student.id)
    kinds = {Kind.PEER_CONFERENCE: 5, Kind.ONE_TO_ONE: 5, Kind.BEHAVIORAL_HEALTH: 5, Kind.HOUSING_BASIC_NEEDS: 6}
    for kind, day in kinds.items():
        PathwayFactory(
            case_id=case.id, school_id=school.id, kind=kind.value, participant_id=part.id, state=state,
            offered_on=date(2026, 10, day), outcome_note="Said no and walked out.",
        )  # fmt: skip
    FollowUpFactory(
        school_id=school.id, case_id=case.id, kind="after_walk_out", state=FollowUpState.DONE,
        outcome="not_reached", outcome_note="Would not talk.", closed_at=NOW, closed_on=date(2026, 10, 9),
    )  # fmt: skip
    PathwayFactory(case_id=case.id, school_id=school.id, kind=Kind.CONVERSATION.value, participant_id=part.id)


@pytest.mark.parametrize(
    "state", [PathwayState.DECLINED, PathwayState.ENDED_EARLY, PathwayState.ACTIVE, PathwayState.COMPLETED]
)
def test_the_packet_lists_what_adults_offered_and_never_what_became_of_it(
    scene: Removing, state: PathwayState, client_as: Callable[[Any], Any]
) -> None:
    offered_before(scene, state)
    with pytest.raises(Refused) as refused:
        scene.remove(days=4, disruption="A threat.", support_services="Tutoring.")
    assert refused.value.field == "answer_conversation"
    made = scene.remove(
        days=4, answers={Tried.CONVERSATION: "The dean talked in May."}, disruption="A threat.",
        support_services="Tutoring.",
    )  # fmt: skip
    [action] = scene.actions()
    # the same record, whatever the student answered; without support with housing, which no dean is to know of
    assert action.offered == [
        {"what": "circle", "on": "2026-10-05"},
        {"what": "mentoring", "on": "2026-10-05"},
        {"what": "referral", "on": "2026-10-05"},
        {"what": "check_in", "on": "2026-10-09"},
    ]
    client = client_as(scene.place.administrator)
    for page in (f"/discipline/{made}", f"/incidents/{scene.incident.id}/discipline"):
        packet = client.page(page).find_all("main")[0].text
        assert ("Oct 5, 2026" in packet, "Oct 6, 2026" in packet) == (True, False)
        for word in ("eclined", "nded early", "alked out", "ot reached", "Said no", "Would not"):
            assert word not in packet


def test_offers_to_others_are_not_in_the_packet(scene: Removing) -> None:
    school = scene.place.school
    case = CaseFactory(school_id=school.id)
    CaseParticipantFactory(case_id=case.id, student_id=scene.student.id)
    other = CaseParticipantFactory(case_id=case.id, student_id=scene.witness.id)
    for more in ({"participant_id": other.id}, {"for_whom": "harmed"}):
        PathwayFactory(case_id=case.id, school_id=school.id, offered_on=date(2026, 10, 5), **more)
    elsewhere = CaseFactory(school_id=SchoolFactory().id)
    CaseParticipantFactory(case_id=elsewhere.id, student_id=scene.student.id)
    PathwayFactory(case_id=elsewhere.id, school_id=elsewhere.school_id, offered_on=date(2026, 10, 5))
    harmed = CaseFactory(school_id=school.id)
    CaseParticipantFactory(case_id=harmed.id, student_id=scene.student.id, role=PersonRole.HARMED)
    PathwayFactory(case_id=harmed.id, school_id=school.id, offered_on=date(2026, 10, 5))
    assert offered_to(scene.student.id, school.id, date(2026, 8, 1)) == []


def alarms(session: Any) -> tuple[list[FollowUp], list[FollowUp], set[int]]:
    """The review, the day-ten follow-ups, and who is written to."""

    def of(kind: str) -> list[FollowUp]:
        return list(session.scalars(select(FollowUp).filter_by(kind=kind).order_by(FollowUp.id)))

    mails = session.scalars(select(OutboxMessage.recipient_id).filter_by(kind="discipline.day_ten"))
    return of("manifestation_review"), of("disability_day_ten"), set(mails)


def test_the_tenth_day_reaches_the_administrator_and_the_lead_and_starts_the_clock(
    scene: Removing, session: Any
) -> None:
    scene.know(has_504=True)
    elsewhere = SchoolFactory()
    scene.away_before(3)
    scene.away_before(4, starts_on=date(2026, 10, 1), school_id=elsewhere.id)
    scene.away_before(5, starts_on=date(2025, 10, 1))
    dean = scene.place.actor("dean")
    scene.remove(dean, disability=Answer.YES)
    assert alarms(session) == ([], [], set())
    scene.remove(dean, disability=Answer.YES, days=1, starts_on=date(2026, 12, 1))
    [review], asked, mailed = alarms(session)
    administrator, lead = scene.place.administrator.id, scene.place.coordinator.id
    assert (review.owner_id, review.due_on) == (administrator, date(2026, 12, 8))
    assert ({each.owner_id for each in asked}, mailed) == ({administrator, lead}, {administrator, lead})
    assert all(each.due_on == date(2026, 11, 24) and each.same_day for each in asked)


def test_beyond_the_tenth_day_the_review_is_acknowledged(scene: Removing, session: Any) -> None:
    scene.away_before(9)
    with pytest.raises(Refused) as refused:
        scene.remove(suspected=Answer.YES)
    assert refused.value.field == "acknowledged" and "11" in refused.value.message
    made = scene.remove(suspected=Answer.YES, acknowledged=True)
    assert scene.actions()[-1].id == made and scene.actions()[-1].review_acknowledged
    assert len(alarms(session)[0]) == 1
    # without a disability the same days are no alarm, and one day away twice is one
    assert scene.remove(disability=Answer.NOT_KNOWN)
    assert scene.actions()[-1].year_days == 11 and len(alarms(session)[0]) == 1


def test_the_rosters_word_stands(scene: Removing) -> None:
    scene.know(has_iep=True)
    for answer in (Answer.NO, Answer.NOT_KNOWN):
        with pytest.raises(Refused) as refused:
            scene.remove(disability=answer)
        assert refused.value.field == "disability"


def test_the_pages(scene: Removing, client_as: Callable[[Any], Any], session: Any) -> None:
    scene.away_before(9, incident_id=scene.incident.id)
    client = client_as(scene.place.administrator)
    address = f"/incidents/{scene.incident.id}/discipline"
    before = client.page(address).text
    assert "9 school days" in before and "may not be given a fine, fee, or ticket" in before
    values = {
        "kind": OSS.value, "days": "5", "reason": "A threat, written.", "disability": "no", "suspected": "yes",
        "acknowledged": "y", "facts_verified": "y", "disruption": "A knife.", "support_services": "Tutoring.",
        "student_said": "It was a joke.", "length_reason": "The time to plan the return.",
    }  # fmt: skip
    answer = client.submit(address, values)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400 and "A threat, written." in text and "A knife." in text
    values |= {f"answer_{what.value}": "By phone." for what in Tried}
    made = client.submit(address, values)
    assert made.status_code == 303
    page = client.page(made.headers["Location"]).text
    assert "Facts verified, student heard" in page and "Not checked" not in page
    assert "Day 10 is reached or passed" in page and "By phone." in page
    assert "day 10 is reached" in client.page(f"/incidents/{scene.incident.id}").text
    assert "14 school days" in client.page(f"/students/{scene.student.id}").text
    assert "2 actions, 1 student" in client.page("/discipline").text
    # nobody chosen: the page asks of whom, and one who is not there is refused
    made_up = client.post(address, data={"csrf_token": client.csrf_token(address), "student_id": "1;2"})
    assert made_up.status_code == 400
    spanish = client_as(make_user(Role.COORDINATOR, scene.place.school, locale="es"))
    assert "días de clase" in spanish.page(made.headers["Location"]).text


def test_the_list_in_pages(scene: Removing, client_as: Callable[[Any], Any]) -> None:
    for number in range(31):
        DisciplineActionFactory(
            school_id=scene.place.school.id, student_id=scene.student.id, incident_id=scene.incident.id,
            starts_on=date(2026, 9, 1 + number % 28),
        )  # fmt: skip
    stranger = SchoolFactory()
    DisciplineActionFactory(school_id=stranger.id, student_id=StudentFactory(school=stranger).id)
    client = client_as(scene.place.dean)
    first = client.page("/discipline")
    assert "31 actions, 1 student" in first.text
    rows = [a for a in first.find_all("a") if (a.get("href") or "").startswith("/discipline/")]
    [older] = [a.get("href") for a in first.find_all("a") if a.get("rel") == "next"]
    assert len(rows) == 30
    last = [a for a in client.page(older).find_all("a") if (a.get("href") or "").startswith("/discipline/")]
    assert len(last) == 1
