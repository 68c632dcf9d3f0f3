"""Training: examples out of maps or albums, losses, the loop, and one run from its file."""
