"""Reviewers' answers to the open questions of a report, and the texts of questions, answers and reasons."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.incidents.incident.states import SUBSTANCE_LABELS


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
