"""Words of the review: reasons, conversation outcomes, timeline sentences."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l

OTHERWISE_REASONS: Final = {
    "already_done": _l("Something has already been done"),
    "knows_student": _l("What the school knows about the student calls for something else"),
    "family_wish": _l("The student or family asks for something else"),
    "not_available": _l("It is not available at this school"),
    "safety": _l("Safety calls for something else"),
    "facts_differ": _l("The facts are not as reported"),
    "other": _l("Another reason"),
}

UNFOUNDED: Final = "unfounded"
NO_ACTION_REASONS: Final = {
    UNFOUNDED: _l("It did not happen as reported"),
    "not_school": _l("It is not a matter for the school"),
    "settled": _l("The people involved settled it themselves, and no one was harmed"),
    "other": _l("Another reason"),
}

CONVERSATION_OUTCOMES: Final = {
    "repair_agreed": _l("Talked it through and agreed on a repair"),
    "understood": _l("Talked it through; nothing more is needed"),
    "no_understanding": _l("Talked, without reaching an understanding"),
}

VERIFIED_LABELS: Final = {
    "yes": _l("Yes, verified"),
    "no": _l("No, it did not happen that way"),
    "unknown": _l("Not known yet"),
}

SENTENCES: Final = {
    "review.accepted": _l("The recommendation was accepted"),
    "review.chosen_otherwise": (_l("A different response was chosen: %(reason)s"), {"reason": OTHERWISE_REASONS}),
    "review.added_after_correction": _l("What the corrected facts call for was added"),
    "review.parts_set": _l("The people who caused harm and were harmed were identified"),
    "review.facts_checked": (_l("Facts reviewed. Verified: %(verified)s"), {"verified": VERIFIED_LABELS}),
    "review.conversation": (_l("Restorative conversation recorded: %(outcome)s"), {"outcome": CONVERSATION_OUTCOMES}),
}
