"""Formatting of numbers in figures and pages: only significant digits, and no -0."""

import math


def number(value: float) -> str:
    """Return a number as text: whole or short numbers in full, others to 3 significant digits.

    Args:
        value: Any number; NaN if it is missing.

    Returns:
        The text; an en dash for NaN.
    """
    if math.isnan(value):
        return "\N{EN DASH}"
    if float(value).is_integer():
        return f"{value:z.0f}"
    short = f"{value:g}"
    return short if len(short.lstrip("-")) <= 5 and float(short) == value else f"{value:.3g}"


def interval(value: float, low: float, high: float) -> str:
    """Return an estimate and its interval as text.

    They are rounded by less than a quarter of the interval's half-width. Where an end would round
    to 0, up to two further digits show on which side of 0 it is.

    Args:
        value: The estimate; NaN if there is none.
        low: Lower end of its interval; NaN if it is unknown.
        high: Upper end of its interval; NaN if it is unknown.

    Returns:
        Text such as `0.68 [0.65, 0.71]`; without brackets if both ends are unknown.
    """
    reaches = [reach for reach in (value - low, high - value) if not math.isnan(reach)]
    if not reaches or max(reaches) <= 0:
        return number(value)
    digits = max(0, math.ceil(-math.log10(max(reaches) / 2)))
    nearest = min((abs(end) for end in (low, high) if end and not math.isnan(end)), default=1.0)
    needed = math.ceil(-math.log10(2 * nearest))
    if digits < needed <= digits + 2:
        digits = needed
    shown = [number(end) if math.isnan(end) else f"{end:z.{digits}f}" for end in (low, high)]
    return f"{value:z.{digits}f} [{', '.join(shown)}]"
