"""Why a candidate is where it is."""
