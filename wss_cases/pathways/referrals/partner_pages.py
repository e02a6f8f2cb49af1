"""The partner's own pages: the list of referrals, each with what was sent and nothing else, and its acts."""

from datetime import date
from typing import Any

from flask import render_template, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.forms import PlainForm, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.pages import Page, message_page
from wss_cases.foundation.school_time import day_words, day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.referrals import service
from wss_cases.pathways.referrals.referral import models, queries

pages = Pages("partner", __name__, url_prefix="/partner")

PARTNER = Permission.REFERRAL_ANSWER
TO_DO = models.AWAITS_ANSWER | {models.ReferralState.ACCEPTED}


@pages.get("")
@gate(Permission.REFERRAL_ANSWER)
def home() -> Page:
    """The referrals of the actor's organization: to do, under way, done."""
    actor, today = current_actor(), today_at(None, clock.now())
    rows = queries.partners_referrals(actor, today)
    return render_template(
        "pathways/referrals/partner_pages/home.html",
        to_do=[_item(row, today) for row in rows if row.state in TO_DO],
        current=[
            _item(row, today) for row in rows if row.state not in TO_DO and row.state is not models.ReferralState.DONE
        ],
        done=[_item(row, today) for row in rows if row.state is models.ReferralState.DONE],
        over=[day_words_with_year(day) for day in queries.over_for_partner(actor, today)],
    )


def _item(row: models.Referral, today: date) -> dict[str, Any]:
    due = models.waits_until(row)
    return {
        "name": (row.sent_fields or {}).get("name", ""),
        "href": url_for("partner.referral", referral_id=row.id),
        "meta": dotted(
            queries.service_words(str((row.sent_fields or {}).get("service", ""))),
            _("sent %(day)s", day=day_words(row.sent_on)),
            _due(row, due) if due else "",
        ),
        "tag": _("Overdue")
        if due and due < today
        else _("To be answered")
        if row.state is models.ReferralState.SENT
        else str(row.state.label),
        "tone": "brick" if due and due < today else "sun" if row.state in TO_DO else "moss",
    }


def _due(row: models.Referral, due: date) -> str:
    if row.state is models.ReferralState.ACCEPTED:
        return _("first service by %(day)s", day=day_words(due))
    return _("answer by %(day)s", day=day_words(due))


@pages.get("/referrals/<int:referral_id>")
@gate(Permission.REFERRAL_ANSWER)
def referral(referral_id: int) -> Page:
    """A referral: what was sent, and what the partner can do."""
    today = today_at(None, clock.now())
    if (sent_on := queries.ended_for_partner(current_actor(), referral_id, today)) is not None:
        page = message_page(
            _("This referral has ended"),
            _("The family’s consent or the school’s referral is no longer in effect, so none of it is shown here."),
            _("Stop using what you received, and ask the school if anything is unclear."),
            lede=_("It was sent on %(day)s.", day=day_words_with_year(sent_on)),
            go=(_("My referrals"), url_for("partner.home"), "secondary"),
        )
        return page, 404
    row = queries.get_for_partner(current_actor(), referral_id, today)
    sent = row.sent_fields or {}
    return render_template(
        "pathways/referrals/partner_pages/referral.html",
        row=row,
        item=_item(row, today),
        sent=[
            {"label": str(models.FIELD_LABELS[code]), "value": queries.field_words(code, sent[code])}
            for code in models.FIELD_LABELS
            if code in sent
        ],
        until=day_words_with_year(row.consent.until_on) if row.consent else "",
        services=[
            {"day": day_words_with_year(each.on_day), "kind": str(models.ServiceKind(each.kind).label)}
            for each in row.services
        ],
        received=str(models.RECEIVED_LABELS[row.received]) if row.received else "",
        state=row.state.value,
        can_wait=row.state is models.ReferralState.SENT,
        to_answer=row.state in models.AWAITS_ANSWER,
        in_service=row.state in (models.ReferralState.FIRST_SEEN, models.ReferralState.ACTIVE),
    )


def _own(actor: Actor, referral_id: int) -> models.Referral:
    return queries.get_for_partner(actor, referral_id, today_at(None, clock.now()))


def _page_of(row: models.Referral, _id: int = 0) -> str:
    return url_for("partner.referral", referral_id=row.id)


OWN = Subject(models.Referral, _own)
SHOWN: dict[str, Any] = {
    "lede": lambda row: (row.sent_fields or {}).get("name", ""), "boxed": False,
    "trail": lambda row: [(_("Referrals"), url_for("partner.home")), (_("Referral"), _page_of(row))],
    "more": lambda _row, _form: {"can_blank": True},
}  # fmt: skip
"""What the page of each of the partner's acts shows beside its form."""


@pages.button("/referrals/<int:referral_id>/accept", OWN, PARTNER, then=_page_of)
def accept(uow: UnitOfWork, row: models.Referral) -> None:
    service.note_accepted(uow, row)


@pages.button("/referrals/<int:referral_id>/waitlist", OWN, PARTNER, then=_page_of)
def waitlist(uow: UnitOfWork, row: models.Referral) -> None:
    service.note_waitlisted(uow, row)


class DeclineForm(PlainForm):
    reason = radio(_l("Reason"), models.DECLINE_LABELS, _l("Choose the reason."))


@pages.act(
    "/referrals/<int:referral_id>/decline", OWN, DeclineForm, PARTNER,
    title=_l("We cannot accept this referral"), button=_l("Tell the school"),
    **SHOWN | {"more": lambda _row, _form: {
        "can_blank": True, "facts": [_("The school is told, and you no longer have this referral.")]
    }},
    then=lambda _row, _id: url_for("partner.home"),
)  # fmt: skip
def decline(uow: UnitOfWork, row: models.Referral, form: DeclineForm) -> None:
    service.note_declined(uow, row, form.reason.data)


def _today(_row: models.Referral) -> dict[str, Any]:
    return {"on": today_at(None, clock.now())}


@pages.act(
    "/referrals/<int:referral_id>/service", OWN, service.ServiceForm, PARTNER, endpoint="service",
    title=lambda row: _("First service") if row.state is models.ReferralState.ACCEPTED else _("Log a day of service"),
    button=_l("Save the day"), start=_today, then=_page_of, **SHOWN,
)  # fmt: skip
def log_service(uow: UnitOfWork, row: models.Referral, form: service.ServiceForm) -> None:
    service.note_service(uow, row, form.on.data)


@pages.act(
    "/referrals/<int:referral_id>/finish", OWN, service.FinishForm, PARTNER, title=_l("The service has ended"),
    button=_l("Save"), start=_today, then=_page_of, **SHOWN,
)  # fmt: skip
def finish(uow: UnitOfWork, row: models.Referral, form: service.FinishForm) -> None:
    service.note_finished(uow, row, form.on.data, form.received.data)


ROOM = Room(pages=(pages,))
