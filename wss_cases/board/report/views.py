"""The board report: what a school's or the district's board is shown, as a page that prints."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.board.comments.actions import write_comment
from wss_cases.board.comments.forms import CommentForm
from wss_cases.board.comments.queries import comment_on
from wss_cases.board.comments.rules import writes_comment
from wss_cases.board.report.presenters import period_words, sheet_of
from wss_cases.board.report.queries import board_of, may_report, networks_answered_for
from wss_cases.board.report.rules import BOARD, board_scope, last_over, scope_words
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Stale, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, saved_first, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.outcomes.counting.cache import figures_pages
from wss_cases.outcomes.counting.scope.pages import Shown, years_of
from wss_cases.outcomes.counting.scope.queries import may_list
from wss_cases.records.stored_pdfs import PdfForm
from wss_cases.roster.directory.queries import get_school

blueprint = figures_pages(Blueprint("board", __name__, url_prefix="/outcomes/board"), {"board.comment"})

WHOLE = "all"
"""Stands in an address for all schools, where it would name one."""


@dataclass(frozen=True)
class Reported(Shown):
    """A report's page: its lists end where its period ends."""

    @property
    def named(self) -> str | int:
        """The school as an address names it, '' for a network."""
        return named_in_address(self.scope.school_id, self.scope.network)

    @property
    def name(self) -> str:
        """Whose report it is: the school, the network, or all schools."""
        return self.scope.network or self.school_words

    def incidents(self, **filters: Any) -> str | None:
        """Return the address of the incidents behind a number; None when the reader may not see the list."""
        period = {"from": self.scope.first.isoformat(), "to": self.scope.last.isoformat()}
        return super().incidents(**(period | filters))

    def behind(self, name: str, **choice: Any) -> str | None:
        """Return the address of another list behind a number; None when the reader may not see it."""
        return super().behind(name, until=self.scope.last.isoformat(), school=self.scope.school_id, **choice)


def named_in_address(school_id: int | None, network: str | None) -> str | int:
    """Return what names a report's school in an address; '' for a network, which names itself."""
    return school_id or ("" if network else WHOLE)


def reported() -> Reported:
    """Return what this request asks for: the school or network that it names, else the switcher's school, else all.

    Raises NotFound for what the reader does not answer for, and a school year without a month that is over.
    """
    actor, network = current_actor(), request.values.get("network") or None
    school_id = None if network else _school_asked_for(actor)
    if network and network not in networks_answered_for(actor):
        raise NotFound
    school = get_school(school_id) if school_id is not None else None
    today = today_at(school_id, clock.now())
    return Reported(actor, school, existing(board_scope(school_id, network, request.values.get("year") or None, today)))


def _school_asked_for(actor: Actor) -> int | None:
    """The school that the address names (None for WHOLE), so that a report's page and its PDF stay with it whatever
    the switcher says; else the switcher's."""
    named = request.values.get("school")
    if not named:
        return chosen_school_id(actor, *BOARD)
    if named == WHOLE and actor.everywhere(Role.DISTRICT):
        return None
    school_id = id_in(named)
    if school_id is None or not actor.covers(school_id, *BOARD) or get_school(school_id) is None:
        raise NotFound
    return school_id


@blueprint.get("")
@gate(Permission.OUTCOMES_BOARD)
def report() -> str:
    """The report on a page."""
    page = reported()
    last_year = clock.school_year(last_over(page.scope.today))
    form = PdfForm(formdata=None, language=locale_code())
    return render_template(
        "board/report/page.html",
        page=page,
        form=form,
        sheet=sheet_of(board_of(page.actor, page.scope), page),
        years=[year for year in years_of(page) if year <= last_year],
        networks=networks_answered_for(page.actor),
        lists=may_list(page.actor, page.scope.school_id),
        whole=_("All schools") if page.actor.everywhere(Role.DISTRICT) else None,
        comment_href=_comment_href(page) if writes_comment(page.actor, page.scope.school_id) else None,
    )


def address_of(year: str, school_id: int | None, network: str | None) -> str:
    """Return the address of a report's page."""
    return url_for("board.report", year=year, school=named_in_address(school_id, network) or None, network=network)


def _comment_href(page: Reported) -> str:
    scope = page.scope
    return url_for("board.comment", year=scope.year, school=page.named or None, network=scope.network)


@blueprint.route("/comment", methods=["GET", "POST"])
@gate(Permission.OUTCOMES_BOARD)
def comment() -> Page:
    """Say what the figures of a report mean, above them on the page and in the PDF."""
    page = reported()
    scope, words = page.scope, scope_words(page.scope.school_id, page.scope.network)
    if not may_report(page.actor, scope.school_id, scope.network) or not writes_comment(page.actor, scope.school_id):
        raise NotFound
    said = comment_on(words, scope.last)
    form = CommentForm(comment=said.text if said else "", version=said.version if said else None)
    back = address_of(scope.year, scope.school_id, scope.network)
    try:
        return act_form(
            form,
            lambda call: write_comment(
                call, words, scope.school_id, scope.last, form.comment.data, bool(form.anyway.data), scope.network
            ),
            with_flash(_("Comment saved."), back),
            _comment_words(page, back),
            "board/comments/form.html",
        )
    except Stale:
        now = comment_on(words, scope.last)
        theirs = now.text if now else _("It was deleted.")
        return saved_first([(_("Comment"), theirs)], [(_("Comment"), form.comment.data)], _comment_href(page))


def _comment_words(page: Reported, back: str) -> dict[str, Any]:
    return {
        "title": _("Comment on the board report: %(name)s", name=page.name),
        "lede": period_words(page.scope.first, page.scope.last),
        "go_words": _("Save comment"),
        "back_href": back,
        "crumbs": [(_("Outcomes"), url_for("outcomes.overview")), (_("Board report"), back), (_("Comment"), None)],
    }
