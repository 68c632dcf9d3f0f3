"""Indexes to search in: `lexical` finds words and names, `vector` finds embeddings."""
