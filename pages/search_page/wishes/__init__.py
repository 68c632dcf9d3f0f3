"""Wishes beside a description: more or less like a place, phrases that weigh more or less."""
