"""The Cases page: review of failures by keyboard, annotator agreement, import and export."""
