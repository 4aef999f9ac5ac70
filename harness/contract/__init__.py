"""What every task, model and encoder promises, as rules that can fail."""
