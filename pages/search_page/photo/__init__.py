"""A visitor's photograph on the search page: dropped or taken, described, edited, searched."""
