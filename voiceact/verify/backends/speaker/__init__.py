"""Speaker encoders for the identity check."""
