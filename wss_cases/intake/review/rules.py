"""The text about the police on a report's page; it never says that the report is no police matter."""

from collections.abc import Collection, Sequence
from typing import Any

from wss_cases.foundation.i18n import _
from wss_cases.intake.recommendation.rules import PoliceFinding
from wss_cases.routing.engine.vocabulary import Duty, Police

ARMS = frozenset({Duty.FIREARM_OR_GUN_THREAT.value, Duty.FIREARM_REPORT_CHICAGO.value})
MAY_BE_ARMED = frozenset({"imminent_danger", "weapon", "gun_violence_threat", "fire_or_bomb"})


def police_words(
    finding: PoliceFinding, grounds: Sequence[Any], asked: Collection[str] = (), duties: Collection[str] = (),
    sexual: Any = None,
) -> dict[str, Any]:  # fmt: skip
    """Text about the police: urgent and plain lines, the call, what to find out, and whether to ask again.

    `grounds`: labels of recorded notifications; with one, the law is not mentioned. `asked`: facts asked on the page
    itself; `duties`: codes of open duties. 911 is named only for danger, guns and bombs. `sexual`: that fact if known.
    """
    urgent = [_("The police have been notified (%(ground)s).", ground=ground) for ground in dict.fromkeys(grounds)]
    lines = []
    if finding.police is Police.NOT_INDICATED:
        lines += [] if grounds else [_("No law requires a call to the police for what is known.")]
    elif finding.police is not Police.VERIFY or not grounds:
        urgent.append(_finding_words(finding))
    if sexual in ("contact", "image"):
        lines.append(
            _("The student who was harmed and the family may report it to the police; help them if they wish.")
        )
    emergency, verify = finding.police is Police.EMERGENCY, finding.police is Police.VERIFY
    questions = []
    if finding.ask_danger and not emergency and "imminent_danger" not in asked:
        questions.append(_("Is anyone in danger that staff cannot calm?"))
    if finding.ask_verified and verify:
        questions.append(_("Is it verified? Who saw it, and what was found?"))
    armed = finding.ask_danger or bool(MAY_BE_ARMED & set(asked)) or (verify and bool(ARMS & set(duties)))
    call = _("If you believe someone is in danger or has a gun, call 911 now.") if armed else ""
    return {
        "urgent": urgent,
        "lines": lines,
        "call": _("Danger now. Call first. This page does not alert anyone.") if emergency else call,
        "questions": questions,
        "ask_again": emergency,
    }


def _finding_words(finding: PoliceFinding) -> str:
    match finding.police:
        case Police.EMERGENCY:
            return _("Danger now: call first, record it within the hour.")
        case Police.REQUIRED_BY_LAW:
            return _("The law requires a notification. A restorative pathway opens anyway.")
    return _("Whether the police must be notified is not decided yet. First find out what is asked above.")
