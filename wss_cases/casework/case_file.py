"""What every page of a case stands in: title, tabs, the one next act, open duties, reasons."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from flask import url_for
from sqlalchemy import bindparam, not_, select

from wss_cases.access.actor import CASE_TEAM, Actor, may_know_of_housing
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.teams import works
from wss_cases.cases.case.actions import title
from wss_cases.cases.case.models import Case, CaseIncident, CaseParticipant, CaseResult, CaseState
from wss_cases.cases.case.queries import incidents_of, participants_of, place_words, visible_to
from wss_cases.casework import next_act as next_acts
from wss_cases.casework.transfer.models import continued_as, moved_in
from wss_cases.casework.transfer.pages import links_of, move_notices
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import is_known_to, known_to
from wss_cases.followups.core.states import LIAISON, OUTCOME_LABELS
from wss_cases.followups.evidence import RECORD_ACTS, record_words
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import UtcDateTime, db
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import day_words, local_date, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import WAITING
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.queries import case_history
from wss_cases.journal.timeline import entry_rows
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway, Step
from wss_cases.pathways.common.queries import parted, pathways_of
from wss_cases.pathways.mentoring.plan.queries import given_name
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import get_school
from wss_cases.routing.engine.explain import said
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS, OPEN_DUTY, LegalDuty
from wss_cases.safeguards.duties.duty.queries import shared

TERM_KIND = "agreement_term"


@dataclass
class CaseFile:
    """What hangs on one case; the caller has checked the case."""

    case: Case
    people: list[CaseParticipant]
    pathways: list[Pathway]
    steps: dict[int, Step]
    answers: list[RoutingAnswer]
    follow_ups: list[FollowUp]
    duties: list[LegalDuty]
    incidents: list[tuple[int, date]]
    names: dict[int, str] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()

    @property
    def has_lead(self) -> bool:
        """Whether somebody who still works at the school coordinates it."""
        return self.case.lead_id is not None and self.case.lead_id not in self.gone

    def who(self, user_id: int | None) -> str:
        """Return who has the case or a pathway of it, in words: a name, that they left, or nobody yet."""
        name = self.names.get(user_id or 0)
        if name is None:
            return _("no one yet")
        return _("%(name)s, who left", name=name) if user_id in self.gone else name

    @property
    def incident_ids(self) -> list[int]:
        return [number for number, _day in self.incidents]

    @property
    def happened_on(self) -> date | None:
        """The day of the first of its incidents; None for a case that came from elsewhere."""
        return min((day for _number, day in self.incidents), default=None)

    @property
    def open_follow_ups(self) -> list[FollowUp]:
        """Follow-ups that are not settled, by due day."""
        rows = [row for row in self.follow_ups if row.state is FollowUpState.OPEN]
        return sorted(rows, key=lambda row: (row.due_on, row.id))


def case_file(case: Case, today: date, now: datetime) -> CaseFile:
    """Gather what hangs on a case that the actor may see."""
    pathways = pathways_of(case.id)
    follow_ups = list(_follow_ups.rows([case.id]).scalars())
    staff = [case.lead_id, *(row.owner_id for row in pathways), *(row.offered_by_id for row in pathways)]
    names, gone = _staff(staff, case, now)
    incidents, answers = _incidents_of(case.id)
    return CaseFile(
        case=case,
        people=participants_of(case.id),
        pathways=pathways,
        steps=next_acts.steps_of(pathways, today, now),
        answers=answers,
        follow_ups=follow_ups,
        duties=open_duties_of(case.id),
        incidents=incidents,
        names=names,
        gone=gone,
    )


@Prepared
def _follow_ups(among_ids: Narrow) -> Any:
    return select(FollowUp).where(among_ids(FollowUp.case_id)).order_by(FollowUp.id)


def seen_by(file: CaseFile, actor: Actor) -> CaseFile:
    """Return what somebody may see of a case: a need for housing support is seen by the coordinator alone."""
    seen, hidden = parted(actor, file.case.school_id, file.pathways)
    unseen = {row.id for row in hidden}
    follow_ups = [row for row in file.follow_ups if is_known_to(actor, row, unseen)]
    return replace(file, pathways=seen, follow_ups=follow_ups)


def history_seen(
    case: Case, actor: Actor, before: int | None = None, limit: int = 50, incidents: Sequence[int] = ()
) -> list[TimelineEntry]:
    """Return the newest entries of a case that somebody may see; `before` is an entry's id."""
    if may_know_of_housing(actor, case.school_id):
        return case_history(case.id, before, limit, incidents)
    of_housing = select(Referral.id).where(Referral.case_id == case.id, Referral.service == Kind.HOUSING_BASIC_NEEDS)
    untold = select(FollowUp.id).where(FollowUp.case_id == case.id, not_(known_to(actor)))
    hidden = {("referral", number) for number in db.session.scalars(of_housing)}
    hidden |= {("follow_up", number) for number in db.session.scalars(untold)}
    found: list[TimelineEntry] = []
    while len(found) < limit:
        entries = case_history(case.id, before, limit, incidents)
        for one in entries:
            told = {Kind.HOUSING_BASIC_NEEDS, LIAISON} & set(map(str, one.data.values()))
            found += [] if told or (one.subject_type, one.subject_id) in hidden else [one]
        if len(entries) < limit:
            break
        before = entries[-1].id
    return found[:limit]


def _staff(ids: Sequence[int | None], case: Case, now: datetime) -> tuple[dict[int, str], frozenset[int]]:
    """The names of staff by id, and those of them who no longer work at the case's school; in one query."""
    wanted = sorted({user_id for user_id in ids if user_id is not None})
    rows = _at_work.rows(wanted, school=case.school_id, now=now).all() if wanted else []
    gone = () if case.state is CaseState.CLOSED else (row[0] for row in rows if not row[2])
    return {row[0]: row[1] for row in rows}, frozenset(gone)


@Prepared
def _at_work(among_ids: Narrow) -> Any:
    here = works(UserAccount.id, bindparam("school"), CASE_TEAM, bindparam("now", type_=UtcDateTime()))
    return select(UserAccount.id, UserAccount.name, here).where(among_ids(UserAccount.id))


def _incidents_of(case_id: int) -> tuple[list[tuple[int, date]], list[RoutingAnswer]]:
    rows = _answered.rows([case_id]).all()
    newest = {(row.incident_id, row.incident_person_id): row for _number, _day, row in rows if row is not None}
    return list({number: (number, day) for number, day, _row in rows}.values()), list(newest.values())


@Prepared
def _answered(among_ids: Narrow) -> Any:
    return (
        select(Incident.id, Incident.local_date, RoutingAnswer)
        .join(CaseIncident, CaseIncident.incident_id == Incident.id)
        .outerjoin(RoutingAnswer, RoutingAnswer.incident_id == Incident.id)
        .where(among_ids(CaseIncident.case_id))
        .order_by(Incident.id, RoutingAnswer.id)
    )


def open_duties_of(case_id: int) -> list[LegalDuty]:
    """Return the school's legal duties of a case's incidents that still ask for something; no adult's own."""
    return list(_open_duties.rows([case_id]).scalars())


@Prepared
def _open_duties(among_ids: Narrow) -> Any:
    incidents = select(CaseIncident.incident_id).where(among_ids(CaseIncident.case_id))
    duties = select(LegalDuty).where(LegalDuty.incident_id.in_(incidents), LegalDuty.state.in_(OPEN_DUTY), shared())
    return duties.order_by(LegalDuty.id)


def situation(file: CaseFile, today: date) -> next_acts.Situation:
    """Return what the next act of a case is computed from."""
    return next_acts.Situation(
        state=file.case.state,
        today=today,
        has_lead=file.has_lead,
        review_on=file.case.next_review_on,
        duties=[next_acts.DutyItem(duty.id, duty.code) for duty in file.duties],
        follow_ups=[
            next_acts.FollowUpItem(
                row.id, row.due_on, row.kind, of_others=row.owner_id not in (None, file.case.lead_id)
            )
            for row in file.open_follow_ups
            if not next_acts.stands_for(row.kind, row.pathway_id, file.steps)
        ],
        pathways=[next_acts.PathwayItem(row.id, row.state, file.steps.get(row.id)) for row in file.pathways],
    )


def other_case_of(incident_id: int, case_id: int) -> str | None:
    """Return the reference of another case that an incident belongs to; None when there is none."""
    return db.session.scalar(
        select(Case.reference)
        .join(CaseIncident, CaseIncident.case_id == Case.id)
        .where(CaseIncident.incident_id == incident_id, Case.id != case_id)
    )


def student_here(case: Case, student_id: int) -> Student | None:
    """Return a student of the case's school; None for anybody else."""
    student = db.session.get(Student, student_id)
    return student if student is not None and student.school_id == case.school_id else None


def terms_of(case_id: int) -> dict[int, list[tuple[int, date, TermState]]]:
    """Return number, due day and state of every agreement term of a case, by pathway; never its words."""
    statement = (
        select(Agreement.pathway_id, AgreementTerm.position, AgreementTerm.due_on, AgreementTerm.state)
        .join(Agreement)
        .where(Agreement.case_id == case_id)
        .order_by(AgreementTerm.position)
    )
    found: dict[int, list[tuple[int, date, TermState]]] = {}
    for pathway_id, position, due_on, state in db.session.execute(statement):
        found.setdefault(pathway_id, []).append((position, due_on, state))
    return found


def open_cases_of(actor: Actor, school_id: int, lead_id: int | None) -> list[Any]:
    columns: Any = select(Case.id, Case.reference, Case.harm_kind, Case.location_code)
    statement = visible_to(columns, actor, live=True).where(Case.school_id == school_id, Case.lead_id == lead_id)
    return list(db.session.execute(statement.order_by(Case.id)))


STATE_TONES = {CaseState.MONITORING: "teal", CaseState.CLOSED: "moss"}

CASE_ACTS = {
    next_acts.Act.CHOOSE_LEAD: "case_acts.hand_over",
    next_acts.Act.REVIEW: "case_acts.review",
    next_acts.Act.ADD_PATHWAY: "pathway_acts.add",
    next_acts.Act.CLOSE: "case_acts.close",
    next_acts.Act.REOPEN: "case_acts.reopen",
}


@dataclass(frozen=True)
class CasePage:
    """A case with all that hangs on it, as one request sees it."""

    file: CaseFile
    zone: str
    today: date
    now: datetime
    next: next_acts.Next
    place: str
    school: School | None
    """Kept, so that nobody on this page reads it again."""

    @property
    def case(self) -> Case:
        return self.file.case


def open_page(case: Case, actor: Actor, now: datetime) -> CasePage:
    """Gather what a page of this case needs; the caller has checked the case."""
    school = get_school(case.school_id)
    zone = zone_of(case.school_id)
    today = local_date(now, zone)
    file = seen_by(case_file(case, today, now), actor)
    place = place_words([case.location_code]).get(case.location_code, "")
    return CasePage(file, zone, today, now, next_acts.next_act(situation(file, today)), place, school)


def duty_words(code: str) -> str:
    return str(DUTY_LABELS.get(code, code.replace("_", " ")))


def outcome_words(outcome: str) -> str:
    labels = OUTCOME_LABELS | {str(state): words for state, words in TermState.labels().items()}
    return str(labels.get(outcome, outcome.replace("_", " ")))


def act_address(case_id: int, act: next_acts.Next) -> str | None:
    """Return the page that does a case's next act; None when there is nothing to do yet."""
    if act.step is not None:
        return url_for(act.step.endpoint, **act.step.values)
    if act.act in CASE_ACTS:
        return url_for(CASE_ACTS[act.act], case_id=case_id)
    if act.act is next_acts.Act.FOLLOW_UP:
        return url_for("followups.follow_up", follow_up_id=act.object_id)
    if act.act is next_acts.Act.DUTY:
        return url_for("safeguards.duty", duty_id=act.object_id)
    return None


def act_link(page: CasePage, act: next_acts.Next) -> tuple[str, str] | None:
    """Return the next act's words and address; None when there is nothing to do yet."""
    kinds = {row.id: row.kind for row in page.file.pathways if row.ended_at is None}
    href, words = act_address(page.case.id, act), act_words(act, kinds)
    if act.act is next_acts.Act.FOLLOW_UP and act.what not in RECORD_ACTS:
        words = _("%(act)s: %(kind)s", act=words, kind=next_acts.what_words(act))
    return (words, href) if href else None


def act_words(act: next_acts.Next, live: Mapping[int, str]) -> str:
    """Return what an act is called; beside other live pathways (id to kind) it says which one it means."""
    if act.act is next_acts.Act.FOLLOW_UP:
        return record_words(act.what)
    if act.step is None:
        return str(next_acts.ACT_LABELS[act.act])
    kind = live.get(act.pathway_id or 0, "")
    if len(live) < 2 or not kind:
        return str(act.step.words)
    return _("%(act)s: %(kind)s", act=act.step.words, kind=next_acts.kind_of(kind))


def head(page: CasePage, actor: Actor, tab: str) -> dict[str, Any]:
    """Return what the head of every case page shows; `tab` is the current one's key."""
    case = page.case
    link = act_link(page, page.next)
    return {
        "page": page,
        "case": case,
        "title": title(case.reference, next_acts.harm_words(case.harm_kind), page.place),
        "state": str(CaseResult(case.result).label) if case.result else str(CaseState(case.state).label),
        "state_tone": STATE_TONES.get(case.state, "slate"),
        "lede": _lede(page, actor),
        "next": link,
        "wait": None if link else wait_words(page.next),
        "tabs": _tabs(page, tab),
        "duties": [(duty_words(duty.code), url_for("safeguards.duty", duty_id=duty.id)) for duty in page.file.duties],
        "closed": case.state is CaseState.CLOSED,
        "moved": move_notices(case, moved_in(page.file.people, case)),
        "access_href": url_for("case_access.history", case_id=case.id)
        if can(actor, Permission.CASE_ACCESS_READ, case)
        else None,
        "links": links_of(actor, case, continued_as(case.id)),
        "later_reports": _later_reports(page, actor),
        "day_words": day_words,
    }


def _later_reports(page: CasePage, actor: Actor) -> list[tuple[str, str]]:
    """Return the reports that joined a case later and wait for a decision, for whoever may read them."""
    if len(page.file.incident_ids) < 2:
        return []
    return [
        (
            _("Report %(reference)s was added to this case and is waiting for a decision", reference=report.reference),
            url_for("incidents.incident", incident_id=report.id),
        )
        for report in incidents_of(page.case.id)
        if report.state in WAITING and can(actor, Permission.INCIDENT_READ, report)
    ]


def wait_words(act: next_acts.Next) -> str:
    """Return until when nothing is to be done in a case."""
    if act.on is None:
        return _("Nothing is due from the coordinator.") if act.others_due else _("Nothing is due.")
    if act.others_due:
        return _("Nothing is due from the coordinator until %(day)s.", day=day_words(act.on))
    return _("Nothing is due until %(day)s.", day=day_words(act.on))


def _lede(page: CasePage, actor: Actor) -> str:
    case = page.case
    number = len(page.file.people)
    lead = _("you") if case.lead_id == actor.user_id else page.file.who(case.lead_id)
    parts = [
        day_words(case.opened_on),
        ngettext("%(num)d person", "%(num)d people", number),
        _("coordinator: %(name)s", name=lead),
    ]
    if case.next_review_on is not None:
        parts.append(_("next review %(day)s", day=day_words(case.next_review_on)))
    return " · ".join(parts)


def _tabs(page: CasePage, current: str) -> list[tuple[str, str, bool, int | None]]:
    case_id = page.case.id
    kinds = Counter(row.kind for row in page.file.pathways)
    tabs: list[tuple[str, str, bool, int | None]] = [
        (
            tab_words(row, kinds[row.kind] > 1),
            url_for("pathways.pathway", case_id=case_id, pathway_id=row.id),
            current == f"p{row.id}",
            None,
        )
        for row in page.file.pathways
    ]
    others = (
        ("follow-ups", _("Follow-ups"), len(page.file.open_follow_ups)),
        ("people", _("People"), len(page.file.people)),
        ("incident", _("Incident"), None),
        ("history", _("History"), None),
    )
    for key, words, count in others:
        tabs.append((words, url_for("casework.case", case_id=case_id, tab=key), current == key, count))
    return tabs


def tab_words(row: Pathway, repeated: bool) -> str:
    """Return what a pathway's tab is called; where its kind is there twice, also whom it is for."""
    if not repeated or row.participant is None or row.participant.student is None:
        return next_acts.kind_words(row)
    return f"{next_acts.kind_words(row)} · {given_name(row.participant)}"


def history_items(
    entries: Sequence[TimelineEntry], zone: str, notes: dict[int, str] | None = None
) -> list[dict[str, Any]]:
    """Return timeline entries as the history shows them, a note's own text with it where notes are given."""
    texts = notes or {}
    return [
        {**row, "note": texts.get(entry.subject_id) if entry.subject_type == "case_note" else None}
        for entry, row in zip(entries, entry_rows(entries, zone), strict=True)
    ]


def reasons(pathway: Pathway, answers: Sequence[RoutingAnswer], language: str) -> list[str]:
    """Return why routing recommended this kind, a sentence each, from the stored answers."""
    found = []
    for answer in answers:
        for item in answer.answer.get("pathways", ()):
            if item["kind"] == pathway.kind and item["for"] == pathway.for_whom:
                because = item["because"]
                words = because if isinstance(because, str) else said(because, language)
                found.append(f"{words} ({', '.join(item['rules'])})")
    return list(dict.fromkeys(found))
