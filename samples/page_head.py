"""The head of every page of the samples: one palette, light and dark."""

import html

PALETTE = """\
  :root { color-scheme: light dark; --paper: #fff; --ink: #1e293b; --quiet: #475569; --line: #cbd5e1; --panel: #f1f5f9; }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #0f172a; --ink: #e2e8f0; --quiet: #a8b4c6; --line: #334155; --panel: #1e293b; }
    a { color: #93c5fd; }
  }
"""


def page_head(title: str, style: str, *, width: str) -> str:
    """Return an HTML page up to the beginning of its body.

    Args:
        title: of the page
        style: its own CSS, lines indented by two spaces
        width: of the text at most, in CSS units
    """
    place = f"max-width: {width}; margin: 2rem auto; padding: 0 1rem"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title, quote=False)}</title>
<style>
{PALETTE}  body {{ font: 16px/1.5 system-ui, sans-serif; {place}; background: var(--paper);
    color: var(--ink); }}
{style}</style>
</head>
<body>
"""
