"""A table of lines in, audio files named by line id out."""
