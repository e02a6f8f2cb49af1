"""Opening and sealing a tally."""

from wss_cases.foundation.keys.envelope import seal, unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.surveys.rounds.models import SurveyTally
from wss_cases.surveys.rounds.rules import Counts, read, written

PURPOSE = "survey"


def seal_counts(tally: SurveyTally, counts: Counts) -> None:
    """Put counts into a tally, under a fresh key."""
    sealed = seal(setting("WSS_KEYS"), PURPOSE, written(counts))
    tally.sealed_text, tally.sealed_key, tally.key_name = sealed.text, sealed.key, sealed.key_name


def counts_in(tally: SurveyTally) -> Counts:
    """Return the counts of a tally. Raises ValueError when no key of this system opens it, or it was emptied."""
    if tally.sealed_text is None or tally.sealed_key is None:
        raise ValueError("this tally was counted and emptied")
    return read(unseal(setting("WSS_KEYS"), PURPOSE, tally.sealed_text, tally.sealed_key))


def empty(tally: SurveyTally) -> None:
    """Leave nothing in a tally but how many answered."""
    tally.sealed_text = tally.sealed_key = None
    tally.key_name = ""
