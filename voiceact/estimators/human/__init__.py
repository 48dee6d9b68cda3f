"""The shipped judge, trained on human speech only."""
