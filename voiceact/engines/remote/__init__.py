"""Speech servers over HTTP: the shared client and one module a dialect."""
