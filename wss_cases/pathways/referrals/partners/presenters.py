"""Partners as a search shows them."""

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.ids import begins_words, search_words
from wss_cases.journal.rooms import Hit
from wss_cases.pathways.referrals.partners.queries import PartnerFilter, partners
from wss_cases.pathways.referrals.referral.letters import service_words


def partner_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return partners one works with of whose name, services or area every typed word begins some word, by name."""
    words = search_words(typed)
    if not words or not might(actor, Permission.PARTNER_READ):
        return []
    hits = []
    for row, _taken in partners(PartnerFilter()):
        services = ", ".join(service_words(service) for service in row.services)
        if begins_words(words, f"{row.name} {services} {row.area}"):
            hits.append(Hit(row.name, url_for("partners.partner", partner_id=row.id), dotted(services, row.area)))
    return hits[skip : skip + limit]
