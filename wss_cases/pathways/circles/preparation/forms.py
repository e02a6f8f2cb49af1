"""The form of one visit of a party: whatever is left out stays as it was, and nothing is chosen beforehand."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from wtforms import DateField, SelectMultipleField
from wtforms.validators import Optional

from wss_cases.foundation.forms import PICK, BaseForm, ShortText, choices, needs, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import MANNER_LABELS
from wss_cases.pathways.circles.circle.states import GuardianAnswer, PartyAnswer, SupporterRelation
from wss_cases.pathways.circles.preparation.rules import Visit

TODAY, YESTERDAY, ANOTHER, NOT_YET = "today", "yesterday", "another", "not_yet"
TALKED = [(TODAY, _l("Today")), (YESTERDAY, _l("Yesterday")), (ANOTHER, _l("Another day")), (NOT_YET, _l("Not yet"))]
MANNERS = ("in_person", "phone", "text", "email", "letter")
"""The likeliest first."""
SUPPORT, PRE_MET, LETTER = "support", "pre_met", "letter"
DONE = [(SUPPORT, _l("Support offered")), (PRE_MET, _l("Pre-meeting held")), (LETTER, _l("Letter read together"))]
NOT_ASKED = ("not_asked", _l("Not asked"))
READY = [("yes", _l("Ready")), ("no", _l("Not yet"))]
NEEDED = [("yes", _l("Yes")), ("no", _l("No"))]
ONLY_A_NO = ("answer", "guardian", "guardian_name")
"""What is still asked once a circle has ended: a no is heard at any time."""


class VisitForm(BaseForm):
    """What one visit of a party settled."""

    talked = radio(_l("When did you talk?"), TALKED)
    day = DateField(_l("On which day"), validators=[Optional()])
    manner = radio(_l("How?"), {manner: MANNER_LABELS[manner] for manner in MANNERS})
    done = SelectMultipleField(_l("What was done"), choices=choices(DONE), validators=[Optional()])
    answer = radio(_l("Do they want to take part?"), [*PartyAnswer.labels().items(), NOT_ASKED])
    ready = radio(_l("Ready to meet?"), READY)
    guardian = radio(_l("A guardian’s consent"), [*GuardianAnswer.labels().items(), NOT_ASKED])
    guardian_name = ShortText(_l("Name of the guardian who answered"), [Optional()])
    plan_needed = radio(_l("Is a safety plan needed?"), NEEDED)
    supporter = ShortText(_l("Who comes along"), [Optional()])
    relation = select(_l("Relationship to this person"), [PICK, *SupporterRelation.labels().items()])

    def only(self, names: Sequence[str]) -> None:
        """Ask only these questions."""
        for field in list(self):
            if field.name in TALK and field.name not in names:
                del self[field.name]

    def validate(self, extra_validators: Any = None) -> bool:
        """Check that another day is named, and that nothing was done on a day on which nobody talked."""
        sound = super().validate(extra_validators)
        if "talked" not in self:
            return sound
        no_day = self.talked.data == ANOTHER and self.day.data is None
        sound = needs(sound, self.day, no_day, _l("Choose the day."))
        not_yet = self.talked.data == NOT_YET and bool(self.done.data)
        return needs(sound, self.talked, not_yet, _l("You chose Not yet, and also what was done. Choose the day."))

    def visit(self, today: date) -> Visit:
        """Return what was filled in, on a day at the school."""
        values: dict[str, Any] = {field.name: field.data or "" for field in self}
        another: date | None = values.get("day") or None
        days = {TODAY: today, YESTERDAY: today - timedelta(days=1), ANOTHER: another}
        done = values.get("done") or ()
        yes_no = {"yes": True, "no": False}
        return Visit(
            on=days.get(values.get("talked", "")),
            manner=values.get("manner", ""),
            support=SUPPORT in done,
            pre_met=PRE_MET in done,
            letter=LETTER in done,
            answer=PartyAnswer(values["answer"]) if values["answer"] in set(PartyAnswer) else None,
            ready=yes_no.get(values.get("ready", "")),
            guardian=GuardianAnswer(values["guardian"]) if values.get("guardian") in set(GuardianAnswer) else None,
            guardian_name=values.get("guardian_name", ""),
            plan_needed=yes_no.get(values.get("plan_needed", "")),
            supporter=values.get("supporter", ""),
            relation=SupporterRelation(values["relation"]) if values.get("relation") else None,
        )


TALK = frozenset(
    {"talked", "day", "manner", "done", "answer", "ready", "guardian", "guardian_name", "plan_needed", "supporter"}
    | {"relation"}
)
"""The questions of the form, beside what every form has."""
