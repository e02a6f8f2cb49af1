"""Attachments in words, ready for their pages."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from wss_cases.accounts.teams import user_names
from wss_cases.attachments.attachment.models import Attachment
from wss_cases.attachments.attachment.states import AttachmentKind
from wss_cases.attachments.hosts.papers import Paper
from wss_cases.attachments.hosts.queries import Host
from wss_cases.cases.case.pages import person_words
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _


def title_of(attachment: Attachment) -> str:
    """Return what an attachment shows, in the words of whoever attached it, else what it is."""
    return attachment.title or str(AttachmentKind(attachment.kind).label)


def rows_of(attachments: Sequence[Attachment], zone: str) -> list[dict[str, Any]]:
    """Return the rows of a list: a file that was removed or sealed leads nowhere, and says what became of it."""
    names = user_names([who for one in attachments for who in (one.added_by_id, one.removed_by_id)])
    return [_row(one, zone, names) for one in attachments]


def _row(one: Attachment, zone: str, names: dict[int, str]) -> dict[str, Any]:
    gone = one.removed_at is not None
    stands = not gone and one.sealed_at is None
    meta = dotted(
        AttachmentKind(one.kind).label if one.title else "",
        size_words(one.size) if stands else "",
        _("%(name)s, %(when)s", name=names.get(one.added_by_id, ""), when=moment_words(one.added_at, zone)),
    )
    if gone:
        when = moment_words(one.removed_at, zone)
        meta = dotted(meta, _("removed by %(name)s, %(when)s", name=names.get(one.removed_by_id or 0, ""), when=when))
        meta = dotted(meta, one.removed_why)
    return {
        "title": title_of(one),
        "href": url_for("attachments.attachment", attachment_id=one.id) if stands else None,
        "meta": meta,
        "tag": _("Removed") if gone else "" if stands else _("Sealed"),
        "tone": "slate" if gone else "brick",
    }


def paper_row(paper: Paper, href: str) -> dict[str, Any]:
    """Return one consent or agreement as a row: what, of whom, since when, and how many files it has."""
    whose = person_words(paper.participant) if paper.participant is not None else ""
    return {
        "title": paper.host.title,
        "href": href,
        "meta": dotted(whose, day_words_with_year(paper.day)),
        "tag": ngettext("%(num)d file", "%(num)d files", paper.count),
        "tone": "moss" if paper.count else "slate",
    }


def size_words(size: int) -> str:
    """Return a number of bytes in words."""
    if size < 1024**2:
        return _("%(num)d KB", num=max(1, size // 1024))
    return _("%(num)s MB", num=f"{size / 1024**2:.1f}")


def record_of(host: Host) -> str:
    """Return the address of the record's own page."""
    if host.pathway_id is not None:
        return url_for("pathways.pathway", case_id=host.case_id, pathway_id=host.pathway_id)
    if host.name == "incident_id":
        return url_for("incidents.incident", incident_id=host.record_id)
    if host.name == "discipline_action_id":
        return url_for("discipline.action", action_id=host.record_id)
    return url_for("family_copies.draft", release_id=host.record_id)


def list_of(host: Host) -> str:
    """Return the address of the record's files."""
    if host.pathway_id is not None:
        return _in_pathway(host)
    if host.name == "incident_id":
        return url_for("attachments.of_incident", incident_id=host.record_id)
    if host.name == "discipline_action_id":
        return url_for("attachments.of_action", action_id=host.record_id)
    return url_for("attachments.of_release", release_id=host.record_id)


def _in_pathway(host: Host) -> str:
    ids: dict[str, Any] = {"case_id": host.case_id, "pathway_id": host.pathway_id}
    if host.name == "circle_consent_id":
        return url_for("attachments.of_circle_consent", consent_id=host.record_id, **ids)
    if host.name == "referral_consent_id":
        return url_for("attachments.of_referral_consent", referral_consent_id=host.record_id, **ids)
    return url_for("attachments.of_agreement", **ids)
