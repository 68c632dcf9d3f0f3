"""A probability as people read it: one rounding wherever it is told."""

_STORED = 10_000
"""Files and the command line hold a probability in four decimals. What they tell of it must be what
the page tells, which has all of them."""


def whole_percent(share: float) -> int:
    """A probability 0..1 in whole percent, halves up, from its four decimals."""
    return (100 * round(_STORED * share) + _STORED // 2) // _STORED


def percent(share: float) -> str:
    """A probability 0..1 in percent; never 0 % and never 100 %."""
    whole = whole_percent(share)
    if whole <= 0:
        return "under 1 %"
    return "over 99 %" if whole >= 100 else f"{whole} %"
