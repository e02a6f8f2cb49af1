"""The private calendar that Google, Outlook and Apple read: whoever has the address needs no sign-in."""

import hashlib

from flask import Blueprint, Response, request

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.rules import FEED_WINDOW, read_too_often
from wss_cases.accounts.calendar_address import end_feed_of, note_reading, reader_of
from wss_cases.foundation import clock
from wss_cases.foundation.files.icalendar import calendar_file, every
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.settings.reading import setting
from wss_cases.workday.feed.queries import entries

blueprint = Blueprint("calendar_feed", __name__)


@blueprint.get("/calendar/<token>.ics")
@gate(Permission.PUBLIC)
def read(token: str) -> Response:
    """The calendar of the person whose address this is; any other address answers as if there were none."""
    now = clock.now()
    reader = reader_of(token, now)
    if reader is not None and reader.actor is None:
        end_feed_of(reader.user_id, now)
    if reader is None or reader.actor is None:
        return _plain("Not found\n", 404)
    if read_too_often(reader.reads, reader.counted_from, now):
        answer = _plain("Too many requests\n", 429)
        answer.headers["Retry-After"] = str(int(FEED_WINDOW.total_seconds()))
        return answer
    note_reading(reader.feed_id, now)
    locale = reader.actor.locale if reader.actor.locale in setting("LANGUAGES") else "en"
    with force_locale(locale):
        found = entries(reader.actor, reader.made_at, now)
        body = calendar_file(found, properties={"x-wr-calname": _("Whole School Safety")} | every(hours=1))
    answer = Response(body, mimetype="text/calendar")
    # it may be kept, but every use asks again whether it still may be read
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


def _plain(words: str, code: int) -> Response:
    # the same bytes for all: no layout, no language, no address said back
    return Response(words, code, mimetype="text/plain", headers={"Cache-Control": "no-store"})
