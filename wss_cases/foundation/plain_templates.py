"""Words that leave without a request: templates rendered plainly, and links that work from a mail."""

from typing import Any

from flask import current_app


def render_plain(template: str, **context: Any) -> str:
    """Render a template with this context alone; the layout's own context belongs to pages."""
    return current_app.jinja_env.get_template(template).render(**context)


def link(path: str) -> str:
    """Return a full address for a path of this site: PUBLIC_URL, else this machine's own port."""
    base = current_app.config["PUBLIC_URL"] or f"http://localhost:{current_app.config['PORT']}"
    return f"{base}{path}"
