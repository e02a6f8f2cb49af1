"""Files for analysts: what was asked for and released, the agreements, and the file itself."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.outcomes.counting.scope.rules import month_of
from wss_cases.outcomes.exports.analyst_files.agreements.queries import PAGE as SIGNED
from wss_cases.outcomes.exports.analyst_files.agreements.queries import (
    agreements,
    agreements_in_force,
    district_people,
    get_agreement,
    privacy_lead,
)
from wss_cases.outcomes.exports.analyst_files.content.dictionary import HEAD, about_file, lines
from wss_cases.outcomes.exports.analyst_files.content.packing import fingerprint, numbered, zipped
from wss_cases.outcomes.exports.analyst_files.content.queries import least_of
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS
from wss_cases.outcomes.exports.analyst_files.files import actions, presenters, queries
from wss_cases.outcomes.exports.analyst_files.files.forms import FileForm, RefuseForm, ReleaseForm
from wss_cases.outcomes.exports.analyst_files.files.models import AnalystFile
from wss_cases.outcomes.exports.analyst_files.files.rules import months_over
from wss_cases.outcomes.exports.analyst_files.files.states import OPEN, FileState, Refusal

blueprint = Blueprint("analyst_files", __name__, url_prefix="/outcomes/analyst-files")
FOLDER, FRAME = "outcomes/exports/analyst_files", "layouts/form_page.html"


def _check() -> None:
    require(current_actor(), Permission.ANALYST_FILES, current_actor())


@blueprint.get("")
@gate(Permission.ANALYST_FILES)
def page() -> Page:
    """Who answers for privacy, the agreements, and every request, the newest first."""
    _check()
    now, before = clock.now(), id_in(request.args.get("before"))
    rows, today = queries.files(before, queries.PAGE + 1), today_at(None, now)
    lead, me = privacy_lead(now), current_actor().user_id
    signed_before = id_in(request.args.get("agreements"))
    signed = agreements(signed_before, SIGNED + 1)
    return render_template(
        f"{FOLDER}/list.html",
        lead=lead,
        may_ask=lead is not None and lead[0] != me and bool(agreements_in_force(today)),
        may_name=any(person != me for person, _name in district_people(now)),
        agreements=[presenters.agreement_row(one, today) for one in signed[:SIGNED]] if before is None else None,
        signed_older=url_for(".page", agreements=signed[SIGNED - 1].id) if len(signed) > SIGNED else None,
        signed_newest=url_for(".page") if signed_before else None,
        rows=[presenters.file_row(row, receiver, now) for row, receiver in rows[: queries.PAGE]],
        older=url_for(".page", before=rows[queries.PAGE - 1][0].id) if len(rows) > queries.PAGE else None,
        newest=url_for(".page") if before else None,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ANALYST_FILES)
def new() -> Page:
    """Ask for a file."""
    _check()
    form, today = FileForm(), today_at(None, clock.now())
    standing = [(one.id, f"{one.receiver} ({one.reference})") for one in agreements_in_force(today)]
    form.offer(standing, months_over(today))
    title = _("Request a file for analysts")
    words = presenters.frame(title, _("Request"), url_for(".page")) | {
        "lede": _(
            "One row for each incident, without names. The person responsible for privacy releases it. Where any"
            " file has some of these months already, only a file of exactly the same months can follow."
        )
    }
    done = with_flash(_("Requested. The person responsible for privacy gets an email."), url_for(".page"))
    return act_form(form, lambda call: actions.ask_for_file(call, _wanted(form)), done, words, FRAME)


def _wanted(form: FileForm) -> actions.Wanted:
    return actions.Wanted(
        agreement_id=id_in(form.agreement_id.data) or 0,
        first_day=month_of(form.first_month.data)[0],
        last_day=month_of(form.last_month.data)[1],
        reason=form.reason.data or "",
    )


@blueprint.get("/<int:analyst_file_id>")
@gate(Permission.ANALYST_FILES)
def file(analyst_file_id: int) -> Page:
    """One request: to whom, which months, and what became of it."""
    _check()
    actor, now, row = current_actor(), clock.now(), queries.get_file(analyst_file_id)
    mine, waits = row.asked_by_id == actor.user_id, row.state is FileState.ASKED
    return render_template(
        f"{FOLDER}/file.html",
        file=row,
        **presenters.page_of(row, now),
        releases=waits and can(actor, Permission.ANALYST_RELEASE, row),
        withdraws=mine and row.state in OPEN,
        takes=mine and queries.is_ready(row, now),
    )


@blueprint.route("/<int:analyst_file_id>/release", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ANALYST_RELEASE)
def release(analyst_file_id: int) -> Page:
    """Read how much the file would tell, and release it."""
    row, now = _asked_of_me(analyst_file_id), clock.now()
    said = queries.said_in(current_actor(), row, now)
    done = with_flash(_("Released. The person who asked can download it for seven days."), _address(row))
    words = presenters.frame(_("Release this file?"), _("Release the file"), _address(row)) | {
        "facts": presenters.facts(row),
        **presenters.told(said),
        "others": presenters.others(row, now),
        "refuse_href": url_for(".refuse", analyst_file_id=row.id),
        "stops": [one.label for one in queries.in_the_way(current_actor(), row, said, now)],
    }
    form, template = ReleaseForm(version=row.version), f"{FOLDER}/release.html"
    read, form.read.data = form.read.data or "", fingerprint(said)
    return act_form(form, lambda call: actions.release_file(call, analyst_file_id, said, read), done, words, template)


@blueprint.route("/<int:analyst_file_id>/refuse", methods=["GET", "POST"])
@gate(Permission.ANALYST_RELEASE)
def refuse(analyst_file_id: int) -> Page:
    """Do not release it, with the reason; what stands in its way is chosen already."""
    row, now = _asked_of_me(analyst_file_id), clock.now()
    stops = queries.in_the_way(current_actor(), row, queries.said_in(current_actor(), row, now), now)
    words = presenters.frame(_("Do not release this file?"), _("Do not release it"), _address(row)) | {
        "lede": _("The person who asked for it gets an email, and reads the reason.")
    }
    done = with_flash(_("It is not released."), _address(row))
    form = RefuseForm(version=row.version, because=stops[0].value if stops else None)
    return act_form(
        form,
        lambda call: actions.refuse_file(call, analyst_file_id, Refusal(form.because.data), form.own_words.data or ""),
        done,
        words,
        FRAME,
    )


@blueprint.route("/<int:analyst_file_id>/withdraw", methods=["GET", "POST"])
@gate(Permission.ANALYST_FILES)
def withdraw(analyst_file_id: int) -> Page:
    """Withdraw one's own request."""
    row = _own(analyst_file_id)
    if row.state not in OPEN:
        raise NotFound
    words = presenters.frame(_("Withdraw this request?"), _("Withdraw it"), _address(row))
    if row.state is FileState.RELEASED:
        words["lede"] = _("It was released and not downloaded. Its months are then free for another file.")
    done, form = with_flash(_("Withdrawn."), _address(row)), BaseForm(version=row.version)
    return act_form(form, lambda call: actions.withdraw_file(call, analyst_file_id), done, words, FRAME)


@blueprint.route("/<int:analyst_file_id>/download", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ANALYST_FILES)
def take(analyst_file_id: int) -> Page:
    """Download the file: incidents and dictionary in one zip, made while it leaves and kept nowhere."""
    row, now, actor = _own(analyst_file_id), clock.now(), current_actor()
    if not queries.is_ready(row, now):
        raise NotFound
    form = BaseForm()
    if form.validate_on_submit():
        said = queries.said_in(actor, row, now)
        try:
            actions.take_file(submitted(form), analyst_file_id, said)
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            return _zip(row, said)
    words = presenters.frame(_("Download the file"), _("Download"), _address(row))
    return render_template(f"{FOLDER}/take.html", form=form, **words), 400 if form.is_submitted() else 200


def _zip(row: AnalystFile, said: queries.Said) -> Response:
    agreement, least = get_agreement(row.agreement_id), least_of(row.school_year)
    period = f"{row.first_day:%Y-%m} to {row.last_day:%Y-%m}"
    about = about_file(agreement.receiver, agreement.reference, period, len(said), least)
    tables: list[Any] = [
        ("incidents.csv", ("incident", "school_year", *COLUMNS), numbered(row.school_year, said)),
        ("data_dictionary.csv", HEAD, [*about, *lines()]),
    ]
    named = f"incidents-{row.first_day:%Y-%m}-{row.last_day:%Y-%m}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{named}"', "Cache-Control": "no-store"}
    return Response(zipped(tables), mimetype="application/zip", headers=headers)


def _asked_of_me(file_id: int) -> AnalystFile:
    row = queries.get_file(file_id)
    require(current_actor(), Permission.ANALYST_RELEASE, row)
    if row.state is not FileState.ASKED:
        raise NotFound
    return row


def _own(file_id: int) -> AnalystFile:
    _check()
    row = queries.get_file(file_id)
    if row.asked_by_id != current_actor().user_id:
        raise NotFound
    return row


def _address(row: AnalystFile) -> str:
    return url_for(".file", analyst_file_id=row.id)
