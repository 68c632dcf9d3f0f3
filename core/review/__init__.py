"""The store of failure cases and of what annotators say about them."""
