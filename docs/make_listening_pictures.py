"""Write docs/listening-*.png, pictures of the pages of a listening test: python docs/make_listening_pictures.py
[presence|pair|intensity|report]. Needs Chromium.

The tests are made of the shipped samples and served as a user would; each page is shown in a real browser without a window,
sounds are played to their end. The picture of the analysis is of listeners who do not exist (listening/simulation).
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

DOCS = Path(__file__).parent
DESKTOP = {"viewport": {"width": 900, "height": 760}, "locale": "en-GB"}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
    "locale": "de-DE",
}
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
CLIP_MS = 30_000
PROGRAM = [sys.executable, "-m", "voiceact"]


def main(*names: str) -> None:
    """Make the tests, show the pages; names: of some of SHOWN."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in names or SHOWN:
            SHOWN[name](browser, Path(place) / name)
        browser.close()


@contextmanager
def serve(folder: Path, protocol: str, *arguments: str, clips: Path = DOCS.parent / "samples") -> Iterator[dict]:
    """A test of the clips, served; what the server printed."""
    program = [*PROGRAM, "listen"]
    subprocess.run(
        [*program, "new", str(clips), "--protocol", protocol, "--out", str(folder), *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    process = subprocess.Popen(
        [*program, "serve", str(folder), "--port", "0", "--listeners", "3", "--json"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def show_presence(browser: Browser, folder: Path) -> None:
    """Consent, headphone check, a question on a desktop and a phone, thanks, progress."""
    with serve(folder, "presence", "--headphones", "--language", "en,de,es,fr", "--per-listener", "5") as told:
        page = open_page(browser, told["links"][0]["url"], DESKTOP)
        keep(page, "consent")
        agree(page)
        take_headphone_check(page, keep_as="headphones")
        page.get_by_role("button", name="Begin").click()
        answer_all(page, keep_as="question")
        keep(page, "thanks")
        phone = open_page(browser, told["links"][1]["url"], PHONE)
        agree(phone)
        take_headphone_check(phone)
        phone.locator("main .actions button").click()
        hear(phone)
        phone.get_by_role("radio").nth(1).check()
        keep(phone, "phone")
        service = open_page(browser, told["admin"], DESKTOP)
        expect(service.get_by_role("heading", level=1)).to_contain_text("answers")
        keep(service, "progress")


def show_pair(browser: Browser, folder: Path) -> None:
    """Two clips of one category, spoken for this; in dark colours."""
    clips = folder.with_name("clips")
    clips.mkdir()
    for persona in ("nurse", "opera-diva"):
        subprocess.run(
            [*PROGRAM, "synth", "--persona", persona, "--emotion", "Anger", "--out", str(clips / f"{persona}.wav")],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    with serve(folder, "pair", clips=clips) as told:
        show_question(browser, told, "pair", "2", color_scheme="dark")


def show_intensity(browser: Browser, folder: Path) -> None:
    """Many categories; the first three are answered."""
    with serve(folder, "intensity") as told:
        show_question(browser, told, "intensity", "420")


def show_question(browser: Browser, told: dict, name: str, keys: str, **settings: str) -> None:
    """The first question, heard and answered by keys."""
    page = open_page(browser, told["links"][0]["url"], DESKTOP | settings)
    agree(page)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("button", name="Play").first).to_be_enabled()
    for number in range(page.locator(".player").count()):
        page.locator(".player button").nth(number).click()
        expect(page.locator(".player .state").nth(number)).to_contain_text("again", timeout=CLIP_MS)
    for key in keys:
        page.keyboard.press(key)
    page.evaluate("() => window.scrollTo(0, 0)")
    keep(page, name)


def show_analysis(browser: Browser, folder: Path) -> None:
    """The report of a simulated test: eight listeners, of whom one clicks at random."""
    from voiceact.listening.analysis.analyse import analyse_test, write_analysis
    from voiceact.listening.simulation.simulate import make_listeners, make_world, take_test

    world = make_world("presence", clips=90, seed=4)
    report = analyse_test(world.test, take_test(world, make_listeners(8, seed=4, clickers=1), seed=4, checks=16), seed=0)
    write_analysis(report, folder)
    page = open_page(browser, (folder / "report.html").as_uri(), {"viewport": {"width": 960, "height": 1000}})
    keep(page, "report")


def open_page(browser: Browser, address: str, settings: dict) -> Page:
    """A page in a browser of its own."""
    page = browser.new_context(**settings).new_page()
    page.goto(address)
    page.locator("h1").first.wait_for()
    return page


def agree(page: Page) -> None:
    """Consent."""
    page.locator("main .actions button").first.click()
    expect(page.locator("h1")).not_to_have_text(re.compile("Before you begin|Bevor Sie beginnen"))


def take_headphone_check(page: Page, keep_as: str | None = None) -> None:
    """Fail both tries, as whoever has no ears does."""
    for attempt in range(2):
        page.locator("main .actions button").click()
        for number in range(6):
            hear(page)
            page.get_by_role("radio").first.check()
            if keep_as and not attempt and not number:
                keep(page, keep_as)
            page.locator("main .actions button").first.click()


def answer_all(page: Page, keep_as: str) -> None:
    """Answer until the end; the second question is kept."""
    for number in range(1, 100):
        hear(page)
        page.keyboard.press("3")
        if number == 2:
            keep(page, keep_as)
        page.keyboard.press("Enter")
        expect(page.get_by_role("radio", checked=True)).to_have_count(0)
        if not page.locator(".player").count():
            return


def hear(page: Page) -> None:
    """Play to the end."""
    page.locator(".player button").click()
    expect(page.get_by_role("radio").first).to_be_enabled(timeout=CLIP_MS)


def keep(page: Page, name: str) -> None:
    """Write docs/listening-NAME.png: what the window shows."""
    page.wait_for_timeout(400)  # what moves has come to rest
    page.screenshot(path=DOCS / f"listening-{name}.png")


SHOWN = {"presence": show_presence, "pair": show_pair, "intensity": show_intensity, "report": show_analysis}

if __name__ == "__main__":
    main(*sys.argv[1:])
