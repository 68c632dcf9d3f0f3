"""Parts that several pages share: frame, templates, session and link, map, addresses."""
