"""Descriptions of places: written by a program from the map, and from street photographs."""
