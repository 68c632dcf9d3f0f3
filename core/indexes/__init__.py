"""Search indexes: `lexical` for words and names, `vector` for embeddings."""
