"""Every figure that a card or a report states of a run, each with what it rests on."""
