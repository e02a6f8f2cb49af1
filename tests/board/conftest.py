"""What tests of the board report share with those of outcomes."""

from tests.outcomes.conftest import made as made
