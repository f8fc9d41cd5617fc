"""Votes: a question, proposals that are shown at once, ballots sealed until the close, and the decision that stays."""
