"""A circle whose meeting was held, and its keeper."""

import pytest

from tests.cases.making import make_user
from tests.pathways.circles.held import held_circle


@pytest.fixture
def keeper(world):
    return make_user(world.school)


@pytest.fixture
def circle(world, keeper):
    return held_circle(world, keeper)
