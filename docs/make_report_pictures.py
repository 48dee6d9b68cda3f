"""Write docs/report.png and docs/report-heard.png from a run: python docs/make_report_pictures.py RUN. Needs Chromium."""

import sys
import tempfile
import time
from pathlib import Path

DOCS = Path(__file__).parent
WIDTH = 1180
SETTLE_SECONDS = 3.0
SECTION = "document.querySelector('{}').getBoundingClientRect().{}"
LOADED = "[...document.querySelectorAll('audio')].every(audio => audio.readyState > 0 || audio.error)"


def main(run: str) -> None:
    """Make the report, show it, and keep its top and the table of what the judge hears."""
    sys.path.insert(0, str(DOCS.parent / "tests"))
    from browser import browser

    from voiceact.dataset.report.report import write_report

    with tempfile.TemporaryDirectory() as folder, browser() as tab:
        page = Path(folder) / "report.html"
        write_report(run, page)
        tab.open(page, width=WIDTH)
        tab.until(LOADED)
        tab.picture(page.with_suffix(".png"))  # the players settle once they were seen, and in their own time
        time.sleep(SETTLE_SECONDS)
        end = tab.value(SECTION.format("#coverage", "top"))
        tab.picture(DOCS / "report.png", clip=(0, 0, WIDTH, min(end, 1350)))
        start, stop = (tab.value(SECTION.format(one, edge)) for one, edge in
                       (("#heard", "top"), (".strips tr:nth-child(16)", "top")))
        tab.picture(DOCS / "report-heard.png", clip=(0, start, WIDTH, stop - start))


if __name__ == "__main__":
    main(*sys.argv[1:])
