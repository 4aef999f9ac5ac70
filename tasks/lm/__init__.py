"""Long-sequence language modelling: books and plays read on, and probes with exact answers."""
