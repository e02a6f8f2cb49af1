"""Pure decisions about support without an incident."""

from datetime import date

ADULT = 18


def is_adult(birth_date: date | None, today: date) -> bool:
    """Whether a student is 18 or older on a day; one whose birth date is not known is not."""
    if birth_date is None:
        return False
    before_birthday = (today.month, today.day) < (birth_date.month, birth_date.day)
    return today.year - birth_date.year - before_birthday >= ADULT
