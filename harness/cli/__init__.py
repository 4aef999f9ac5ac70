"""The command line: the parser and its flags. A command is imported when it is chosen."""
