"""Write docs/annotate-search.png, a page of hits: python docs/make_annotate_picture.py ANNOTATION. Needs Chromium."""

import sys
import tempfile
import time
from pathlib import Path

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1100, 700
SETTLE_SECONDS = 3.0


def main(annotation: str) -> None:
    """Search, write the page, and keep its top."""
    sys.path.insert(0, str(DOCS.parent / "tests"))
    from browser import browser

    from voiceact.annotate.search import search, write_page

    with tempfile.TemporaryDirectory() as folder, browser() as tab:
        page = write_page(search(annotation, "strong anger, woman, fast", limit=6), Path(folder) / "hits.html")
        tab.open(page, width=WIDTH)
        tab.picture(page.with_suffix(".png"))  # the players settle once they were seen, and in their own time
        time.sleep(SETTLE_SECONDS)
        tab.picture(DOCS / "annotate-search.png", clip=(0, 0, WIDTH, HEIGHT))


if __name__ == "__main__":
    main(*sys.argv[1:])
