"""Acts that every pathway has, one page each. Casework holds the pathway's own page and the pages that end it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import abort, redirect, request, url_for
from wtforms import DateField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor, Invocation
from wss_cases.access.gate import act_form, current_actor
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import get_case, participants_of
from wss_cases.cases.progress import open_only
from wss_cases.foundation import clock, forms
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import at_local, today_at
from wss_cases.journal.acts import Act, Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common import actions, models, queries
from wss_cases.pathways.common.models import EndReason, Pathway, outcomes_for, propose
from wss_cases.pathways.common.queries import get_pathway, team_of
from wss_cases.routing.engine.vocabulary import PATHWAY_OF, Kind, Person
from wss_cases.routing.engine.vocabulary import Pathway as Family

DAY = _l("Choose a day.")


def number(text: Any) -> int | None:
    digits = str(text or "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def moment_in(form: forms.BaseForm, zone: str) -> datetime:
    """The instant that a form's day and time mean at a school."""
    return at_local(form["day"].data, form["time"].data.hour, form["time"].data.minute, zone)


def people_choices(people: Mapping[int, Any], empty: Any = None) -> list[Any]:
    """People as choices of a select, after an empty choice if `empty` gives its label."""
    pairs = [(str(key), words) for key, words in people.items()]
    return forms.choices([("", empty), *pairs] if empty is not None else pairs)


ACT = "layouts/act.html"


def kind_words(pathway: Pathway) -> str:
    return str(Kind(pathway.kind).label) if pathway.kind in set(Kind) else pathway.kind


def page_of(pathway: Pathway) -> str:
    return url_for("pathways.pathway", case_id=pathway.case_id, pathway_id=pathway.id)


def act_context(pathway: Pathway, title: str, go_words: str, **more: Any) -> dict[str, Any]:
    """The template values of an act on a pathway, beside its form."""
    return {
        "case": pathway.case,
        "title": title,
        "lede": kind_words(pathway),
        "go_words": go_words,
        "back_href": page_of(pathway),
        **more,
    }


def act_on(
    row: Pathway, form: forms.BaseForm, act: Callable[[Invocation], Any], words: dict[str, Any], template: str = ACT
) -> Page:
    """The page of an act on a pathway (`words`: its `act_context`). After the act, redirect to the pathway's page."""
    return act_form(form, act, page_of(row), words, template)


def asked_day(today: date, back: timedelta, ahead: timedelta = timedelta(0)) -> date:
    """The day in the address (`day`); today without one, or when it lies outside `back` and `ahead`."""
    try:
        day = forms.day_in(request.args.get("day", ""))
    except ValueError:
        return today
    return day if -back <= day - today <= ahead else today


HERE = "/cases/<int:case_id>/pathways/<int:pathway_id>"


def today_of(row: Pathway) -> date:
    return today_at(row.school_id, clock.now())


def pathway_subject(family: Family | None = None, own: Mapping[str, str] | None = None) -> Subject:
    """A pathway, of this family if given. `own`: the endpoint of the act, for families with a page of their own."""

    def find(actor: Actor, case_id: int, pathway_id: int) -> Pathway:
        row = get_pathway(actor, case_id, pathway_id, family)
        if own is not None and row.pathway in own:
            abort(redirect(url_for(own[row.pathway], case_id=case_id, pathway_id=pathway_id), 303))
        return row

    def of(row: Pathway) -> Pathway:
        if family is not None and row.pathway != family:
            raise NotFound
        return row

    return Subject(Pathway, find, of=of)


class PathwayPages(Pages):
    """Acts of the case team on one pathway, or on a record of it: `of` takes the pathway from what `subject` finds."""

    def __init__(
        self, name: str, import_name: str, subject: Subject, of: Callable[[Any], Pathway] = lambda record: record,
        url_prefix: str = HERE,
    ) -> None:  # fmt: skip
        super().__init__(name, import_name, url_prefix=url_prefix)
        self.subject, self.of = subject, of

    def on_pathway(
        self, rule: str, form: type[forms.PlainForm], title: Any, button: Any, *,
        more: Callable[[Any, Any], Mapping[str, Any]] | None = None, **declared: Any,
    ) -> Callable[[Callable[..., int | None]], Act]:  # fmt: skip
        """Declare an act: its page names the kind of the pathway and leads back to the pathway's own page.

        `more` and `declared` are those of `Pages.act`; `subject` and `of` may differ from those of the other acts.
        """
        of = declared.pop("of", self.of)
        subject = declared.pop("subject", self.subject)

        def shown(record: Any, form: Any) -> dict[str, Any]:
            row = of(record)
            return {"case": row.case, "back_href": page_of(row), **(more(record, form) if more else {})}

        usual: dict[str, Any] = {
            "lede": lambda record: kind_words(of(record)), "then": lambda record, _id: page_of(of(record)),
            "boxed": False, "template": ACT,
        }  # fmt: skip
        return self.act(
            rule, subject, form, Permission.CASE_WORK, title=title, button=button, more=shown, **usual | declared
        )


class Confirmed(forms.PlainForm):
    """An act that asks nothing, on a page that says what it does."""


OWN_START: dict[str, str] = {Family.REENGAGEMENT: "reengagement.back"}
OWN_COMPLETION: dict[str, str] = {
    Family.REENGAGEMENT: "reengagement.complete",
    Family.MENTORING: "mentoring.finish",
    Family.WRAPAROUND: "referrals.complete",
    Family.CIRCLE: "agreements.complete",
}
"""The endpoint that records the act for families with a page of their own."""

pages = PathwayPages("pathway_acts", __name__, pathway_subject(), url_prefix="/cases/<int:case_id>/pathways")


class AddForm(forms.PlainForm):
    """What is proposed, for whom, and who leads it."""

    kind = forms.choice_field(
        _l("Kind"), list(Kind.labels().items()), validators=[InputRequired(_l("Choose one of the kinds."))]
    )
    for_whom = forms.radio(_l("Who it is for"), Person.labels(), _l("Enter who it is for."))
    participant_id = SelectField(_l("For one person"), validators=[Optional()])
    start_by = DateField(_l("Start by"), validators=[Optional()])
    owner_id = SelectField(_l("Lead person"), validators=[Optional()])

    def fit(self, case: Case) -> None:
        people = {person.id: person_words(person) for person in participants_of(case.id)}
        self.participant_id.choices = people_choices(people, _("No one in particular"))
        team = team_of(case.school_id, today_at(case.school_id, clock.now()))
        self.owner_id.choices = people_choices(team, _("The case's coordinator"))


@pages.act(
    "/new", Subject(Case, get_case), AddForm, Permission.CASE_WORK, endpoint="add", adds=True,
    title=_l("Add a circle or support"), button=_l("Add it"), template=ACT, boxed=False,
    start=lambda case: {"owner_id": str(case.lead_id or "")}, more=lambda case, _form: {"case": case},
    then=lambda case, row_id: url_for("pathways.pathway", case_id=case.id, pathway_id=row_id),
)  # fmt: skip
def add_pathway(uow: UnitOfWork, case: Case, form: AddForm) -> int:
    """Propose a pathway by hand in an open case. Returns its id."""
    open_only(case)
    kind, owner_id = form.kind.data, number(form.owner_id.data)
    if owner_id is not None:
        _owner(uow, case.school_id, kind, "owner_id", owner_id)
    row = propose(
        uow, case,
        pathway=PATHWAY_OF[Kind(kind)], kind=kind, for_whom=form.for_whom.data,
        participant_id=number(form.participant_id.data), tier=case.tier, rules=[], start_by=form.start_by.data,
        owner_id=owner_id if owner_id is not None else case.lead_id,
    )  # fmt: skip
    return row.id


def _owner(uow: UnitOfWork, school_id: int, kind: str, field: str, owner_id: int) -> str:
    """The name of a pathway's new owner. Raises Refused for someone who may not own this kind."""
    people = team_of(school_id, today_at(school_id, uow.now), kind)
    if owner_id in people:
        return people[owner_id]
    if kind == Kind.HOUSING_BASIC_NEEDS:
        raise Refused(field, _("Choose a coordinator: only coordinators see this."))
    raise Refused(field, _("Choose the lead person."))


class OfferForm(forms.PlainForm):
    by = SelectField(_l("Who made the offer"), validators=[InputRequired(_l("Choose who made the offer."))])
    on = DateField(_l("On which day"), validators=[InputRequired(DAY)])

    def fit(self, row: Pathway) -> None:
        self.by.choices = people_choices(team_of(row.school_id, today_of(row)))


@pages.on_pathway(
    "/<int:pathway_id>/offer", OfferForm, _l("Record the offer"), _l("Save the offer"), endpoint="offer",
    start=lambda row: {"by": str(current_actor().user_id), "on": today_of(row)},
)  # fmt: skip
def offer(uow: UnitOfWork, row: Pathway, form: OfferForm) -> None:
    """Record who invited the person, and when: someone who was in the school's case team that day."""
    actions.check_live(row)
    by_id, on = number(form.by.data) or 0, form.on.data
    actions.not_later(uow, row.school_id, "on", on)
    people = team_of(row.school_id, on)
    if by_id not in people:
        raise Refused("by", _("Choose who made the offer."))
    actions.note_offer(uow, row, on, (by_id, people[by_id]))


class DayForm(forms.PlainForm):
    on = DateField(_l("On which day"), validators=[InputRequired(DAY)])


@pages.on_pathway(
    "/<int:pathway_id>/accept", DayForm, _l("The offer was accepted"), _l("Save the answer"), endpoint="accept",
    start=lambda row: {"on": today_of(row)},
)  # fmt: skip
def accept(uow: UnitOfWork, row: Pathway, form: DayForm) -> None:
    """Record that the offer was accepted; preparation begins. An offer not yet on record was made that day."""
    actions.check_live(row)
    actions.not_later(uow, row.school_id, "on", form.on.data)
    actions.note_acceptance(uow, row, form.on.data)


@pages.on_pathway(
    "/<int:pathway_id>/start", DayForm, _l("Record the start"), _l("Save the start"), endpoint="start",
    subject=pathway_subject(own=OWN_START), start=lambda row: {"on": today_of(row)},
)  # fmt: skip
def start(uow: UnitOfWork, row: Pathway, form: DayForm) -> None:
    """Record the day on which the pathway became active."""
    actions.check_live(row)
    actions.not_later(uow, row.school_id, "on", form.on.data)
    if row.pathway == Family.CIRCLE:
        raise Refused("", _("A circle starts when its meeting takes place."))
    if row.pathway == Family.REENGAGEMENT:
        raise Refused("", _("A re-engagement starts on the first day back. Record it on its own page."))
    actions.note_start(uow, row, form.on.data)


class PlanForm(forms.PlainForm):
    """The next step with its date, the expected end, and the owner."""

    next_step = forms.ShortText(_l("Next step"), [forms.NotBlank(_l("Write the next step."))])
    next_step_on = DateField(_l("When"), validators=[InputRequired(DAY)])
    expected_end = DateField(_l("Expected end"), validators=[Optional()])
    owner = SelectField(_l("Lead person"), validators=[Optional()])

    def fit(self, row: Pathway) -> None:
        self.owner.choices = people_choices(team_of(row.school_id, today_of(row), row.kind), _("No one yet"))


@pages.on_pathway(
    "/<int:pathway_id>/plan", PlanForm, _l("Set the next step"), _l("Save the next step"), endpoint="plan",
    start=lambda row: {
        "next_step": row.next_step, "next_step_on": row.next_step_on, "expected_end": row.expected_end,
        "owner": str(row.owner_id or ""),
    },
)  # fmt: skip
def plan(uow: UnitOfWork, row: Pathway, form: PlanForm) -> None:
    """Set the next step, the expected end, and the owner."""
    actions.check_live(row)
    owner_id = number(form.owner.data)
    if owner_id is not None and owner_id != row.owner_id:
        name, row.owner_id = _owner(uow, row.school_id, row.kind, "owner", owner_id), owner_id
        uow.record(row, "pathway.owner", what=row.kind, to=name)
    row.next_step, row.next_step_on, row.expected_end = (
        form.next_step.data, form.next_step_on.data, form.expected_end.data
    )  # fmt: skip
    uow.record(row, "pathway.next_step", what=row.kind)


class CompleteForm(forms.PlainForm):
    outcome = RadioField(_l("Outcome"), validators=[InputRequired(_l("Choose the outcome."))])
    note = forms.LongText(_l("Note"), description=_l("Facts only; never what was said in a circle."))

    def fit(self, row: Pathway) -> None:
        self.outcome.choices = forms.choices(list(outcomes_for(row.pathway).items()))


@pages.on_pathway(
    "/<int:pathway_id>/complete", CompleteForm, _l("Complete it with its outcome"), _l("Complete"),
    endpoint="complete", subject=pathway_subject(own=OWN_COMPLETION),
)  # fmt: skip
def complete(uow: UnitOfWork, row: Pathway, form: CompleteForm) -> None:
    """Complete an active pathway with one of its family's outcomes."""
    actions.check_live(row)
    if row.pathway == Family.CIRCLE:
        raise Refused("", _("A circle is completed from its own page, after its meeting and agreement."))
    if row.pathway == Family.REENGAGEMENT:
        raise Refused("", _("A re-engagement is completed from its own page, after a review."))
    if row.pathway == Family.WRAPAROUND:
        raise Refused("", _("A referral is completed from its own page, with what was received."))
    actions.note_completion(uow, row, form.outcome.data, form.note.data)


BY_HAND = {reason: words for reason, words in EndReason.labels().items() if reason is not EndReason.NAMED_IN_ERROR}
"""The reasons that staff can choose. "Named in error" is set only by taking a person out of the report."""


class EndForm(forms.BaseForm):
    reason = forms.radio(_l("Reason it is ending"), BY_HAND, _l("Choose the reason it is ending."))
    note = forms.LongText(_l("Note"), description=_l("Facts only; never what was said in a circle."))


class ConfirmForm(forms.BaseForm):
    """An act without a question."""


ROOM = Room(
    pages=(pages,),
    sentences=models.SENTENCES,
    loaders={"pathway": queries.load_pathway},
    exemptions={"case_record": (queries.keeps_case,)},
)
