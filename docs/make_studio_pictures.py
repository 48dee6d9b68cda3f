"""Make the pictures of docs/studio.md anew: `python docs/make_studio_pictures.py` serves the sample script and looks at it."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

DOCS = Path(__file__).parent
SAMPLE = DOCS.parent / "samples" / "lines.csv"
SPOKEN = 2
"""lines of the sample that are spoken; the first one twice"""
PATIENCE_MS = 600_000


def prepare(page: Page) -> None:
    """Let lines be spoken and judged, pick a take, mark one for a retake, leave one stale and one faulty."""
    page.wait_for_selector("body[data-ready]")
    for number in range(1, SPOKEN + 1):
        page.click(f"#row-{number - 1}")
        page.click("#speak")
        page.wait_for_selector(f"#row-{number - 1} .state:has-text('take 1')", timeout=PATIENCE_MS)
    page.click("#row-0")
    page.click("#speak")
    expect(page.locator(".take .sound")).to_have_count(2, timeout=PATIENCE_MS)
    expect(page.locator("#count")).not_to_contain_text("judged", timeout=PATIENCE_MS)
    page.click("#row-1")
    page.fill("#field-text", "Hold still, [sighs] this is going to sting.")
    page.press("#field-text", "Tab")
    page.click("#row-4")
    page.fill("#field-emotion", "xyzzy")
    page.press("#field-emotion", "Tab")
    page.wait_for_selector("#row-4 .fault")
    page.click("#row-0")
    page.locator(".take").first.get_by_role("button", name="Pick").click()
    page.wait_for_selector("#row-0 .state:has-text('picked')")
    page.click("#arc summary")
    page.wait_for_timeout(1000)


def main() -> None:
    """Serve the sample in a folder of its own, and write docs/studio.png and docs/studio-phone.png."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tools:
        server = subprocess.Popen(
            [sys.executable, "-m", "voiceact", "studio", f"{folder}/infirmary", "--import", str(SAMPLE), "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        link = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        browser = tools.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": 1360, "height": 900})
            page.set_default_timeout(60_000)
            page.goto(link)
            prepare(page)
            page.screenshot(path=str(DOCS / "studio.png"))
            page.evaluate("document.querySelector('#panel').scrollTo(0, 560)")
            page.screenshot(path=str(DOCS / "studio-takes.png"), clip={"x": 928, "y": 235, "width": 432, "height": 665})
            phone = browser.new_context(
                viewport={"width": 390, "height": 844}, color_scheme="dark", is_mobile=True, has_touch=True
            )
            small = phone.new_page()
            small.goto(link)
            small.wait_for_selector("body[data-ready]")
            small.wait_for_timeout(1500)
            small.screenshot(path=str(DOCS / "studio-phone.png"))
        finally:
            browser.close()
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
