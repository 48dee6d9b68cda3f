"""What a run becomes: formats that load elsewhere, splits, card, report and audit."""
