"""A story in plain text or Markdown, told by the personas of a cast."""
