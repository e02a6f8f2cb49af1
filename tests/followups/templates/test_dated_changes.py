"""Templates: a change begins on its day and rewrites nothing; a school has its own; a sample shows what is made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import actor_for
from tests.factories.accounts import make_user
from tests.factories.cases import PathwayFactory
from tests.factories.roster import SchoolFactory
from tests.mail.making import scene
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.followups.core.models import FollowUp, FollowUpTemplate
from wss_cases.followups.making import make_for_event
from wss_cases.followups.templates.queries import applicable, fits, once_a_week
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.unit_of_work import unit_of_work

At = Callable[..., datetime]
WRITTEN = {
    "title_en": "Ask how the week went", "title_es": "Preguntar cómo fue la semana", "due_in_school_days": "2",
    "closes_with_en": "They were asked.", "closes_with_es": "Se le preguntó.", "starts_on": "2026-12-01",
}  # fmt: skip


def one(session: Any, event: str, kind: str) -> int:
    """The template of an event and kind that no newer one follows; the first due where there are several."""
    found = select(FollowUpTemplate.id).filter_by(event=event, kind=kind, ends_on=None)
    return int(session.scalars(found.order_by(FollowUpTemplate.due_in_school_days)).first())


def own_of(session: Any, school_id: int) -> int:
    return int(session.scalars(select(FollowUpTemplate.id).filter_by(school_id=school_id)).one())


class Place:
    def __init__(self) -> None:
        here = scene()
        self.school, self.coordinator = here.school, here.coordinator
        self.actor, self.school_id, self.case_id = actor_for(here.coordinator), here.school.id, here.case.id

    def happens(self, event: str, now: datetime, day: date, pathway_kind: str = "") -> list[tuple[int, date, int]]:
        """Let something happen here; return the id, the due date and the template of what was made."""
        with unit_of_work(self.actor, now) as uow:
            made = make_for_event(
                uow, event, school_id=self.school_id, owner_id=self.actor.user_id, from_day=day,
                case_id=self.case_id, pathway_kind=pathway_kind,
            )  # fmt: skip
            return [(row.id, row.due_on, row.template_id or 0) for row in made]


def test_a_change_begins_on_its_day_and_leaves_what_was_made(session: Any, at: At, client_as: Any) -> None:
    now, here = at("2026-11-24 10:00"), Place()
    client = client_as(make_user(Role.DISTRICT))
    old = one(session, "meeting_no_show", "after_no_show")
    before = here.happens("meeting_no_show", now, date(2026, 11, 24))[0][0]
    address = f"/follow-up-templates/{old}"
    assert client.submit(address, WRITTEN | {"starts_on": "2026-11-24"}).status_code == 400
    assert client.submit(address, WRITTEN | {"closes_with_es": " "}).status_code == 400
    assert client.submit(address, WRITTEN).status_code == 303
    assert "Ask how the week went" in client.page("/follow-up-templates").text
    day_before = here.happens("meeting_no_show", now, date(2026, 11, 30))[0][0]
    kept = [session.get(FollowUp, made).template_id for made in (before, day_before)]
    assert kept == [old, old]
    now = at("2026-12-01 10:00")
    after = here.happens("meeting_no_show", now, date(2026, 12, 1))
    assert [(due, template != old) for _id, due, template in after] == [(date(2026, 12, 3), True)]
    assert "Ask whoever did not come how they are" in client_as(here.coordinator).page(f"/follow-ups/{before}").text
    later = client_as(make_user(Role.DISTRICT))
    assert later.submit(f"/follow-up-templates/{old}/end", {"until": "2026-12-05"}).status_code == 400


def test_each_of_several_of_one_kind_keeps_its_own_template(session: Any, at: At) -> None:
    now, here = at("2026-11-24 10:00"), Place()
    made = here.happens("agreement_made", now, date(2026, 11, 24))
    days = [session.get(FollowUpTemplate, template).due_in_school_days for _id, _due, template in made]
    assert days == [5, 20, 60]


def test_a_school_has_its_own_in_place_of_the_districts(session: Any, at: At, client_as: Any) -> None:
    now, here, other = at("2026-11-24 10:00"), Place(), Place()
    principal = make_user(Role.ADMINISTRATOR, here.school)
    principal_id, client = principal.id, client_as(principal)
    five = one(session, "agreement_made", "agreement_check_in")
    address = f"/follow-up-templates/{five}/own"
    assert client.submit(address, WRITTEN).status_code == 303
    assert "already" in client.submit(address, WRITTEN).get_data(as_text=True)
    own = own_of(session, here.school_id)
    assert session.get(FollowUpTemplate, own).instead_of_id == five
    assert "This school has its own" in client.page("/follow-up-templates").text
    now = at("2026-12-01 10:00")
    day = date(2026, 12, 1)
    here_made, there_made = (
        [template for _id, _due, template in place.happens("agreement_made", now, day)] for place in (here, other)
    )
    assert (own in here_made, five in here_made) == (True, False)
    assert (own in there_made, len(there_made)) == (False, len(here_made))
    later = client_as(session.get(UserAccount, principal_id))
    assert later.submit(f"/follow-up-templates/{own}/end", {"until": "2026-12-01"}).status_code == 303
    now = at("2026-12-02 10:00")
    assert five in {template for _id, _due, template in here.happens("agreement_made", now, date(2026, 12, 2))}
    assert session.scalars(select(AuditEntry).filter_by(action="followup_template.own")).first() is not None


def test_nobody_writes_for_another_school_or_the_district(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here, other = Place(), SchoolFactory()
    five = one(session, "agreement_made", "agreement_check_in")
    principal = client_as(make_user(Role.ADMINISTRATOR, here.school))
    assert principal.submit(f"/follow-up-templates/{five}/own", WRITTEN).status_code == 303
    own = own_of(session, here.school_id)
    stranger = client_as(make_user(Role.ADMINISTRATOR, other))
    assert "Ask how the week went" not in stranger.page("/follow-up-templates").text
    for part in (str(own), f"{own}/end"):
        assert stranger.get(f"/follow-up-templates/{part}").status_code == 404
    assert client_as(make_user(Role.DISTRICT)).get(f"/follow-up-templates/{own}").status_code == 404


def test_a_template_of_one_pathway_counts_there_alone(session: Any, at: At, client_as: Any) -> None:
    now, here = at("2026-11-24 10:00"), Place()
    client = client_as(make_user(Role.ADMINISTRATOR, here.school))
    new = WRITTEN | {"event": "pathway_completed", "kind": "other", "pathway": "mentoring"}
    wrong = client.submit("/follow-up-templates/new", new | {"event": "student_moved"})
    assert wrong.status_code == 400
    assert "happens in more than one pathway" in wrong.get_data(as_text=True)
    assert client.submit("/follow-up-templates/new", new).status_code == 303
    now = at("2026-12-02 10:00")
    day = date(2026, 12, 2)
    made = here.happens("pathway_completed", now, day, "one_to_one")
    assert [due for _id, due, _template in made] == [date(2026, 12, 4)]
    assert here.happens("pathway_completed", now, day, "peace_circle") == []
    assert here.happens("pathway_completed", now, day) == []


def test_a_pathway_that_begins_makes_what_its_template_asks(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = Place()
    new = WRITTEN | {"event": "pathway_started", "kind": "other", "pathway": "conversation"}
    principal = client_as(make_user(Role.ADMINISTRATOR, here.school))
    assert principal.submit("/follow-up-templates/new", new).status_code == 303
    at("2026-12-02 10:00")
    row = PathwayFactory(
        case_id=here.case_id, school_id=here.school_id, owner_id=here.actor.user_id, kind="conversation",
        pathway="restorative_conversation", state="preparing",
    ).id  # fmt: skip
    client = client_as(here.coordinator)
    assert client.submit(f"/cases/{here.case_id}/pathways/{row}/start", {"on": "2026-12-02"}).status_code == 303
    made = session.scalars(select(FollowUp).filter_by(pathway_id=row)).all()
    assert [(one.due_on, one.case_id) for one in made] == [(date(2026, 12, 4), here.case_id)]


def test_a_sample_case_shows_what_is_made_and_saves_nothing(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = Place()
    client = client_as(make_user(Role.ADMINISTRATOR, here.school))
    page = client.page("/follow-up-templates/sample?event=agreement_made&pathway=circle&day=2026-11-24").text
    assert "This is created (3)" in page
    assert "due Tue, Dec 1, 2026" in page
    assert client.get("/follow-up-templates/sample?event=agreement_made&day=2026-13-40").status_code == 400
    assert client.get("/follow-up-templates/sample?event=nonsense&day=2026-11-24").status_code == 400
    five = one(session, "agreement_made", "agreement_check_in")
    shown = client.submit(f"/follow-up-templates/{five}/own", WRITTEN | {"preview": "1"})
    text = shown.get_data(as_text=True)
    assert shown.status_code == 200
    assert (
        "If it happens on Tue, Dec 1, 2026, it is due on Thu, Dec 3, 2026. As it is now: on Tue, Dec 8, 2026." in text
    )
    assert "Ask how the week went" in text
    assert session.scalars(select(FollowUpTemplate).filter_by(school_id=here.school_id)).all() == []


@pytest.mark.parametrize("day", ["2028-01-03", "9999-12-31"])
def test_a_day_too_far_off_is_a_slip_and_is_refused_everywhere(session: Any, at: At, client_as: Any, day: str) -> None:
    at("2026-11-24 10:00")
    here, words = Place(), "Choose a day in the years" if day > "9" else "Choose a day within the next year."
    client = client_as(make_user(Role.ADMINISTRATOR, here.school))
    district = client_as(make_user(Role.DISTRICT))
    five = one(session, "agreement_made", "agreement_check_in")
    sample = client.get(f"/follow-up-templates/sample?event=agreement_made&pathway=circle&day={day}")
    written = WRITTEN | {"starts_on": day}
    answers = [
        sample,
        client.submit(f"/follow-up-templates/{five}/own", written | {"preview": "1"}),
        client.submit(f"/follow-up-templates/{five}/own", written),
        district.submit(f"/follow-up-templates/{five}", written),
        district.submit(f"/follow-up-templates/{five}/end", {"until": day}),
    ]
    for answer in answers:
        assert answer.status_code == 400
        assert words in answer.get_data(as_text=True)
    assert session.get(FollowUpTemplate, five).ends_on is None
    assert session.scalars(select(FollowUpTemplate).filter_by(school_id=here.school_id)).all() == []


def test_what_rules_make_keeps_its_words(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    client = client_as(make_user(Role.DISTRICT))
    guardian = one(session, "routed", "guardian_contact")
    page = client.page(f"/follow-up-templates/{guardian}").text
    assert "The routing rules set when it is due" in page
    refused = client.submit(f"/follow-up-templates/{guardian}/end", {"until": "2026-12-05"})
    assert "but not remove it" in refused.get_data(as_text=True)
    new = WRITTEN | {"event": "routed", "kind": "other"}
    assert client.submit("/follow-up-templates/new", new).status_code == 400


def test_a_schools_own_stands_only_for_what_it_replaces() -> None:
    rows = [
        FollowUpTemplate(id=1, pathway=""),
        FollowUpTemplate(id=2, pathway=""),
        FollowUpTemplate(id=3, pathway="", school_id=9, instead_of_id=1),
        FollowUpTemplate(id=4, pathway="", school_id=9),
        FollowUpTemplate(id=5, pathway="circle"),
        FollowUpTemplate(id=6, pathway="", series_id=1),
    ]
    assert [row.id for row in applicable(rows, "")] == [2, 3, 4]
    assert [row.id for row in applicable(rows, "peace_circle")] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("wanted", "kind", "answer"),
    [("", "", True), ("circle", "peace_circle", True), ("peace_circle", "peace_circle", True),
     ("peace_circle", "talking_circle", False), ("mentoring", "peace_circle", False), ("circle", "", False)],
)  # fmt: skip
def test_a_pathway_fits_its_kind_and_its_family(wanted: str, kind: str, answer: bool) -> None:
    assert fits(wanted, kind) is answer


def test_of_one_kind_within_a_school_week_the_soonest_is_made_and_check_ins_stay() -> None:
    made = [("interpreter", 2), ("interpreter", 4), ("interpreter", 7), ("agreement_check_in", 1), ("safety_plan", 1)]
    made += [("agreement_check_in", 4), ("safety_plan", 3)]
    rows = [FollowUpTemplate(kind=kind, due_in_school_days=days) for kind, days in made]
    assert [(row.kind, row.due_in_school_days) for row in once_a_week(rows)] == [
        ("agreement_check_in", 1), ("safety_plan", 1), ("interpreter", 2), ("safety_plan", 3),
        ("agreement_check_in", 4), ("interpreter", 7),
    ]  # fmt: skip
