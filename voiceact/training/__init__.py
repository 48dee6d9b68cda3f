"""Train heads of an estimator on clips with known scores, the product's own takes among them: never a judge."""
