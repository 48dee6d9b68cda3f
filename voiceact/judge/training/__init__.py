"""Train a judge on human corpora and measure what may be believed of it."""
