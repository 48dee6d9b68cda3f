"""Chatterbox (Resemble AI): voice cloning with an exaggeration control."""
