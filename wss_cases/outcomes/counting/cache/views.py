"""Pages of figures: they read from the reports' database, and say when a cached count on them was made."""

from collections.abc import Set

from flask import Blueprint, g, request

from wss_cases.foundation.connecting.replica import reports_reading
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.db import read_one_view
from wss_cases.foundation.school_time import district_zone
from wss_cases.outcomes.counting.cache.cached_counts import oldest_shown


def figures_pages(blueprint: Blueprint, from_the_main: Set[str] = frozenset()) -> Blueprint:
    """Let a blueprint's pages read from the reports' database, where there is one; returns the blueprint.

    All figures of such a page are of one instant. Endpoints named in `from_the_main`, and forms that are sent, go to
    the main database.
    """

    @blueprint.before_request
    def read_from_the_copy() -> None:
        if request.method == "GET" and request.endpoint not in from_the_main:
            reading = reports_reading()
            reading.__enter__()
            g.reading_reports = reading
            read_one_view()

    @blueprint.teardown_request
    def read_no_more(_error: BaseException | None) -> None:
        """The next request of this thread begins with the main database."""
        if "reading_reports" in g:
            g.pop("reading_reports").__exit__(None, None, None)

    blueprint.context_processor(words_of_cached_counts)
    return blueprint


def words_of_cached_counts() -> dict[str, str]:
    """Say when the oldest cached count of the page was made; '' where everything on it was counted now."""
    since = oldest_shown()
    return {"counted_since": moment_words(since, district_zone()) if since else ""}
