"""Pull requests: what the code host says of them, what static tools find in them, and what goes back to it."""
