"""Search results for pages: those of the person's own menu."""

from wss_cases.access.actor import Actor
from wss_cases.foundation.ids import begins_words, search_words
from wss_cases.journal.rooms import Hit
from wss_cases.web.layout import pages_of


def page_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """The pages whose names have a word beginning with each typed word, in the order of the menu."""
    words = search_words(typed)
    if not words:
        return []
    found = [Hit(str(label), url) for url, label in pages_of(actor).items() if begins_words(words, str(label))]
    return found[skip : skip + limit]
