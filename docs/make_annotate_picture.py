"""Write docs/annotate-search.png, a page of hits, and docs/annotate-report.png, the top of a report. Needs Chromium.

python docs/make_annotate_picture.py ANNOTATION
"""

import sys
import tempfile
import time
from pathlib import Path

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1100, 700
REPORT_HEIGHT = 960
SETTLE_SECONDS = 3.0


def main(annotation: str) -> None:
    """Write both pages, and keep their tops."""
    sys.path.insert(0, str(DOCS.parent / "tests"))
    from browser import browser

    from voiceact.annotate.report import write_report
    from voiceact.annotate.search import search, write_page

    with tempfile.TemporaryDirectory() as folder, browser() as tab:
        page = write_page(search(annotation, "strong anger, woman, fast", limit=6), Path(folder) / "hits.html")
        tab.open(page, width=WIDTH)
        tab.picture(page.with_suffix(".png"))  # the players settle once they were seen, and in their own time
        time.sleep(SETTLE_SECONDS)
        tab.picture(DOCS / "annotate-search.png", clip=(0, 0, WIDTH, HEIGHT))
        tab.open(write_report(annotation, Path(folder) / "report.html"), width=WIDTH)
        tab.picture(DOCS / "annotate-report.png", clip=(0, 0, WIDTH, REPORT_HEIGHT))


if __name__ == "__main__":
    main(*sys.argv[1:])
