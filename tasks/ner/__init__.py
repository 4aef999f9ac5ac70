"""Named-entity recognition: find the spans of a text that name something, and say which kind of thing."""
