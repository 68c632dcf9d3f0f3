"""Facts: short texts about the things around a viewpoint, with distance and direction."""
