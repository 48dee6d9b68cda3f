"""Anybody's speech -> scores, attributes and bursts by clip; captions of them, and search over them."""
