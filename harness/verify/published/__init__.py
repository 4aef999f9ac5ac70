"""Published tables: read from a file, columns recognised by name, and held against identities."""
