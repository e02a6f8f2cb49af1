"""Two schools in which generated incidents are lived through: reported, completed, decided, and the police asked for.

Everything goes through the use cases, or through the pages, as people would; what is refused is refused.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory, StaffMemberFactory, StudentFactory
from tests.safeguards.generated.stories import Story, story_of
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.incidents.incident.models import Incident, LocationCode
from wss_cases.incidents.incident.rules import Capture, CapturedPerson, Details, PersonDetails
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole, Tile
from wss_cases.intake.decision import Choice, decide
from wss_cases.intake.open_questions.models import PURPOSE, must_answer
from wss_cases.intake.open_questions.pages import answer_fact
from wss_cases.intake.recommendation import situation
from wss_cases.intake.report.actions import complete_details, submit_incident
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.police.asking import ask, call_first, open_by_law
from wss_cases.safeguards.police.notification import record_notification
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.police.review.pages import answer_first, answer_second
from wss_cases.safeguards.police.settings import set_approver

NETWORK = "North"
ASKS = ("tried", "alternatives", "guardian_attempts", "supports", "why")
NO = (NotFound, Refused, Stale)


@dataclass
class Lived:
    """One story with the incident that came of it."""

    story: Story
    incident_id: int


class Town:
    """Two schools of one network with their people; `lived` grows, `acts` counts what was tried and what was done."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.schools = [SchoolFactory(network=NETWORK) for _school in range(2)]
        self.students = [StudentFactory(school=self.schools[0], grade=9 + n % 4, has_iep=n % 3 == 0) for n in range(24)]
        self.staff = [StaffMemberFactory(school_id=self.schools[0].id) for _one in range(6)]
        self.people = {
            "reporter": make_user(Role.REPORTER, self.schools[0]),
            "dean": make_user(Role.DEAN, self.schools[0]),
            "coordinator": make_user(Role.COORDINATOR, self.schools[0]),
            "administrator": make_user(Role.ADMINISTRATOR, self.schools[0]),
            "assistant": make_user(Role.ADMINISTRATOR, self.schools[0]),
            "stranger": make_user(Role.ADMINISTRATOR, self.schools[1]),
            "approver": make_user(Role.DISTRICT),
            "deputy": make_user(Role.DISTRICT),
            "bystander": make_user(Role.DISTRICT),
        }
        self.actors = {name: acting(user) for name, user in self.people.items()}
        self.places = {
            row.code: row.place.value if row.place else None for row in db.session.scalars(select(LocationCode))
        }
        self.lived: list[Lived] = []
        self.acts: Counter[str] = Counter()
        ids = [self.people[name].id for name in ("approver", "deputy")]
        set_approver(Invocation(self.actors["bystander"], now), NETWORK, ids[0], ids[1], 4)

    def story(self, seed: int) -> Story:
        """The story of a number in this town."""
        return story_of(seed, len(self.students), len(self.staff), sorted(self.places))

    def report(self, story: Story) -> int:
        """Report, complete and decide through the use cases; returns the incident's id."""
        people = tuple(self._captured(part.kind, part.who) for part in story.parts)
        capture = Capture(
            self.schools[0].id, bool(story.answers[0].get("imminent_danger")), Tile(story.tile), "hallway",
            self.now - timedelta(minutes=5), people=people,
        )  # fmt: skip
        number = submit_incident(Invocation(self.actors["reporter"], self.now), capture)
        for said in story.answers:
            details = self._details(story, number, said)
            complete_details(Invocation(self.actors["dean"], self.now), number, details)
        self._decide(story, number)
        return number

    def _captured(self, kind: str, who: int | None) -> CapturedPerson:
        found = {"student": self.students, "staff": self.staff}.get(kind)
        return CapturedPerson(PersonKind(kind), found[who].id if found is not None and who is not None else None)

    def _details(self, story: Story, number: int, said: dict[str, Any]) -> Details:
        rows = sorted(fresh(db.session.get(Incident, number)).people, key=lambda row: row.id)
        parts = zip(rows, story.parts, strict=True)
        return Details(
            story.location,
            facts=said,
            people=tuple(PersonDetails(row.id, PersonRole(part.role)) for row, part in parts),
            **{name: said.get(name) for name in ("injury", "weapon", "substance")},
        )

    def _answer_questions(self, number: int) -> None:
        """Answer every question as a dean would who was there: what the story does not tell did not happen."""
        said = {"mutual": ("yes", ""), PURPOSE: ("yes:hurt", ""), "harmed": ("asked", "the counselor")}
        said["imminent_danger"] = ("no", "")
        # an answer may bring another question
        while asked := open_facts(number):
            answer, whom = said.get(asked[0], ("no:saw", ""))
            answer_fact(Invocation(self.actors["dean"], self.now), number, asked[0], answer, whom)

    def _decide(self, story: Story, number: int) -> None:
        self._answer_questions(number)
        if waits_for_a_person(number):
            with pytest.raises(Refused):
                decide(Invocation(self.actors["dean"], self.now), number, Choice())
            return
        chance = random.Random(story.seed + 1)
        keys = [item.key for item in situation(number).plan.items]
        kept = frozenset(key for key in keys if chance.random() < 0.5)
        version = fresh(db.session.get(Incident, number)).version
        if chance.random() < 0.3:
            other = Choice(keep=kept, reason="family_wish", reason_text="The family asked for it.")
            with suppress(*NO):
                decide(Invocation(self.actors["dean"], self.now, version=version), number, other)
                return
        decide(Invocation(self.actors["dean"], self.now, version=version), number, Choice())

    def by_pages(self, story: Story, client_as: Callable[[Any], PageClient]) -> int:
        """The same through the pages; returns the incident's id."""
        client = client_as(self.people["reporter"])
        named = {"student": self.students, "staff": self.staff}
        people = [f"{p.kind}:{named[p.kind][p.who].id}" for p in story.parts if p.who is not None]
        form = client.form("/incidents/new", holding="danger")
        data = dict(form.values()) | {
            "danger": "yes" if story.answers[0].get("imminent_danger") else "no",
            "people": people, "what": story.tile, "where": "hallway", "confirmed": "1",
        }  # fmt: skip
        if len(people) < len(story.parts):
            data["unknown_person"] = "y"
        answer = client.post("/incidents/new", data=data)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        number = int(answer.location.split("/incidents/")[1].split("/")[0])
        dean = client_as(self.people["dean"])
        for said in story.answers:
            self._complete(dean, story, number, said)
        self._answer_questions(number)
        if not waits_for_a_person(number):
            assert dean.submit(f"/review/{number}", action="/accept").status_code == 303
        return number

    def _complete(self, dean: PageClient, story: Story, number: int, said: dict[str, Any]) -> None:
        values: dict[str, str | None] = {
            name: {True: "yes", False: "no", None: "unknown"}.get(value, value) for name, value in said.items()
        } | {"location": story.location}
        if "bias" in said:
            values["bias_basis"] = "disability" if said["bias"] else "none"
            del values["bias"]
        rows = sorted(fresh(db.session.get(Incident, number)).people, key=lambda row: row.id)
        for row, part in zip(rows, story.parts, strict=True):
            values[f"p{row.id}_role"] = part.role
        address = f"/incidents/{number}/details"
        answer = dean.submit(address, values, holding="location")
        assert answer.status_code == 303, answer.get_data(as_text=True)
        assert dean.submit(f"{address}/check").status_code == 303

    def live(self, story: Story, number: int) -> None:
        """What follows a report: people try to tell the police, by whatever door, some with half a form."""
        self.lived.append(Lived(story, number))
        chance = random.Random(story.seed + 2)
        for _attempt in range(chance.choice((0, 1, 1, 3))):
            review = self._open(chance, number)
            if review is None:
                continue
            for turn in range(chance.randint(0, 4)):
                self._try("answer", lambda review=review, turn=turn: self._answer(chance, review, turn))
            for _record in range(chance.randint(0, 2)):
                self._try("record", lambda review=review: self._record(chance, story, review))

    def _try(self, name: str, act: Callable[[], Any]) -> Any:
        self.acts[f"{name} tried"] += 1
        with suppress(*NO):
            found = act()
            self.acts[name] += 1
            return found
        return None

    def _anybody(self, chance: random.Random) -> Any:
        return self.actors[chance.choice(sorted(self.actors))]

    def _open(self, chance: random.Random, number: int) -> int | None:
        who = chance.choice((self.actors["dean"], self._anybody(chance)))
        door = chance.choice(("emergency", "law", "other", "other"))
        if door == "emergency":
            called = self.now - timedelta(minutes=chance.randint(-5, 10))
            found = self._try(door, lambda: call_first(Invocation(who, self.now), number, called_at=called))
        elif door == "law":
            duties = list(db.session.scalars(select(LegalDuty.id).order_by(LegalDuty.id.desc()).limit(6)))
            law = {"duty_id": chance.choice([*duties, 0]), "source_how": "saw"}
            found = self._try(door, lambda: open_by_law(Invocation(who, self.now), number, **law))
        else:
            texts = {name: "" if chance.random() < 0.06 else f"We did {name}." for name in ASKS}
            asking = texts | {"not_removal": chance.random() < 0.9}
            found = self._try(door, lambda: ask(Invocation(who, self.now), number, **asking))
        return int(found) if found is not None else None

    def _answer(self, chance: random.Random, review: int, turn: int) -> None:
        give = chance.choice((answer_second if turn else answer_first, answer_first, answer_second))
        name = chance.choice(("administrator", "assistant") if give is answer_first else ("approver", "deputy"))
        who = chance.choice((*[self.actors[name]] * 3, self._anybody(chance)))
        reason = "" if chance.random() < 0.05 else "As it was told to me."
        approves = "yes" if chance.random() < 0.8 else "no"
        call = Invocation(who, self.now)
        give(call, review, approves=approves, answered_at=self.now, manner="phone", reason=reason)

    def _record(self, chance: random.Random, story: Story, review: int) -> None:
        caused = sorted(story.of(("caused_harm", "both")))
        anybody = sorted(story.of(("caused_harm", "both", "harmed", "witness")))
        named = chance.choice((caused, caused, anybody))
        told = {
            "notified_at": self.now, "channel": "phone", "told": "other", "told_whom": "The sergeant",
            "adult_with_student": "A counselor", "student_ids": [self.students[n].id for n in named],
            "guardian_result": "not_yet", "rights_sheet": "not_yet",
            "danger": chance.choice(("", "A fire in the hall")),
        }  # fmt: skip
        record_notification(
            Invocation(chance.choice((self.actors["dean"], self._anybody(chance))), self.now), review, **told
        )


def reviews_of(number: int) -> list[PoliceReview]:
    """Every review of an incident, as its rows stand."""
    return list(db.session.scalars(select(PoliceReview).where(PoliceReview.incident_id == number)))


def waits_for_a_person(number: int) -> bool:
    """Whether nobody is known for whom anything would be opened, or a question is open: it cannot be accepted."""
    plan = situation(number).plan
    return (bool(plan.waiting) and not plan.items) or bool(open_facts(number))


def open_facts(number: int) -> list[str]:
    now = situation(number)
    return must_answer(now.plan, fresh(db.session.get(Incident, number)), now.people)


def is_decided(number: int) -> bool:
    """Whether the report left the review queue."""
    state = db.session.scalar(select(Incident.state).where(Incident.id == number))
    return state in (IncidentState.ROUTED, IncidentState.CLOSED)


def live(town: Town, seeds: range, by_pages: int, client_as: Callable[[Any], Any]) -> None:
    """Live through the stories of these numbers, so many of them through the pages."""
    for seed in seeds:
        story = town.story(seed)
        if seed - seeds.start < by_pages:
            story = story.as_on_a_page()
            number = town.by_pages(story, client_as)
        else:
            number = town.report(story)
        town.live(story, number)
