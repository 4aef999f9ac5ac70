"""From a request to a record: planning, running, scoring."""
