"""Numbers as a person would say them: probabilities, distances, differences."""

MINUS = "\N{MINUS SIGN}"
_SMALL = 0.0005


def percent(share: float) -> str:
    """A probability 0..1 in percent; never 0 % and never 100 %."""
    if share < 0.005:
        return "under 1 %"
    return "over 99 %" if share >= 0.995 else f"{round(100 * share)} %"


def metres(distance_m: float, step: int = 1) -> str:
    """A distance: "43 m", "1.2 km". A `step` of 10 rounds distances of 20 m and more to tens."""
    if distance_m >= 1000:
        return f"{distance_m / 1000:.1f} km"
    step = step if distance_m >= 20 else 1
    return f"{round(distance_m / step) * step} m"


def signed(value: float) -> str:
    """A difference with its sign, a real minus, three digits; "0" without a sign."""
    if abs(value) < _SMALL:
        return "0"
    return f"{'+' if value > 0 else MINUS}{abs(value):.3f}"
