"""Words that tell a family of orientation, gender identity, a relationship or the basis of a bias.

No call or letter says any of it unless the student agrees: a home may not be safe for a child of whom it is told.
"""

import re
from collections.abc import Collection

_STEMS = (
    r"gays?", r"lesbian\w*", r"bisexual\w*", r"homosexual\w*", r"queer", r"lgbt\w*", r"trans", r"transg[eé]n\w*",
    r"non-?binary", r"no binari\w+", r"sexual orientation", r"orientaci[oó]n sexual", r"gender identity",
    r"identidad de g[eé]nero", r"pronouns?", r"girlfriends?", r"boyfriends?", r"dating", r"novi[oa]s?",
    r"\w*phobi[ac]\w*", r"\w+fobia", r"\w+f[oó]bic[oa]s?", r"racis\w+", r"racial\w*", r"anti-?semit\w*",
)  # fmt: skip
_PRIVATE = re.compile(rf"\b(?:{'|'.join(_STEMS)})\b", re.IGNORECASE)


def private_in(text: str, agreed: Collection[str] = ()) -> list[str]:
    """Return what stands in a text that a family is told by the student alone, each once, as it is written.

    Of `agreed`, in small letters, the student agreed.
    """
    return [word for word in dict.fromkeys(_PRIVATE.findall(text)) if word.casefold() not in agreed]
