"""Path -> name -> object: lists by reading source, loads by importing; cards and settings."""
