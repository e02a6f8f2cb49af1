"""Makes a use case of its body: one unit of work, carried out once."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from wss_cases.access.invocation import Invocation
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

P = ParamSpec("P")


def use_case(body: Callable[Concatenate[UnitOfWork, P], int]) -> Callable[Concatenate[Invocation, P], int]:
    """Make a use case of its body: one unit of work, carried out once for each request key.

    The body takes the unit first (`uow.actor`, `uow.now`, `uow.version`: the version that the page showed) and returns
    its record's id, which is stored as the answer. Callers pass an Invocation in its place.
    """

    @wraps(body)
    def carried_out(invocation: Invocation, /, *args: P.args, **kwargs: P.kwargs) -> int:
        with unit_of_work(invocation.actor, invocation.now, invocation.request_key) as uow:
            if uow.answered:
                return uow.answer
            uow.version = invocation.version
            uow.answer = answer = body(uow, *args, **kwargs)
            return answer

    return carried_out
