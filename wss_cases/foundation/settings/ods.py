"""Settings of the Ed-Fi ODS/API that discipline is sent to."""

from collections.abc import Mapping
from typing import Any

STANDARDS = ("4.0", "5.0", "5.1", "5.2")


def ods_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings of the ODS/API. Raises RuntimeError, naming the variable, for an invalid one."""
    url, token_url = environ.get("WSS_EDFI_URL", "").rstrip("/"), environ.get("WSS_EDFI_TOKEN_URL", "")
    key, secret = environ.get("WSS_EDFI_KEY", ""), environ.get("WSS_EDFI_SECRET", "")
    if url and not (token_url and key and secret):
        raise RuntimeError("WSS_EDFI_URL needs WSS_EDFI_TOKEN_URL, WSS_EDFI_KEY and WSS_EDFI_SECRET.")
    if len(url) > 200:
        raise RuntimeError("WSS_EDFI_URL: an address of at most 200 characters.")
    plain = [one for one in (url, token_url) if one and not one.startswith("https://")]
    if plain and environ.get("WSS_ENV") == "production":
        raise RuntimeError("WSS_EDFI_URL and WSS_EDFI_TOKEN_URL: in production they begin with https://.")
    standard = environ.get("WSS_EDFI_STANDARD") or STANDARDS[-1]
    if standard not in STANDARDS:
        raise RuntimeError(f"WSS_EDFI_STANDARD={standard}: write one of {', '.join(STANDARDS)}.")
    told = tuple(part.strip() for part in environ.get("WSS_EDFI_DISCLOSED", "").split(";"))
    if any(told) and (len(told) != 3 or not all(told) or len(told[0]) > 200 or max(map(len, told)) > 300):
        raise RuntimeError("WSS_EDFI_DISCLOSED: write to whom; by which right; what for.")
    return {
        "EDFI_URL": url,
        "EDFI_TOKEN_URL": token_url,
        "EDFI_KEY": key,
        "EDFI_SECRET": secret,
        "EDFI_STANDARD": standard,
        "EDFI_DISCLOSED": told if all(told) else None,
        "EDFI_HOURS": _hours(environ.get("WSS_EDFI_HOURS", "")),
    }


def _hours(text: str) -> tuple[int, int] | None:
    first, _dash, last = text.partition("-")
    if not text:
        return None
    if not (first.isdigit() and last.isdigit() and 0 <= int(first) < int(last) <= 24):
        raise RuntimeError(f"WSS_EDFI_HOURS={text}: write two hours of the day, such as 1-5.")
    return int(first), int(last)
