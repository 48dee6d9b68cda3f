"""The server of a listening test: pages for listeners, progress for the administrator, answers in a database."""
