"""An agreement on the screen and on paper; who may read its words."""

from datetime import date
from typing import Any

from flask import render_template, url_for

from wss_cases.access.actor import Actor
from wss_cases.cases.case.pages import person_words
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.pathways.circles.agreements.queries import accounts_of, names_by_key, owner_names, person_key, signers_of
from wss_cases.pathways.circles.circle.rules import sees_terms
from wss_cases.pathways.circles.circle.states import TermState
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.circles.terms.models import AgreementTerm
from wss_cases.pathways.circles.terms.rules import (
    completion_held,
    completion_meeting_allowed,
    met_again,
    open_terms,
    signed_now,
)
from wss_cases.pathways.circles.terms.states import SignatureManner, WithoutMeeting
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.views import act_context
from wss_cases.roster.directory.pages import language_words

TONES = {TermState.KEPT: "moss", TermState.LATE: "sun", TermState.NOT_KEPT: "brick"}


def may_read_terms(actor: Actor, row: Pathway, circle: Circle) -> bool:
    """Whether this person reads the words of the agreement, not only number, due day and state."""
    owners = [term.owner_user_id for term in circle.agreement.terms] if circle.agreement else []
    if sees_terms(actor.user_id, row.owner_id, row.case.lead_id, *circle.keeper_names, *owners):
        return True
    return actor.user_id in accounts_of(circle.names)


def show(actor: Actor, row: Pathway, circle: Circle, today: date) -> Page:
    """Render the page of an agreement that was made."""
    agreement = circle.agreement
    assert agreement is not None
    reads, live = may_read_terms(actor, row, circle), row.state in LIVE
    values: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    signed = {person_key(one) for one in signed_now(agreement)}
    return render_template(
        "pathways/circles/agreements/show.html",
        row=row,
        live=live,
        reads=reads,
        ids=values,
        terms=[term_row(term, circle, reads, values, not row.case.result, today) for term in agreement.terms],
        signatures=signature_rows(row, circle),
        unsigned=[one.name for one in signers_of(row, circle) if one.key not in signed],
        papers=[(one.id, person_words(one), _family_language(one)) for one in circle.invited] if reads else [],
        open_terms=len(open_terms(agreement)),
        ended=_ended(circle),
        again=live and circle.waiting is None,
        another=live and met_again(row.held_on, agreement),
        may_meet=live and completion_meeting_allowed(circle) and circle.waiting is None,
        agreed_on=day_words(agreement.agreed_on),
        **act_context(row, _("Agreement"), ""),
    )


def _family_language(person: Any) -> str:
    """Return a family's language in words, where the sheet is not offered in it anyway."""
    language = person.student.language if person.student is not None else ""
    return language_words(language) if language and language not in ("en", "es") else ""


def term_row(
    term: AgreementTerm, circle: Circle, reads: bool, values: dict[str, Any], workable: bool, today: date
) -> dict[str, Any]:
    """Return one term as a row of work: its words only for those who may read them. `workable`: the case is open."""
    owner = owner_names(circle, [term]).get(term.id, _("Everyone"))
    meta = [_("%(who)s · due %(day)s", who=owner, day=day_words(term.due_on))]
    if reads and term.evidence:
        meta.append(_("counts as done when: %(evidence)s", evidence=term.evidence))
    before = next((one for one in term.agreement.terms if one.id == term.replaces_id), None)
    if before is not None:
        meta.append(_("replaces term %(number)d", number=before.position))
    due = term.state is TermState.OPEN and term.due_on <= today
    return {
        "title": f"{term.position}. {term.text}" if reads else _("Term %(number)d", number=term.position),
        "meta": " · ".join(meta),
        "tag": _("Due") if due else str(TermState(term.state).label),
        "tone": "sun" if due else TONES.get(term.state, "slate"),
        "href": url_for("agreements.term", term_id=term.id, **values)
        if workable and term.state is not TermState.CHANGED
        else None,
        "words": _("Update") if term.state is TermState.OPEN else _("Correct"),
    }


def signature_rows(row: Pathway, circle: Circle) -> list[dict[str, Any]]:
    """Return who signed, when and how; `party` is the participant's id where a party did."""
    names = names_by_key(row, circle)
    signatures = circle.agreement.signatures if circle.agreement else []
    return [
        {
            "party": one.participant_id,
            "keeper": one.keeper_user_id is not None,
            "name": names.get(person_key(one), ""),
            "how": str(SignatureManner(one.manner).label),
            "when": day_words(one.signed_on),
        }
        for one in signatures
    ]


def _ended(circle: Circle) -> str:
    if completion_held(circle):
        return _("The agreement completion meeting took place.")
    reason = circle.agreement.without_meeting if circle.agreement else None
    return str(WithoutMeeting(reason).label) if reason else ""
