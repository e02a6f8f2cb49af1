"""The gate in front of every route: each declares its permission, or the application does not start."""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, TypeVar

from flask import Blueprint, Flask, current_app, request
from werkzeug.routing import Rule as UrlRule
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor, Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.sign_in import current_user, login_manager

NOBODY = Actor(user_id=None, name="")
View = TypeVar("View", bound=Callable[..., Any])
TELLING_PAGES = frozenset(
    {
        *("circle_plans.plan", "circle_plans.sheet", "outcomes.behind.rows", "outcomes.equity.exact"),
        *("outcomes.list_files.file", "replays.changes", "search.page", "worry.receipt"),
        *("plan_papers.file", "plan_papers.pdf"),
    }
)
"""Pages of records, and papers that leave, under a permission that else shows figures or forms: audited, and never
read from a copy."""
_PUBLIC_ENDPOINTS = {"static": Permission.PUBLIC, "bootstrap.static": Permission.PUBLIC}


def gate(permission: Permission) -> Callable[[View], View]:
    """Declare a view's permission; stands nearest to the function, below the route."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def current_actor() -> Actor:
    """The person of this request; NOBODY when not signed in."""
    return current_user.actor if current_user.is_authenticated else NOBODY


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    """An endpoint's declared permission, or None."""
    return _PUBLIC_ENDPOINTS.get(endpoint) or getattr(app.view_functions[endpoint], "permission", None)


def matrix(app: Flask) -> list[dict[str, Any]]:
    """Every rule of the URL map with its methods and permission, sorted."""
    rules: list[UrlRule] = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
    return [
        {
            "endpoint": rule.endpoint,
            "rule": rule.rule,
            "methods": sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}),
            "permission": permission_of(app, rule.endpoint),
        }
        for rule in rules
    ]


def init_gate(app: Flask) -> None:
    """Close every route by default. Raises RuntimeError naming routes without a permission."""
    ungated = [row["rule"] for row in matrix(app) if row["permission"] is None]
    if ungated:
        raise RuntimeError(f"routes without a declared permission: {', '.join(ungated)}")
    app.before_request(_check)


def _check() -> Response | None:
    if request.endpoint is None:
        return None
    permission = permission_of(current_app, request.endpoint)
    if permission is Permission.PUBLIC:
        return None
    if not current_user.is_authenticated:
        answer: Response = login_manager.unauthorized()
        return answer
    if permission is None or not might(current_actor(), permission):
        raise NotFound
    return None


Subject = TypeVar("Subject")
Form = TypeVar("Form", bound=BaseForm)
FRAME = "layouts/act.html"


def submitted(form: BaseForm) -> Invocation:
    """The call that a posted form makes: the person signed in, now, its request key and the version it showed."""
    return Invocation(current_actor(), clock.now(), form.request_key.data, form.seen_version)


def act_form(
    form: BaseForm,
    act: Callable[[Invocation], Any],
    done: str | Callable[[Any], str],
    words: Mapping[str, Any],
    template: str = FRAME,
) -> Page:
    """Show a form beside its `words`; when it is sent and valid, make its call and go to `done`: see `form_page`."""
    return form_page(form, lambda: act(submitted(form)), done, template, **words)


def act_page(
    blueprint: Blueprint,
    rule: str,
    name: str,
    permission: Permission,
    *,
    load: Callable[Concatenate[Actor, ...], Subject],
    form: Callable[[Subject], Form],
    act: Callable[[Invocation, Subject, Form], Any],
    done: Callable[[Subject], str],
    words: Callable[[Subject], dict[str, Any]],
    template: str = FRAME,
) -> None:
    """Declare a page with one act, at `rule`, as the endpoint `name`.

    `load(actor, **ids)` returns the page's record or raises NotFound; `form` makes the form as first shown; `act` calls
    the use case with the form's values and may raise Refused; `done` is where to go next; `words` are the template's
    values beside the form, at least `title` and `go_words`.
    """

    @gate(permission)
    def page(**ids: int) -> Page:
        subject = load(current_actor(), **ids)
        shown = form(subject)
        return act_form(shown, lambda call: act(call, subject, shown), done(subject), words(subject), template)

    blueprint.add_url_rule(rule, name, page, methods=["GET", "POST"])
