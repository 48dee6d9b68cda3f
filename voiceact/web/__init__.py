"""What every server of voiceact shares: refusals, headers, limits, a socket that is bound before anything is promised."""
