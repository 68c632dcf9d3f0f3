"""Explanations of the results of `core.retrieval`.

`explanations` combines the parts: `ledger` (the status of each phrase), `reasons` (sentences),
`attribution` (relevant words and picture parts) and `llm` (a language model that may write the
reason instead). `comparison` compares two tiles; `clarification` asks the question that best
separates the first candidates.
"""
