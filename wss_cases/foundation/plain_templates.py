"""Texts that leave without a request: templates rendered without the layout's context, and links for emails."""

from typing import Any

from flask import current_app


def render_plain(template: str, **context: Any) -> str:
    """Render a template with only this context; the layout's own context belongs to pages."""
    return current_app.jinja_env.get_template(template).render(**context)


def link(path: str) -> str:
    """The full address of a path of this site: under PUBLIC_URL, else this machine's own port."""
    base = current_app.config["PUBLIC_URL"] or f"http://localhost:{current_app.config['PORT']}"
    return f"{base}{path}"
