"""Figures with 95 % intervals: cluster bootstrap, proportions, discrimination, rank correlation, permutation baseline."""
