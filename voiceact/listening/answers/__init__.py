"""Answers of listeners: their form, their files, and how several sources are collected."""
