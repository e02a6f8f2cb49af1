"""The desk: what comes first, why a case does not move, what it weighs, and what it costs."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.cases import CaseFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.mentoring import MentoringPlanFactory
from tests.support.pages.tables import heads_of, rows_of
from tests.workday.caseload.making import fill_desk
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import CaseState
from wss_cases.casework.next_act import DutyItem, FollowUpItem, PathwayItem, Situation, steps_of
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.reports.cases import caseload_of
from wss_cases.pathways.common.models import Pathway, PathwayState, Step
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.workday.caseload.queries import calendar, desk_cases, loads_at
from wss_cases.workday.caseload.rules import (
    Group,
    Weights,
    Why,
    first_things_first,
    parts_of,
    place,
    read_weights,
    weight_of,
)

SOON, PAST = TODAY + timedelta(days=3), TODAY - timedelta(days=3)


def case(**changes):
    given = {"state": CaseState.IN_PROCESS, "today": TODAY, "has_lead": True, "review_on": SOON}
    return Situation(**(given | changes))


def step(code="offer", **changes):
    return PathwayItem(1, PathwayState.ACTIVE, Step(code, code, "pathway_acts.plan", {}, **changes))


def due(*days):
    return {"follow_ups": [FollowUpItem(n, day) for n, day in enumerate(days)]}, {"all_due": list(days)}


@pytest.mark.parametrize(
    ("situation", "around", "group", "whys"),
    [
        ({"duties": [DutyItem(1, "x")]}, {"all_due": [PAST]}, Group.URGENT, [Why.DUTY, Why.OVERDUE]),
        ({"pathways": [step(urgent=True)]}, {}, Group.URGENT, []),
        ({**due(PAST)[0], "pathways": [step()]}, due(PAST)[1], Group.OVERDUE, [Why.OVERDUE]),
        ({"review_on": PAST, "pathways": [step()]}, {}, Group.OVERDUE, [Why.REVIEW]),
        ({**due(TODAY)[0], "pathways": [step()]}, due(TODAY)[1], Group.TODAY, []),
        ({"review_on": TODAY, "pathways": [step()]}, {}, Group.TODAY, []),
        ({"pathways": [step(on=TODAY)]}, {}, Group.TODAY, []),
        ({"has_lead": False, "pathways": [step()]}, {}, Group.STUCK, [Why.LEAD]),
        ({"pathways": [step()]}, {"start_by": [PAST]}, Group.STUCK, [Why.START]),
        ({"pathways": [step(on=PAST)]}, {}, Group.STUCK, [Why.STEP]),
        ({"pathways": [step()]}, {"moved": 1}, Group.STUCK, [Why.MOVED]),
        ({}, {}, Group.STUCK, [Why.NOTHING]),
        ({"pathways": [step()]}, {}, Group.NEXT, []),
        ({"pathways": [step("wait", on=SOON, waits=True)]}, {}, Group.WAITS, []),
    ],
)
def test_a_case_stands_in_one_group_with_its_reasons(situation, around, group, whys):
    placed = place(case(**situation), **({"all_due": [], "start_by": []} | around))
    assert placed.group is group
    assert [reason.why for reason in placed.reasons] == whys


def test_within_a_group_what_waits_longest_comes_first():
    def late(days):
        on = TODAY - timedelta(days=days)
        return place(case(**due(on)[0], pathways=[step()]), all_due=[on], start_by=[])

    placed = sorted([late(1), late(9), late(4)], key=first_things_first)
    assert [(TODAY - one.since).days for one in placed] == [9, 4, 1]


def test_a_weight_is_the_sum_of_its_parts_and_closed_cases_weigh_nothing():
    weights = Weights()
    parts = parts_of("preparing", ["circle", "mentoring"], weights)
    assert [(part.of, part.points) for part in parts] == [("preparing", 3), ("circle", 3), ("mentoring", 1)]
    assert weight_of("preparing", ["circle", "mentoring"], weights) == 7
    assert weight_of("closed", ["circle"], weights) == 0


@pytest.mark.parametrize("text", ["circle", "circle=x", "nonsense=2", "circle=-1", "circle=100"])
def test_a_wrong_weight_is_refused(text):
    with pytest.raises(ValueError, match=r"circle|nonsense"):
        read_weights(text)


def test_weights_are_settings():
    weights = read_weights(" circle=5, intake=1 ")
    assert (weights.families["circle"], weights.stages["intake"], weights.stages["preparing"]) == (5, 1, 3)


@pytest.mark.both_databases
def test_each_lead_sees_their_own_and_the_sums_agree_with_the_cases(world):
    other = make_user(world.school)
    fill_desk(world.school, world.coordinator, 12)
    fill_desk(world.school, other, 5)
    mine = desk_cases(world.actor, world.school.id, [world.coordinator.id], TODAY, NOW, Weights())
    theirs = desk_cases(world.actor, world.school.id, [other.id], TODAY, NOW, Weights())
    everybody = desk_cases(world.actor, world.school.id, None, TODAY, NOW, Weights())
    assert (len(mine), len(theirs), len(everybody)) == (13, 5, 18)
    of_pages = steps_of(list(db.session.scalars(select(Pathway))), TODAY, NOW)
    acts = [one.placed.act for one in everybody if one.placed.act.step is not None]
    assert len({of_pages[act.pathway_id].endpoint for act in acts}) > 3
    assert all(act.step == of_pages[act.pathway_id] for act in acts), "read for many at once, they are those of a page"
    loads = {load.lead_id: load for load in loads_at(world.actor, world.school.id, Weights())}
    assert loads[world.coordinator.id].points == sum(one.weight for one in mine)
    assert loads[other.id].cases == 5
    stranger = actor_for(make_user(make_world().school))
    assert desk_cases(stranger, world.school.id, None, TODAY, NOW, Weights()) == []


def test_an_ended_pathway_asks_to_close_and_none_to_propose_one(world):
    row = CaseFactory(school_id=world.school.id, lead_id=world.coordinator.id)
    PathwayFactory(case_id=row.id, school_id=world.school.id, state=PathwayState.DECLINED)
    acts = {
        one.id: one.placed.act.act.value
        for one in desk_cases(world.actor, world.school.id, None, TODAY, NOW, Weights())
    }
    assert acts == {row.id: "close", world.case.id: "add_pathway"}


def test_a_need_for_housing_is_on_the_coordinators_desk_alone(world):
    row = {"school_id": world.school.id, "case_id": world.case.id}
    PathwayFactory(kind=Kind.HOUSING_BASIC_NEEDS.value, **row)
    FollowUpFactory(owner_id=world.coordinator.id, kind="liaison", due_on=PAST, **row)
    administrator = actor_for(make_user(world.school, Role.ADMINISTRATOR))
    readers = (world.actor, administrator)
    own, others = (desk_cases(actor, world.school.id, None, TODAY, NOW, Weights())[0] for actor in readers)
    [[carries], [told]] = [loads_at(actor, world.school.id, Weights()) for actor in readers]
    assert (carries.points, told.points) == (own.weight, others.weight), "nothing is left of the sum that tells"
    assert own.weight > others.weight
    scope = Scope(world.school.id, "2026-27", date(2026, 8, 1), TODAY, TODAY)
    assert [caseload_of(actor, scope).most for actor in readers] == [own.weight, others.weight]
    assert (list(own.kinds.values()), own.placed.act.what) == ([Kind.HOUSING_BASIC_NEEDS], "liaison")
    assert (list(others.kinds.values()), others.placed.act.act.value) == ([], "add_pathway")


def test_what_somebody_else_does_is_not_the_leads_next_act(world):
    dean = make_user(world.school, Role.DEAN)
    values = {"school_id": world.school.id, "case_id": world.case.id, "due_on": date(2026, 11, 20)}
    FollowUpFactory(owner_id=dean.id, kind="guardian_contact", **values)
    [desk] = desk_cases(world.actor, world.school.id, None, TODAY, NOW, Weights())
    assert desk.placed.act.act.value == "add_pathway"
    FollowUpFactory(owner_id=world.coordinator.id, **values)
    [desk] = desk_cases(world.actor, world.school.id, None, TODAY, NOW, Weights())
    assert desk.placed.act.act.value == "follow_up"


def test_the_next_two_weeks_hold_what_these_leads_have_planned_and_nothing_of_others(world):
    theirs = CaseFactory(school_id=world.school.id, lead_id=make_user(world.school).id)
    for row in (world.case, theirs):
        of_case = {"case_id": row.id, "school_id": world.school.id}
        pathway = PathwayFactory(kind=Kind.ONE_TO_ONE.value, state=PathwayState.ACTIVE, **of_case)
        MentoringPlanFactory(pathway_id=pathway.id, starts_on=date(2026, 9, 7), **of_case)
    asked = (world.actor, world.school.id), (TODAY, world.school.time_zone, school_days(world.school.id))
    own, every = (
        {entry.case_id for entry in calendar(*asked[0], leads, *asked[1])} for leads in ([world.coordinator.id], None)
    )
    assert (own, every) == ({world.case.id}, {world.case.id, theirs.id})


def test_the_page_says_what_to_do_first_and_why(world, client_as):
    FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id,
        kind="contact_person_harmed", due_on=date(2026, 11, 20),
    )  # fmt: skip
    waiting = CaseFactory(school_id=world.school.id, lead_id=world.coordinator.id, harm_kind="threat")
    PathwayFactory(case_id=waiting.id, school_id=world.school.id, kind=Kind.CONVERSATION.value)
    page = client_as(world.coordinator).page("/desk")
    text = page.text
    assert "2 open cases · 1 overdue" in text
    assert text.index(world.case.reference) < text.index(waiting.reference)
    assert "First contact with the person harmed" in text
    assert "a follow-up is due since Fri, Nov 20" in text
    assert "Overdue by 2 school days" in text
    only = client_as(world.coordinator).page("/desk?group=overdue").text
    assert waiting.reference not in only
    assert "No cases here right now." in client_as(world.coordinator).page("/desk?group=urgent").text


def test_a_case_without_a_due_act_says_its_reason_as_a_sentence(world, client_as):
    PathwayFactory(case_id=world.case.id, school_id=world.school.id, kind=Kind.CONVERSATION.value, start_by=PAST)
    assert "A pathway was due to start by" in client_as(world.coordinator).page("/desk").text


def test_partners_returns_hand_over_and_cover_are_two_taps_away(world, client_as):
    page = client_as(world.coordinator).page("/desk")
    bar, menu = (nav for nav in page.find_all("nav") if nav.get("aria-label") == "Main")
    assert "Partners" not in bar.text
    assert "Returning students" in menu.text
    assert "Partners" in menu.text
    assert "Trainings" not in menu.text
    desk = page.find_all("main")[0].text
    assert all(words in desk for words in ("Partners", "Hand cases over", "Cover while away", "All returning students"))
    admin = make_user(world.school, Role.ADMINISTRATOR)
    _, theirs = (n for n in client_as(admin).page("/desk").find_all("nav") if n.get("aria-label") == "Main")
    assert "Trainings" in theirs.text


def test_an_administrator_sees_what_each_coordinator_carries(world, client_as):
    admin = make_user(world.school, Role.ADMINISTRATOR)
    colleague = make_user(world.school, name="Robin Vale")
    fill_desk(world.school, colleague, 3)
    text = client_as(admin).page("/desk").text
    assert "Robin Vale" in text
    own = client_as(world.coordinator).page("/desk").text
    assert "The school’s other coordinator carries" in own
    assert colleague.name not in own
    assert "Robin Vale" in client_as(admin).page(f"/desk?whose={colleague.id}").text


def test_the_desk_names_nobody_who_works_elsewhere(world, client_as):
    stranger = make_user(make_world().school, name="Zephyrine Quillfeather")
    dean = make_user(world.school, Role.DEAN, name="Robin Vale")
    client = client_as(world.coordinator)
    for nobody in (stranger.id, 999_999):
        answer = client.get(f"/desk?whose={nobody}")
        assert answer.status_code == 404
        assert "Quillfeather" not in answer.get_data(as_text=True)
    assert "Robin Vale" in client.page(f"/desk?whose={dean.id}").text


def test_a_desk_of_sixty_cases_is_turned_page_by_page(world, client_as):
    fill_desk(world.school, world.coordinator, 59)
    client = client_as(world.coordinator)
    page = client.page("/desk")
    assert "60 open cases" in page.text
    assert len(rows_of(page)) == 10
    later = next(a.get("href") for a in page.find_all("a") if a.get("rel") == "next")
    assert client.get(later).status_code == 200


def test_a_caseload_is_sorted_by_its_headers_and_every_page_is_of_that_order(world, client_as):
    fill_desk(world.school, world.coordinator, 19)
    client = client_as(world.coordinator)
    every = ["what", "points", "number"]
    client.submit("/desk", {"columns": every}, holding="columns")
    for sort, head in {"number": "Case number", "-number": "Case number", "what": "What", "-points": "Points"}.items():
        page = client.page(f"/desk?sort={sort}")
        later = next(a.get("href") for a in page.find_all("a") if a.get("rel") == "next")
        cells = [row[head] for row in (*rows_of(page), *rows_of(client.page(later)))]
        key = (lambda text: int(text.split()[0])) if head == "Points" else str.casefold
        assert len(cells) == 20 and cells == sorted(cells, key=key, reverse=sort.startswith("-")), sort
    whom = [row["Who"].split(", ") for row in rows_of(client.page("/desk?sort=who"))]
    first = [min(name.split()[-1].casefold() for name in names) for names in whom if names != ["No student named"]]
    assert len(first) > 8 and first == sorted(first)
    client.submit("/desk", {"columns": ["what", "number"]}, holding="columns")
    assert heads_of(client.page("/desk")) == ["Who", "What", "Case number", "Next step"]
    chosen = select(AuditEntry.object_id).where(AuditEntry.action == "account.columns_chosen")
    assert set(db.session.scalars(chosen)) == {world.coordinator.id}


def test_the_desk_costs_the_same_queries_for_six_cases_and_for_sixty(world, client_as):
    engine = db.session.get_bind().engine
    counted = []

    def count(*arguments):
        counted.append(arguments[2])

    client = client_as(world.coordinator)
    costs = []
    for more in (6, 54):
        fill_desk(world.school, world.coordinator, more)
        client.page("/desk")
        counted.clear()
        event.listen(engine, "before_cursor_execute", count)
        client.page("/desk")
        event.remove(engine, "before_cursor_execute", count)
        costs.append(sum(text.lstrip().upper().startswith("SELECT") for text in counted))
    few, many = costs
    assert few == many
    assert 10 < many <= 24


def test_the_documented_weights_are_those_in_force():
    text = (Path(__file__).parents[3] / "docs" / "caseload.md").read_text(encoding="utf-8")
    for table in (Weights().stages, Weights().families):
        for name, points in table.items():
            assert f"| `{name}` | {points} |" in text, name
