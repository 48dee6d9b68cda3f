"""How the shipped judge is made and measured: human corpora, training and evaluation."""
