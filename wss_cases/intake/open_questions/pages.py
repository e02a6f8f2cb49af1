"""The open questions of a report: their buttons, the answers given, and the act of answering."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from wtforms import HiddenField, RadioField

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Stale
from wss_cases.foundation.forms import BaseForm, ShortText
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.school_time import moment_words
from wss_cases.foundation.settings import signing_keys
from wss_cases.incidents.changes import MERGED, set_roles
from wss_cases.incidents.incident.models import Incident, IncidentPerson, signs_of
from wss_cases.incidents.incident.pages import tell_of_danger
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.incident.states import TEXT_ADDED, UNDECIDED, PersonRole
from wss_cases.intake.open_questions import models
from wss_cases.intake.open_questions.models import (
    BODY,
    QUESTIONS,
    SENT_TO,
    VALUES,
    Answer,
    Because,
    FactAnswer,
    Tap,
    noes_by_tap,
)
from wss_cases.intake.recommendation import Plan
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import in_both
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.routing.engine.vocabulary import Duty

LONGEST_LOOK = 24 * 60 * 60


class TapForm(BaseForm):
    """One answer; `shown` is the signed time at which the page was shown."""

    answer = RadioField(_l("Answer"), validate_choice=False)
    whom = ShortText(_l("Who told you, or who did you ask?"))
    shown = HiddenField()

    def seconds(self, incident_id: int, now: datetime) -> int | None:
        """Seconds that the page was open; None if unknown."""
        try:
            number, at = _signer().loads(self.shown.data or "")
        except (BadSignature, TypeError, ValueError):
            return None
        passed = int(now.timestamp()) - int(at)
        return passed if number == incident_id and 0 <= passed <= LONGEST_LOOK else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(), salt="open-questions")


def shown_at(incident_id: int, now: datetime) -> str:
    """The current time, signed, for the hidden field of a report's questions."""
    return str(_signer().dumps([incident_id, int(now.timestamp())]))


COLUMNS = ("injury", "weapon", "substance")
"""Facts that also have a column, where unknown is None."""


@use_case
def answer_fact(
    uow: UnitOfWork, incident_id: int, fact: str, answer: str, whom: str = "", seconds: int | None = None
) -> int:
    """Answer one open question of a report and route it again. No version is needed: answers to different questions
    do not conflict. Raises Stale for a decided report; Refused at `answer` or `whom` for answers that the question
    does not take, such as a no without a reason."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW)
    if incident.state not in UNDECIDED:
        raise Stale
    people = [person.id for person in incident.people if models.asks_part(fact, person)]
    tap = models.tap_of(fact, answer, whom, signs_of(incident), people)
    _write(uow, incident, fact, tap)
    row = FactAnswer(
        incident_id=incident.id, fact=fact, answer=tap.answer, value=tap.value, because=tap.because,
        whom=whom if tap.answer is Answer.ASKED or tap.because is Because.SAID else "",
        by_id=uow.actor.user_id, at=uow.now, seconds=seconds,
    )  # fmt: skip
    uow.add_audited(row, "review.fact_answered")
    _record(uow, incident, fact, tap)
    route_incident(uow, incident)
    return incident.id


def _write(uow: UnitOfWork, incident: Incident, fact: str, tap: Tap) -> None:
    set_facts(incident, models.facts_after(incident.facts or {}, fact, tap))
    if tap.person_id is not None:
        set_roles(uow, incident, {tap.person_id: PersonRole(tap.value)})
    if fact == "imminent_danger" and tap.answer is Answer.YES and not incident.danger_now:
        incident.danger_now = True
        tell_of_danger(uow, incident)


def _record(uow: UnitOfWork, incident: Incident, fact: str, tap: Tap) -> None:
    if tap.person_id is not None:
        who = next(person for person in incident.people if person.id == tap.person_id)
        kind = "review.fact_protected" if fact == "mutual" else "review.parts_set"
        uow.record(incident, kind, who=in_both(lambda: person_words(who)))
    elif tap.because is not None:
        uow.record(incident, "review.fact_no", fact=fact, because=tap.because.value)
    elif tap.value:
        uow.record(incident, "review.fact_value", fact=fact, value=tap.value)
    else:
        uow.record(incident, "review.fact_answered", fact=fact, answer=tap.answer.value)


def ask_again(uow: UnitOfWork, incident: Incident) -> None:
    """Reopen every no given by a tap: someone added text to an undecided report."""
    if incident.state not in UNDECIDED:
        return
    noes = [row for row in noes_by_tap(incident.id) if row.fact not in (*models.YES_OR_NO, *models.PARTS)]
    facts = models.reopened(incident.facts or {}, [row.fact for row in noes])
    if facts == incident.facts:
        return
    for row in noes:
        row.reopened_at = uow.now
    set_facts(incident, facts)
    for row in noes:
        uow.record(incident, "review.fact_reopened", fact=row.fact)
    route_incident(uow, incident)


def join_facts(uow: UnitOfWork, target: Incident) -> None:
    """Copy what merged reports say, or leave open, into the undecided report that stays; a no is reopened."""
    if target.state not in UNDECIDED:
        return
    merged = list(uow.session.scalars(select(Incident).where(Incident.duplicate_of_id == target.id)))
    before = dict(target.facts or {})
    facts = reduce(models.joined, (one.facts or {} for one in merged), before)
    danger = target.danger_now or any(one.danger_now for one in merged)
    if facts != before or danger != target.danger_now:
        target.danger_now = danger
        set_facts(target, facts)
        uow.record(target, "review.facts_joined")
        route_incident(uow, target)
    ask_again(uow, target)


def set_facts(incident: Incident, facts: dict[str, Any]) -> None:
    """Store the facts of a report, and copy the known ones that have a column there."""
    for name in COLUMNS:
        if facts.get(name) != (incident.facts or {}).get(name):
            setattr(incident, name, None if facts[name] == models.UNKNOWN else facts[name])
    incident.facts = facts


Row = dict[str, Any]


class Words:
    """Rows of a report's questions; `name` says how a person is called there."""

    def __init__(
        self,
        incident: Incident,
        people: Sequence[IncidentPerson],
        answers: Mapping[str, FactAnswer],
        authors: Mapping[int, str],
        zone: str,
        name: Callable[[IncidentPerson], str],
    ) -> None:
        self.incident, self.people, self.answers = incident, people, answers
        self.authors, self.zone, self.name = authors, zone, name

    def row(self, fact: str, duties: Iterable[Duty] = ()) -> Row:
        """One question with its buttons, past answers and waiting duties."""
        reasons = models.reasons_for(fact, signs_of(self.incident))
        return {
            "fact": fact,
            "question": QUESTIONS[fact],
            "duties": [duty.label for duty in duties],
            "yes": self._yes(fact),
            "no": self._no(fact, reasons),
            "other": self._other(fact),
            "explains_no": fact not in models.YES_OR_NO,
            "with_whom": (with_whom := self._with_whom(fact, reasons)),
            "whom_head": _("Someone told you, or no one can say") if len(with_whom) > 1 else self._whom_head(fact),
            "body": fact in BODY,
            "so_far": self.so_far(fact),
        }

    def _yes(self, fact: str) -> list[tuple[str, Any]]:
        parts = [
            (f"part:{person.id}:{role.value}", _part_label(fact, role, self.name(person)))
            for person in self.people
            if fact in models.PARTS and models.asks_part(fact, person)
            for role in models.PARTS[fact]
        ]
        if fact == "harmed":
            return parts
        if fact in VALUES:
            return [(f"yes:{value}", label) for value, label in VALUES[fact].items()]
        yes = {"mutual": _("Yes, mutual")}.get(fact) or (_("The report says so") if fact in BODY else _("Yes"))
        return [("yes", yes), *parts]

    def _no(self, fact: str, reasons: Sequence[Because]) -> list[tuple[str, Any]]:
        if fact in models.YES_OR_NO:
            return [("no", _("No, staff can calm it"))]
        if not models.may_say(fact, Answer.NO):
            return []
        return [(f"no:{one.value}", one.label) for one in reasons if one is not Because.SAID]

    def _other(self, fact: str) -> list[tuple[str, Any]]:
        if fact == "weapon":
            return [("maybe", _("Maybe a gun, not checked yet"))]
        maybe = [("maybe", _("Maybe"))] if models.may_say(fact, Answer.MAYBE) else []
        return [*maybe, *([("sent_on", _("It may be: send it on now"))] if fact in BODY else [])]

    def _with_whom(self, fact: str, reasons: Sequence[Because]) -> list[tuple[str, Any]]:
        asked = [("asked", _("I asked them; they cannot say"))] if models.may_say(fact, Answer.ASKED) else []
        said_no = [(f"no:{Because.SAID.value}", _("No, they told me"))] if Because.SAID in reasons else []
        # Enter in the name's field presses the first of these buttons.
        return [*asked, *said_no]

    def _whom_head(self, fact: str) -> str:
        return _("Someone who knows told you it is not so") if fact in BODY else _("You asked, and no one can say")

    def so_far(self, fact: str) -> str:
        """The last answer to a question, by whom and when; '' if none."""
        row = self.answers.get(fact)
        if row is None:
            return ""
        when = moment_words(row.at, self.zone)
        words = dotted(answer_words(row), self.authors.get(row.by_id or 0, ""), when)
        if row.reopened_at is not None:
            return _("Text was added since this answer: %(answer)s", answer=words)
        return words

    def sent_words(self, fact: str) -> str:
        """To whom a question was sent on, when, and by whom or with the report itself."""
        row = self.answers.get(fact)
        if row is not None and row.answer is Answer.SENT_ON:
            return self.so_far(fact)
        sent = _("Sent on to %(whom)s", whom=SENT_TO[fact])
        return dotted(sent, _("with the report"), moment_words(self.incident.submitted_at, self.zone))


def question_rows(words: Words, plan: Plan) -> dict[str, list[Row]]:
    """The questions of a report by group: must be answered, may be answered or asked in vain, sent on, and answered."""
    by_rules = {one.fact: one for one in plan.open_questions}
    must = models.must_answer(plan, words.incident, words.people)
    later = [fact for fact in by_rules if fact not in must]
    sent = [fact for fact in (words.incident.facts or {}).get(models.SENT_ON, ()) if fact in SENT_TO]
    answered = [fact for fact in words.answers if fact in QUESTIONS and fact not in (*must, *later, *models.PARTS)]

    def row(fact: str) -> Row:
        asked = by_rules.get(fact)
        return words.row(fact, asked.possible if asked else ())

    return {
        "must": [row(fact) for fact in must],
        "later": [row(fact) for fact in later],
        "sent": [{"question": QUESTIONS[fact], "words": words.sent_words(fact)} for fact in sent],
        "answered": [row(fact) for fact in answered],
    }


def _part_label(fact: str, role: PersonRole, name: str) -> str:
    if fact == "mutual":
        return _("%(name)s acted in self-defense", name=name)
    words = {
        PersonRole.CAUSED_HARM: _("%(name)s is reported to have caused harm", name=name),
        PersonRole.HARMED: _("%(name)s was harmed", name=name),
        PersonRole.BOTH: _("%(name)s: both", name=name),
        PersonRole.WITNESS: _("%(name)s is a witness", name=name),
    }
    return words[role]


def answer_words(row: FactAnswer) -> str:
    """An answer in words: which one, why not, or who could not say."""
    if row.answer is Answer.SENT_ON:
        return _("Sent on to %(whom)s", whom=SENT_TO[row.fact])
    if row.answer is Answer.ASKED:
        return _("Asked, and could not say: %(whom)s", whom=row.whom)
    if row.because is Because.SAID:
        return _("No. %(whom)s said so", whom=row.whom)
    if row.because is not None:
        return _("No. %(because)s", because=row.because.label)
    if row.fact == "weapon" and row.answer is Answer.MAYBE:
        return _("Maybe a gun, not checked yet")
    return str(VALUES.get(row.fact, {}).get(row.value) or row.answer.label)


ROOM = Room(sentences=models.SENTENCES, reactions={TEXT_ADDED: ask_again, MERGED: join_facts})
