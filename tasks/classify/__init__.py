"""One right label among few: topics of headlines, moods of reviews, nested lists, pictures."""
