"""The record of a run: its schema, how it is stored and read."""
