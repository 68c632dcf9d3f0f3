"""The search page: a description in, places on the map out."""
