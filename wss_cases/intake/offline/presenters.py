"""The pages that open without network, what a writer is told of an entry, and what stands in the report."""

import json
from datetime import timedelta
from typing import Any

from flask import render_template, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, might
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Unavailable
from wss_cases.foundation.i18n import dotted, force_locale, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.foundation.settings.reading import setting
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import is_unknown
from wss_cases.incidents.incident.states import UNDECIDED, Tile
from wss_cases.intake.offline.forms import unsent_form
from wss_cases.intake.offline.models import OfflineEntry
from wss_cases.intake.offline.queries import ToMend, of_incident
from wss_cases.intake.offline.rules import Fields
from wss_cases.intake.offline.states import EntryKind, EntryState
from wss_cases.intake.report.cards import FIGURE, QUESTIONS, TILES_OF
from wss_cases.intake.report.forms import WORD_ANSWERS
from wss_cases.intake.report.signs import MOST_WORDS, SKIPPED, STATED_BY, stated
from wss_cases.journal.rooms import Shown
from wss_cases.routing.rule_sets import signs_on
from wss_cases.routing.signs import SignKind

PAGES = ("home", "report", "practice")
"""They tell nothing of anybody, in each language, and a browser keeps them."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAMES = ("names", "people_q")
"""Fields in which a name was typed that no list has confirmed."""


def shell_page(kind: str, locale: str) -> str:
    """Return one of these pages in a language."""
    with force_locale(locale):
        form = unsent_form(kind) if kind != "home" else None
        words = {"asking": json.dumps(asking(locale)), "skipped": SKIPPED, "word_answers": WORD_ANSWERS}
        more = words if kind == "report" else {}
        return render_template(f"intake/offline/{kind}.html", form=form, page=f"offline.{kind}", **more)


def asking(locale: str) -> dict[str, Any]:
    """Return what a device needs to put a word of a text to its writer, as the page with network does."""
    try:
        signs = signs_on(today_at(None, clock.now())).of_kind(SignKind.WORD)
    except Unavailable:
        signs = ()
    return {
        "signs": [
            {
                "id": sign.id,
                "facts": sign.facts,
                "pattern": sign.pattern,
                "exception": sign.exception,
                "question": (sign.question or {}).get(locale, ""),
            }
            for sign in signs
        ],
        "tiles": {tile.value: sorted(facts) for tile, facts in STATED_BY.items()},
        "cards": {
            name: {
                "tiles": [tile.value for tile in TILES_OF[name]],
                "answers": {value: stated(answer.facts) for value, answer in question.answers.items()},
            }
            for name, question in QUESTIONS.items()
        },
        "most": MOST_WORDS,
        "skipped": SKIPPED,
        "figure": FIGURE,
        "never": Tile.WORRIED.value,
    }


def shell_pages() -> dict[str, dict[str, str]]:
    """Return the addresses of these pages, by kind and language."""
    return {kind: {code: url_for(f"offline.{kind}", lang=code) for code in setting("LANGUAGES")} for kind in PAGES}


def forms_at() -> dict[str, str]:
    """Return which of these pages stands for which address while there is no network."""
    own = {url_for(f"offline.{kind}"): kind for kind in PAGES}
    return {url_for("capture.capture"): "report", url_for("practice.new"): "practice", **own}


def answer_to_device(actor: Actor, row: OfflineEntry | None) -> dict[str, str]:
    """Return what a device shows of an entry that the server has: words, where it is, and what is left to do."""
    if row is None:
        return {"status": "sent", "words": _("Already received. It is saved once.")}
    if row.state is EntryState.TO_MEND:
        words = _("Received, but it needs an answer from you before it can be filed.")
        return {"status": "mend", "words": words, "href": url_for("offline.waiting")}
    if row.state is EntryState.ERASED:
        return {"status": "sent", "words": _("Deleted: it was never filed. If it still matters, write it again.")}
    return {"status": "sent", **_filed(actor, row)}


def _filed(actor: Actor, row: OfflineEntry) -> dict[str, str]:
    if row.incident_id is not None:
        report = get_incident(actor, row.incident_id)
        words = _("Saved: report %(reference)s.", reference=report.reference)
        asked = [*clock_words(row), *([_("Match the names you typed.")] if typed_names(report) else [])]
        return {"words": " ".join([words, *asked]), "href": url_for("capture.saved", incident_id=report.id)}
    if row.care_record_id is not None:
        href = url_for("worry.receipt", record_id=row.care_record_id)
        return {"words": _("Saved: your concern about a student."), "href": href}
    if row.practice_entry_id is not None:
        href = url_for("practice.entry", practice_id=row.practice_entry_id)
        return {"words": " ".join([_("Saved in the practice log."), *clock_words(row)]), "href": href}
    return {"words": _("Already received. It is saved once.")}


def typed_names(report: Incident) -> list[str]:
    """Return the names in a report that nobody has matched with the school's lists yet."""
    return [one.description for one in report.people if is_unknown(one) and one.description]


def clock_words(row: OfflineEntry) -> list[str]:
    """Return what is to be known of the device’s clock, nothing where it was right."""
    if row.clock_doubtful:
        return [_("The device’s clock was changed before this was sent. Check when it happened.")]
    if row.clock_ahead:
        how_far = _length(timedelta(seconds=abs(row.clock_ahead)))
        if row.clock_ahead > 0:
            words = _("The device’s clock was %(length)s ahead. The time was corrected.", length=how_far)
        else:
            words = _("The device’s clock was %(length)s behind. The time was corrected.", length=how_far)
        return [f"{words} {_('Check when it happened.')}"]
    return []


def _length(off: timedelta) -> str:
    if off >= DAY - HOUR:
        return ngettext("%(num)s day", "%(num)s days", round(off / DAY))
    if off >= HOUR - MINUTE:
        return ngettext("%(num)s hour", "%(num)s hours", round(off / HOUR))
    return ngettext("%(num)s minute", "%(num)s minutes", round(off / MINUTE))


def panel(actor: Actor, report: Incident) -> Shown | None:
    """Show in a report that it was written without network, when, and what is still to be matched or checked."""
    row = of_incident(report.id)
    if row is None:
        return None
    zone = zone_of(report.school_id)
    may_match = report.state in UNDECIDED and can(actor, Permission.INCIDENT_COMPLETE, report)
    return "intake/offline/_panel.html", {
        "written": moment_words(row.written_at, zone),
        "arrived": moment_words(row.arrived_at, zone),
        "clock": clock_words(row),
        "names": typed_names(report),
        "match_href": url_for("capture.details", incident_id=report.id, _anchor="who") if may_match else None,
        "correct_href": url_for("corrections.facts", incident_id=report.id) if may_match and clock_words(row) else None,
    }


def shown_to_mend(actor: Actor, entry: ToMend) -> dict[str, Any]:
    """Return one entry that waits for its writer: what was written, what is the matter, where to go on."""
    row, given = entry.row, dict(entry.fields)
    is_report = row.kind is EntryKind.REPORT
    may = might(actor, Permission.INCIDENT_REPORT if is_report else Permission.PRACTICE_LOG)
    tile = given.get("what", "")
    return {
        "id": row.id,
        "title": dotted(row.kind.label, Tile(tile).label if is_report and tile in list(Tile) else ""),
        "written": moment_words(row.written_at, zone_of(entry.school_id)),
        "danger": given.get("danger") == "yes",
        "names": names_in(entry.fields),
        "text": given.get("narrative", ""),
        "problems": [*entry.problems, *clock_words(row)],
        "href": url_for("capture.capture" if is_report else "practice.new", unsent=row.id) if may else None,
    }


def names_in(fields: Fields) -> list[str]:
    """Return the names that were typed into a form, each on a line of its own or in the search field."""
    return [line.strip() for name, value in fields if name in NAMES for line in value.splitlines() if line.strip()]


def refilled(entry: ToMend) -> Fields:
    """Return the answers with which the page's own form is filled again; typed names stand in its words."""
    names = names_in(entry.fields)
    kept = [(name, value) for name, value in entry.fields if name not in (*NAMES, "narrative")]
    text = next((value for name, value in entry.fields if name == "narrative"), "")
    told = _("Names typed: %(names)s", names=", ".join(names)) if names else ""
    return [*kept, ("narrative", "\n".join(part for part in (text, told) if part)), ("request_key", entry.row.name)]
