"""How a test reaches listeners: the server, an offline bundle, and the texts they read."""
