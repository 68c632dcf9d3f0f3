"""Descriptions of a collection's pictures by a multimodal model, without examples (zero-shot).

CORE's descriptions were made by zero-shot vision-language models (arXiv 2603.08491); its prompts
are not published. Prompts, checks and limits are ours.

* `prompts`: what the model is asked
* `checks`: length, language, invented names and coordinates, banned phrases, repetition
* `estimate`: requests, tokens and cost before anything is asked
* `batch`: all pictures of a collection, with a limit on the rate; a stopped run goes on
* `quality`: the report of what was written
"""
