"""Training: examples from maps or picture folders, losses, the loop, and a run from its file."""
