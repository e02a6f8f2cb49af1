"""Words and rows for the pages about files for analysts."""

from datetime import date, datetime
from typing import Any

from flask import url_for

from wss_cases.accounts.teams.queries import user_names
from wss_cases.foundation.dates import day_words_with_year, moment_words, month_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import district_zone
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import entry_rows
from wss_cases.outcomes.exports.analyst_files.agreements.models import AnalystAgreement
from wss_cases.outcomes.exports.analyst_files.agreements.queries import get_agreement
from wss_cases.outcomes.exports.analyst_files.agreements.rules import in_force
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS, SUPPRESSED
from wss_cases.outcomes.exports.analyst_files.files.models import AnalystFile
from wss_cases.outcomes.exports.analyst_files.files.queries import Said, given_of_months
from wss_cases.outcomes.exports.analyst_files.files.rules import can_be_taken
from wss_cases.outcomes.exports.analyst_files.files.states import TONES, FileState


def frame(title: str, go_words: str, back_href: str) -> dict[str, Any]:
    """Return what every page with a form about a file shows around it."""
    home = url_for("analyst_files.page")
    crumbs = [(_("Outcomes"), url_for("outcomes.overview")), (_("Files for analysts"), home), (title, None)]
    return {"title": title, "go_words": go_words, "back_href": back_href, "crumbs": crumbs}


def agreement_row(row: AnalystAgreement, today: date) -> dict[str, Any]:
    """Return one agreement as a row of a list."""
    days = _between(day_words_with_year(row.starts_on), day_words_with_year(row.ends_on))
    return {
        "title": row.receiver,
        "meta": f"{row.reference} · {days} · " + _("Signed by: %(who)s", who=row.signed_by),
        "purpose": row.purpose,
        "state": agreement_state(row, today),
        "end_href": url_for("analyst_agreements.end", agreement_id=row.id) if row.ended_at is None else None,
    }


def agreement_state(row: AnalystAgreement, today: date) -> tuple[str, str]:
    """Return how an agreement stands, in words, and their tone."""
    if row.ended_at is not None:
        return _("Ended"), "slate"
    if in_force(row, today):
        return _("In force"), "moss"
    return (_("Not in force yet"), "sun") if today < row.starts_on else (_("Run out"), "slate")


def file_row(row: AnalystFile, receiver: str, now: datetime) -> tuple[str, str, str, str, str]:
    """Return one request as a row of a list: title, address, meta, state, tone."""
    meta = " · ".join([months_words(row), moment_words(row.asked_at, district_zone())])
    return receiver, url_for("analyst_files.file", analyst_file_id=row.id), meta, *state(row, now)


def state(row: AnalystFile, now: datetime) -> tuple[str, str]:
    """Return how a file stands, in words, and their tone."""
    if row.state is FileState.RELEASED and not can_be_taken(row, now):
        return _("Released, never downloaded"), "slate"
    return str(row.state.label), TONES[row.state]


def months_words(row: AnalystFile) -> str:
    """Return the months of a file."""
    return _between(month_words(row.first_day), month_words(row.last_day))


def _between(first: str, last: str) -> str:
    return first if first == last else _("%(first)s to %(last)s", first=first, last=last)


def facts(row: AnalystFile) -> list[dict[str, str]]:
    """Return what a request says."""
    agreement = get_agreement(row.agreement_id)
    names = user_names([row.asked_by_id, row.lead_id, row.decided_by_id])
    known = [
        (_("Receiver"), agreement.receiver),
        (_("Agreement"), agreement.reference),
        (_("What it may use the files for"), agreement.purpose),
        (_("Months"), months_words(row)),
        (_("What the file is for"), row.reason),
        (_("Requested by"), names.get(row.asked_by_id, "")),
        (_("Responsible for privacy"), names.get(row.lead_id, "")),
        (
            _("Why it was not released"),
            dotted(row.refused_because.label, row.refused_words) if row.refused_because else "",
        ),
        (_("Can be downloaded until"), moment_words(row.expires_at, district_zone()) if row.expires_at else ""),
    ]
    return [{"label": label, "value": words} for label, words in known if words]


def page_of(row: AnalystFile, now: datetime) -> dict[str, Any]:
    """Return what the page of a request shows."""
    words, tone = state(row, now)
    entries = entry_rows(history("analyst_file", row.id), district_zone())
    title = get_agreement(row.agreement_id).receiver
    return {"title": title, "facts": facts(row), "state": words, "tone": tone, "entries": entries}


def told(said: Said) -> dict[str, Any]:
    """Return how much a file would tell: its rows, and of each column in how many of them it says something."""
    open_in = {name: sum(values[place] != SUPPRESSED for _key, values in said) for place, name in enumerate(COLUMNS)}
    titles = {
        "network": _("Network"),
        "school": _("School"),
        "grade_band": _("Grades"),
        "race_ethnicity": _("Race or ethnicity"),
        "month": _("Month"),
        "location": _("Place"),
        "police_notified": _("Police notified"),
        "removal": _("Removal"),
        "behavior_group": _("Behavior group"),
        "case_opened": _("Case opened"),
        "injury": _("Injury"),
    }
    rows = [(titles[name], number, len(said) - number) for name, number in open_in.items()]
    return {"number": len(said), "told_rows": rows}


def others(row: AnalystFile, now: datetime) -> list[str]:
    """Return the files with any of these months, in words."""
    given = given_of_months(row.first_day, row.last_day, now)
    return [f"{agreement.receiver} · {months_words(one)}" for one, agreement in given]
