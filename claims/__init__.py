"""Claims of posts and papers, one file a source; ``harness.claim`` has the words that a card is made of."""
