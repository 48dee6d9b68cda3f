"""How a test is put together: stimuli, items, attention checks and gold items."""
