"""Cases as a search shows them."""

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.pages import title
from wss_cases.cases.case.queries import place_words, students_in
from wss_cases.casework.case_file.presenters import STATE_TONES
from wss_cases.casework.finding.queries import cases_found
from wss_cases.casework.next_act.presenters import harm_words
from wss_cases.foundation.i18n import dotted
from wss_cases.journal.rooms import Hit
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.queries import schools_by_id


def case_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return cases: number, harm and place, whom they are about, who leads them, and how they stand."""
    found = cases_found(actor, typed, limit, skip)
    if not found:
        return []
    names = students_in([case.id for case in found])
    leads = user_names([case.lead_id for case in found])
    places = place_words(case.location_code for case in found)
    schools = schools_by_id({case.school_id for case in found})
    several = len(actor.school_ids(*CASE_TEAM)) != 1
    return [
        Hit(
            title(case.reference, harm_words(case.harm_kind), places.get(case.location_code, "")),
            url_for("casework.case", case_id=case.id),
            dotted(
                whom_words(names.get(case.id, []), actor),
                leads.get(case.lead_id or 0),
                schools[case.school_id].name if several else "",
            ),
            str(case.result.label if case.result else case.state.label),
            STATE_TONES.get(case.state, "slate"),
        )
        for case in found
    ]
