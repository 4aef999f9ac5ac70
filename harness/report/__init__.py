"""From tables to Markdown, HTML, CSV, JSON and plots."""
