"""Words for what a map holds; leaves reading maps to `sources` and matching to `retrieval`."""
