"""The acts of a report's page: different response, checked facts, question to the reporter, no action, merge."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from flask import redirect, request, url_for
from wtforms import BooleanField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Invocation
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.forms import (
    BaseForm,
    LongText,
    NotBlank,
    PlainForm,
    ShortText,
    choice_field,
    choices,
    filled,
    pick,
    sent_answers,
)
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import set_state, tell_of_danger
from wss_cases.incidents.incident.states import UNDECIDED, IncidentState
from wss_cases.intake.corrections.changes import add_named
from wss_cases.intake.corrections.facts import OF_PERSON
from wss_cases.intake.decision import (
    NO_ACTION_REASONS,
    OTHERWISE_REASONS,
    UNFOUNDED,
    VERIFIED_LABELS,
    Added,
    Choice,
    decide,
    record_conversation,
    why_not,
)
from wss_cases.intake.duplicates import merge_waiting, undo_merge
from wss_cases.intake.open_questions.models import QUESTIONS, is_forgotten, is_question, must_answer
from wss_cases.intake.open_questions.pages import TapForm, answer_fact
from wss_cases.intake.recommendation import Plan, shown_to, situation
from wss_cases.intake.report.actions import route_incident
from wss_cases.intake.review import presenters as words
from wss_cases.intake.review.pages import AcceptForm, after_decision, decided_first, reviewed, show
from wss_cases.intake.review.people import change_person, next_place
from wss_cases.journal.acts import Act, Pages, Subject, Then
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.conversations import LOG, USUAL, LogForm, repair_days
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Kind, Person

YES_NO = [("", _l("No change")), ("yes", _l("Yes")), ("no", _l("No"))]
VIOLENCE = "P9"
"""The rule for violence; its items are not preselected for something forgotten or a tool."""

INSTEAD = (Kind.CONVERSATION, Kind.FAMILY_SUPPORT)

pages = Pages(
    "review_acts", __name__, url_prefix="/review/<int:incident_id>",
    trail=lambda report: [(_("Review"), url_for("queue.page")), (report.reference, _page_of(report))],
)  # fmt: skip
REVIEW = Permission.INCIDENT_REVIEW
REPORT = Subject(Incident, reviewed)


def _page_of(report: Incident, _answer: int = 0) -> str:
    return url_for("review.incident", incident_id=report.id)


def _lede(report: Incident) -> str:
    return f"{report.reference} · {words.tile_words(report.tile)}"


def _act(
    name: str, form: type[PlainForm], title: Any, button: Any, intro: Any, *, yours: str = "", then: Then = _page_of,
    start: Any = None,
) -> Callable[[Callable[..., int | None]], Act]:  # fmt: skip
    """Declare an act on a report. `yours` is the field shown to a person whose submission came too late."""

    def loser_is_told(view: Callable[..., Page]) -> Callable[..., Page]:
        @wraps(view)
        def page(incident_id: int) -> Page:
            try:
                return view(incident_id=incident_id)
            except Stale:
                decided = request.form.get(yours, "") if yours else str(title)
                return decided_first(reviewed(current_actor(), incident_id), decided)

        return page

    return pages.act(
        f"/{name.replace('_', '-')}", REPORT, form, REVIEW, endpoint=name, title=title, button=button, then=then,
        start=start, lede=_lede, guard=loser_is_told, more=lambda *_shown: {"intro": intro},
    )  # fmt: skip


def _refuse_decided(incident: Incident) -> None:
    if incident.state not in UNDECIDED:
        raise Stale


class FactsForm(PlainForm):
    """Facts that only a reviewer can give; an empty answer leaves a fact unchanged."""

    verified = choice_field(_l("Are the facts verified?"), list(VERIFIED_LABELS.items()), validators=[InputRequired()])
    danger = choice_field(_l("Is anyone in danger now that staff cannot safely de-escalate?"), YES_NO)
    mutual = choice_field(_l("Was the harm mutual?"), YES_NO)


@_act(
    "facts", FactsForm, _l("Check the facts"), _l("Save and see the recommendation"),
    _l("The recommendation and its legal duties follow from your answers here."),
    start=lambda report: {"verified": report.facts.get("verified", "unknown")},
)  # fmt: skip
def check_facts(uow: UnitOfWork, incident: Incident, form: FactsForm) -> None:
    """Set the facts that only a reviewer can give, and route again. Duties that wait for verified facts become due."""
    _refuse_decided(incident)
    danger = form.danger.data == "yes"
    answers = {"imminent_danger": form.danger.data, "mutual": form.mutual.data}
    given = {name: answer == "yes" for name, answer in answers.items() if answer}
    incident.facts = {**incident.facts, "verified": form.verified.data, **given}
    if danger and not incident.danger_now:
        incident.danger_now = True
        tell_of_danger(uow, incident)
    uow.record(incident, "review.facts_checked", verified=form.verified.data)
    route_incident(uow, incident)


class QuestionForm(PlainForm):
    question = LongText(_l("Your question"), [NotBlank(_l("Write the question."))], limit=2_000)


@_act(
    "question", QuestionForm, _l("Ask the reporter"), _l("Send the question"),
    _l("The report comes back to the queue with the answer. Legal duties continue meanwhile."),
    yours="question", then="queue.page",
)  # fmt: skip
def ask_reporter(uow: UnitOfWork, incident: Incident, form: QuestionForm) -> None:
    """Return a report to its reporter with a question; its duties stay open."""
    _refuse_decided(incident)
    if incident.happened_at_id is not None:
        raise Refused("question", _("It was reported at another school. Ask its dean."))
    if incident.reporter_id == uow.actor.user_id:
        raise Refused("question", _("You reported this yourself. Add what you know to the report."))
    set_state(uow, incident, IncidentState.RETURNED, question=form.question.data)


class NoActionForm(PlainForm):
    reason = pick(_l("Reason"), NO_ACTION_REASONS, _l("Choose the reason."))
    note = LongText(_l("In a sentence"), [NotBlank(_l("Enter the reason in a sentence."))], limit=2_000)


@_act(
    "no_action", NoActionForm, _l("No further action"), _l("Close with no further action"),
    _l("The reporter is told. Open legal duties stay open."), yours="note", then="queue.page",
)  # fmt: skip
def take_no_action(uow: UnitOfWork, incident: Incident, form: NoActionForm) -> None:
    """Close a report without further action. Refused while a question is open, unless the report is unfounded."""
    _refuse_decided(incident)
    now = situation(incident.id)
    if form.reason.data != UNFOUNDED and must_answer(now.plan, incident, now.people):
        words = _("Answer the open questions first, or choose that it did not happen as reported.")
        raise Refused("reason", words)
    set_state(uow, incident, IncidentState.NO_FURTHER_ACTION, reason=form.reason.data, note=form.note.data)


class DuplicateForm(PlainForm):
    """The other report of the same event."""

    reference = ShortText(
        _l("Number of the other report"), [NotBlank(_l("Enter the number of the other report."))], limit=40,
        width="medium",
    )  # fmt: skip


@_act(
    "duplicate", DuplicateForm, _l("This is a duplicate report"), _l("Merge into that report"),
    _l("People who are not in the other report yet are added to it, and it is routed again."), yours="reference",
    then=lambda _report, target: url_for("review.incident", incident_id=target),
)  # fmt: skip
def duplicate(uow: UnitOfWork, incident: Incident, form: DuplicateForm) -> int:
    return merge_waiting(uow, incident, form.reference.data)


class ReasonForm(PlainForm):
    reason = LongText(_l("Why?"), [NotBlank(_l("Enter the reason in a sentence."))], limit=2_000)


@_act(
    "reopen", ReasonForm, _l("Open it again"), _l("Back to review"),
    _l("You decide it again. Whatever was already opened stays open and continues."), yours="reason",
)  # fmt: skip
def reopen_review(uow: UnitOfWork, incident: Incident, form: ReasonForm) -> None:
    """Reopen a decided report; a duplicate is separated again. What it opened stays."""
    if incident.state is IncidentState.DUPLICATE:
        undo_merge(uow, incident)
    incident.outcome_reason = ""
    uow.record(incident, "review.reopened", why=form.reason.data)
    set_state(uow, incident, IncidentState.UNDER_REVIEW)


def _act_form(
    report: Incident, form: BaseForm | PlainForm, act: Callable[[], Any], yours: str, title: Any, go: Any, *,
    done: str | Callable[[int], str] = "", template: str = "intake/review/acts/act.html", **context: Any,
) -> Page:  # fmt: skip
    """Show one act's form. Someone who came too late sees what happened first, and `yours`, their own entry."""
    page = _page_of(report)
    crumbs = [(_("Review"), url_for("queue.page")), (report.reference, page), (title, None)]
    context |= {"title": title, "crumbs": crumbs, "trail_rows": crumbs, "back_href": page, "go_words": go}
    try:
        return form_page(form, act, done or page, template, lede=_lede(report), **context)
    except Stale:
        return decided_first(reviewed(current_actor(), report.id), yours)


class OtherwiseForm(BaseForm):
    """Keep some items, add others, with one reason."""

    keep = SelectMultipleField(_l("What is recommended: keep what is right"))
    added = SelectMultipleField(_l("What to add"))
    reason = pick(_l("Why a different response?"), OTHERWISE_REASONS, _l("Choose the reason for a different response."))
    reason_text = LongText(
        _l("In a sentence"), [NotBlank(_l("Explain your different response in a sentence."))], limit=2_000
    )
    open_case = BooleanField(_l("Open a case anyway"))

    def choice(self, unseen: Collection[str] = ()) -> Choice:
        """The decision in this form; items hidden from the actor stay. Raises Refused for an unknown kind."""
        added = tuple(parse_added(value) for value in self.added.data or ())
        return filled(self, Choice, keep=frozenset([*(self.keep.data or ()), *unseen]), add=added)


def parse_added(value: str) -> Added:
    """Parse kind:for:person. Raises Refused for another value."""
    parts = value.split(":")
    if len(parts) != 3 or parts[0] not in set(Kind) or parts[1] not in set(Person) or not parts[2].isdigit():
        raise Refused("added", _("Choose one of the kinds."))
    return Added(Kind(parts[0]), Person(parts[1]), int(parts[2]) or None)


@pages.route("/otherwise", methods=["GET", "POST"])
@gate(REVIEW)
def otherwise(incident_id: int) -> Page:
    """Choose a different response: keep some items, add others, with one reason; holds apply, and duties stay."""
    actor, full = current_actor(), situation(incident_id)
    report = reviewed(actor, incident_id)
    scene = shown_to(actor, report.school_id, full)
    unseen = {item.key for item in full.plan.items} - {item.key for item in scene.plan.items}
    plan = words.plan_words(scene)
    form = OtherwiseForm(version=report.version)
    form.keep.choices = choices([(item["key"], f"{item['kind']}, {item['whom']}") for item in plan["pathways"]])
    groups = words.addable(scene)
    form.added.choices = choices([(added.key, label) for _whom, kinds in groups for added, label in kinds])
    if not form.is_submitted():
        tool = is_forgotten(report)
        form.keep.data = [item["key"] for item in plan["pathways"] if not (tool and item["rules"] == VIOLENCE)]
        form.added.data = [one.key for one in _instead(scene.plan)] if tool else []
    return _act_form(
        report,
        form,
        lambda: decide(submitted(form), incident_id, form.choice(unseen)),
        form.reason_text.data or "",
        _("Choose a different response"),
        _("Choose this response"),
        done=after_decision,
        template="intake/review/acts/otherwise.html",
        plan=plan,
        held=words.held_kinds(scene.plan),
        groups=[
            (whom, [(one.key, label) for one, label in kinds if why_not(scene.plan, one) is None])
            for whom, kinds in groups
        ],
    )


def _instead(plan: Plan) -> list[Added]:
    """Offered instead to a student who forgot a tool: a conversation, and support of the family."""
    there = {(item.kind, item.person_id) for item in plan.items}
    whose = sorted(plan.caused, key=lambda number: number or 0)
    offered = [Added(kind, Person.CAUSED_HARM, number) for number in whose for kind in INSTEAD]
    return [one for one in offered if (one.kind, one.person_id) not in there and why_not(plan, one) is None]


@pages.route("/conversation", methods=["GET", "POST"])
@gate(REVIEW)
def conversation(incident_id: int) -> Page:
    """Record how the conversation of a report without a case went; the report closes."""
    report = reviewed(current_actor(), incident_id)
    days, today = school_days(report.school_id), today_at(report.school_id, clock.now())
    envelope = BaseForm(version=report.version)
    form = LogForm(sent_answers(LogForm), data={"held_on": today, "repair_on": days.add(today, USUAL)})
    form.repair_on.quick = repair_days(today, days)
    note = form.note.data or ""

    def act() -> int:
        return record_conversation(
            submitted(envelope),
            incident_id,
            form.outcome.data,
            note,
            held_on=form.held_on.data,
            repair=form.repair_text(),
            repair_on=form.repair_on.data,
        )

    return _act_form(
        report,
        form,
        act,
        note,
        _("Record the conversation"),
        _("Save it and close the report"),
        template=LOG,
        envelope=envelope,
    )


@pages.post("/add")
@gate(REVIEW)
def add(incident_id: int) -> Page:
    """Add one item that routing calls for since the facts were corrected."""
    report = reviewed(current_actor(), incident_id)
    add_named(submitted(BaseForm()), report.id, request.form.get("named", ""))
    return redirect(url_for("review.incident", incident_id=report.id), 303)


@pages.post("/questions/<fact>")
@gate(REVIEW)
def answer(incident_id: int, fact: str) -> Page:
    """Answer one open question by a tap, and go on to the next."""
    actor, now = current_actor(), clock.now()
    report, form = reviewed(actor, incident_id), TapForm()
    if not is_question(fact):
        raise NotFound
    whom = form.whom.data or ""
    try:
        if not form.validate():
            raise Refused("whom" if form.whom.errors else "answer", next(iter(form.errors.values()))[0])
        call = Invocation(actor, now, form.request_key.data)
        answer_fact(call, report.id, fact, form.answer.data or "", whom, form.seconds(report.id, now))
    except Refused as refusal:
        form = AcceptForm(formdata=None, version=report.version)
        return show(reviewed(actor, report.id), form, 400, (fact, refusal.field, refusal.message, whom))
    except Stale:
        return decided_first(reviewed(actor, report.id), str(QUESTIONS[fact]))
    return _go_on(incident_id)


@pages.post("/people/<int:person_id>")
@gate(REVIEW)
def person(incident_id: int, person_id: int) -> Page:
    """Change one row of the table of people, and go on to what is not known yet."""
    actor = current_actor()
    report = reviewed(actor, incident_id)
    sent = {name: request.form.get(f"p{person_id}_{name}") for name in OF_PERSON}
    given = {name: value for name, value in sent.items() if value is not None}
    try:
        change_person(submitted(BaseForm()), report.id, person_id, given)
    except Refused as refusal:
        form = AcceptForm(formdata=None, version=report.version)
        return show(reviewed(actor, report.id), form, 400, row=(person_id, refusal.message))
    except Stale:
        return decided_first(reviewed(actor, report.id), _("Your change to a person in the report"))
    return _go_on(incident_id)


def _go_on(incident_id: int) -> Page:
    try:
        report = reviewed(current_actor(), incident_id)
    except NotFound:  # the answer may hide the report from the actor
        return redirect(url_for("queue.page"), 303)
    now = situation(report.id)
    place = next_place(now.people, must_answer(now.plan, report, now.people))
    return redirect(url_for("review.incident", incident_id=report.id, _anchor=place), 303)


ROOM = Room(pages=(pages,))
