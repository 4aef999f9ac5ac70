"""Records in the forms of others: Every Eval Ever's JSON, and CSV with a row a metric and seed. Pure functions of records."""
