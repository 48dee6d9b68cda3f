"""The server of a listening test: pages for listeners, progress for whoever runs it, every answer kept."""
