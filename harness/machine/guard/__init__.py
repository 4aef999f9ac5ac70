"""A folder for ``PYTHONPATH``: its ``sitecustomize.py`` closes the sockets of every Python that a command starts."""
