"""The API's routes: a token instead of a session, problem documents instead of pages. Each call is counted and audited
first."""

import json
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, current_app, request, url_for

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.api.tokens.models import Caller, caller_of
from wss_cases.api.tokens.pages import end_without_maker, note_call
from wss_cases.api.v1 import queries
from wss_cases.api.v1.rules import Call, Endpoint, Problem, document
from wss_cases.foundation import clock
from wss_cases.foundation.connecting import reports_reading
from wss_cases.foundation.db import begin_reading
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.pages import link
from wss_cases.journal.rooms import Room

ENDPOINTS: Final = (queries.ENDPOINT, queries.COUNTS_ENDPOINT, queries.V1_ENDPOINT)
"""Every endpoint read with a token; routes and the OpenAPI document are made from these."""
HERE: Final = "/api/v1"
LONGEST_NOTED: Final = 60
"""Characters of a parameter that the audit row stores."""
blueprint = Blueprint("api", __name__, url_prefix=HERE)


@blueprint.get("/openapi.json")
@gate(Permission.PUBLIC)
def described() -> Response:
    """The OpenAPI document. It needs no token, because it holds no data of the district."""
    return _answer(document(ENDPOINTS, link(url_for("api.described")).removesuffix("/openapi.json")))


def _route(endpoint: Endpoint) -> None:
    @gate(Permission.PUBLIC)
    def called() -> Response:
        return _called(endpoint)

    blueprint.add_url_rule(endpoint.path, endpoint.name, called)


for _endpoint in ENDPOINTS:
    _route(_endpoint)


def _called(endpoint: Endpoint) -> Response:
    now = clock.now()
    caller = _caller(endpoint)
    known = (parameter.name for parameter in endpoint.parameters if parameter.name != "cursor")
    sent = {name: request.args[name][:LONGEST_NOTED] for name in known if name in request.args}
    token_id, salt = caller.token.id, caller.token.salt
    assert caller.actor is not None
    wait = note_call(token_id, endpoint.name, sent, now)
    if wait:
        raise Problem(429, "Too many calls with this token; wait as long as Retry-After says.", wait=wait)
    values = endpoint.values(request.args.to_dict(flat=False))
    # counts may come from the copy; new rows and permissions must come from the main database
    if endpoint is queries.COUNTS_ENDPOINT:
        with reports_reading():
            begin_reading()
            return _answer(endpoint.read(Call(caller.actor, values, now, salt)))
    begin_reading()
    return _answer(endpoint.read(Call(caller.actor, values, now, salt)))


def _caller(endpoint: Endpoint) -> Caller:
    """The caller of this request's token. Raises Problem 401 for an invalid token, NotFound for a token without this
    scope."""
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    caller = caller_of(secret.strip(), clock.now()) if kind.lower() == "bearer" and secret.strip() else None
    if caller is not None and caller.actor is None:
        end_without_maker(caller.token.id, clock.now())
    if caller is None or caller.actor is None:
        current_app.logger.warning("token refused", extra={"facts": {"endpoint": request.endpoint}})
        raise Problem(401, "Send a token that reads, as Authorization: Bearer and the secret.")
    if endpoint.scope not in caller.token.scopes:
        raise NotFound
    return caller


def _answer(body: dict[str, Any]) -> Response:
    """An answer that must not be cached, with an ETag by which the client sees that no row changed."""
    answer = Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = "Authorization"
    content = json.dumps(body.get("data", body), sort_keys=True)
    answer.set_etag(sha256(content.encode()).hexdigest()[:32], weak=True)
    answer.make_conditional(request)
    return answer


def problem(status: int, detail: str, parameter: str = "") -> Response:
    """A problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    fields = body | ({"parameter": parameter} if parameter else {})
    answer = Response(json.dumps(fields), status, mimetype="application/problem+json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.errorhandler(Problem)
def _problem(error: Problem) -> Response:
    answer = problem(error.status, error.detail, error.parameter)
    if error.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if error.wait:
        answer.headers["Retry-After"] = str(error.wait)
    return answer


_WORDS: Final = {
    400: "This request was not understood.",
    404: "There is nothing here for this token.",
    405: "This API is read with GET alone.",
    503: "The database does not answer now; try again later.",
}


@blueprint.after_app_request
def no_page_for_a_program(answer: Response) -> Response:
    """Answer every other error below the API's address with a problem document instead of an HTML page."""
    if not request.path.startswith(f"{HERE}/") or answer.status_code < 400 or answer.mimetype != "text/html":
        return answer
    replacement = problem(answer.status_code, _WORDS.get(answer.status_code, "Something went wrong here."))
    if "Retry-After" in answer.headers:
        replacement.headers["Retry-After"] = answer.headers["Retry-After"]
    return replacement


ROOM = Room(pages=(blueprint,))
