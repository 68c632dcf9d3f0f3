"""The table of differences between two reports."""

from core.evaluation.paired_tests import Difference
from pages.benchmark_page import paired_comparison
from pages.ui.templates import render


def test_only_differences_whose_interval_excludes_zero_are_marked() -> None:
    clear = Difference("R@1", 20.0, 30.0, 10.0, 4.0, 16.0, 12, 2, 0.01)
    open_ = Difference("R@10", 50.0, 50.9, 0.9, -0.3, 2.1, 5, 4)
    rows = [paired_comparison._row(one) for one in (clear, open_)]
    html = render(
        "differences",
        first="A",
        second="B",
        n=100,
        scope="full",
        heads=(("Metric", "what was measured"),),
        rows=rows,
        tested=("R@1",),
    )
    marked, unmarked = html.split('<th scope="row">')[1:3]
    assert "zero is outside" in marked
    assert "zero is outside" not in unmarked
