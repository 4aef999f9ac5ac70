"""Checks of records that need neither data nor weights, as a ladder of rungs; ``harness verify`` climbs it."""
