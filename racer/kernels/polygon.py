"""On which side of a line a point lies, without rounding errors, and crossings counted with it.

The sign of a small determinant decides whether a wheel is on the road. It is computed in doubles
first; only when the rounding error could turn the sign it is computed again in pairs of doubles.
Filter and pairs: J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic and Fast Robust
Geometric Predicates, Discrete & Computational Geometry 18 (1997), sections 2 and 4.1.
"""

from racer.kernels._jit import inlined, jit
from racer.kernels.layout import Floats, Integers

_EPSILON = 2.0**-53
_FILTER = (3.0 + 16.0 * _EPSILON) * _EPSILON  # bound of the error, relative to the two products
_SPLITTER = 2.0**27 + 1.0


@inlined
def side_of_line(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> int:
    """Return 1 if the point lies left of the line from a to b, -1 if right, 0 if exactly on it.

    Args:
        ax: x of a (m).
        ay: y of a (m).
        bx: x of b (m).
        by: y of b (m).
        x: x of the point (m).
        y: y of the point (m).
    """
    left = (ax - x) * (by - y)
    right = (ay - y) * (bx - x)
    determinant = left - right
    bound = _FILTER * (abs(left) + abs(right))
    if determinant > bound:
        return 1
    if determinant < -bound:
        return -1
    return _side_in_pairs(ax, ay, bx, by, x, y)


@jit
def _side_in_pairs(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> int:
    """Return what ``side_of_line`` returns, computed with about 32 digits."""
    left, left_rest = _product(ax, x, by, y)
    right, right_rest = _product(ay, y, bx, x)
    determinant, rest = _two_sum(left, -right)
    rest += left_rest - right_rest
    determinant += rest
    if determinant > 0.0:
        return 1
    if determinant < 0.0:
        return -1
    return 0


@jit
def _product(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    """Return (a - b) * (c - d) as a double and a rest."""
    first, first_rest = _two_sum(a, -b)
    second, second_rest = _two_sum(c, -d)
    high, low = _two_product(first, second)
    return _two_sum(high, low + (first * second_rest + first_rest * second))


@jit
def _two_sum(a: float, b: float) -> tuple[float, float]:
    """Return a + b and its rounding error, exactly (Shewchuk, theorem 7)."""
    total = a + b
    b_part = total - a
    a_part = total - b_part
    return total, (a - a_part) + (b - b_part)


@jit
def _two_product(a: float, b: float) -> tuple[float, float]:
    """Return a * b and its rounding error, exactly (Shewchuk, theorem 18)."""
    product = a * b
    big = _SPLITTER * a
    a_high = big - (big - a)
    a_low = a - a_high
    big = _SPLITTER * b
    b_high = big - (big - b)
    b_low = b - b_high
    rest = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return product, rest


@inlined
def is_between(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> bool:
    """Return whether a point on the line through a and b lies on the stretch from a to b.

    Args:
        ax: x of a (m).
        ay: y of a (m).
        bx: x of b (m).
        by: y of b (m).
        x: x of the point (m).
        y: y of the point (m).
    """
    return min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by)


@jit
def inside_from(
    segments: Floats,
    start: int,
    listed: Integers,
    begin: int,
    end: int,
    inside: bool,
    rx: float,
    ry: float,
    x: float,
    y: float,
) -> bool:
    """Return whether a point is inside the road, from whether another point r near by is.

    Each segment of the outline that cuts the way from r to the point turns the answer. A corner
    exactly on the way counts as right of it for both segments that meet there, as if the way were
    moved aside a little: so it is neither counted twice nor missed. On the outline is outside.

    Args:
        segments: (n_segments, 4) x and y of the beginning, x and y of the end (m).
        start: row of the track's first one.
        listed: (n_listed,) numbers of segments, counted from ``start``.
        begin: where the list of segments near by begins.
        end: where it ends.
        inside: whether r is inside; it must not lie on the outline.
        rx: x of r (m).
        ry: y of r (m).
        x: x of the point (m).
        y: y of the point (m).
    """
    for k in range(begin, end):
        i = start + listed[k]
        ax, ay, bx, by = segments[i, 0], segments[i, 1], segments[i, 2], segments[i, 3]
        side = side_of_line(ax, ay, bx, by, x, y)
        if side == 0 and is_between(ax, ay, bx, by, x, y):
            return False
        a_is_left = side_of_line(rx, ry, x, y, ax, ay) > 0
        b_is_left = side_of_line(rx, ry, x, y, bx, by) > 0
        if a_is_left != b_is_left and side_of_line(ax, ay, bx, by, rx, ry) != side:
            inside = not inside
    return inside
