"""Square pictures of the world in Web Mercator: their grid, and archives of them in one file."""
