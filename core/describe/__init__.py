"""Descriptions of places: written by a program from the map, and from street photographs, and by a
language model from the pictures of a collection."""
