"""The speech server: OpenAI's speech API over the rooms below (docs/serve.md)."""
