"""Files to begin with: a model to change, and the task file of a data set that a reader has recognised."""
