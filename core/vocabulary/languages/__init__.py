"""Descriptions in other languages, word by word, by tables.

* `tables`: the tables `words/CODE.csv`, one for each language, and their columns
* `schema_names`: the program that fills a table with the names of kinds
* `lexicon`: look-up by spelling, stem and compound
* `detection`: the language of a description
* `gloss`: a description in English, with the place of each word in the original

**To add a language**, add `words/CODE.csv` with its settings and the words written by hand (copy a
table of a related language), run `schema_names`, and add descriptions to
`tests/descriptions_other_languages.jsonl`. Nothing else has to change.
"""
