"""Long-sequence language modelling: one decoder, one file for each idea of how to see position and distance."""
