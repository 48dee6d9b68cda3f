"""A project of lines in the browser: the table of `voiceact lines`, with takes, verdicts, picks and several people at once."""
