"""Saywhere's retrieval core: knows search, maps and models; leaves the web page to `pages/`."""

__version__ = "0.1.0"
