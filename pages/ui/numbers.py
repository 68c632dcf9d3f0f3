"""Numbers as a person would say them: distances, differences."""

MINUS = "\N{MINUS SIGN}"
_SMALL = 0.0005


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
