"""The pages that a browser keeps and opens without network: they tell nothing of anybody, in each language."""

from flask import render_template, url_for

from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.settings.reading import setting
from wss_cases.intake.offline.forms import unsent_form

PAGES = ("home", "report", "practice")


def shell_page(kind: str, locale: str) -> str:
    """Return one of these pages in a language."""
    with force_locale(locale):
        form = unsent_form(kind) if kind != "home" else None
        return render_template(f"intake/offline/{kind}.html", form=form, page=f"offline.{kind}")


def shell_pages() -> dict[str, dict[str, str]]:
    """Return the addresses of these pages, by kind and language."""
    return {kind: {code: url_for(f"offline.{kind}", lang=code) for code in setting("LANGUAGES")} for kind in PAGES}


def forms_at() -> dict[str, str]:
    """Return which of these pages stands for which address while there is no network."""
    own = {url_for(f"offline.{kind}"): kind for kind in PAGES}
    return {url_for("capture.capture"): "report", url_for("practice.new"): "practice", **own}
