"""The ledger of one candidate as a table: how each phrase stands, and what it did."""

from core.explain.things import place, thing
from core.maps import safe_html
from core.records import Channel, Entry, Evidence, Standing

CHANNEL_NAMES: dict[Channel, str] = {"image": "picture", "facts": "facts", "names": "names"}
STANDINGS: dict[Standing, str] = {
    "supported": "found on the map",
    "contradicted": "the map says otherwise",
    "missing": "not found on the map",
    "unchecked": "no map can tell",
}
_MINUS = "\N{MINUS SIGN}"
_SMALL = 0.0005
_OF_CHANNEL = 0.005


def table(ledger: tuple[Entry, ...]) -> str:
    """HTML, "" for a ledger without phrases."""
    if not ledger:
        return ""
    heads = "".join(f'<th scope="col">{one}</th>' for one in ("Phrase", "On the map", "Effect"))
    most = max(abs(entry.effect) for entry in ledger)
    rows = "".join(_row(entry, most) for entry in ledger)
    return (
        '<table class="sw-ledger"><caption>Effect: by how much the phrase raises the similarity '
        "of this place (+) or lowers it (\N{MINUS SIGN}), found by searching once more without it."
        f"</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(entry: Entry, most: float) -> str:
    said = safe_html(entry.evidence.phrase)
    return (
        f'<tr class="sw-{entry.standing}"><th scope="row"><q dir="auto">{said}</q>'
        f"<span class=sw-standing>{STANDINGS[entry.standing]}</span></th>"
        f"<td>{_on_map(entry)}</td><td>{_effect(entry, most)}</td></tr>{_by_channel(entry)}"
    )


def _by_channel(entry: Entry) -> str:
    """What the phrase did in each channel, as a row of its own; small effects are left out."""
    told = ", ".join(
        f"{CHANNEL_NAMES[name]} {signed(value)}"
        for name, value in entry.effects.items()
        if abs(value) >= _OF_CHANNEL
    )
    if not told:
        return ""
    return f'<tr class="sw-more"><td colspan="3">Effect by channel: {told}</td></tr>'


def _on_map(entry: Entry) -> str:
    parts = []
    if entry.against:
        parts.append(f'<span class="sw-against" dir="auto">{safe_html(entry.against)}</span>')
    elif entry.evidence.channel:
        parts.append(_fact(entry.evidence))
    return "".join(parts) or '<span class="sw-nothing">nothing</span>'


def _fact(one: Evidence) -> str:
    where = place(one.distance_m or 0.0, one.direction or "here")
    channel = CHANNEL_NAMES[one.channel] if one.channel else ""
    roughly = "only in a name: " if one.name_only else "roughly " if one.rough else ""
    return (
        f'<span dir="auto">{roughly}{safe_html(thing(one.fact))}</span>'
        f"<small>{safe_html(where)}; {channel} {one.similarity:.2f}</small>"
    )


def signed(value: float) -> str:
    """A number with its sign, a real minus, and no sign for nothing."""
    if abs(value) < _SMALL:
        return "0"
    return f"{'+' if value > 0 else _MINUS}{abs(value):.3f}"


def _effect(entry: Entry, most: float) -> str:
    if not entry.effects:
        return "<small>not worked out</small>"
    share = abs(entry.effect) / most if most > 0 else 0.0
    side = "sw-plus" if entry.effect > 0 else "sw-minus"
    return (
        f'<span class="sw-signed {side}" aria-hidden="true"><span style="width:{share / 2:.0%}">'
        f"</span></span>{signed(entry.effect)}<small>without it: rank {entry.rank_without}</small>"
    )
