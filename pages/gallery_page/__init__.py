"""The gallery page: tiles, look-alikes and provenance of one gallery."""
