"""Where data files are, what is in archives, splits, and the audit for leaks."""
