"""Text for the cells of a spreadsheet or CSV file."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(text: str) -> str:
    """Text for a spreadsheet, in which it cannot act as a formula."""
    risky = text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS)
    return f"'{text}" if risky else text
