"""The speed gate: reads timings of two versions, judges each benchmark, and says what it found."""
