"""Text-to-speech families of the transformers library."""
