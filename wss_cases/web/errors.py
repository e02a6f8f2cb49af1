"""Every error page in one place."""

from itertools import chain

from flask import Flask, current_app, render_template, request
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from wss_cases.foundation.errors import NotFound, Refused, Stale, Unavailable
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.operations import frames
from wss_cases.foundation.pages import PLAIN, message_page
from wss_cases.foundation.sign_in import CSRFError, current_user
from wss_cases.journal.models import AuditEntry

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]

PAGES = (400, 404, 405, 409, 413, 429, 500, 503)
WORDS = {
    400: (
        _l("Please try again"),
        _l("The page was open too long"),
        _l("For security, a form is accepted only from a page that was opened recently. Nothing was saved."),
        _l("Go back, reload the page, and submit it again. Any saved draft is still there."),
    ),
    404: (
        _l("Page not found"),
        _l("We could not find that page"),
        _l("It may have moved, or you may not have access to it. Nothing was changed."),
        _l("Check the address, or start again from My day."),
    ),
    405: (
        _l("Not possible here"),
        _l("This page cannot be used that way"),
        _l("The form was probably submitted twice or opened from a bookmark. Nothing was changed."),
        _l("Start again from My day."),
    ),
    413: (
        _l("Too large"),
        _l("That file or text is too large"),
        _l("Nothing was saved."),
        _l("Go back and choose a smaller file, or split the text in two."),
    ),
    429: (
        _l("Too many tries"),
        _l("Too many tries in a short time"),
        _l("To keep accounts safe, please wait a little before the next try."),
        _l("Wait a few minutes, then try again. If someone is in danger now, call the school office or 911."),
    ),
}
"""The title, the heading and the sentences of each client error that has no page of its own."""


def init_errors(app: Flask) -> None:
    """Register the handlers of errors that no view answered."""
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Stale, _stale)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Unavailable, _unavailable)
    for kind in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(kind, _database)
    app.register_error_handler(DBAPIError, _refused_by_database)
    app.register_error_handler(Exception, _unexpected)
    app.before_request(_address_of_nothing)
    app.after_request(_throttled)


def page(code: int, **context: object) -> str:
    """The page of a status; an unlisted client error looks like 'not found'."""
    shown = code if code in PAGES else 404
    if shown >= 500:  # these stand alone: the layout's context asks the database
        return current_app.jinja_env.get_template(f"errors/{shown}.html").render(**context)
    if shown == 409:
        return render_template("errors/409.html", **context)
    title, heading, lines = _words(shown, **context)
    go = (_("Go to my day"), f"{request.script_root}/")
    if "records" in context:
        go = (_("Log an incident"), f"{request.script_root}/incidents/new")
    return message_page(title, *lines, frame=PLAIN, heading=heading, boxed=True, go=go)


def _words(code: int, message: object = None, records: object = False) -> tuple[str, str, tuple[str, ...]]:
    """The title, the heading and the sentences of a client error; `message`: why an act was refused."""
    if code == 400 and message and "CSRF" not in str(message):
        lines = (str(message), _("Nothing was changed. Go back to try another way."))
        return _("Please try again"), _("We could not do that"), lines
    if records:
        lines = (
            _(
                "Your account opened more records in an hour than one person normally would. You can continue at the "
                "next full hour. The system’s administrators have been told."
            ),
            _("You can still log an incident. If someone is in danger now, call the school office or 911."),
        )
        return _("Too many pages"), _("Too many pages in a short time"), lines
    title, heading, *told = WORDS[code]
    return str(title), str(heading), tuple(map(str, told))


def _noted(what: str) -> None:
    """Log a line for operators: who, where, which record; never an address or typed text."""
    ids = {name: value for name, value in (request.view_args or {}).items() if isinstance(value, int)}
    user_id = current_user.actor.user_id if current_user.is_authenticated else None
    facts = {"user": user_id, "endpoint": request.endpoint, "method": request.method, "ids": ids}
    current_app.logger.warning(what, extra={"facts": facts})


def _address_of_nothing() -> None:
    """An address with a NUL is "not found": no stored text has one, and PostgreSQL refuses to look for it.

    Its path is left to the page: those of secret links all look alike.
    """
    if any("\0" in text for text in chain.from_iterable(request.args.listvalues())):
        raise NotFound


def _throttled(answer: Response) -> Response:
    if answer.status_code == 429:
        _noted("too many attempts")
    return answer


def _not_found(error: NotFound) -> Answer:
    _noted("missing or forbidden")
    return page(404), 404


def _refused(error: Refused) -> Answer:
    return page(400, message=error.message), 400


def _stale(error: Stale) -> Answer:
    return page(409), 409


def _csrf(error: CSRFError) -> Answer:
    _noted("form without a valid token")
    return page(400, message=error.description), 400


def _http(error: HTTPException) -> Answer:
    code = error.code or 500
    if code in (403, 404):
        return page(404), 404
    return page(code), code


def _unavailable(error: Unavailable) -> Answer:
    return page(503, message=str(error), command=error.command), 503, {"Retry-After": "30"}


def _database(error: Exception) -> Answer:
    current_app.logger.error("database %s", type(error).__name__, extra={"facts": {"endpoint": request.endpoint}})
    return page(503), 503, {"Retry-After": "5"}


def _refused_by_database(error: DBAPIError) -> Answer:
    # what cannot be audited is not done, and that is not the user's fault
    audited = f"INSERT INTO {AuditEntry.__tablename__} " in (error.statement or "")
    return _database(error) if audited else _unexpected(error)


def _unexpected(error: Exception) -> Answer:
    # only frames and the type, for any log handler: the message may hold a child's name
    facts = {"endpoint": request.endpoint, "method": request.method, "frames": frames(error.__traceback__)}
    current_app.logger.error("unexpected %s", type(error).__name__, extra={"facts": facts})
    return page(500), 500
