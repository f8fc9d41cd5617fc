"""Discord's REST routes, one file for each kind of thing; each route is thin and asks an action to do the work."""
