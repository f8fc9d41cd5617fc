"""The gateway: sessions that survive a cut, what each may hear, and the websocket they are carried by."""
