"""Descriptions written by program, from what the map says is visible at a viewpoint."""
