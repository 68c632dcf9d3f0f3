"""Reading data of others: maps, CVG-Text, and text in pictures."""
