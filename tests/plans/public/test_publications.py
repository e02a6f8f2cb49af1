"""Publishing a plan: what is confirmed, whose consent is kept, and consents of before they had a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.architecture.test_migrations import PLAUSIBLE, engine, plant, run
from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.plan_money import FundingFactory, make_resource
from tests.factories.plans import PlanStrategyFactory
from tests.factories.roster import (
    EnrolmentFactory,
    GuardianFactory,
    SchoolFactory,
    StaffMemberFactory,
    StudentFactory,
    StudentGuardianFactory,
)
from tests.plans.public.making import SUMMARY, PublicScene, change, confirmed, row, switch
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.pages.reading import forms, parse
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import UtcDateTime, db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.measures import Direction
from wss_cases.plans.money.funding.models import FundingSource
from wss_cases.plans.money.resources.models import ResourceKind
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.committee import MemberGroup, PlanMember
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.public.publications.models import PlanPublication, key_of, read_by_anyone
from wss_cases.plans.public.publications.pages import WrittenYes, publish, withdraw
from wss_cases.plans.public.publications.presenters import Summary
from wss_cases.records.retention.deletion.erasure import erase_student

TODAY = date(2026, 11, 24)


@pytest.fixture
def scene(session: Any, at: Any) -> PublicScene:
    at("2026-11-24 10:00")
    switch("on")
    return PublicScene()


def test_off_by_default_and_off_again(session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    scene = PublicScene()
    with pytest.raises(Refused, match="has not turned on"):
        scene.publish()
    switch("on")
    assert read_by_anyone(scene.school.id, TODAY) is None, "the school has not published"
    scene.publish()
    assert read_by_anyone(scene.school.id, TODAY) is not None
    at("2026-11-25 10:00")
    switch("off")
    assert read_by_anyone(scene.school.id, date(2026, 11, 25)) is None


@pytest.mark.parametrize("state", [PlanState.DRAFT, PlanState.COMMITTEE, PlanState.COUNCIL_VOTE])
def test_nobody_outside_reads_a_plan_before_it_is_approved(scene: PublicScene, state: PlanState) -> None:
    change(scene.plan, state=state)
    with pytest.raises(Refused, match="Only an approved plan"):
        scene.publish()


def test_what_is_published_is_frozen_in_both_languages(scene: PublicScene) -> None:
    first = scene.publish()
    change(scene.goal, statement="Something else")
    english, spanish = fresh(first).content["en"], fresh(first).content["es"]
    assert "Everyone is greeted by name at the door" in str(english["goals"])
    assert (english["summary"], spanish["summary"]) == (SUMMARY.en, SUMMARY.es)
    assert english["voices"][0]["theme"] == "Arrival, dismissal, and the way to school"
    assert spanish["as_of"].startswith("mar") and english["as_of"].startswith("Tue")
    assert "bus stop" not in str(first.content), "what was heard leaves as its theme alone"
    second = scene.publish()
    assert (second.number, fresh(first).replaced_at is None) == (2, False)
    assert "Something else" in str(second.content["en"]["goals"])


def goal_on(scene: PublicScene, language: str = "en") -> Any:
    """The scene's goal as a new version of the page says it."""
    (goal,) = [goal for _part, goals in scene.publish().content[language]["goals"] for goal in goals]
    return goal


def frozen_year(scene: PublicScene, numerator: float, denominator: float, year: int = 2025, **more: Any) -> Any:
    """A whole school year that was frozen for the scene's plan."""
    values = {
        "school_id": scene.school.id, "plan_id": scene.plan.id, "measure": "repaired", "taken_at": clock.now(),
        "period_from": date(year, 8, 1), "period_to": date(year + 1, 7, 31),
    }  # fmt: skip
    return row(PlanBaseline, numerator=numerator, denominator=denominator, **(values | more))


def aim(scene: PublicScene, baseline: Any, target: float, **more: Any) -> None:
    values = {"measure": baseline.measure, "direction": Direction.UP, **more}
    change(scene.goal, baseline_id=baseline.id, target=target, **values)


def test_anyone_reads_baseline_now_and_target_of_a_goal(scene: PublicScene, client_as: Any) -> None:
    aim(scene, frozen_year(scene, 30, 50), 75.0)
    goal = goal_on(scene)
    assert goal["line"] == (
        "Harm repaired, percent of cases with a person harmed: baseline 60 (2025-26) → now not known yet → "
        "target up to 75 by Tue, Jun 1, 2027"
    )
    assert "punto de partida 60 (2025-26)" in goal_on(scene, "es")["line"]
    told = client_as(None).page(f"/public/en/{scene.school.id}").text
    assert "baseline 60 (2025-26) → now not known yet → target up to 75" in told


@pytest.mark.parametrize(
    ("numerator", "denominator", "measure"),
    [(9, 50, "repaired"), (41, 50, "repaired"), (0, 50, "repaired"), (50, 50, "repaired"), (40, 400, "suspensions")],
)
def test_no_figure_of_a_goal_is_published_that_tells_of_a_few(
    scene: PublicScene, numerator: float, denominator: float, measure: str
) -> None:
    direction = Direction.DOWN if measure == "suspensions" else Direction.UP
    aim(scene, frozen_year(scene, numerator, denominator, measure=measure), 5.0, direction=direction)
    said = str(goal_on(scene))
    assert "baseline not shown here → now not shown here → target" in said
    assert f"{100 * numerator / denominator:g} (" not in said and "rack" not in said


def test_a_year_stands_as_it_was_frozen_first_and_counts_when_it_is_over(scene: PublicScene) -> None:
    first = frozen_year(scene, 30, 50, 2024)
    again = frozen_year(scene, 31, 50, 2024)
    aim(scene, again, 75.0)
    assert "baseline 60 (2024-25) → now not known yet" in goal_on(scene)["line"], "not the second count, 62"
    frozen_year(scene, 39, 50, 2026, period_to=date(2026, 11, 23))
    assert "now not known yet" in goal_on(scene)["line"], "a part of a year is no year"
    later = frozen_year(scene, 35, 50, 2025)
    assert "baseline 60 (2024-25) → now 70 (2025-26) → target up to 75" in goal_on(scene)["line"]
    assert goal_on(scene)["line"].endswith("On track"), "the line is halfway at the end of that year"
    change(later, numerator=29.0)
    assert goal_on(scene)["line"].endswith("Worse than the baseline")
    assert fresh(first).numerator == 30


def test_a_goal_that_points_the_wrong_way_or_no_way_says_so_to_anyone(scene: PublicScene) -> None:
    aim(scene, frozen_year(scene, 30, 50), 40.0, why_backward="A new category of cases counts from now on.")
    wrong = "This goal points the wrong way. Reason: A new category of cases counts from now on."
    assert goal_on(scene)["notes"] == [wrong]
    StudentFactory(school=scene.school, given_name="Category")
    with pytest.raises(Refused, match="may name a student: Category"):
        scene.publish()
    change(scene.goal, why_backward="")
    aim(scene, frozen_year(scene, 41, 4100, measure="incidents"), 0.5, direction=Direction.DOWN)
    (said,) = goal_on(scene)["notes"]
    assert "incidents also fall when people stop reporting" in said


def test_a_page_from_before_goals_had_figures_still_reads(scene: PublicScene, client_as: Any) -> None:
    made = scene.publish()
    change(made, content={code: {**said, "goals": [["Trust", ["A kind word"]]]} for code, said in made.content.items()})
    assert "A kind word" in client_as(None).page(f"/public/en/{scene.school.id}").text


def test_anyone_reads_where_the_money_comes_from(scene: PublicScene, client_as: Any) -> None:
    strategy = PlanStrategyFactory(school_id=scene.school.id, plan_id=scene.plan.id, goal_id=scene.goal.id)
    make_resource(strategy)
    FundingFactory(school_id=scene.school.id, source=FundingSource.FORMER_POLICE, amount_cents=16_500_000)
    scene.publish()
    told = client_as(None).page(f"/public/en/{scene.school.id}").text
    assert "Where the money comes from" in told and "Former school police money" in told and "$165,000" in told
    assert told.index("Where the money comes from") < told.index("Money by kind")


def test_a_goal_that_was_taken_out_is_on_no_page_any_more(scene: PublicScene) -> None:
    change(scene.goal, removed_on=TODAY)
    assert scene.goal.statement not in str(fresh(scene.publish()).content)


def test_a_person_confirms_that_no_child_is_named(scene: PublicScene) -> None:
    with pytest.raises(Refused, match="confirm that it names no student"):
        scene.publish(confirmed(scene.plan, reads=False))
    assert db.session.scalar(select(PlanPublication.id)) is None


def test_the_finder_warns_of_every_text_before_a_person_can_confirm(scene: PublicScene) -> None:
    StudentFactory(school=scene.school, given_name="Zenobia")
    for summary in (Summary("Zenobia led it.", SUMMARY.es), Summary(SUMMARY.en, "Zenobia lo dirigió.")):
        with pytest.raises(Refused, match="may name a student: Zenobia"):
            scene.publish(summary=summary)
    change(scene.heard, answer="Zenobia gets a lamp.")
    with pytest.raises(Refused, match="may name a student: Zenobia"):
        scene.publish()
    assert scene.publish(confirmed(scene.plan, shown=("Zenobia",))).number == 1


def test_page_and_act_look_for_names_in_every_language_that_is_published(scene: PublicScene, client_as: Any) -> None:
    strategy = PlanStrategyFactory(school_id=scene.school.id, plan_id=scene.plan.id, goal_id=scene.goal.id)
    make_resource(strategy, kind=ResourceKind.REENGAGEMENT)
    StudentFactory(school=scene.school, given_name="Reincorporación")
    client, page = client_as(scene.head), f"/safety-plans/{scene.plan.id}/publish"
    assert "This may name a student: Reincorporación." in client.page(page).text, "in English too"
    with pytest.raises(Refused, match="may name a student: Reincorporación"):
        scene.publish()
    assert scene.publish(confirmed(scene.plan, shown=("Reincorporación",))).number == 1


def test_no_adult_is_named_without_a_written_yes_of_their_own(scene: PublicScene) -> None:
    elsewhere, left = SchoolFactory(), StudentFactory(school=scene.school, is_active=False)
    StaffMemberFactory(school=scene.school, name="Ottoline Quillfeather")
    StaffMemberFactory(school=elsewhere, name="Barnaby J. Thrushwood")
    StudentGuardianFactory(student=left, guardian=GuardianFactory(name="Perpetua Thistledown"))
    seat = {"school_id": scene.school.id, "plan_id": scene.plan.id, "starts_on": date(2026, 9, 1)}
    row(PlanMember, member_group=MemberGroup.COMMUNITY, name="Ivo Sandpiper", **seat)
    agreed = {"member_group": MemberGroup.PARENT, "named_yes_on": date(2026, 9, 2), **seat}
    row(PlanMember, name="Ada Rowanberry", **agreed)
    row(PlanMember, name="Leocadia Fennimore", ends_on=date(2026, 10, 1), **agreed)
    names = (
        "Ottoline Quillfeather", "Barnaby J. Thrushwood", "Perpetua Thistledown", "Ivo Sandpiper", "Ada Rowanberry",
        "Leocadia Fennimore",
    )  # fmt: skip
    for name in names:
        with pytest.raises(Refused, match=name) as refused:
            scene.publish(summary=Summary(f"Thanks to {name}.", SUMMARY.es))
        assert refused.value.field == f"by_{key_of(name)}"
    two = Summary("Thanks to Ottoline Quillfeather and Ivo Sandpiper.", SUMMARY.es)
    one_yes = WrittenYes("Ottoline Quillfeather", "O. Quillfeather, letter in the office", date(2026, 11, 3))
    for yes, field in (
        (WrittenYes("Ivo Sandpiper", " ", TODAY), "by_"),
        (WrittenYes("Ivo Sandpiper", "Ivo", None), "on_"),
        (WrittenYes("Ivo Sandpiper", "Ivo", date(2026, 11, 25)), "on_"),
        (WrittenYes("Somebody Else", "Ivo", TODAY), "by_"),
    ):
        with pytest.raises(Refused) as refused:
            scene.publish(confirmed(scene.plan, one_yes, yes), two)
        assert refused.value.field == f"{field}{key_of('Ivo Sandpiper')}"
    made = scene.publish(confirmed(scene.plan, one_yes, WrittenYes("Ivo Sandpiper", "Ivo", TODAY)), two)
    assert fresh(made).agreed == [
        ["Ottoline Quillfeather", "O. Quillfeather, letter in the office", "2026-11-03"],
        ["Ivo Sandpiper", "Ivo", "2026-11-24"],
    ]
    quiet = scene.publish(summary=Summary("Thanks to Mr. Thrushwood.", SUMMARY.es))
    assert quiet.agreed == [] and quiet.content["en"]["named"] == [["Ada Rowanberry", "Parent or guardian"]]


def test_a_consent_without_a_day_says_so(scene: PublicScene, client_as: Any) -> None:
    made = scene.publish()
    change(made, agreed=[["", "Letters in the office", ""], ["Ivo Sandpiper", "Ivo", "2026-11-03"]])
    text = client_as(scene.head).page(f"/safety-plans/{scene.plan.id}/public").text
    assert "Letters in the office, day not recorded; Ivo Sandpiper (Ivo, Tue, Nov 3, 2026)" in text


def test_words_that_name_no_one_take_no_consent_and_are_kept_as_that(scene: PublicScene, client_as: Any) -> None:
    StaffMemberFactory(school=scene.school, name="Ottoline Wabash")
    client, page = client_as(scene.head), f"/safety-plans/{scene.plan.id}/publish"
    key, typed = key_of("Wabash"), {"summary_en": "A lamp on Wabash Avenue.", "names_no_child": "y"}
    first = client.post(page, data={**client.form(page).values(), **typed, "summary_es": SUMMARY.es})
    assert first.status_code == 400 and "“Wabash”: these words name no one" in first.text
    (form,) = [one for one in forms(parse(first.text)) if "summary_en" in one.names]
    sent = form.values() | {f"no_one_{key}": "y"}
    both = client.post(page, data=sent | {f"by_{key}": "O. Wabash, letter in the office"})
    assert both.status_code == 400 and "Do not do both." in both.text
    assert client.post(page, data=sent).status_code == 303
    assert db.session.scalars(select(PlanPublication)).one().agreed == [["Wabash", "", ""]]
    shown = client.page(f"/safety-plans/{scene.plan.id}/public").text
    assert "names no one: Wabash" in shown and "written consent" not in shown
    again = client.form(page, "summary_en").values()
    assert again[f"no_one_{key}"] == ["y"]


def test_a_new_version_begins_with_the_consents_of_the_one_before(scene: PublicScene, client_as: Any) -> None:
    StaffMemberFactory(school=scene.school, name="Ottoline Quillfeather")
    yes = WrittenYes("Ottoline Quillfeather", "O. Quillfeather, letter in the office", date(2026, 11, 3))
    first = scene.publish(confirmed(scene.plan, yes), Summary("Thanks to Ottoline Quillfeather.", SUMMARY.es))
    client, page = client_as(scene.head), f"/safety-plans/{scene.plan.id}/publish"
    begun = client.form(page, "summary_en").values()
    assert client.post(page, data={**begun, "names_no_child": "y"}).status_code == 303
    second = db.session.scalars(select(PlanPublication).where(PlanPublication.number == 2)).one()
    assert second.agreed == fresh(first).agreed == [[yes.words, yes.given_by, "2026-11-03"]]
    key = key_of(yes.words)
    unsent = {name: value for name, value in client.form(page, "summary_en").values().items() if not name.endswith(key)}
    assert client.post(page, data={**unsent, "names_no_child": "y"}).status_code == 400, "what nobody was shown"
    withdraw(scene.call(), second.id, because="She took her consent back")
    assert client.form(page, "summary_en").values()[f"by_{key}"] == [""]


def test_a_student_who_left_is_found_as_long_as_a_record_is_held(scene: PublicScene) -> None:
    EnrolmentFactory(student=StudentFactory(school=SchoolFactory(), given_name="Zenobia"), school_id=scene.school.id)
    StudentFactory(school=scene.school, given_name="Philomena", is_active=False)
    for name in ("Zenobia", "Philomena"):
        with pytest.raises(Refused, match=f"may name a student: {name}"):
            scene.publish(summary=Summary(f"{name} led it.", SUMMARY.es))


def test_what_somebody_saved_meanwhile_is_read_before_it_is_published(scene: PublicScene, client_as: Any) -> None:
    client, page = client_as(scene.head), f"/safety-plans/{scene.plan.id}/publish"
    opened = client.form(page, "summary_en").values()
    change(scene.heard, answer="The lamps are not coming.")
    typed = {"summary_en": "A kinder year.", "summary_es": SUMMARY.es, "names_no_child": "y"}
    sent = client.post(page, data={**opened, **typed})
    assert sent.status_code == 400 and db.session.scalar(select(PlanPublication.id)) is None
    for said in ("since you read it: You said, we did", "The lamps are not coming.", "A kinder year."):
        assert said in sent.text
    (form,) = [one for one in forms(parse(sent.text)) if "summary_en" in one.names]
    again = form.values()
    assert "names_no_child" not in again, "what was confirmed was another page"
    assert client.post(page, data={**again, "names_no_child": "y"}).status_code == 303
    content = db.session.scalars(select(PlanPublication)).one().content["en"]
    assert content["voices"][0]["answer"] == "The lamps are not coming." and content["summary"] == "A kinder year."


def test_members_are_counted_and_named_only_by_their_written_yes(scene: PublicScene) -> None:
    of_plan = {"school_id": scene.school.id, "plan_id": scene.plan.id, "starts_on": date(2026, 9, 1)}
    for name, agreed in (("Ada Rowanberry", date(2026, 9, 2)), ("Ivo Sandpiper", None)):
        row(PlanMember, member_group=MemberGroup.PARENT, name=name, named_yes_on=agreed, **of_plan)
    row(PlanMember, member_group=MemberGroup.STUDENT, people=6, **of_plan)
    content = scene.publish().content["en"]
    assert content["committee"] == [["Parent or guardian", 2], ["Students", 6]]
    assert content["named"] == [["Ada Rowanberry", "Parent or guardian"]]
    assert "Sandpiper" not in str(content)


def test_withdrawing_leaves_a_trace_and_brings_no_earlier_version_back(scene: PublicScene) -> None:
    first, second = scene.publish(), scene.publish()
    with pytest.raises(Refused, match="not public any more"):
        withdraw(scene.call(), first.id, because="Wrong figures")
    with pytest.raises(Refused, match="Write why"):
        withdraw(scene.call(), second.id, because=" ")
    withdraw(scene.call(), second.id, because="Wrong figures")
    assert read_by_anyone(scene.school.id, TODAY) is None
    assert fresh(second).withdrawn_because == "Wrong figures"
    kinds = db.session.scalars(select(TimelineEntry.kind).where(TimelineEntry.subject_type == "plan_publication"))
    assert list(kinds)[-1] == "plan_publication.withdrawn"
    assert scene.publish().number == 3


def test_who_publishes_and_who_withdraws(scene: PublicScene) -> None:
    one = scene.publish()
    for who in (make_user(Role.COORDINATOR, scene.school), make_user(Role.ADMINISTRATOR, SchoolFactory())):
        call = Invocation(acting(who), clock.now())
        with pytest.raises(NotFound):
            publish(call, scene.plan.id, SUMMARY, confirmed(scene.plan))
        with pytest.raises(NotFound):
            withdraw(call, one.id, because="No")
    withdraw(Invocation(acting(make_user(Role.DISTRICT)), clock.now()), one.id, because="The district asks")
    assert read_by_anyone(scene.school.id, TODAY) is None


@pytest.mark.both_databases
def test_both_databases_keep_one_page_of_a_school_live(scene: PublicScene) -> None:
    one = scene.publish()
    same = {column.name: getattr(one, column.name) for column in PlanPublication.__table__.columns}
    second = {**same, "id": None, "number": 2}
    with pytest.raises(IntegrityError, match=r"uq_plan_publication_live|plan_publication\.school_id"):
        with db.session.begin_nested():
            db.session.add(PlanPublication(**second))


def test_publishing_on_a_page_shows_the_page_as_it_would_be(scene: PublicScene, client_as: Any) -> None:
    StudentFactory(school=scene.school, given_name="Zenobia")
    client = client_as(scene.head)
    page = f"/safety-plans/{scene.plan.id}/publish"
    assert "Everyone is greeted by name at the door" in client.page(page).text
    typed = {"summary_en": "Zenobia led it.", "summary_es": SUMMARY.es, "names_no_child": "y"}
    data = {**client.form(page).values(), **typed}
    refused = client.post(page, data=data)
    assert refused.status_code == 400 and "This may name a student: Zenobia" in refused.text
    assert 'name="shown" value="Zenobia"' in refused.text and "Zenobia led it." in refused.text
    sent = client.post(page, data=data | {"summary_en": SUMMARY.en})
    assert sent.status_code == 303
    shown = client.page(f"/safety-plans/{scene.plan.id}/public").text
    assert "Version 1" in shown and f"/public/en/{scene.school.id}" in shown
    live = db.session.scalars(select(PlanPublication)).one()
    away = client.submit(f"/safety-plans/publications/{live.id}/withdraw", {"because": "Wrong figures"})
    assert away.status_code == 303
    assert "Nothing is public now." in client.page(f"/safety-plans/{scene.plan.id}/public").text


DAY = "2026-11-03"


def erase(student_id: int, *, permanent: bool) -> dict[str, int]:
    """Delete a student's record, of what happened or for good."""
    with unit_of_work(SYSTEM, clock.now()) as uow:
        uow.no_audit()
        return erase_student(uow, student_id, permanent=permanent)


def test_a_guardian_leaves_the_consents_with_the_last_record(session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    switch("on")
    here, elsewhere = PublicScene(), PublicScene()
    child, sibling = StudentFactory(school=here.school), StudentFactory(school=SchoolFactory())
    StudentGuardianFactory(student=child, guardian=GuardianFactory(name="Perpetua Thistledown"))
    stays = GuardianFactory(name="Leocadia Fennimore")
    for one in (child, sibling):
        StudentGuardianFactory(student=one, guardian=stays)
    said = [
        ["Thistledown", "Perpetua Thistledown, letter in the office", DAY],
        ["Leocadia", "Leocadia Fennimore, letter in the office", DAY],
        ["", "Letters of Perpetua Thistledown and Ivo Sandpiper", ""],
    ]
    page, other = here.publish(), elsewhere.publish()
    for one in (page, other):
        change(one, agreed=said)
    assert "consents" not in erase(child.id, permanent=False)
    assert fresh(page).agreed == said
    version = fresh(page).version
    assert erase(child.id, permanent=True)["consents"] == 1
    assert fresh(page).agreed == [
        ["[…]", "[…], letter in the office", DAY],
        ["Leocadia", "Leocadia Fennimore, letter in the office", DAY],
        ["", "Letters of […] and Ivo Sandpiper", ""],
    ]
    assert fresh(page).version == version + 1 and fresh(other).agreed == said


BEFORE = "0112"
AT_NIGHT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
"""On November 24 in Chicago."""
LATER = datetime(2026, 11, 26, 15, tzinfo=UTC)
MOVES = (
    (901, 901, "plan.moved", AT_NIGHT, None),
    (902, 901, "plan.moved", LATER, 901),
    (903, 901, "plan.answered", PLAUSIBLE[datetime], None),
    (904, 902, "plan.moved", LATER, 999),
)


@pytest.mark.both_databases
def test_no_day_is_made_up_for_what_was_published_and_who_moved_a_plan_last_stays_known(
    database: Database, tmp_path: Path
) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", BEFORE)
    rows: dict[str, list[dict[str, Any]]] = {
        "school": [{"id": 901}],
        "user_account": [{"id": 901, "email": "head@district.example"}],
        "timeline_entry": [
            {"id": number, "subject_type": "school_plan", "subject_id": plan, "kind": kind, "at": at, "actor_id": actor}
            for number, plan, kind, at, actor in MOVES
        ],
        "plan_template": [{"id": 901, "starts_on": date(2031, 8, 1)}],
        "school_plan": [
            {"id": number, "school_id": 901, "state": "draft", "template_id": 901, "first_year": "2026-27",
             "last_year": "2026-27", "started_at": PLAUSIBLE[datetime], "number": number - 900}
            for number in (901, 902)
        ],
        "plan_publication": [
            {"id": 901, "school_id": 901, "plan_id": 901, "number": 1, "content": {}, "figures": [],
             "figures_year": "2026-27", "written_yes": "Letters in the office", "published_at": AT_NIGHT},
        ],
    }  # fmt: skip
    plant(database, rows)
    run(app, "upgrade")
    pages = sa.table("plan_publication", sa.column("id"), sa.column("agreed", sa.JSON()))
    with engine(database).connect() as connection:
        agreed = connection.scalar(sa.select(pages.c.agreed).where(pages.c.id == 901))
        plans = sa.table("school_plan", *map(sa.column, ("id", "moved_by_id")), sa.column("moved_at", UtcDateTime()))
        moved = connection.execute(sa.select(plans).order_by(plans.c.id)).all()
    assert agreed == [["", "Letters in the office", ""]]
    assert [tuple(row) for row in moved] == [(901, 901, LATER), (902, None, LATER)], "999 has no account any more"
    run(app, "downgrade", BEFORE)
    with engine(database).connect() as connection:
        said = connection.scalar(sa.text("SELECT written_yes FROM plan_publication WHERE id = 901"))
    assert said == "Letters in the office"
