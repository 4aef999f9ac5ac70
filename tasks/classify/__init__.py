"""One right label among few: topics of headlines, sentiment of reviews, nested lists, images."""
