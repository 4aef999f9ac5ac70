"""Classifiers of texts and pictures: one encoder in which only the mixing of tokens differs, and cheap rivals."""
