"""Named-entity recognition: neural models over a shared encoder."""
