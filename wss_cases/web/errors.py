"""Every error page in one place."""

from itertools import chain

from flask import Flask, current_app, render_template, request
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from wss_cases.foundation.errors import NotFound, Refused, Stale, Unavailable
from wss_cases.foundation.operations import frames
from wss_cases.foundation.sign_in import CSRFError, current_user
from wss_cases.journal.models import AuditEntry

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]

PAGES = (400, 404, 405, 409, 413, 429, 500, 503)


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
    return render_template(f"errors/{shown}.html", path=request.path, **context)


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
