"""Words about what a map holds, each in one place.

* `kinds`: the table `kinds.csv`: tag → noun, other words, how far it is seen, how likely it is
  mentioned, pictogram, questions, and what keeps it from being held against a description
* `questions`: the table `questions.csv`: what a person in the street can be asked
* `attributes`: colours, materials, surfaces, roofs, sizes, numbers, nations
* `directions`: compass, sides, distances
* `grammar`, `templates`: articles and plurals; alternatives in brackets
* `folding`, `common_words`: how words are compared, and which are no names

**To add a kind**, add one row to `kinds.csv`; `kinds` documents the columns, and a new row needs
only the first two: `ice cream van,amenity=ice_cream_van,,,,,,,,`. Where `core.sources.tags` reads
the tag's key already, nothing else has to change: the map reader, facts, renderer, evidence,
questions and the program that writes descriptions read it. Run `pytest tests/vocabulary`, which
checks every cell. Galleries take a new noun up when they are built anew.

**English that flatters.** The column `called`, and everything in `directions` and `templates`, is
shared with the program that writes descriptions (`core describe`). Search reads `called` too, to
find the noun of a phrase. So a figure measured on program-written descriptions is better than one
on people's: the words that it writes are the words that are known here. In `attributes` the names
of the shared tables begin with SAID_, and their notes say so.
"""
