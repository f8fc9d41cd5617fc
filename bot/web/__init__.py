"""The bot's own web address: who may use it, and what rubbish is answered."""
