"""The written consents that a school keeps with its public page lose a guardian who is in no record any more."""

from __future__ import annotations

from typing import Any

from tests.factories.base import fresh
from tests.factories.roster import GuardianFactory, SchoolFactory, StudentFactory, StudentGuardianFactory
from tests.plans.public.making import PublicScene, change, switch
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.records.retention.deletion.erasure import erase_student

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
