"""What is said: drafts and their rules, posting, mentions, embeds, files, reactions, webhooks, crossposts."""
