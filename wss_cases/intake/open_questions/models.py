"""The open questions of a report: reviewers' answers, what an answer means, how it changes the facts, what blocks a
decision, and the texts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, db, named_enum
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.incidents.incident.models import MAYBE_FACTS, Incident, IncidentPerson
from wss_cases.incidents.incident.rules import SUFFERED
from wss_cases.incidents.incident.states import SUBSTANCE_LABELS, PersonRole, Tile
from wss_cases.intake.recommendation import Plan


class Answer(Labelled):
    """`maybe`, `asked` and `sent_on` leave the fact unknown."""

    YES = "yes", _l("Yes")
    NO = "no", _l("No")
    MAYBE = "maybe", _l("Maybe")
    ASKED = "asked", _l("Asked, and no one can say")
    SENT_ON = "sent_on", _l("It may be: sent on")


class Because(Labelled):
    """Why a reviewer says no."""

    SAW = "saw", _l("I saw what happened")
    SEARCHED = "searched", _l("We searched")
    SAID = "said", _l("Someone who knows told me")
    READ = "read", _l("Nothing in the report points to it; I read all of it")


class FactAnswer(Base):
    """One answer of a reviewer. The newest of each fact counts; older ones are history.

    `value` tells which, '' if there is no choice; `because` gives the reason of a no, `whom` who said so or was asked.
    `seconds` from showing the page to the answer, None if unknown. `reopened_at`: when a later text reopened a no.
    """

    __tablename__ = "fact_answer"
    __table_args__ = (
        Index("ix_fact_answer_incident", "incident_id", "id"),
        CheckConstraint("seconds is null or seconds >= 0", name="seconds"),
        CheckConstraint("answer <> 'asked' or whom <> ''", name="whom"),
    )
    PRIVATE = frozenset({"whom"})

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    fact: Mapped[str] = mapped_column(String(40))
    answer: Mapped[Answer] = mapped_column(named_enum(Answer, "answer"))
    value: Mapped[str] = mapped_column(String(40), default="")
    because: Mapped[Because | None] = mapped_column(named_enum(Because, "because"))
    whom: Mapped[str] = mapped_column(String(200), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    at: Mapped[datetime]
    seconds: Mapped[int | None]
    reopened_at: Mapped[datetime | None]


PURPOSE: Final = "weapon_purpose"
"""What a weapon that hurt nobody was for. Kept in `Incident.facts`; routing does not use it."""

HURT, PROTECTION, FORGOTTEN = "hurt", "protection", "forgotten"
BODY: Final = ("sexual", "intimate_partner", "abuse_suspected", "adult_conduct")
"""Facts about bodies and safety; children are not questioned about them here."""

SEARCHABLE: Final = ("weapon", "fire_or_bomb", "substance", "distribution")
"""Facts that a search can settle."""

QUESTIONS: Final[dict[str, Any]] = {
    "harmed": _l("Was anyone harmed?"),
    "mutual": _l("Was the harm mutual, or did someone act in self-defense?"),
    "injury": _l("Was anyone hurt?"),
    "weapon": _l("Was there a weapon?"),
    PURPOSE: _l("What was the weapon for?"),
    "gun_violence_threat": _l("Did anyone threaten to use a gun at school?"),
    "fire_or_bomb": _l("Was there a fire or a bomb, or a threat of one?"),
    "imminent_danger": _l("Is anyone in danger that staff cannot calm?"),
    "substance": _l("Was there a vape, alcohol, or a drug?"),
    "distribution": _l("Was it shared or sold?"),
    "sexual": _l("Was any of it sexual?"),
    "adult_conduct": _l("Did an adult hurt, threaten, or touch a student?"),
    "intimate_partner": _l("Did it happen between people who date or dated?"),
    "bullying": _l("Was it bullying?"),
    "bias": _l("Was someone targeted for who they are, or are thought to be?"),
    "self_harm": _l("Did anyone hurt themselves, or talk about it?"),
    "abuse_suspected": _l("Does anything point to abuse or neglect of a student?"),
    "repeated_between_same_people": _l("Has it happened before between the same people?"),
}
"""Short questions that are answered with one tap."""

UNKNOWN_IN_LISTS: Final[dict[str, Any]] = {
    "harmed": _l("roles"),
    "mutual": _l("mutual or self-defense"),
    "injury": _l("hurt"),
    "weapon": _l("weapon"),
    PURPOSE: _l("what the weapon was for"),
    "gun_violence_threat": _l("gun threat"),
    "fire_or_bomb": _l("fire or bomb"),
    "imminent_danger": _l("danger"),
    "substance": _l("vape, alcohol, or drug"),
    "distribution": _l("shared or sold"),
    "repeated_between_same_people": _l("repeated"),
    "bullying": _l("bullying"),
}
"""What lists call an open question. Those about bodies, safety and identity are all "safety" there."""


def unknown_words(facts: Iterable[str]) -> str:
    """The open questions of a report in a few words, '' without one."""
    names = list(dict.fromkeys(str(UNKNOWN_IN_LISTS.get(fact, _("safety"))) for fact in facts))
    return _("Not known: %(what)s", what=", ".join(names)) if names else ""


VALUES: Final[dict[str, dict[str, Any]]] = {
    "weapon": {
        "firearm": _l("A gun"),
        "other": _l("A knife or another weapon"),
        "lookalike": _l("A toy or something that looks like a weapon"),
    },
    "substance": {name: label for name, label in SUBSTANCE_LABELS.items() if name != "none"},
    "injury": {"minor": _l("Yes, no care was needed"), "needed_care": _l("Yes, and they needed care")},
    "sexual": {"harassment": _l("Remarks or gestures"), "contact": _l("Touching"), "image": _l("Pictures")},
    PURPOSE: {
        HURT: _l("To hurt or frighten someone"),
        PROTECTION: _l("For protection"),
        FORGOTTEN: _l("Forgotten or a tool, no intent"),
    },
}
"""Choices of facts for which a yes is not enough."""

SENT_TO: Final[dict[str, Any]] = {
    "sexual": _l("the Title IX coordinator and the school’s resource person"),
    "intimate_partner": _l("the Title IX coordinator and the school’s resource person"),
    "abuse_suspected": _l("the counselor. Anyone with reasonable cause to suspect abuse calls the DCFS hotline"),
    "adult_conduct": _l("the Office of Student Protections"),
}
"""Whose task it is to find out after a question was sent on."""

_FACT = {"fact": QUESTIONS}
SENTENCES: Final = {
    "review.fact_answered": (_l("%(fact)s %(answer)s"), {**_FACT, "answer": Answer.labels()}),
    "review.fact_value": (
        _l("%(fact)s %(value)s"),
        {**_FACT, "value": {name: label for labels in VALUES.values() for name, label in labels.items()}},
    ),
    "review.fact_no": (_l("%(fact)s No. %(because)s"), {**_FACT, "because": Because.labels()}),
    "review.fact_protected": _l("%(who)s acted in self-defense, and counts as a person harmed"),
    "review.facts_joined": _l("What the merged report says, or leaves open, was added"),
    "review.fact_reopened": (_l("Text was added, so this is asked again: %(fact)s"), _FACT),
}


UNKNOWN = "unknown"
ASKED, SENT_ON = "asked", "sent_on"
GUNS = ("firearm", "maybe_firearm")
YES_OR_NO = ("imminent_danger",)
PARTS: dict[str, tuple[PersonRole, ...]] = {
    "harmed": (PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH, PersonRole.WITNESS),
    "mutual": (PersonRole.HARMED,),
}
"""The parts of a person that settle a question; someone who protected themself counts as harmed."""

_FROM_TAPS = frozenset({"tile", "card"})
QUICK = 5
"""Within these seconds nobody has read the report; the outcomes pages count noes given so soon."""


@dataclass(frozen=True)
class Tap:
    """One answer as the page sends it: "yes:firearm", "no:saw", "maybe", "asked", "sent_on"; "part:7:harmed" sets
    the part of person 7."""

    answer: Answer
    value: str = ""
    because: Because | None = None
    person_id: int | None = None


class Report(Protocol):
    """The columns of a report that intake's questions use."""

    facts: dict[str, Any]
    tile: str


def of_intake(report: Report, people: Collection[IncidentPerson]) -> list[str]:
    """The questions that intake itself asks, whatever the rules need: what a weapon that hurt nobody was for, and of
    two people who both caused and suffered harm, whether one protected themself."""
    facts = report.facts or {}
    questions = []
    threat = facts.get("gun_violence_threat") is True or report.tile == Tile.THREAT
    harmed = any(person.role in SUFFERED for person in people)
    if facts.get("weapon") == "other" and not threat and not harmed and facts.get(PURPOSE) is None:
        questions.append(PURPOSE)
    answered = isinstance(facts.get("mutual"), bool) or "mutual" in facts.get(ASKED, ())
    if len(both(people)) > 1 and not answered:
        questions.append("mutual")
    return questions


def both(people: Iterable[IncidentPerson]) -> list[IncidentPerson]:
    return [person for person in people if person.role is PersonRole.BOTH]


def asks_part(fact: str, person: IncidentPerson) -> bool:
    """Whether a question about parts concerns this person: their part is unknown, or they both caused and suffered
    harm."""
    return person.role is (PersonRole.BOTH if fact == "mutual" else PersonRole.INVOLVED)


def must_answer(plan: Plan, report: Report, people: Collection[IncidentPerson]) -> list[str]:
    """The facts that block a decision, the rules' own first."""
    of_rules = [one.fact for one in plan.open_questions if one.weight == "must"]
    return list(dict.fromkeys([*of_rules, *of_intake(report, people)]))


def refuse_open(plan: Plan, report: Report, people: Collection[IncidentPerson]) -> None:
    """Raise Refused while a question blocks the decision."""
    if must_answer(plan, report, people):
        raise Refused("", _("Answer the open questions first. Until then there is no recommendation to accept."))


def is_forgotten(report: Report) -> bool:
    """Whether the weapon was forgotten or a tool; responses to violence are then never preselected."""
    facts = report.facts or {}
    return facts.get("weapon") == "other" and facts.get(PURPOSE) == FORGOTTEN


def may_have_read(fact: str, signs: Iterable[Mapping[str, Any]]) -> bool:
    """Whether "nothing in the report points to it" is a valid reason: not if a word of the text or a person points
    to it."""
    pointing = [sign for sign in signs if fact in sign.get("facts", ()) and sign.get("answer") != "figure"]
    return all(sign.get("from") in _FROM_TAPS for sign in pointing)


def reasons_for(fact: str, signs: Iterable[Mapping[str, Any]]) -> list[Because]:
    if fact in (*YES_OR_NO, PURPOSE):
        return []
    reasons = [Because.SAW, *([Because.SEARCHED] if fact in SEARCHABLE else []), Because.SAID]
    return [*reasons, *([Because.READ] if may_have_read(fact, signs) else [])]


def may_say(fact: str, answer: Answer) -> bool:
    """Whether a question takes this kind of answer."""
    if answer is Answer.SENT_ON:
        return fact in BODY
    if answer is Answer.ASKED:
        return fact not in (*BODY, *YES_OR_NO, PURPOSE)
    if answer is Answer.MAYBE:
        return fact not in (*BODY, *YES_OR_NO, PURPOSE, "harmed", "injury", "mutual")
    return fact != "harmed" and (answer is Answer.YES or fact != PURPOSE)


def tap_of(fact: str, text: str, whom: str, signs: Sequence[Mapping[str, Any]], people: Sequence[int]) -> Tap:
    """Parse a tap. Raises Refused at `answer` or `whom` for answers that the question does not take. `people` are
    the ids of people whose part it may set."""
    head, _colon, tail = text.partition(":")
    if head == "part":
        return _part(fact, tail, people)
    if head not in set(Answer) or not may_say(fact, Answer(head)):
        raise Refused("answer", _("Choose one of the answers."))
    answer = Answer(head)
    if answer is Answer.NO:
        return _no(fact, tail, whom, signs)
    if answer is Answer.ASKED and not whom.strip():
        raise Refused("whom", _("Enter who you asked."))
    if answer is Answer.YES and (tail not in VALUES[fact] if fact in VALUES else bool(tail)):
        raise Refused("answer", _("Choose which one."))
    return Tap(answer, tail if answer is Answer.YES else "")


def _part(fact: str, text: str, people: Sequence[int]) -> Tap:
    number, _colon, role = text.partition(":")
    if fact not in PARTS or role not in PARTS[fact] or not number.isdecimal() or int(number) not in people:
        raise Refused("answer", _("Choose one of the answers."))
    return Tap(Answer.NO if fact == "mutual" else Answer.YES, role, person_id=int(number))


def _no(fact: str, reason: str, whom: str, signs: Sequence[Mapping[str, Any]]) -> Tap:
    if fact in YES_OR_NO:
        return Tap(Answer.NO)
    if reason not in [one.value for one in reasons_for(fact, signs)]:
        raise Refused("answer", _("Choose why the answer is no."))
    if reason == Because.SAID and not whom.strip():
        raise Refused("whom", _("Enter who told you."))
    return Tap(Answer.NO, because=Because(reason))


def value_of(fact: str, tap: Tap) -> Any:
    """The stored value of a fact after a tap: a code, true, false or "unknown"."""
    if fact == "weapon" and tap.answer is Answer.MAYBE:
        return "maybe_firearm"
    if tap.answer is Answer.YES:
        return tap.value if fact in VALUES else True
    if tap.answer is Answer.NO:
        return "none" if fact in VALUES else False
    return UNKNOWN


def facts_after(facts: Mapping[str, Any], fact: str, tap: Tap) -> dict[str, Any]:
    """The facts after a tap. For `harmed` only an unsuccessful question is stored; who was harmed is in the people's
    parts."""
    after = dict(facts)
    for name, answer in ((ASKED, Answer.ASKED), (SENT_ON, Answer.SENT_ON), (MAYBE_FACTS, Answer.MAYBE)):
        named = [one for one in after.get(name, ()) if one != fact]
        if tap.answer is answer and not (fact == "weapon" and answer is Answer.MAYBE):
            named.append(fact)
        after.pop(name, None)
        if named:
            after[name] = named
    if fact != "harmed":
        after[fact] = value_of(fact, tap)
    return after


def reopened(facts: Mapping[str, Any], noes: Iterable[str]) -> dict[str, Any]:
    """The facts with these noes turned back to unknown."""
    return {**facts, **{fact: UNKNOWN for fact in noes if facts.get(fact) in (False, "none")}}


def joined(facts: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a report after another one was merged into it. What only the other says or leaves open is added;
    a fact that one denies and the other does not is unknown."""
    after = dict(facts)
    for name, theirs in merged.items():
        ours = after.get(name)
        if name == SENT_ON:
            after[name] = list(dict.fromkeys([*(ours or ()), *theirs]))
        elif name in (ASKED, MAYBE_FACTS, PURPOSE, "verified", "mutual"):
            continue
        elif ours is None:
            after[name] = theirs
        elif ours in (False, "none") and theirs not in (None, False, "none"):
            after[name] = UNKNOWN
        elif name == "weapon" and theirs in GUNS and ours not in (*GUNS, UNKNOWN):
            after[name] = "maybe_firearm"
        elif ours == UNKNOWN and theirs not in (None, False, "none"):
            after[name] = theirs
    if after.get("imminent_danger") == UNKNOWN:
        after.pop("imminent_danger")  # missing means that no one has answered
    return after


def quick_noes(answers: Iterable[tuple[Answer, int | None]]) -> tuple[int, int]:
    """(noes within five seconds of showing the page, noes whose time is known)."""
    timed = [seconds for answer, seconds in answers if answer is Answer.NO and seconds is not None]
    return sum(1 for seconds in timed if seconds <= QUICK), len(timed)


def is_question(fact: str) -> bool:
    return fact in QUESTIONS


def newest_answers(incident_id: int) -> dict[str, FactAnswer]:
    statement = select(FactAnswer).where(FactAnswer.incident_id == incident_id).order_by(FactAnswer.id)
    return {row.fact: row for row in db.session.scalars(statement)}


def noes_by_tap(incident_id: int) -> list[FactAnswer]:
    """Valid noes of a report: the newest answer of its fact, and not reopened."""
    newest = newest_answers(incident_id).values()
    return [row for row in newest if row.answer is Answer.NO and row.reopened_at is None]


def quick_noes_of(conditions: Sequence[ColumnElement[bool]]) -> tuple[int, int]:
    """`quick_noes` of the reports that match `conditions`; the caller has limited them to what the actor sees."""
    given = select(FactAnswer.answer, FactAnswer.seconds).join(Incident, Incident.id == FactAnswer.incident_id)
    return quick_noes((row.answer, row.seconds) for row in db.session.execute(given.where(*conditions)))
