"""The contract: rules that every registered task, model and encoder must keep."""
