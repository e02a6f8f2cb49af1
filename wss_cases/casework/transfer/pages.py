"""Cases of students who moved to another school: noticing the move, and continuing the case there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import request, url_for
from sqlalchemy import ColumnElement, Select, or_, select
from wtforms import BooleanField, SelectMultipleField
from wtforms.validators import Optional

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.actions import open_continued, person_words
from wss_cases.cases.case.models import Case, CaseParticipant, CaseResult
from wss_cases.cases.case.queries import choose_lead, get_case, get_participant, names_of_others, participants_of
from wss_cases.cases.progress import open_only, write_note
from wss_cases.casework.next_act import kind_words
from wss_cases.casework.safety_plans.acts import draft_plan, end_living
from wss_cases.casework.transfer import models
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import CHECK_INS, LIAISON
from wss_cases.followups.making import cancel_row, close_row, make, make_for_event
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, choices, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.pathways.circles.agreements.term_changes import release_term
from wss_cases.pathways.common.actions import follow, note_end
from wss_cases.pathways.common.models import EndReason, Pathway, propose
from wss_cases.pathways.common.pages import number
from wss_cases.pathways.common.queries import parted
from wss_cases.pathways.legal_holds import is_case_held
from wss_cases.pathways.referrals.referral.queries import open_referral
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.names.finder import Finder
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family

GOES_ON, CLOSES = "goes_on", "closes"


AT_ONCE = 100
"""Moves that one sweep takes up; the next minute's takes the rest."""
FIRST_REVIEW = 5
"""School days until the first review at the new school."""


def notice_moves(now: datetime) -> int:
    """Notice students of open cases who are at another school by now: a follow-up each, once. Returns how many."""
    found = models.unnoticed(AT_ONCE)
    if not found:
        return 0
    made = 0
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        for case_id, participant_id, to_school_id in found:
            case = uow.session.get(Case, case_id, with_for_update=True)
            move = _claim(uow, case, participant_id, to_school_id) if case is not None else None
            if case is None or move is None:
                continue
            rows = make_for_event(
                uow, "student_moved", school_id=case.school_id, owner_id=case.lead_id,
                from_day=today_at(case.school_id, uow.now), case_id=case.id,
            )  # fmt: skip
            move.follow_up_id = next((row.id for row in rows if row.kind == "student_moved"), None)
            uow.record(move, "case.student_moved")
            made += 1
    return made


def _claim(uow: UnitOfWork, case: Case, participant_id: int, to_school_id: int) -> models.StudentMove | None:
    values = {
        "case_id": case.id, "school_id": case.school_id, "participant_id": participant_id,
        "to_school_id": to_school_id, "noticed_at": uow.now,
    }  # fmt: skip
    if not insert_once(uow.session, models.StudentMove, values, ["participant_id", "to_school_id"]):
        return None
    return uow.session.scalar(_move(participant_id, to_school_id))


def _move(participant_id: int, to_school_id: int) -> Select[models.StudentMove]:
    return (
        select(models.StudentMove)
        .where(models.StudentMove.participant_id == participant_id, models.StudentMove.to_school_id == to_school_id)
        .with_for_update()
    )


def _open_move(uow: UnitOfWork, case: Case, person: CaseParticipant) -> models.StudentMove:
    to_school_id = person.student.school_id if person.student else None
    if to_school_id is None or to_school_id == case.school_id:
        raise Refused("", _("The roster has this student at this school."))
    move = _claim(uow, case, person.id, to_school_id)
    move = existing(move or uow.session.scalar(_move(person.id, to_school_id)))
    if move.continued_as_id is not None:
        raise Refused("", _("The case already continues at the new school."))
    return move


def _open_there(uow: UnitOfWork, case: Case, person: CaseParticipant, school_id: int) -> Case:
    today = today_at(school_id, uow.now)
    return open_continued(
        uow, case, person,
        school_id=school_id,
        lead_id=choose_lead(school_id, today),
        review_on=school_days(school_id).add(today, FIRST_REVIEW),
    )  # fmt: skip


def _take_along(
    uow: UnitOfWork, old: tuple[Case, CaseParticipant], new: Case, going: "MoveForm", names: Finder
) -> None:
    case, person = old
    _take_check_ins(uow, case, person, new, going)
    seen, hidden = parted(uow.actor, case.school_id, models.own_pathways(case.id, person.id))
    for row in (*seen, *hidden):
        _no_open_referral(row, told=row in seen)
        if row.id in going.pathway_ids or row in hidden:  # whoever cannot see it cannot leave it behind
            _propose_there(uow, new, row)
        note_end(uow, row, EndReason.MOVED_SCHOOL, "")
    tomorrow = school_days(new.school_id).add(today_at(new.school_id, uow.now), 1)
    here: dict[str, Any] = {"school_id": new.school_id, "owner_id": new.lead_id, "case_id": new.id}
    instead = _("another student")
    for term in models.terms_read_by(uow.actor, case, person.id):
        if term.id in going.term_ids:
            title = names.without(term.text, instead)[:200]
            make(uow, kind="repair_step", due_on=max(term.due_on, tomorrow), title=title, **here)
            release_term(uow, term.id)
    plan = models.own_plan(case.id, person.id)
    if plan is None:
        return
    if going.plan.data:
        steps, phone = (names.without(text, instead) for text in (plan.steps, plan.phone))
        draft_plan(uow, new, new.participants[0].id, steps=steps, phone=phone)
        make(uow, kind="safety_plan", due_on=tomorrow, **here)
    end_living(uow, plan, _("The student changed school."))


def _propose_there(uow: UnitOfWork, new: Case, row: Pathway) -> None:
    """Propose a pathway anew; of a need for housing that school's liaison is to hear, so that it waits in a list."""
    made = propose(
        uow, new, pathway=row.pathway, kind=row.kind, for_whom=row.for_whom,
        participant_id=new.participants[0].id, tier=row.tier, rules=[], start_by=new.next_review_on,
        owner_id=new.lead_id,
    )  # fmt: skip
    if row.kind == Kind.HOUSING_BASIC_NEEDS:
        follow(uow, made, LIAISON, school_days(new.school_id).add(today_at(new.school_id, uow.now), 1))


def _take_check_ins(uow: UnitOfWork, case: Case, person: CaseParticipant, new: Case, going: "MoveForm") -> None:
    """Check-ins of what goes along are due there; those of the whole case only where no other student stays."""
    of: ColumnElement[bool] = FollowUp.pathway_id.in_(sorted(going.pathway_ids))
    others = (one for one in participants_of(case.id) if one.id != person.id and one.role in models.CONCERNED)
    if all(one.student_id is None for one in others):
        of = or_(of, FollowUp.pathway_id.is_(None))
    days = school_days(new.school_id)
    first = days.add(today_at(new.school_id, uow.now), 1)
    statement = select(FollowUp).where(
        FollowUp.case_id == case.id, FollowUp.state == FollowUpState.OPEN, FollowUp.kind.in_(CHECK_INS), of
    )
    for row in uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()):
        due_on = days.on_or_after(max(row.due_on, first))
        make(uow, school_id=new.school_id, kind=row.kind, owner_id=new.lead_id, due_on=due_on, case_id=new.id)
        cancel_row(uow, row, _("It continues at the new school."))


def _no_open_referral(row: Pathway, told: bool) -> None:
    """Raise Refused while a partner has a referral: people decide whether a service ends, not a change of school."""
    referral = open_referral(row.id) if row.pathway == Family.WRAPAROUND else None
    if referral is not None:
        words = _(
            "Resolve the referral to %(name)s first: close it with what was received, or withdraw it.",
            name=referral.partner_name,
        )
        hidden = _("Something that only the coordinator sees has not ended. Ask the coordinator.")
        raise Refused("pathways", words if told else hidden)


def _settle(uow: UnitOfWork, case: Case, move: models.StudentMove) -> None:
    uow.record(case, "case.continued")
    row = uow.session.get(FollowUp, move.follow_up_id, with_for_update=True) if move.follow_up_id else None
    if row is not None and row.state is FollowUpState.OPEN:
        close_row(uow, row, "continued")


def _tell(uow: UnitOfWork, new: Case) -> None:
    if new.lead_id is not None:
        uow.notify(new.lead_id, "case_assigned", new, f"case-assigned:{new.id}:{new.lead_id}")
        return
    for user_id, _name in holders(Role.ADMINISTRATOR, new.school_id, today_at(new.school_id, uow.now)):
        account = uow.session.get(UserAccount, user_id)
        if account is not None:
            uow.notify(user_id, "cases_handed_over", account, f"case-came:{new.id}:{user_id}")


def move_notices(case: Case, moves: Sequence[models.Moved]) -> list[dict[str, Any]]:
    """Return the banners of a case page: each student who is at another school now, with the act that settles it."""
    return [
        {
            "words": _("%(name)s is at %(school)s now.", name=move.name, school=move.school),
            "href": url_for("case_moves.continue_there", case_id=case.id, participant_id=move.participant_id),
        }
        for move in moves
        if not move.settled
    ]


def links_of(actor: Actor, case: Case, later_ids: Sequence[int]) -> list[tuple[str, str | None]]:
    """Return where a case came from and goes on, with a link only for those who may see the other case."""
    links = []
    if case.continued_from_id is not None:
        ways = _("Continued from case %(reference)s"), _("Continued from another school")
        links.append(_link(actor, case.continued_from_id, *ways))
    ways = _("Continues as case %(reference)s"), _("Continues at another school")
    return links + [_link(actor, later_id, *ways) for later_id in later_ids]


def _link(actor: Actor, case_id: int, seen: str, unseen: str) -> tuple[str, str | None]:
    case = models.linked_case(actor, case_id)
    if case is None:
        return unseen, None
    return seen % {"reference": case.reference}, url_for("casework.case", case_id=case.id)


pages = Pages("case_moves", __name__, url_prefix="/cases/<int:case_id>")


class MoveForm(PlainForm):
    """What goes along to the new school, and what becomes of the case here."""

    pathways = SelectMultipleField(
        _l("Pathways to offer again at the new school"),
        choices=[],
        validate_choice=False,
        validators=[Optional()],
        description=_l("They start over there: the student and the family are asked again. Here they end."),
    )
    terms = SelectMultipleField(
        _l("What the student promised and still needs to do"),
        choices=[],
        validate_choice=False,
        validators=[Optional()],
        description=_l("Only their own promises; names of other children are left out."),
    )
    plan = BooleanField(_l("The safety plan, as a draft"))
    note = LongText(
        _l("Note for the new school"),
        [NotBlank(_l("Write what the new school needs to know."))],
        limit=4000,
        description=_l(
            "What helps and what to watch for. No name of another child, and nothing that was said in a circle."
        ),
    )
    here = radio(
        _l("And the case here"),
        [(GOES_ON, _l("It continues for the others")), (CLOSES, _l("It will be closed next"))],
        _l("Choose what happens to the case here."),
    )

    @property
    def pathway_ids(self) -> set[int | None]:
        return {number(key) for key in self.pathways.data}

    @property
    def term_ids(self) -> set[int | None]:
        return {number(key) for key in self.terms.data}


def _moved_person(actor: Actor, case_id: int, participant_id: int) -> CaseParticipant:
    case = get_case(actor, case_id)
    person = get_participant(case, participant_id)
    if _move_of(person).settled:
        raise NotFound
    return person


def _move_of(person: CaseParticipant) -> models.Moved:
    moves = models.moved_in(participants_of(person.case_id), person.case)
    return existing(next((row for row in moves if row.participant_id == person.id), None))


def _on_page(person: CaseParticipant, form: MoveForm) -> dict[str, Any]:
    """Offer what the reader may read; all of it is chosen at first."""
    case, instead = person.case, _("another student")
    names = names_of_others(participants_of(case.id), person)
    seen, _hidden = parted(current_actor(), case.school_id, models.own_pathways(case.id, person.id))
    terms, move = models.terms_read_by(current_actor(), case, person.id), _move_of(person)
    words = {
        term.id: _("%(text)s (due %(day)s)", text=names.without(term.text, instead), day=day_words(term.due_on))
        for term in terms
    }
    form.pathways.choices = choices([(str(row.id), kind_words(row)) for row in seen])
    form.terms.choices = choices([(str(key), text) for key, text in words.items()])
    if request.method != "POST":
        form.pathways.data, form.terms.data = [str(row.id) for row in seen], [str(key) for key in words]
    return {
        "case": case,
        "lede": _("%(name)s is at %(school)s now.", name=person_words(person), school=move.school),
        "has_plan": models.own_plan(case.id, person.id) is not None,
    }


def _done(person: CaseParticipant, _answer: int) -> str:
    if request.form.get("here") == CLOSES:
        return url_for("case_acts.close", case_id=person.case_id, result=CaseResult.TRANSFERRED.value)
    return url_for("casework.case", case_id=person.case_id)


@pages.act(
    "/people/<int:participant_id>/continue",
    Subject(
        CaseParticipant, _moved_person, of=lambda person: person.case, above=lambda person: (Case, person.case_id)
    ),
    MoveForm, Permission.CASE_WORK, adds=True, endpoint="continue_there", title=_l("Continue at the new school"),
    button=_l("Open the case there"), then=_done, start=lambda _person: {"plan": True}, more=_on_page,
    template="casework/transfer/continue.html", boxed=False,
)  # fmt: skip
def continue_elsewhere(uow: UnitOfWork, person: CaseParticipant, form: MoveForm) -> int:
    """Open a case for this student alone at their new school; their pathways here end. Returns the old case's id.

    Other children's names go nowhere: texts lose them, and a note with one is refused. Notes of the old case and of
    its circles stay, and so does a promise whose words the actor may not read. Raises Refused for a student who is
    still here or whose case goes on there already.
    """
    case, note = person.case, form.note.data
    open_only(case)
    if person.student is None:
        raise NotFound
    if is_case_held(case.id):
        raise Refused("", _("A hold is open: this case stays here as is until the hold is released."))
    move = _open_move(uow, case, person)
    names = names_of_others(participants_of(case.id), person)
    if names.names_in(note):
        raise Refused("note", _("This names another child in the case. Write it without the name."))
    new = _open_there(uow, case, person, move.to_school_id)
    _take_along(uow, (case, person), new, form, names)
    write_note(uow, new, note)
    move.continued_as_id = new.id
    _settle(uow, case, move)
    _tell(uow, new)
    return case.id


ROOM = Room(pages=(pages,))
