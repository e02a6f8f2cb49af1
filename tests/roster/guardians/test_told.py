"""Whoever an order keeps away is never said to be told, and a call says no more at home than the student agrees to."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cases.making import NOW, TODAY, make_world
from tests.factories.accounts import acting, make_user
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import IncidentPersonFactory
from tests.factories.referrals import PartnerFactory
from tests.factories.roster import StudentFactory, two_parents
from tests.pathways.circles.making import add_supporter, record_consent
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import GuardianTold, SafetyPlan
from wss_cases.casework.safety_plans import acts as plans
from wss_cases.followups.evidence import Evidence
from wss_cases.followups.making import close
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.pages import record_guardian_contact
from wss_cases.incidents.telling import yes_to
from wss_cases.pathways.circles.circle.models import SupporterRelation
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.notes.messages import ExceptionKind
from wss_cases.pathways.circles.privilege import record_exception
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.reengagement.pages import save_plan
from wss_cases.pathways.referrals.case_page import draft
from wss_cases.pathways.referrals.consent import record_consent as consented
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.queries import steps_of
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS
from wss_cases.safeguards.questioning import pages as asking
from wss_cases.safeguards.questioning.models import AdultPresent, QuestionedBy, Questioning
from wss_cases.safeguards.restraint import RestraintKind, record_restraint, tell_guardian

FATHER, MOTHER, NOBODY = "Aldous Quillfeather, by phone", "Ms. Goldleaf", ""


class Family:
    """A case of a student whose father an order keeps away, and everything in which a guardian is said to be told."""

    def __init__(self) -> None:
        self.world = make_world()
        self.student, self.person = self.world.students[0], self.world.people[0]
        two_parents(self.student)
        self.call = Invocation(acting(make_user(Role.DEAN, self.world.school)), NOW)

    def restraint(self, who: str) -> None:
        record_restraint(self.call, self.world.incident.id, **self._restraint(NOW, "phone", who))

    def told_later(self, who: str) -> None:
        answers = {"guardian_told_at": NOW, "guardian_manner": "phone", "guardian_name": who}
        tell_guardian(self.call, self.held(), **answers)

    def held(self) -> int:
        return record_restraint(self.call, self.world.incident.id, **self._restraint(None, "", ""))

    def _restraint(self, at: Any, manner: str, who: str) -> dict[str, Any]:
        return {
            "student_id": self.student.id, "kind": RestraintKind.PHYSICAL_RESTRAINT, "started_at": NOW, "ended_at": NOW,
            "danger": "A chair.", "tried": "Talked.", "staff_present": "Two.", "harm": "none",
            "guardian_told_at": at, "guardian_manner": manner, "guardian_name": who,
        }  # fmt: skip

    def questioned(self) -> Questioning:
        found = db.session.scalars(db.select(Questioning)).first()
        if found is not None:
            return found
        asked = {"student_id": self.student.id, "asked_by": QuestionedBy.POLICE, "who": "Unit 7", "why": "A theft."}
        return db.session.get_one(Questioning, asking.record_questioning(self.call, self.world.incident.id, **asked))

    def notice(self, who: str) -> None:
        notice = {"at": NOW, "manner": "phone", "result": "reached", "told_whom": who}
        asking.record_notice(self.call, self.questioned().id, **notice)

    def with_student(self, who: str) -> None:
        asking.name_adult(self.call, self.questioned().id, adult_present=AdultPresent.GUARDIAN, adult_name=who)

    def duty(self, who: str) -> None:
        duty = db.session.get_one(LegalDuty, self.questioned().duty_id)
        told = {"told_whom": who, "channel": "phone", "done_at": NOW}
        SCHOOL_ACTS["step"](self.call, duty.id, step_id=steps_of(duty)[0].step.id, **told)

    def plan(self, who: str) -> None:
        found = db.session.scalars(db.select(SafetyPlan.id)).first()
        text = {"steps": "Walks with Ms. Rivera.", "adults_told": "Ms. Rivera"}
        made = found or plans.write(self.call, self.world.case.id, participant_id=self.person.id, **text)
        told = {"guardian": GuardianTold.TOLD, "guardian_name": who}
        plans.agree(self.call, made, with_person=True, agreed_on=TODAY, **told)

    def pathway(self, kind: Kind) -> Pathway:
        made = db.session.scalars(db.select(Pathway).filter_by(kind=kind)).first()
        return made or PathwayFactory(
            case_id=self.world.case.id, school_id=self.world.school.id, kind=kind.value, participant_id=self.person.id
        )

    def consent(self, who: str) -> None:
        row = self.pathway(Kind.FAMILY_GROUP_CONFERENCE)
        record_consent(self.call, row.id, self.person.id, True, True, TODAY, who)

    def supporter(self, who: str) -> None:
        row = self.pathway(Kind.FAMILY_GROUP_CONFERENCE)
        add_supporter(self.call, row.id, self.person.id, SupporterRelation.GUARDIAN, who)

    def exception(self, who: str) -> None:
        keeper = Invocation(self.world.actor, NOW)
        row = self.pathway(Kind.FAMILY_GROUP_CONFERENCE)
        if not circle_of(row).keeper_names:
            add_keeper(keeper, row.id, keeper=self.world.coordinator.id)
        record_exception(keeper, row.id, kind=ExceptionKind.OTHER_LAW, told_whom=who, reason="A duty.")

    def signed(self, who: str) -> None:
        row = self.pathway(Kind.FAMILY_SUPPORT)
        made = db.session.scalars(db.select(Referral.id)).first() or draft(
            self.call, row.id, partner=PartnerFactory().id, student=self.student.id, need="Help."
        )
        consented(
            self.call, made, by=who, relation="parent", manner="paper", language="en", on=TODAY, until=TODAY,
            fields=["name"], purpose="To help.",
        )  # fmt: skip

    def beside(self, who: str) -> None:
        save_plan(self.call, self.pathway(Kind.REENTRY_CIRCLE).id, supporters=who or FATHER)

    def follow_up(self, who: str, note: str = "") -> None:
        row = FollowUpFactory(
            school_id=self.world.school.id, case_id=self.world.case.id, kind="guardian_contact",
            participant_id=self.person.id,
        )  # fmt: skip
        close(self.call, row.id, "reached", Evidence(note, "phone", TODAY, who))


@pytest.fixture
def family(session: Any, at: Callable[..., Any]) -> Family:
    at("2026-11-24 10:00")
    return Family()


WAYS = (
    "restraint", "told_later", "notice", "with_student", "duty", "plan", "follow_up", "consent", "supporter",
    "exception", "signed", "beside",
)  # fmt: skip
"""Every place in which a guardian is said to be told, to agree, to sign or to come."""


@pytest.mark.parametrize("field", WAYS)
def test_whom_an_order_keeps_away_is_not_said_to_be_told_or_to_agree(family: Family, field: str) -> None:
    with pytest.raises(Refused, match="No one may contact this person"):
        getattr(family, field)(FATHER)
    with pytest.raises(Refused):
        getattr(family, field)(NOBODY)
    getattr(family, field)(MOTHER)


def test_a_call_says_at_home_what_the_student_agrees_to_and_no_more(
    family: Family, client_as: Callable[[Any], Any]
) -> None:
    report, person = family.world.incident, family.world.incident.people[0]
    note = "He and his boyfriend quarrelled."
    attempt = {"person": str(person.id), "at": NOW, "manner": "phone", "result": "reached", "note": note}
    for told in (
        lambda: record_guardian_contact(family.call, report.id, **attempt),
        lambda: family.follow_up(MOTHER, note),
    ):
        with pytest.raises(Refused, match=r"only the student can share at home .boyfriend."):
            told()
    client = client_as(family.world.coordinator)
    where = f"/incidents/{report.id}/may-tell"
    own = dict.fromkeys(("person", "concerns", "agreed"), str(person.id))
    assert client.submit(where, own | {"told": "the quarrel"}).status_code == 400
    student = StudentFactory(school=family.world.school)
    other = str(IncidentPersonFactory(incident_id=report.id, student_id=student.id).id)
    refused = client.submit(where, own | {"told": "his boyfriend", "concerns": other})
    assert refused.status_code == 400 and "Only the student the words are about" in refused.text
    assert client.submit(where, own | {"told": "his boyfriend"}).status_code == 303
    page = client.page(f"/incidents/{report.id}/contacts/new").text
    assert "a relationship" in page and "The family may be told:" in page and "boyfriend" in page
    record_guardian_contact(family.call, report.id, **attempt)
    family.follow_up(MOTHER, note)
    person.may_tell = yes_to(["boyfriend"], [person.id], notice_id=7)
    db.session.commit()
    record_guardian_contact(family.call, report.id, **attempt)  # what a notice tells, a call may tell
    with pytest.raises(Refused, match="transphobic"):
        family.follow_up(MOTHER, "A transphobic word was used.")


def test_the_pages_say_whom_to_call_and_what_a_call_does_not_say(
    family: Family, client_as: Callable[[Any], Any]
) -> None:
    client = client_as(make_user(Role.DEAN, family.world.school))
    report, made, asked = family.world.incident.id, family.held(), family.questioned()
    row = family.pathway(Kind.FAMILY_GROUP_CONFERENCE)
    party = f"/cases/{row.case_id}/pathways/{row.id}/parties/{family.person.id}"
    page = client.page(party).text
    assert "Do not contact" in page and "Berenice Goldleaf" in page and "Quillfeather" not in page
    for path in (
        f"/incidents/{report}/restraint", f"/restraints/{made}/guardian", f"/questionings/{asked.id}/notice",
        f"/questionings/{asked.id}/adult", f"/duties/{asked.duty_id}/steps/1",
    ):  # fmt: skip
        page = client.page(path).text
        assert "Do not contact" in page and "Berenice Goldleaf" in page and "a relationship" in page, path
        assert "Quillfeather" not in page, path
