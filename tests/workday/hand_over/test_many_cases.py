"""Handing over many cases at once, and cover while away: who sees, who is told, and when it ends."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.cases import CaseFactory
from tests.factories.followups import FollowUpFactory
from tests.pathways.circles.making import keep, make_circle
from tests.support.pages.tables import rows_of
from tests.workday.caseload.making import fill_desk
from wss_cases.access.actor import Invocation, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import Cover
from wss_cases.accounts.coverage import near
from wss_cases.cases.case.models import CaseNote
from wss_cases.casework.case_page.acts import hand_over_many
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.school_time import DEFAULT_ZONE, at_local
from wss_cases.journal.message_kinds import kind_of
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.circle.queries import keepers_of
from wss_cases.workday.cover import end_cover, set_cover
from wss_cases.workday.my_day.queries import my_day
from wss_cases.workday.sweep import sweep

FIRST, LAST = TODAY, TODAY + timedelta(days=7)


def mails(kind):
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)))


def cover(world, colleague, actor=None, **changes):
    given = {"starts_on": FIRST, "ends_on": LAST, "note": ""}
    asked = Invocation(actor or world.actor, NOW)
    return set_cover(asked, world.school.id, world.coordinator.id, colleague.id, **(given | changes))


def test_a_whole_caseload_goes_with_one_note_and_one_mail(world):
    cases = [world.case, *fill_desk(world.school, world.coordinator, 6)]
    to = make_user(world.school, name="Robin Vale")
    ids = [case.id for case in cases]
    moved = hand_over_many(
        Invocation(world.actor, NOW, "k1"), ids, world.coordinator.id, to.id, "Call the aunts first."
    )
    assert moved == hand_over_many(Invocation(world.actor, NOW, "k1"), ids, world.coordinator.id, to.id, "x") == 7
    assert {fresh(case).lead_id for case in cases} == {to.id}
    notes = db.session.scalars(select(CaseNote.text).where(CaseNote.case_id.in_(ids))).all()
    assert notes == ["Call the aunts first."] * 7
    owners = select(FollowUp.owner_id).where(FollowUp.case_id.in_(ids)).distinct()
    assert db.session.scalars(owners).all() == [to.id]
    [mail] = mails("cases_handed_over")
    assert mail.recipient_id == to.id
    assert mails("case_assigned") == []
    kind = kind_of("cases_handed_over")
    assert kind.still_due(mail, actor_for(to))
    assert not kind.still_due(mail, world.actor)


def test_nothing_is_chosen_before_somebody_chooses(world, client_as):
    client = client_as(world.coordinator)
    first, every = (client.get(f"/desk/hand-over{more}").get_data(as_text=True) for more in ("", "?all=yes"))
    assert " checked" not in first
    assert " checked" in every


def test_all_go_or_none(world):
    other = make_user(world.school)
    mine, theirs = world.case, CaseFactory(school_id=world.school.id, lead_id=other.id)
    to = make_user(world.school)
    for ids, note, words in (
        ([mine.id, theirs.id], "note", theirs.reference),
        ([mine.id], "  ", "next person"),
        ([], "note", "at least one case"),
    ):
        with pytest.raises(Refused, match=words):
            hand_over_many(Invocation(world.actor, NOW), ids, world.coordinator.id, to.id, note)
    stranger = make_user(make_world().school)
    with pytest.raises(Refused, match="new coordinator"):
        hand_over_many(Invocation(world.actor, NOW), [mine.id], world.coordinator.id, stranger.id, "note")
    assert fresh(mine).lead_id == world.coordinator.id


def test_keepers_stay_when_a_case_is_handed_over(world):
    row = make_circle(world)
    keep(world, row)
    to = make_user(world.school)
    hand_over_many(Invocation(world.actor, NOW), [world.case.id], world.coordinator.id, to.id, "note")
    assert set(keepers_of(row.id)) == {world.coordinator.id}
    assert fresh(row).owner_id == to.id


def test_the_page_offers_ones_own_and_an_administrator_anybodys(world, client_as):
    to = make_user(world.school, name="Robin Vale")
    client = client_as(world.coordinator)
    wrong = client.submit("/desk/hand-over?all=yes", {"to": str(to.id), "note": ""})
    assert wrong.status_code == 400
    assert "Write what the next person needs to know." in wrong.text
    assert client.submit("/desk/hand-over?all=yes", {"to": str(to.id), "note": "All is said."}).status_code == 303
    assert fresh(world.case).lead_id == to.id
    assert "No open case to hand over." in client.page("/desk/hand-over").text
    assert client.get(f"/desk/hand-over?whose={to.id}").status_code == 404
    admin = client_as(make_user(world.school, Role.ADMINISTRATOR))
    assert world.case.reference in admin.page(f"/desk/hand-over?whose={to.id}").text


def test_whoever_stands_in_sees_the_work_marked_with_whose_it_is(world, client_as):
    colleague = make_user(world.school, name="Robin Vale")
    row = FollowUpFactory(school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id, due_on=TODAY)
    assert my_day(actor_for(colleague), NOW).due_today == []
    number = cover(world, colleague)
    day = my_day(actor_for(colleague), NOW)
    assert [item.row.id for item in day.due_today] == [row.id]
    assert [case_id for case_id, *_rest in day.waiting.new_cases] == [world.case.id]
    client = client_as(colleague)
    assert f"for {world.coordinator.name}" in client.page("/my-day").text
    desk = client.page("/desk").text
    assert world.case.reference in desk
    assert rows_of(client.page("/desk"))[0]["Coordinator"] == world.coordinator.name
    assert "Robin Vale is covering for you until Tue, Dec 1." in client_as(world.coordinator).page("/desk").text
    end_cover(Invocation(world.actor, NOW), number)
    assert my_day(actor_for(colleague), NOW).due_today == []


def test_a_cover_begins_and_ends_by_itself(world):
    colleague = make_user(world.school)
    cover(world, colleague, starts_on=TODAY + timedelta(days=2), ends_on=LAST)
    shown = {
        day: bool(near(colleague.id, at_local(day, 12, 0, DEFAULT_ZONE)))
        for day in (TODAY, TODAY + timedelta(days=2), LAST, LAST + timedelta(days=1))
    }
    assert list(shown.values()) == [False, True, True, False]


def test_whoever_stands_in_is_told_of_due_work_and_may_see_it(world, at):
    colleague = make_user(world.school)
    row = FollowUpFactory(school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id, due_on=TODAY)
    cover(world, colleague)
    [told] = mails("cover_set")
    assert told.recipient_id == colleague.id
    assert kind_of("cover_set").still_due(told, actor_for(colleague))
    sweep(NOW)
    sweep(NOW + timedelta(minutes=1))
    sent = mails("followup.due")
    assert sorted(mail.recipient_id for mail in sent) == sorted([world.coordinator.id, colleague.id])
    assert {mail.recipient_id for mail in mails("digest")} >= {world.coordinator.id, colleague.id}
    kind = kind_of("followup.due")
    [to_cover] = [mail for mail in sent if mail.recipient_id == colleague.id]
    assert kind.still_due(to_cover, actor_for(colleague))
    assert can(actor_for(colleague), Permission.FOLLOWUP_READ, fresh(row))
    at("2026-12-02 10:00")
    assert not kind.still_due(to_cover, actor_for(colleague))
    at("2026-11-24 10:30")
    db.session.execute(Cover.__table__.update().values(ended_at=NOW))
    db.session.commit()
    assert not kind.still_due(to_cover, actor_for(colleague))
    assert not kind_of("cover_set").still_due(told, actor_for(colleague))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_on": FIRST - timedelta(days=1)}, "today or a later"),
        ({"starts_on": LAST, "ends_on": FIRST + timedelta(days=1)}, "before the first"),
        ({"ends_on": FIRST + timedelta(days=400)}, "within a year"),
    ],
)
def test_dates_that_do_not_fit_are_refused(world, changes, words):
    with pytest.raises(Refused, match=words):
        cover(world, make_user(world.school), **changes)


def test_days_that_are_covered_already_are_refused(world):
    first, second = make_user(world.school), make_user(world.school)
    cover(world, first)
    with pytest.raises(Refused, match="is already covering from"):
        cover(world, second, starts_on=LAST, ends_on=LAST + timedelta(days=3))
    with pytest.raises(Refused, match="away themselves"):
        set_cover(
            Invocation(actor_for(second), NOW),
            world.school.id,
            second.id,
            world.coordinator.id,
            starts_on=FIRST,
            ends_on=FIRST,
            note="",
        )
    cover(world, second, starts_on=LAST + timedelta(days=1), ends_on=LAST + timedelta(days=2))
    assert db.session.scalar(select(func.count()).select_from(Cover)) == 2


def test_only_the_person_and_the_administrator_set_and_end_a_cover(world):
    colleague, dean = make_user(world.school), make_user(world.school, Role.DEAN)
    admin = actor_for(make_user(world.school, Role.ADMINISTRATOR))
    stranger = actor_for(make_user(make_world().school, Role.ADMINISTRATOR))
    reporter = make_user(world.school, Role.REPORTER)
    for nobody in (actor_for(dean), actor_for(colleague), stranger):
        with pytest.raises(NotFound):
            cover(world, colleague, actor=nobody)
    with pytest.raises(Refused, match="who is covering"):
        cover(world, reporter)
    number = cover(world, colleague, actor=admin)
    for nobody in (actor_for(dean), actor_for(colleague), stranger):
        with pytest.raises(NotFound):
            end_cover(Invocation(nobody, NOW), number)
    end_cover(Invocation(admin, NOW), number)
    assert db.session.get(Cover, number).ended_at == NOW
    end_cover(Invocation(admin, NOW + timedelta(hours=1)), number)
    assert db.session.get(Cover, number).ended_at == NOW


def test_a_cover_is_set_and_ended_on_its_pages(world, client_as):
    colleague = make_user(world.school, name="Robin Vale")
    client = client_as(world.coordinator)
    address = "/desk/cover/new"
    wrong = client.submit(address, {"cover": str(colleague.id), "starts_on": "2026-11-24", "ends_on": "2026-11-20"})
    assert "Choose today or a later day." in wrong.text
    values = {"cover": str(colleague.id), "starts_on": "2026-11-24", "ends_on": "2026-11-30", "note": "Keys: B12"}
    assert client.submit(address, values).status_code == 303
    page = client.page("/desk/cover")
    assert "Robin Vale is covering for you" in page.text
    assert "Keys: B12" in page.text
    assert client.submit("/desk/cover", {}).status_code == 303
    assert db.session.scalar(select(Cover.ended_at)) is not None
    assert "No cover is set up." in client.page("/desk/cover").text


def test_an_administrator_sees_every_cover_of_the_school(world, client_as):
    colleague = make_user(world.school, name="Robin Vale")
    cover(world, colleague)
    assert "is covering for" not in client_as(colleague).page("/desk/cover").text
    admin = client_as(make_user(world.school, Role.ADMINISTRATOR)).page("/desk/cover").text
    assert f"Robin Vale is covering for {world.coordinator.name}" in admin
