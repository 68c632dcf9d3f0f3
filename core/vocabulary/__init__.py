"""Words for the things on a map, each in one place.

* `kinds`: the table `kinds.csv`: tag → noun, synonyms, how far it is visible, how likely it is
  mentioned, pictogram, questions, and traits that keep it from contradicting a description
* `questions`: the table `questions.csv`: questions for a person in the street
* `attributes`: colours, materials, surfaces, roofs, sizes, numbers, nations
* `directions`: compass, sides, distances
* `grammar`, `templates`: articles and plurals; alternatives in brackets
* `chances`: probabilities as people read them
* `folding`, `common_words`: words as search compares them, and words that are no names

**To add a kind**, add one row to `kinds.csv`; `kinds` documents the columns, and a new row needs
only the first two: `ice cream van,amenity=ice_cream_van,,,,,,,,`. If `core.sources.tags` already
reads the tag's key, nothing else has to change: the map reader, facts, renderer, evidence,
questions and the description generator read the table. Run `pytest tests/vocabulary`, which checks
every cell. A gallery gets a new noun when it is built again.

**English that flatters.** The column `called`, and everything in `directions` and `templates`, is
shared with the description generator (`core describe`). Search reads `called`, too, to find the
noun of a phrase. So figures measured on program-written descriptions are better than those on
people's descriptions: the generator writes just the words that search knows. In `attributes` the
names of the shared tables begin with SAID_.
"""
