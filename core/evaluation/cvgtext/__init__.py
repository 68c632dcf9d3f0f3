"""The protocol of CVG-Text (arXiv 2412.17007): its metric, and a model's run on its test split."""
