"""QR codes (ISO/IEC 18004) of short texts: byte mode, error correction M, versions 1 to 10, as a picture in SVG."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

BLOCKS: Final[dict[int, tuple[int, tuple[int, ...]]]] = {
    1: (10, (16,)),
    2: (16, (28,)),
    3: (26, (44,)),
    4: (18, (32, 32)),
    5: (24, (43, 43)),
    6: (16, (27, 27, 27, 27)),
    7: (18, (31, 31, 31, 31)),
    8: (22, (38, 38, 39, 39)),
    9: (22, (36, 36, 36, 37, 37)),
    10: (26, (43, 43, 43, 43, 44)),
}
"""Version to its error correction bytes a block and the data bytes of each block."""

ALIGNED: Final[dict[int, tuple[int, ...]]] = {
    1: (),
    2: (6, 18),
    3: (6, 22),
    4: (6, 26),
    5: (6, 30),
    6: (6, 34),
    7: (6, 22, 38),
    8: (6, 24, 42),
    9: (6, 26, 46),
    10: (6, 28, 50),
}
"""Version to the middles of its alignment patterns."""

QUIET: Final = 4
"""White modules around the code."""


def svg(text: str) -> str:
    """Return a QR code of a text as an SVG document. Raises ValueError for more than 213 bytes."""
    rows = matrix(text)
    side = len(rows) + 2 * QUIET
    dark = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path fill="#000" d="{dark}"/></svg>'
    )


def matrix(text: str) -> list[list[bool]]:
    """Return the modules of a QR code, True for dark. Raises ValueError for a text that is too long."""
    data = text.encode()
    version = next((number for number in BLOCKS if _capacity(number) >= len(data)), None)
    if version is None:
        raise ValueError("this text is too long for a code")
    bits = list(_bits(_interleaved(_codewords(data, version), version)))
    best: tuple[int, list[list[bool]]] | None = None
    for mask in range(8):
        rows = _drawn(version, bits, mask)
        penalty = _penalty(rows)
        if best is None or penalty < best[0]:
            best = (penalty, rows)
    assert best is not None
    return best[1]


def _capacity(version: int) -> int:
    return sum(BLOCKS[version][1]) - (3 if version > 9 else 2)


def _codewords(data: bytes, version: int) -> list[int]:
    total = sum(BLOCKS[version][1])
    count = 16 if version > 9 else 8
    bits = f"0100{len(data):0{count}b}" + "".join(f"{byte:08b}" for byte in data)
    bits += "0" * min(4, total * 8 - len(bits))
    bits += "0" * (-len(bits) % 8)
    words = [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]
    return words + [(0xEC, 0x11)[number % 2] for number in range(total - len(words))]


def _interleaved(words: list[int], version: int) -> list[int]:
    correction, sizes = BLOCKS[version]
    blocks, start = [], 0
    for size in sizes:
        blocks.append(words[start : start + size])
        start += size
    checks = [_remainder(block, _generator(correction)) for block in blocks]
    data = [block[i] for i in range(max(sizes)) for block in blocks if i < len(block)]
    return data + [check[i] for i in range(correction) for check in checks]


def _times(one: int, other: int) -> int:
    """Multiply in GF(2^8) with the code's polynomial."""
    product = 0
    for bit in range(7, -1, -1):
        product = (product << 1) ^ ((product >> 7) * 0x11D)
        product ^= ((other >> bit) & 1) * one
    return product


@lru_cache
def _generator(degree: int) -> tuple[int, ...]:
    factors, root = [0] * (degree - 1) + [1], 1
    for _factor in range(degree):
        for position in range(degree):
            factors[position] = _times(factors[position], root)
            if position + 1 < degree:
                factors[position] ^= factors[position + 1]
        root = _times(root, 2)
    return tuple(factors)


def _remainder(block: list[int], generator: tuple[int, ...]) -> list[int]:
    rest = [0] * len(generator)
    for word in block:
        factor = word ^ rest.pop(0)
        rest.append(0)
        rest = [one ^ _times(two, factor) for one, two in zip(rest, generator, strict=True)]
    return rest


def _bits(words: list[int]) -> Iterator[bool]:
    return (bool(word >> bit & 1) for word in words for bit in range(7, -1, -1))


def _drawn(version: int, bits: list[bool], mask: int) -> list[list[bool]]:
    side = version * 4 + 17
    fixed: list[list[bool | None]] = [[None] * side for _row in range(side)]
    _draw_patterns(fixed, version)
    _draw_format(fixed, mask)
    if version > 6:
        _draw_version(fixed, version)
    rows = [[bool(module) for module in row] for row in fixed]
    stream = iter(bits)
    for x, y in _path(side):
        if fixed[y][x] is None:
            rows[y][x] = next(stream, False) ^ _masked(mask, x, y)
    return rows


def _path(side: int) -> Iterator[tuple[int, int]]:
    """Walk two columns at a time from the right, up and down in turn; the timing column is left out."""
    upward = True
    for right in (*range(side - 1, 6, -2), 5, 3, 1):
        for step in range(side):
            y = side - 1 - step if upward else step
            yield right, y
            yield right - 1, y
        upward = not upward


def _masked(mask: int, x: int, y: int) -> bool:
    tests = (
        (x + y) % 2,
        y % 2,
        x % 3,
        (x + y) % 3,
        (x // 3 + y // 2) % 2,
        x * y % 2 + x * y % 3,
        (x * y % 2 + x * y % 3) % 2,
        ((x + y) % 2 + x * y % 3) % 2,
    )
    return tests[mask] == 0


def _draw_patterns(fixed: list[list[bool | None]], version: int) -> None:
    side = len(fixed)
    for x, y in ((3, 3), (side - 4, 3), (3, side - 4)):
        for dy in range(-4, 5):
            for dx in range(-4, 5):
                if 0 <= x + dx < side and 0 <= y + dy < side:
                    fixed[y + dy][x + dx] = max(abs(dx), abs(dy)) not in (2, 4)
    middles = ALIGNED[version]
    corners = {(6, 6), (6, side - 7), (side - 7, 6)}
    for x, y in ((x, y) for x in middles for y in middles if (x, y) not in corners):
        for dy in range(-2, 3):
            for dx in range(-2, 3):
                fixed[y + dy][x + dx] = max(abs(dx), abs(dy)) != 1
    for place in range(8, side - 8):
        fixed[6][place] = fixed[place][6] = place % 2 == 0


def _draw_format(fixed: list[list[bool | None]], mask: int) -> None:
    side, rest = len(fixed), mask
    for _bit in range(10):
        rest = (rest << 1) ^ ((rest >> 9) * 0x537)
    word = (mask << 10 | rest) ^ 0x5412
    bits = [bool(word >> bit & 1) for bit in range(15)]
    for place, bit in zip((0, 1, 2, 3, 4, 5, 7, 8), bits, strict=False):
        fixed[place][8] = bit
    for place, bit in zip((7, 5, 4, 3, 2, 1, 0), bits[8:], strict=True):
        fixed[8][place] = bit
    for number, bit in enumerate(bits[:8]):
        fixed[8][side - 1 - number] = bit
    for number, bit in enumerate(bits[8:], start=8):
        fixed[side - 15 + number][8] = bit
    fixed[side - 8][8] = True


def _draw_version(fixed: list[list[bool | None]], version: int) -> None:
    rest = version
    for _bit in range(12):
        rest = (rest << 1) ^ ((rest >> 11) * 0x1F25)
    word, side = version << 12 | rest, len(fixed)
    for number in range(18):
        bit = bool(word >> number & 1)
        near, far = number // 3, side - 11 + number % 3
        fixed[near][far] = fixed[far][near] = bit


def _penalty(rows: list[list[bool]]) -> int:
    side = len(rows)
    lines = ["".join("1" if module else "0" for module in row) for row in rows]
    lines += ["".join(column) for column in zip(*lines, strict=True)]
    total = 0
    for line in lines:
        for run in line.replace("01", "0 1").replace("10", "1 0").split():
            total += len(run) - 2 if len(run) >= 5 else 0
        for start in range(side - 10):
            total += 40 * (line[start : start + 11] in ("10111010000", "00001011101"))
    for y in range(side - 1):
        for x in range(side - 1):
            total += 3 * (rows[y][x] == rows[y][x + 1] == rows[y + 1][x] == rows[y + 1][x + 1])
    dark = sum(map(sum, rows))
    return total + 10 * (abs(dark * 20 - side * side * 10) // (side * side))
