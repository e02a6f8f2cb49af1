"""The attack: everything published about groups as equations, and a solver (HiGHS) for what is hidden.

The reader is taken to know, beside all pages and files: how many students each school has of each group, and how many
of all its students came to each stage, also where no page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from wss_cases.outcomes.equity.suppression import ENROLLED, Counts, Row

Cell = tuple[int, str, str]
Equation = tuple[list[Cell], int]
WHOLE = 1e-6
SHOTS = 8
"""Solutions in random directions first: each one widens many cells' ranges at once."""


@dataclass
class System:
    """Unknown whole numbers, one for each school, category and stage, and what is known of them."""

    schools: Mapping[int, Counts]
    parents: Mapping[str, str]
    place: dict[Cell, int] = field(default_factory=dict)
    equations: list[Equation] = field(default_factory=list)

    def __post_init__(self) -> None:
        cells = ((s, c, u) for s, rows in self.schools.items() for c in rows for u in self.parents)
        self.place = {cell: number for number, cell in enumerate(cells)}
        for school, rows in self.schools.items():
            for stage in self.parents:
                whole = [(school, one, stage) for one in rows]
                self.equations.append((whole, sum(self.truth(cell) for cell in whole)))

    def truth(self, cell: Cell) -> int:
        school, category, stage = cell
        return self.schools[school][category][stage]

    def learn(self, ids: Iterable[int], rows: Iterable[Row]) -> None:
        """Take in published rows of schools counted together."""
        ids = list(ids)
        for row in rows:
            for stage, number in row.numbers.items():
                if stage != ENROLLED:
                    named = [(s, c, stage) for s in ids for c in row.categories if c in self.schools[s]]
                    self.equations.append((named, number))

    def told(self) -> set[Cell]:
        """The cells that stand somewhere by themselves."""
        return {cells[0] for cells, _number in self.equations if len(cells) == 1}

    def _constraints(self) -> list[LinearConstraint]:
        size = len(self.place)
        where = [(n, self.place[c]) for n, (cells, _) in enumerate(self.equations) for c in cells]
        values = np.array([number for _, number in self.equations], dtype=float)
        sums = _matrix(where, [1.0] * len(where), (len(values), size))
        chains, signs = [], []
        for number, (school, category, stage) in enumerate(
            cell for cell in self.place if self.parents[cell[2]] != ENROLLED
        ):
            chains += [
                (number, self.place[school, category, stage]),
                (number, self.place[school, category, self.parents[stage]]),
            ]
            signs += [1.0, -1.0]
        found = [LinearConstraint(sums, values, values)]
        if chains:
            found.append(
                LinearConstraint(_matrix(chains, signs, (len(chains) // 2, size)), -np.inf, np.zeros(len(chains) // 2))
            )
        return found

    def ranges(self, cells: Iterable[Cell], enough: int) -> dict[Cell, tuple[int, int]]:
        """Return for each cell the least and the most that it can be; a range of `enough` values is not widened."""
        most = np.array([self.schools[s][c][ENROLLED] for s, c, _ in self.place], dtype=float)
        rules: Any = {"constraints": self._constraints(), "bounds": Bounds(np.zeros(len(most)), most)}
        truth = np.array([self.truth(cell) for cell in self.place], dtype=float)
        low, high = truth.copy(), truth.copy()

        def solve(goal: np.ndarray) -> None:
            found = _solved(goal, rules)
            np.minimum(low, found, out=low)
            np.maximum(high, found, out=high)

        wanted, pick = list(cells), np.random.default_rng(len(most))
        for _ in range(SHOTS if wanted else 0):
            solve(pick.choice((-1.0, 1.0), len(most)))
        for cell in wanted:
            for sign in (1.0, -1.0):
                if high[self.place[cell]] - low[self.place[cell]] + 1 < enough:
                    goal = np.zeros(len(most))
                    goal[self.place[cell]] = sign
                    solve(goal)
        return {cell: (int(low[self.place[cell]]), int(high[self.place[cell]])) for cell in wanted}


def _solved(goal: np.ndarray, rules: Any) -> np.ndarray:
    """Return the whole numbers that make the goal least; most often the plain solution is whole already."""
    found = milp(goal, **rules)
    if found.status or np.abs(found.x - np.round(found.x)).max() > WHOLE:
        found = milp(goal, **rules, integrality=np.ones(len(goal)))
    if found.status:  # HiGHS' presolve now and then calls a system impossible that the truth solves
        found = milp(goal, **rules, integrality=np.ones(len(goal)), options={"presolve": False})
    assert found.status == 0, found.message
    return np.round(found.x)


def _matrix(where: list[tuple[int, int]], values: list[float], shape: tuple[int, int]) -> csr_matrix:
    rows, columns = zip(*where, strict=True)
    return csr_matrix((values, (rows, columns)), shape=shape)
