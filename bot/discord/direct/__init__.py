"""Direct messages with the bot: each conversation belongs to one server, whose agents, tools and limits apply in it."""
