"""Twenty reports as they come in, in English and Spanish: what is asked, who is told, what is opened before any
decision, and that the review page says no more than is known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.roster import StaffMemberFactory
from tests.intake.making import WALL, Place
from tests.support.pages.reading import forms, parse
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.intake.recommendation import situation
from wss_cases.journal.models import OutboxMessage
from wss_cases.safeguards.duties.duty.queries import duties_of

UNTRUE = (
    "Nothing reported so far requires", "Not a matter for the police", "Nothing more is needed", "nobody needed care",
    "no one needed care", "it was serious", "nobody is left without",
    "No es un asunto de la policía", "Nada de lo reportado", "no hace falta más", "nadie necesitó atención",
    "sufrió un daño grave",
)  # fmt: skip
"""Sentences that say more than a report does."""


@dataclass(frozen=True)
class Case:
    """One report: what is typed, and what has to follow before anyone decides it.

    `who` are parts by the number of the student; `word` is the answer to a word of the text. `must` is
    what has to be answered, `opened` what is made at once, `duties` the school has; `alarm`: dean and principal are
    told at once. `for_dean`: the dean reads it; `wordless`: no list shows its words.
    """

    form: dict[str, Any]
    must: frozenset[str] = frozenset()
    who: dict[int, str] = field(default_factory=dict)
    word: str = ""
    alarm: bool = False
    duties: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()
    guard: bool = False
    for_dean: bool = True
    wordless: bool = False


def _set(*names: str) -> frozenset[str]:
    return frozenset(names)


HURT_ONE = {0: "caused", 1: "harmed"}
OF_HARMED = _set("contact_person_harmed", "guardian_contact_harmed")
OF_FIGHT = _set("injury", "mutual")
OF_OTHER = _set("weapon", "sexual", "bias", "adult_conduct", "self_harm")
OF_GUN = _set("weapon", "gun_violence_threat", "harmed")
OF_BODY = _set("title_ix_contact", "article_26a_support")
COUNSELOR = _set("contact_person_harmed", "counselor_harmed")
GROPED, GRABBED = "He groped her again, the third time.", "The aide grabbed him by the arm."
CASES = {
    "a gun in a locker": Case({"what": "weapon", "narrative": "He has a gun in his locker."}, OF_GUN, alarm=True),
    "shoot up the gym, only words": Case(
        {"what": "threat", "threat_with": "words", "narrative": "He said he will shoot up the gym."},
        OF_GUN, word="yes", alarm=True,
    ),
    "a knife after camping": Case(
        {"what": "weapon", "which_weapon": "knife", "narrative": "Forgot it after camping and handed it in."},
        _set("gun_violence_threat"), {0: "caused"}, alarm=True, opened=_set("threat_team"),
    ),
    "groping, the third time": Case(
        {"what": "other", "narrative": GROPED}, OF_OTHER, HURT_ONE, "yes", alarm=True, opened=OF_HARMED
    ),
    "an aide grabbed a child": Case(
        {"what": "other", "narrative": GRABBED}, OF_OTHER, {0: "harmed"}, "yes", opened=OF_HARMED
    ),
    "a guard pulled two apart": Case(
        {"what": "fight"}, OF_FIGHT | {"harmed", "adult_conduct"}, {0: "caused", 1: "caused"}, guard=True, wordless=True
    ),
    "a slur": Case(
        {"what": "hurtful_words", "about_who": "yes", "narrative": "He called her a slur."},
        _set("sexual", "intimate_partner"), HURT_ONE, duties=_set("civil_rights_contact"), opened=OF_HARMED,
        wordless=True,
    ),
    "a vape, by someone unknown": Case(
        {"what": "substance", "which_substance": "tobacco_vape", "was_shared": "no"}, _set("harmed")
    ),
    "two first-graders": Case({"what": "pushing"}, OF_FIGHT, HURT_ONE, opened=OF_HARMED),
    "a mutual fight": Case(
        {"what": "fight"}, OF_FIGHT, {0: "caused harmed", 1: "caused harmed"},
        opened=_set("contact_person_harmed", "guardian_contact"),
    ),
    "a fight on the bus": Case({"what": "fight", "where": "bus"}, OF_FIGHT, HURT_ONE, opened=OF_HARMED),
    "theft": Case({"what": "property"}, who=HURT_ONE, opened=OF_HARMED),
    "self-harm within a report": Case(
        {"what": "other", "part_of_it": ["self_harm"]}, OF_OTHER - {"self_harm"} | {"harmed"}, {0: ""}, wordless=True
    ),
    "typed a day late": Case(
        {"what": "fight", "when": "other", "occurred": "2026-11-23T09:10"}, OF_FIGHT, HURT_ONE, opened=OF_HARMED
    ),
    "a parent's call about bullying": Case(
        {"what": "bullying"}, _set("bias", "sexual", "intimate_partner"), HURT_ONE, duties=_set("bullying_notice"),
        opened=OF_HARMED | {"safety_plan"},
    ),
    "a lookalike gun": Case({"what": "weapon", "which_weapon": "toy"}, _set("gun_violence_threat"), {0: "caused"}),
    "an adult whom a student names": Case(
        {"what": "private_matter", "private_kind": "adult"}, who={0: "harmed"}, duties=_set("adult_conduct"),
        opened=COUNSELOR, for_dean=False, wordless=True,
    ),
    "sexual touching": Case(
        {"what": "private_matter", "private_kind": "touching"}, who=HURT_ONE, alarm=True, duties=OF_BODY,
        opened=COUNSELOR | OF_HARMED, wordless=True,
    ),
    "something at home": Case(
        {"what": "private_matter", "private_kind": "home"}, who={0: "harmed"}, opened=_set("contact_person_harmed"),
        wordless=True,
    ),
    "please see me": Case({"what": "other", "narrative": "Please see me."}, OF_OTHER | {"harmed"}),
}  # fmt: skip


@pytest.fixture(params=["en", "es"])
def place(request: pytest.FixtureRequest, session: Any, at: Callable[..., Any]) -> Place:
    at(WALL)
    here = Place()
    for one in (here.reporter, here.dean, here.administrator):
        one.locale = request.param
    db.session.commit()
    return here


def sent(client: Any, place: Place, case: Case) -> Any:
    """Type a report as the phone sends it, answer the words it is asked about, and return the last page."""
    values: dict[str, Any] = {"danger": "no", "where": "hallway", **case.form}
    values["people"] = [str(place.students[number].id) for number in case.who]
    for part in ("caused", "harmed", "witness"):
        values[part] = [str(place.students[number].id) for number, role in case.who.items() if part in role]
    if case.guard:
        values["people"].append(f"staff:{StaffMemberFactory(school=place.school, user_id=None).id}")
    if not values["people"]:
        values["unknown_person"] = "y"
    form = client.form("/incidents/new", holding="danger")
    page = client.post("/incidents/new", data=dict(form.values()) | values)
    for _asked in range(2):
        if page.status_code == 303:
            break
        text = page.get_data(as_text=True)
        asked = next(one for one in forms(parse(text)) if "narrative" in one.names)
        tap = next(
            one for one in re.findall(r'name="said" value="([^"]+)"', text) if one.endswith(case.word or "figure")
        )
        said = [*asked.values().get("said", []), tap]
        page = client.post("/incidents/new", data=dict(asked.values()) | {"said": said})
    assert page.status_code == 303, page.get_data(as_text=True)[:3000]
    return page


def newest() -> Incident:
    found = db.session.scalars(select(Incident).order_by(Incident.id.desc())).first()
    assert found is not None
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_report_says_no_more_than_is_known(name: str, client_as: Any, place: Place) -> None:
    case = CASES[name]
    sent(client_as(place.reporter), place, case)
    report = newest()
    asked = {one.fact for one in situation(report.id).plan.open_questions if one.weight == "must"}
    assert asked == case.must
    told = select(OutboxMessage.recipient_id).where(OutboxMessage.kind.in_(["incident.alarm", "incident.danger"]))
    told_at_once = {place.dean.id, place.administrator.id} if case.alarm else set()
    assert set(db.session.scalars(told.where(OutboxMessage.object_id == report.id))) == told_at_once
    opened = select(FollowUp.kind).where(FollowUp.incident_id == report.id)
    assert set(db.session.scalars(opened)) == case.opened
    assert {row.kind.code for row in duties_of(report.id)} == case.duties
    assert report.is_sensitive is case.wordless
    assert client_as(place.dean).get(f"/review/{report.id}").status_code == (200 if case.for_dean else 404)
    review = f"/review/{report.id}"
    page = client_as(place.administrator).page(review)
    assert untrue(page.text) == []
    accepts = [form for form in page.find_all("form") if form.get("action") == f"{review}/accept"]
    assert bool(accepts) is not bool(case.must)
    queue = client_as(place.administrator).page("/review").text
    assert not case.wordless or case.form.get("narrative", "none") not in queue


def untrue(text: str) -> list[str]:
    return [words for words in UNTRUE if words in text]


@pytest.mark.parametrize("words", UNTRUE)
def test_a_planted_untrue_sentence_is_found(words: str) -> None:
    assert untrue(f"A push. {words}. You decide.") == [words]
