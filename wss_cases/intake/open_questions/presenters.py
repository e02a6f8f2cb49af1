"""The open questions of a report in words: what is asked, the taps of each kind, what was answered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident, IncidentPerson, signs_of
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.open_questions import rules
from wss_cases.intake.open_questions.models import BODY, QUESTIONS, SENT_TO, VALUES, Answer, Because, FactAnswer
from wss_cases.intake.recommendation.rules import Plan
from wss_cases.routing.engine.pages import Duty

Row = dict[str, Any]


class Words:
    """The questions of one report in the words of its page; `name` says how a person is called there."""

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
        """Return one question: what it asks, the taps of each kind, what was answered, which duties wait."""
        reasons = rules.reasons_for(fact, signs_of(self.incident))
        return {
            "fact": fact,
            "question": QUESTIONS[fact],
            "duties": [duty.label for duty in duties],
            "yes": self._yes(fact),
            "no": self._no(fact, reasons),
            "other": self._other(fact),
            "explains_no": fact not in rules.YES_OR_NO,
            "with_whom": (with_whom := self._with_whom(fact, reasons)),
            "whom_head": _("Someone told you, or no one can say") if len(with_whom) > 1 else self._whom_head(fact),
            "body": fact in BODY,
            "so_far": self.so_far(fact),
        }

    def _yes(self, fact: str) -> list[tuple[str, Any]]:
        parts = [
            (f"part:{person.id}:{role.value}", _part_label(fact, role, self.name(person)))
            for person in self.people
            if fact in rules.PARTS and rules.asks_part(fact, person)
            for role in rules.PARTS[fact]
        ]
        if fact == "harmed":
            return parts
        if fact in VALUES:
            return [(f"yes:{value}", label) for value, label in VALUES[fact].items()]
        yes = {"mutual": _("Yes, mutual")}.get(fact) or (_("The report says so") if fact in BODY else _("Yes"))
        return [("yes", yes), *parts]

    def _no(self, fact: str, reasons: Sequence[Because]) -> list[tuple[str, Any]]:
        if fact in rules.YES_OR_NO:
            return [("no", _("No, staff can calm it"))]
        return [(f"no:{one.value}", one.label) for one in reasons if one is not Because.SAID]

    def _other(self, fact: str) -> list[tuple[str, Any]]:
        if fact == "weapon":
            return [("maybe", _("Maybe a gun, not checked yet"))]
        maybe = [("maybe", _("Maybe"))] if rules.may_say(fact, Answer.MAYBE) else []
        return [*maybe, *([("sent_on", _("It may be: send it on now"))] if fact in BODY else [])]

    def _with_whom(self, fact: str, reasons: Sequence[Because]) -> list[tuple[str, Any]]:
        asked = [("asked", _("I asked them; they cannot say"))] if rules.may_say(fact, Answer.ASKED) else []
        said_no = [(f"no:{Because.SAID.value}", _("No, they told me"))] if Because.SAID in reasons else []
        # whoever presses Enter in the name's field sends the first of these
        return [*asked, *said_no]

    def _whom_head(self, fact: str) -> str:
        return _("Someone who knows told you it is not so") if fact in BODY else _("You asked, and no one can say")

    def so_far(self, fact: str) -> str:
        """Return what was answered last to a question, by whom and when; '' where nobody did."""
        row = self.answers.get(fact)
        if row is None:
            return ""
        when = moment_words(row.at, self.zone)
        words = dotted(answer_words(row), self.authors.get(row.by_id or 0, ""), when)
        if row.reopened_at is not None:
            return _("Text was added since this answer: %(answer)s", answer=words)
        return words

    def sent_words(self, fact: str) -> str:
        """Return to whom something was sent on, when, and by whom or with the report itself."""
        row = self.answers.get(fact)
        if row is not None and row.answer is Answer.SENT_ON:
            return self.so_far(fact)
        sent = _("Sent on to %(whom)s", whom=SENT_TO[fact])
        return dotted(sent, _("with the report"), moment_words(self.incident.submitted_at, self.zone))


def question_rows(words: Words, plan: Plan) -> dict[str, list[Row]]:
    """Return the questions of a report: what must be answered, what may be or was asked in vain, what was sent on, and
    what was answered and may be answered again."""
    by_rules = {one.fact: one for one in plan.open_questions}
    must = rules.must_answer(plan, words.incident, words.people)
    later = [fact for fact in by_rules if fact not in must]
    sent = [fact for fact in (words.incident.facts or {}).get(rules.SENT_ON, ()) if fact in SENT_TO]
    answered = [fact for fact in words.answers if fact in QUESTIONS and fact not in (*must, *later, *rules.PARTS)]

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
    """Return an answer in words: which one, or why not, or who could not say."""
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
