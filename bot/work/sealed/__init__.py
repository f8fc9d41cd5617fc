"""What is said in secret and shown to all at once, such as bids and ballots: seals, where they are kept, and until when."""
