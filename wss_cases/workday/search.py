"""One field that finds students, cases, reports, people, partners and pages, each only for whoever may open it."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, STAFF
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.ids import id_in, search_words
from wss_cases.foundation.pages import LONGEST_SEARCH, keep_typed, kept_typed
from wss_cases.journal.extension_points import searchable
from wss_cases.journal.rooms import Room, Searchable

blueprint = Blueprint("search", __name__)
FEW, PAGE, FARTHEST = 5, 20, 2_000
"""Hits of each kind when all are shown, of one kind on a page, and how far its pages go."""


@blueprint.route("/search", methods=["GET", "POST"])
@gate(Permission.SIGNED_IN)
def page() -> Response | str:
    """Find what the person may open; what was typed is in no address, and Back shows what was found."""
    if request.method == "POST":
        keep_typed(request.form.get("typed", ""))
        answer: Response = redirect(url_for("search.page", found=1), 303)
        return answer
    typed, actor = kept_typed(), current_actor()
    asked = bool(search_words(typed))
    one = next((kind for kind in searchable() if kind.kind == request.args.get("kind")), None)
    skip = min(id_in(request.args.get("skip")) or 0, FARTHEST) if one else 0
    kinds = ([one] if one else searchable()) if asked else []
    groups = [_group(kind, typed, skip, alone=kind is one) for kind in kinds]
    return render_template(
        "workday/search/page.html",
        typed=typed,
        longest=LONGEST_SEARCH,
        asked=asked,
        groups=[group for group in groups if group["hits"]],
        one=one,
        newer=_address(one, max(skip - PAGE, 0)) if one and skip else None,
        all_href=url_for("search.page", found=1) if one else None,
        team=actor.has(*CASE_TEAM),
        staff=actor.has(*STAFF),
    )


def _group(kind: Searchable, typed: str, skip: int, *, alone: bool) -> dict[str, Any]:
    most = PAGE if alone else FEW
    hits = kind.find(current_actor(), typed, most + 1, skip)
    more = len(hits) > most and skip + most <= FARTHEST
    return {
        "kind": kind.kind,
        "label": kind.label,
        "hits": hits[:most],
        "more": _address(kind, skip + most if alone else 0) if more else None,
    }


def _address(kind: Searchable, skip: int) -> str:
    return url_for("search.page", found=1, kind=kind.kind, skip=skip or None)


ROOM = Room(pages=(blueprint,))
