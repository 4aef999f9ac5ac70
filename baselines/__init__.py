"""The models: one file each, found by its path."""
