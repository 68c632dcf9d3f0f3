"""Reading the world from files of others; leaves everything made of it to the rooms above."""
