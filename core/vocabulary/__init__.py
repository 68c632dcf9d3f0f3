"""Words about what a map holds, each in one place. Knows neither maps nor sentences.

`kinds` what things are called and how they are treated · `attributes` colours, materials, sizes,
surfaces, roofs, numbers, nations · `directions` sides, compass, distances · `grammar` articles and
plurals · `templates` alternatives in brackets · `common_words` words that are no names.

**To add a kind**, add one row to `kinds.csv`; `kinds` documents the columns, and a new row needs
only the first two: `ice cream van,amenity=ice_cream_van,,,,,,,,`. Nothing else has to change: the
map reader, facts, renderer, evidence, questions and the program that writes descriptions read it.
Run `pytest tests/vocabulary`, which checks every cell. Galleries take a new noun up when they are
built anew.

**English that flatters.** The column `called`, and everything in `directions` and `templates`, is
shared with the program that writes descriptions (`core describe`). Search reads `called` too, to
find the noun of a phrase. So a figure measured on program-written descriptions is better than one
on people's: the words that it writes are the words that are known here. In `attributes` the names
of the shared tables begin with SAID_, and their notes say so.
"""
