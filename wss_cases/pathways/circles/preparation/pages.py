"""The page of a party, which is the form of a visit; the consent letter; supporters; the page of a hold."""

from collections.abc import Sequence
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import DateField, SelectMultipleField
from wtforms.validators import Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.case.queries import get_participant
from wss_cases.foundation import clock, forms
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _, _l, dotted, locale_code
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.incidents.incident.states import MANNER_LABELS, PersonRole
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.circle.models import (
    CircleConsent,
    CirclePreparation,
    CircleSupporter,
    ConsentManner,
    ConsentState,
    GuardianAnswer,
    PartyAnswer,
    SupporterRelation,
    consent_state,
)
from wss_cases.pathways.circles.circle.pages import on_circle
from wss_cases.pathways.circles.circle.queries import get_circle, told_who_said_what, with_known_keepers
from wss_cases.pathways.circles.circle.rules import Requirement, as_told, is_met, unmet, was_harmed
from wss_cases.pathways.circles.consent import letter_for, lift_hold, load_circle
from wss_cases.pathways.circles.keepers import would_keep
from wss_cases.pathways.circles.meeting.queries import get_supporter
from wss_cases.pathways.circles.preparation import actions
from wss_cases.pathways.circles.preparation.actions import Visit
from wss_cases.pathways.circles.requirements.presenters import requirement_row
from wss_cases.pathways.circles.requirements.queries import Circle, get_circle_and_state
from wss_cases.pathways.common.models import LIVE, Pathway, ids
from wss_cases.pathways.common.pages import ACT, act_context, page_of
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import contacts_of, get_school
from wss_cases.roster.telling import calling
from wss_cases.routing.engine.explain import said
from wss_cases.training.records.models import names_of

TODAY, YESTERDAY, ANOTHER, NOT_YET = "today", "yesterday", "another", "not_yet"
TALKED = [(TODAY, _l("Today")), (YESTERDAY, _l("Yesterday")), (ANOTHER, _l("Another day")), (NOT_YET, _l("Not yet"))]
MANNERS = ("in_person", "phone", "text", "email", "letter")
"""The most frequent manner first."""
SUPPORT, PRE_MET, LETTER = "support", "pre_met", "letter"
DONE = [(SUPPORT, _l("Support offered")), (PRE_MET, _l("Pre-meeting held")), (LETTER, _l("Letter read together"))]
NOT_ASKED = ("not_asked", _l("Not asked"))
READY = [("yes", _l("Ready")), ("no", _l("Not yet"))]
NEEDED = [("yes", _l("Yes")), ("no", _l("No"))]
ONLY_A_NO = ("answer", "guardian", "guardian_name")
"""The fields that stay when a circle has ended, because a refusal is recorded at any time."""


class VisitForm(forms.BaseForm):
    """The results of a visit of a party."""

    talked = forms.radio(_l("When did you talk?"), TALKED)
    day = DateField(_l("On which day"), validators=[Optional()])
    manner = forms.radio(_l("How?"), {manner: MANNER_LABELS[manner] for manner in MANNERS})
    done = SelectMultipleField(_l("What was done"), choices=forms.choices(DONE), validators=[Optional()])
    answer = forms.radio(_l("Do they want to take part?"), [*PartyAnswer.labels().items(), NOT_ASKED])
    ready = forms.radio(_l("Ready to meet?"), READY)
    guardian = forms.radio(_l("A guardian’s consent"), [*GuardianAnswer.labels().items(), NOT_ASKED])
    guardian_name = forms.ShortText(_l("Name of the guardian who answered"), [Optional()])
    plan_needed = forms.radio(_l("Is a safety plan needed?"), NEEDED)
    supporter = forms.ShortText(_l("Who comes along"), [Optional()])
    relation = forms.choice_field(_l("Relationship to this person"), [forms.PICK, *SupporterRelation.labels().items()])

    def only(self, names: Sequence[str]) -> None:
        for field in list(self):
            if field.name in TALK and field.name not in names:
                del self[field.name]

    def validate(self, extra_validators: Any = None) -> bool:
        """Require the day when "another day" is chosen, and refuse things done without a day."""
        sound = super().validate(extra_validators)
        if "talked" not in self:
            return sound
        no_day = self.talked.data == ANOTHER and self.day.data is None
        sound = forms.needs(sound, self.day, no_day, _l("Choose the day."))
        not_yet = self.talked.data == NOT_YET and bool(self.done.data)
        return forms.needs(
            sound, self.talked, not_yet, _l("You chose Not yet, and also what was done. Choose the day.")
        )

    def visit(self, today: date) -> Visit:
        """The visit as filled in; `today` is the day at the school."""
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
"""The questions of the form; its other fields are those of every form."""


Lines = list[str]
PLAN_CODE = "plan"
"""The requirement that is met on another page."""


def on_record(circle: Circle, participant_id: int, knows_answers: bool) -> dict[str, Lines]:
    """The records of a party as lines with their days, by the question they answer.

    Without `told` the answers of the party and their guardian are left out.
    """
    prepared, consent = circle.preparations.get(participant_id), circle.consents.get(participant_id)
    lines = _prepared_lines(prepared) if prepared else {}
    if knows_answers and consent:
        lines |= {"answer": _answer_lines(consent), "guardian": _guardian_lines(consent)}
    if knows_answers and prepared and prepared.guardian_tried_on:
        tried = _("Not reached on %(day)s", day=day_words(prepared.guardian_tried_on))
        lines["guardian"] = [*lines.get("guardian", []), tried]
    if knows_answers and prepared and prepared.is_ready is not None:
        words = _("Ready to meet") if prepared.is_ready else _("Not ready yet")
        lines["ready"] = [dotted(words, day_words(prepared.ready_on) if prepared.ready_on else "")]
    return {name: shown for name, shown in lines.items() if shown}


def _prepared_lines(prepared: CirclePreparation) -> dict[str, Lines]:
    first = prepared.first_contact_on
    how = str(MANNER_LABELS.get(prepared.first_contact_manner, ""))
    done = (
        (_("Support offered"), prepared.support_offered_on),
        (_("Pre-meeting held"), prepared.pre_met_on),
        (_("Letter read together"), prepared.letter_read_on),
    )
    plan = _("A safety plan is needed") if prepared.plan_needed else _("No safety plan is needed")
    said_on = day_words(prepared.plan_said_on) if prepared.plan_said_on else ""
    return {
        "talk": [
            *([dotted(_("First contact"), day_words(first), how)] if first else []),
            *(dotted(words, day_words(day)) for words, day in done if day is not None),
        ],
        "plan_needed": [dotted(plan, said_on)] if prepared.plan_needed is not None else [],
    }


def _answer_lines(consent: CircleConsent) -> Lines:
    state = consent_state(consent.consented, consent.not_now)
    answered = state is not ConsentState.NOT_ASKED
    return [dotted(str(ConsentState(state).label), day_words(consent.given_on))] if answered else []


def _guardian_lines(consent: CircleConsent) -> Lines:
    if consent.guardian_consented is None:
        return []
    manner = str(ConsentManner(consent.guardian_manner).label) if consent.guardian_manner else ""
    words = _("Consents") if consent.guardian_consented else _("Does not consent")
    return [dotted(words, manner, consent.guardian_name, day_words(consent.guardian_on or consent.given_on))]


def lede(person: CaseParticipant) -> str:
    grade = grade_words(person.student.grade) if person.student is not None else ""
    return dotted(str(PersonRole(person.role).label), grade)


def guardian_lines(person: CaseParticipant) -> list[str]:
    return list(calling(filter(None, [person.student])).lines)


def only_guardian(person: CaseParticipant) -> str:
    """The name of a party's only guardian whom the school may call; '' with none or several."""
    contacts = contacts_of(person.student_id) if person.student_id is not None else []
    return contacts[0].name if len(contacts) == 1 else ""


def supporters(circle: Circle, participant_id: int) -> list[dict[str, Any]]:
    """The supporters of a party who are still invited."""
    return [
        {"id": supporter.id, "name": supporter.name, "relation": str(SupporterRelation(supporter.relation).label)}
        for supporter in circle.supporters
        if supporter.participant_id == participant_id and supporter.ended_at is None
    ]


def beside(
    row: Pathway, circle: Circle, person: CaseParticipant, requirements: Sequence[Requirement], knows_answers: bool
) -> dict[str, Any]:
    """The requirements beside the form: this party's, one line for each other party, and those of the circle."""
    shown = as_told(requirements, knows_answers)
    own = [item for item in shown if item.person_id == person.id]
    shared = [item for item in shown if item.person_id is None]
    others = [item for item in circle.invited if item.id != person.id]
    return {
        "own": [_own(item, circle, row) for item in own],
        "others": [_other(row, item, circle.names[item.id], shown) for item in others],
        "shared": [requirement_row(item, circle, row) for item in shared],
        "missing": len(unmet(shown)),
    }


def _own(requirement: Requirement, circle: Circle, row: Pathway) -> dict[str, Any]:
    """A requirement of this page's party. It has no link, because it is met here; only a safety plan has its
    own page.
    """
    shown = requirement_row(requirement, circle, row)
    if requirement.code == PLAN_CODE:
        return shown
    return shown | {"href": None, "meta": shown["meta"] if requirement.done or requirement.on else None}


def _other(row: Pathway, person: CaseParticipant, name: str, shown: Sequence[Requirement]) -> dict[str, Any]:
    missing = len(unmet(requirement for requirement in shown if requirement.person_id == person.id))
    words = _("%(name)s: %(missing)d still missing", name=name, missing=missing)
    return {
        "done": not missing,
        "text": words if missing else _("%(name)s: everything is recorded", name=name),
        "href": _party_page(row, person.id),
    }


pages = Pages("circle_parties", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")

NEXT = "next"
"""The value of the button that saves and continues with the next page."""


def get_party(
    actor: Actor, case_id: int, pathway_id: int, participant_id: int
) -> tuple[Pathway, Circle, CaseParticipant]:
    """A circle with its state, and a participant of its case. Raises NotFound."""
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    return row, circle, get_participant(row.case, participant_id)


@pages.route("/parties/<int:participant_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def party(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """Record the results of a visit of a party. Requirements that are missing before a meeting appear beside
    the form.
    """
    actor = current_actor()
    row, circle, person = get_party(actor, case_id, pathway_id, participant_id)
    today = today_at(row.school_id, clock.now())
    form = _form(row, circle, person)
    return form_page(
        form,
        lambda: actions.record_visit(submitted(form), row.id, person.id, form.visit(today)),
        lambda _made: _after(actor, row, circle, person),
        "pathways/circles/preparation/party.html",
        asked=person.id in circle.names or person.id in circle.consents,
        **_words(actor, row, circle, person),
    )


def _form(row: Pathway, circle: Circle, person: CaseParticipant) -> VisitForm:
    form = VisitForm(guardian_name=only_guardian(person))
    if row.state not in LIVE or person.id not in circle.names:
        form.only(ONLY_A_NO)
    prepared = circle.preparations.get(person.id)
    if "manner" in form and prepared is not None and prepared.first_contact_on is not None:
        del form.manner
    if person.student_id is None:
        del form.guardian, form.guardian_name
    return form


def _words(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> dict[str, Any]:
    now = clock.now()
    today, knows_answers = today_at(row.school_id, now), told_who_said_what(actor, row.school_id)
    name, will_keep = person_words(person), would_keep(row, actor.user_id, today)
    # when saving makes the actor the keeper, the missing keeper is not listed
    requirements = [
        requirement for requirement in circle.requirements_on(today) if not (will_keep and requirement.code == "keeper")
    ]
    return {
        "name": name,
        "on_record": on_record(circle, person.id, knows_answers),
        "supporters": supporters(circle, person.id),
        "guardians": guardian_lines(person),
        "guardians_asked": circle.guardians_asked,
        "alone": len(circle.invited) == 1,
        "beside": beside(row, circle, person, requirements, knows_answers),
        "live": row.state in LIVE,
        "invited": person.id in circle.names,
        "who_asks": _who_asks(actor, row, circle, person),
        "will_keep": will_keep,
        "notes": can(actor, Permission.CIRCLE_NOTE_READ, with_known_keepers(row, circle.keeper_names)),
        "letter": _letter(row, person),
        "next_words": _next_words(actor, row, circle, person),
        "ids": ids(row),
        "person_id": person.id,
        **act_context(row, _("Prepare with %(name)s", name=name), _("Save"), person_lede=lede(person)),
    }


def _next(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> CaseParticipant | None:
    """The next invited person who is not prepared, as far as the actor may know; None when there is none."""
    invited_ids = [item.id for item in circle.invited]
    place = invited_ids.index(person.id) if person.id in invited_ids else -1
    requirements = circle.requirements_on(today_at(row.school_id, clock.now()))
    shut = {item.person_id for item in unmet(as_told(requirements, told_who_said_what(actor, row.school_id)))}
    order = [*circle.invited[place + 1 :], *circle.invited[: max(place, 0)]]
    return next((item for item in order if item.id in shut), None)


def _next_words(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> str:
    following = _next(actor, row, circle, person)
    return _("Save, then %(name)s", name=person_words(following)) if following else _("Save, then schedule")


def _after(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> str:
    if request.form.get("then") != NEXT:
        address = _party_page(row, person.id)
        return with_flash(_("Saved."), address)(None)
    following = _next(actor, row, circle, person)
    if following is None:
        return url_for("circle_schedule.meeting", **ids(row))
    return _party_page(row, following.id)


def _letter(row: Pathway, person: CaseParticipant) -> Any:
    school = get_school(row.school_id)
    assert school is not None
    lead = names_of({row.case.lead_id}) if row.case.lead_id is not None else {}
    contact = ", ".join([*lead.values(), school.name])
    return letter_for(person, school, contact, today_at(row.school_id, clock.now()))


def _who_asks(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> str:
    today = today_at(row.school_id, clock.now())
    if not was_harmed(person):
        return ""
    if actor.user_id not in circle.keepers_on(today) and not would_keep(row, actor.user_id, today):
        return _("Only a keeper of this circle asks this person. If they say no on their own, you can record it.")
    return _("Support is offered before they are asked.")


@pages.get("/parties/<int:participant_id>/letter")
@gate(Permission.CASE_WORK)
def letter(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """The consent letter for print, in the family's language."""
    row, _circle, person = get_party(current_actor(), case_id, pathway_id, participant_id)
    back = _party_page(row, participant_id)
    return render_template(
        "pathways/circles/preparation/letter.html", letter=_letter(row, person), back=back, locale=locale_code()
    )


def _find_supporter(actor: Actor, case_id: int, pathway_id: int, supporter_id: int) -> tuple[Pathway, CircleSupporter]:
    row = get_circle(actor, case_id, pathway_id)
    return row, get_supporter(row, supporter_id)


def _party_page(row: Pathway, participant_id: int) -> str:
    return url_for("circle_parties.party", participant_id=participant_id, **ids(row))


SUPPORTER = Subject(
    CircleSupporter, _find_supporter, row=itemgetter(1), above=lambda supporter: (Pathway, supporter.pathway_id)
)


@pages.act(
    "/supporters/<int:supporter_id>/end", SUPPORTER, forms.PlainForm, Permission.CASE_WORK, template=ACT,
    title=lambda seen: _("Withdraw the invitation of %(name)s", name=seen[1].name),
    button=_l("Withdraw the invitation"), then=lambda seen, _id: _party_page(seen[0], seen[1].participant_id),
    more=lambda seen, _form: on_circle(seen[0], _party_page(seen[0], seen[1].participant_id)),
)  # fmt: skip
def end_supporter(uow: UnitOfWork, supporter: CircleSupporter, _form: forms.PlainForm) -> None:
    """Withdraw the invitation of a supporter. Refused when it was withdrawn already."""
    load_circle(uow, supporter.pathway_id)
    if supporter.ended_at is not None:
        raise Refused("", _("This supporter is no longer invited."))
    supporter.ended_at = uow.now
    uow.record(supporter, "circle.supporter_ended", relation=supporter.relation.value)


class LiftForm(forms.BaseForm):
    """Why the condition of a hold is met."""

    reason = forms.LongText(
        _l("Why is the condition met?"), [forms.NotBlank(_l("Explain why the condition is met."))], limit=2000
    )


screening = Blueprint("circle_screening", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


@screening.route("/holds/<rule>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def hold(case_id: int, pathway_id: int, rule: str) -> Page:
    """Show a hold, and record why its condition is met."""
    row, circle = get_circle_and_state(current_actor(), case_id, pathway_id)
    its_hold = existing(next((hold for hold in circle.holds if hold.rule == rule), None))
    form = LiftForm()
    language = locale_code()
    because, until = (said(texts, language) for texts in (its_hold.because, its_hold.until))
    facts = [because, _("It applies until: %(until)s", until=until)]
    if is_met(its_hold, circle.facts_on(today_at(row.school_id, clock.now()))):
        facts.append(_("Its condition is met."))
    elif its_hold.stands:
        facts.append(_("No one can lift it: each person is supported separately."))
    elif not its_hold.can_be_lifted:
        facts.append(_("It opens by itself when the people concerned say so. No one can say it for them."))
    return form_page(
        form,
        lambda: lift_hold(submitted(form), row.id, rule, form.reason.data),
        page_of(row),
        ACT if its_hold.can_be_lifted else "pathways/circles/preparation/screening/hold.html",
        **act_context(row, _("Hold %(rule)s", rule=rule), _("Lift the hold"), facts=facts),
    )


ROOM = Room(pages=(pages, screening))
