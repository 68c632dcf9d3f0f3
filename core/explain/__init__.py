"""Why a candidate is where it is; leaves finding it to `core.retrieval`.

`explanations` puts the parts together: the `ledger` of the description's phrases, `reasons` in
sentences, `relevance` in words and pictures, an `advisor` that may write instead. `comparison`
holds two tiles against each other, `question` is what would tell the leading ones apart.
"""
