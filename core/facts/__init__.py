"""Short texts about what a viewpoint has around it, each with a place and a distance."""
