"""Parts of the page that adds a place: the form, and the builds with what can be done to each."""
