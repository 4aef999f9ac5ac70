"""The registry: names, cards and settings read from source, and modules loaded by importing."""
