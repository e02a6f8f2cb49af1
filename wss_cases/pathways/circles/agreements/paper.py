"""The agreement as a sheet for one party to sign, in the family's language, with space for translated terms."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import select
from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.progress import open_only
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, ShortText, choices
from wss_cases.foundation.i18n import _, _l, force_locale, locale_code
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.family_texts import Text, family_texts
from wss_cases.pathways.circles.agreements.pages import HEAD, signature_rows
from wss_cases.pathways.circles.agreements.queries import may_read_terms, owner_names, supporters_of
from wss_cases.pathways.circles.agreements.term_changes import READABLE_TERM, Term
from wss_cases.pathways.circles.circle.pages import on_circle
from wss_cases.pathways.circles.consent import load_any_circle
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm, names_on_paper, signed_now, terms_in_force
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import ACT, number, page_of
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.queries import COLUMNS, called, finder_beside, students_named
from wss_cases.roster.names.spellings import Named

pages = Pages("agreement_paper", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


@pages.get("/agreement/paper")
@gate(Permission.CASE_WORK)
def paper(case_id: int, pathway_id: int) -> Page:
    """The sheet of one party (`for`). Without a party, no names appear on it."""
    actor = current_actor()
    row = get_pathway(actor, case_id, pathway_id)
    circle = circle_of(row)
    if circle.agreement is None or not may_read_terms(actor, row, circle):
        raise NotFound
    reader = next((person for person in circle.invited if person.id == number(request.args.get("for"))), None)
    family = language_of(reader)
    language = request.args.get("language") or family or locale_code()
    with force_locale(language if language in setting("LANGUAGES") else locale_code()):
        return render_template(
            "pathways/circles/agreements/paper/sheet.html",
            back=f"{request.script_root}{request.path.removesuffix('/paper')}",
            head=_head(row, language, today_at(row.school_id, clock.now())),
            # terms keep their wording; readers of another language get space for a translation
            translated=not {language, family or language} <= {"en"},
            language=language_words(language),
            translate_href=lambda term_id: url_for(
                "agreement_paper.translate", case_id=case_id, pathway_id=pathway_id, term_id=term_id, language=language
            ),
            printed_on=day_words_with_year(today_at(row.school_id, clock.now())),
            **_sheet(row, circle, circle.agreement, reader, language),
        )


def language_of(reader: CaseParticipant | None) -> str:
    """The language of a party's family; '' when it is not known."""
    return (reader.student.language or "") if reader is not None and reader.student is not None else ""


def _head(row: Pathway, language: str, today: date) -> Text | None:
    school = get_school(row.school_id)
    text = family_texts([HEAD], language, today).get(HEAD)
    return text.filled({"school": school.name if school else ""}) if text else None


def _sheet(
    row: Pathway, circle: Circle, agreement: Agreement, reader: CaseParticipant | None, language: str
) -> dict[str, Any]:
    other = _("another person")
    signed = {signature.participant_id for signature in signed_now(agreement) if signature.participant_id is not None}
    reader_id, named = reader.id if reader is not None else 0, set(agreement.named)
    shown = names_on_paper(reader_id, named, circle.names, other)
    finder = _finder(circle, shown, _hidden_supporters(row, agreement, reader_id, named))
    in_force = terms_in_force(agreement)
    staff = owner_names(circle, [term for term in in_force if term.owner_user_id is not None])
    return {
        "reader": circle.names.get(reader_id, ""),
        "agreed_on": day_words_with_year(agreement.agreed_on),
        "terms": [
            {
                "id": term.id,
                "text": finder.without(term.text, other),
                "translation": finder.without(its.get("text", ""), other),
                "translated_by": its.get("by", ""),
                "who": shown.get(term.owner_participant_id or 0) or staff.get(term.id) or _("Everyone"),
                "until": day_words_with_year(term.due_on),
                "evidence": finder.without(its.get("evidence") or term.evidence, other),
            }
            for term in in_force
            for its in [term.translations.get(language, {})]
        ],
        "signatures": _signatures(row, circle, shown, reader_id in named),
        "places": [name for key, name in shown.items() if key not in signed],
    }


def _finder(circle: Circle, shown: Mapping[int, str], supporters: list[str]) -> Finder:
    """A finder for the names that this sheet must hide."""
    stay: list[CaseParticipant] = []
    out: list[CaseParticipant] = []
    for person in circle.invited:
        (stay if shown[person.id] == circle.names[person.id] else out).append(person)
    return finder_beside(_named(circle, stay), [*_named(circle, out), *map(called, supporters)])


def _named(circle: Circle, people: list[CaseParticipant]) -> list[Named]:
    students = students_named(select(*COLUMNS).where(Student.id.in_([person.student_id for person in people])))
    return [*students, *(called(circle.names[person.id]) for person in people)]


def _hidden_supporters(row: Pathway, agreement: Agreement, reader_id: int, named: set[int]) -> list[str]:
    signed = {signature.supporter_id for signature in agreement.signatures} if reader_id in named else set()
    return [
        person.name
        for person in supporters_of(row.id)
        if person.participant_id != reader_id and person.id not in signed
    ]


def _signatures(row: Pathway, circle: Circle, shown: Mapping[int, str], beside: bool) -> list[dict[str, Any]]:
    # a party who is not named on copies reads the others as "another person"
    rows = signature_rows(row, circle)
    for signature in rows:
        if signature["party"]:
            signature["name"] = shown.get(signature["party"], "")
        elif not beside and not signature["keeper"]:
            signature["name"] = _("another person")
    return rows


class TranslationForm(PlainForm):
    """A term in another language, and who translated it."""

    language = SelectField(_l("Language"), validators=[InputRequired(_l("Choose a language."))])
    text = LongText(_l("The term in this language"), [NotBlank(_l("Write the term in this language."))], limit=1000)
    evidence = LongText(
        _l("It is done when, in this language"),
        [NotBlank(_l("Write in this language what counts as done."))],
        limit=1000,
    )
    by = ShortText(_l("Who translated it"), [NotBlank(_l("Enter who translated it."))], limit=200)

    def fit(self, at: Term) -> None:
        self.language.choices = choices([(code, language_words(code)) for code in dict.fromkeys(_known(at)) if code])
        if not at.term.evidence:
            del self.evidence


def _known(at: Term) -> list[str]:
    return [*setting("LANGUAGES"), *(language_of(person) for person in at.circle.invited), *at.term.translations]


def _start(at: Term) -> dict[str, Any]:
    spoken = [language_of(person) for person in at.circle.invited]
    first = next((code for code in (*spoken, *_known(at)) if code and code != "en"), "")
    wanted = request.args.get("language") or first
    return {"language": wanted, **at.term.translations.get(wanted, {})}


def _facts(at: Term) -> list[str]:
    evidence = at.term.evidence
    return [at.term.text, *([_("Counts as done when: %(words)s", words=evidence)] if evidence else [])]


@pages.act(
    "/terms/<int:term_id>/translation", READABLE_TERM, TranslationForm, Permission.CASE_WORK, endpoint="translate",
    template=ACT, start=_start,
    title=lambda at: _("Translate term %(number)d of the agreement", number=at.term.position), button=_l("Save"),
    more=lambda at, _form: on_circle(at.row, facts=_facts(at)), then=lambda at, _id: f"{page_of(at.row)}/agreement",
)  # fmt: skip
def translate_term(uow: UnitOfWork, term: AgreementTerm, form: TranslationForm) -> None:
    """Store a term's translation and who made it; an earlier one in that language is replaced."""
    agreement = term.agreement
    open_only(load_any_circle(uow, agreement.pathway_id).case)
    evidence = form.evidence.data if "evidence" in form else ""
    translation = {"text": form.text.data.strip(), "evidence": evidence.strip(), "by": form.by.data.strip()}
    term.translations = {**term.translations, form.language.data: translation}
    uow.record(term, "agreement.term_translated", case_id=agreement.case_id, position=term.position)


ROOM = Room(pages=(pages,))
