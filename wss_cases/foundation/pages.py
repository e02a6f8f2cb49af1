"""The round trip of a form page: show, check, act, redirect."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template
from werkzeug.wrappers import Response

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, apply_refusal

Page = str | Response | tuple[str, int]


def form_page(
    form: BaseForm, act: Callable[[], Any], done: str | Callable[[Any], str], template: str, **context: Any
) -> Page:
    """Show a form; when it is sent and sound, act and redirect (303) to `done`, an address or what makes it.

    What the form or the act refuses is shown on the same page with status 400, every answer kept.
    """
    if not form.is_submitted():
        return render_template(template, form=form, **context)
    if form.validate():
        try:
            result = act()
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            return redirect(done if isinstance(done, str) else done(result), 303)
    return render_template(template, form=form, **context), 400
