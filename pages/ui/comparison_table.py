"""Two places compared: a summary, and a row for each phrase with a bar towards the better one."""

from markupsafe import Markup

from core.explain.comparison import Comparison, PhraseDifference, WholeDifference
from pages.ui.numbers import signed
from pages.ui.templates import render


def comparison_table(held: Comparison, labels: tuple[str, str]) -> Markup:
    """HTML; `labels` name the places a and b."""
    parts: tuple[PhraseDifference | WholeDifference, ...] = (*held.phrases, *held.whole)
    most = max((abs(one.difference) for one in parts), default=0.0)
    names = {"a": labels[0], "b": labels[1], "neither": "neither"}
    rows = [
        {
            "quoted": isinstance(one, PhraseDifference),
            "text": one.phrase if isinstance(one, PhraseDifference) else one.about,
            "sentence": one.sentence if isinstance(one, PhraseDifference) else "",
            # the first place stands at the left, so the bar of what favours it points there
            "to_left": one.difference > 0,
            "share": abs(one.difference) / most / 2 if most > 0 else 0.0,
            "favours": names[one.favours],
            "size": signed(abs(one.difference)).lstrip("+"),
        }
        for one in parts
    ]
    return render("comparison", summary=held.summary, left=labels[0], right=labels[1], rows=rows)
