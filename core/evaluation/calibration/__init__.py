"""The fit of confidence: its examples, the fit itself, and the pipeline that runs it from files."""
