"""Write a run in a form that other tools load, and the preference pairs drawn from it."""
