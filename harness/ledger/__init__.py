"""The ledger of claims: cards, their lock, and verdicts from records."""
