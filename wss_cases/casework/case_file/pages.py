"""What every page of a case stands in: title, tabs, the one next act, open duties, reasons."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import Case, CaseResult, CaseState
from wss_cases.cases.case.pages import title
from wss_cases.cases.case.queries import incidents_of, place_words
from wss_cases.casework.case_file.queries import CaseFile, case_file, seen_by, situation
from wss_cases.casework.next_act import ACT_LABELS, Act, Next, harm_words, kind_of, kind_words, next_act, what_words
from wss_cases.casework.transfer.pages import links_of, move_notices
from wss_cases.casework.transfer.queries import continued_as, moved_in
from wss_cases.followups.core.states import OUTCOME_LABELS
from wss_cases.followups.evidence import RECORD_ACTS, record_words
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.incidents.incident.states import WAITING
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.timeline import entry_rows
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.common.rules import Pathway
from wss_cases.pathways.mentoring.plan.queries import given_name
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.routing.engine.wording import said
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS

STATE_TONES = {CaseState.MONITORING: "teal", CaseState.CLOSED: "moss"}

CASE_ACTS = {
    Act.CHOOSE_LEAD: "case_acts.hand_over",
    Act.REVIEW: "case_acts.review",
    Act.ADD_PATHWAY: "pathway_acts.add",
    Act.CLOSE: "case_acts.close",
    Act.REOPEN: "case_acts.reopen",
}


@dataclass(frozen=True)
class CasePage:
    """A case with all that hangs on it, as one request sees it."""

    file: CaseFile
    zone: str
    today: date
    now: datetime
    next: Next
    place: str
    school: School | None
    """Kept, so that nobody on this page reads it again."""

    @property
    def case(self) -> Case:
        """The case itself."""
        return self.file.case


def open_page(case: Case, actor: Actor, now: datetime) -> CasePage:
    """Gather what a page of this case needs; the caller has checked the case."""
    school = get_school(case.school_id)
    zone = zone_of(case.school_id)
    today = local_date(now, zone)
    file = seen_by(case_file(case, today, now), actor)
    place = place_words([case.location_code]).get(case.location_code, "")
    return CasePage(file, zone, today, now, next_act(situation(file, today)), place, school)


def duty_words(code: str) -> str:
    """Return a legal duty in the reader's language."""
    return str(DUTY_LABELS.get(code, code.replace("_", " ")))


def outcome_words(outcome: str) -> str:
    """Return a follow-up's outcome in the reader's language, an agreement term's included."""
    labels = OUTCOME_LABELS | {str(state): words for state, words in TermState.labels().items()}
    return str(labels.get(outcome, outcome.replace("_", " ")))


def act_address(case_id: int, act: Next) -> str | None:
    """Return the page that does a case's next act; None when there is nothing to do yet."""
    if act.step is not None:
        return url_for(act.step.endpoint, **act.step.values)
    if act.act in CASE_ACTS:
        return url_for(CASE_ACTS[act.act], case_id=case_id)
    if act.act is Act.FOLLOW_UP:
        return url_for("followups.follow_up", follow_up_id=act.object_id)
    if act.act is Act.DUTY:
        return url_for("safeguards.duty", duty_id=act.object_id)
    return None


def act_link(page: CasePage, act: Next) -> tuple[str, str] | None:
    """Return the next act's words and address; None when there is nothing to do yet."""
    kinds = {row.id: row.kind for row in page.file.pathways if row.ended_at is None}
    href, words = act_address(page.case.id, act), act_words(act, kinds)
    if act.act is Act.FOLLOW_UP and act.what not in RECORD_ACTS:
        words = _("%(act)s: %(kind)s", act=words, kind=what_words(act))
    return (words, href) if href else None


def act_words(act: Next, live: Mapping[int, str]) -> str:
    """Return what an act is called; beside other live pathways (id to kind) it says which one it means."""
    if act.act is Act.FOLLOW_UP:
        return record_words(act.what)
    if act.step is None:
        return str(ACT_LABELS[act.act])
    kind = live.get(act.pathway_id or 0, "")
    if len(live) < 2 or not kind:
        return str(act.step.words)
    return _("%(act)s: %(kind)s", act=act.step.words, kind=kind_of(kind))


def head(page: CasePage, actor: Actor, tab: str) -> dict[str, Any]:
    """Return what the head of every case page shows; `tab` is the current one's key."""
    case = page.case
    link = act_link(page, page.next)
    return {
        "page": page,
        "case": case,
        "title": title(case.reference, harm_words(case.harm_kind), page.place),
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


def wait_words(act: Next) -> str:
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
        return kind_words(row)
    return f"{kind_words(row)} · {given_name(row.participant)}"


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
