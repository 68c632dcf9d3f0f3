"""The fit of confidence: examples, the fit itself, and how it is run from files."""
