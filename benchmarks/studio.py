"""Measure the studio: `python benchmarks/studio.py kills` and `python benchmarks/studio.py smooth`. Needs Chromium.

kills: two browsers edit and ask for takes while the server is killed (SIGKILL) again and again; then every change that a page was told
is stored is looked for in the database, and every take that was promised has to be made.
smooth: first paint, scrolling and editing of a script of 1,000 and of 100,000 lines, in headless Chromium.
"""

import argparse
import json
import random
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, Response, expect, sync_playwright

PATIENCE_MS = 180_000
FRAMES = """async (steps) => {
  const grid = document.querySelector("#grid"), times = [];
  const high = document.querySelector("#space").getBoundingClientRect().height;
  let last = await new Promise(requestAnimationFrame);
  for (let step = 0; step < steps; step++) {
    grid.scrollTop = (step * 400) % high;
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times;
}"""


class Server:
    """The command, as a user runs it, on one port over all its lives."""

    def __init__(self, project: Path, script: Path):
        self.project, self.script = project, script
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.link = ""
        self.start()

    def start(self) -> None:
        """Begin a life; waits for the link."""
        words = [sys.executable, "-m", "voiceact", "studio", str(self.project), "--import", str(self.script)]
        words += ["--port", str(self.port), "--workers", "2"]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.link = next(found[0] for line in self.process.stdout if (found := re.search(r"http://\S+", line)))

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def measure_kills(kills: int) -> None:
    """Kill the server while two browsers work, and count what was promised and what was kept."""
    promised: dict[str, str] = {}

    def note(response: Response) -> None:
        if response.request.method == "POST" and response.status == 200 and re.search(r"/(edit|mark|takes)$", response.url):
            promised[json.loads(response.request.post_data or "{}")["nonce"]] = response.url.rsplit("/", 1)[1]

    draw = random.Random(19)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as tools:
        script = Path(place, "script.csv")
        script.write_text("id,persona,text\n" + "".join(f"l{number:02d},nurse,Say {number}.\n" for number in range(12)))
        server = Server(Path(place, "game"), script)
        browser = tools.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        pages = [browser.new_context().new_page() for _ in range(2)]
        for page in pages:
            page.set_default_timeout(PATIENCE_MS)
            page.on("response", note)
            page.goto(server.link)
            page.wait_for_selector("body[data-ready]")
        typed: dict[int, str] = {}
        for kill in range(kills):
            # Each edits lines of its own, six at a time; the server is killed at some moment within.
            until = draw.randint(1, 5)
            for step in range(6):
                for who, page in enumerate(pages):
                    row = 2 * draw.randrange(6) + who
                    typed[row] = f"Kill {kill}, step {step}, line {row}."
                    page.click(f"#row-{row}")
                    page.fill("#field-text", typed[row])
                    page.press("#field-text", "Escape")
                    if draw.random() < 0.15:
                        page.press("#grid", "t")
                if step == until:
                    server.kill()
            server.start()
            print(f"kill {kill + 1}: {len(promised)} promises so far", flush=True)
        for page in pages:
            expect(page.locator("#saved")).to_have_text("All is saved", timeout=PATIENCE_MS)
            expect(page.locator("#count")).not_to_contain_text("to be spoken", timeout=PATIENCE_MS)
        server.process.terminate()
        server.process.wait()
        browser.close()
        with sqlite3.connect(Path(place, "game", "studio.sqlite")) as database:
            stored = {nonce for (nonce,) in database.execute("select nonce from change")}
            texts = {
                json.loads(cells)["id"]: json.loads(cells)["text"] for (cells,) in database.execute("select cells from line")
            }
            states = dict(database.execute("select state, count(*) from take group by state"))
    lost = [nonce for nonce in promised if nonce not in stored]
    missing = [row for row, text in typed.items() if texts[f"l{row:02d}"] != text]
    kinds = {kind: sum(one == kind for one in promised.values()) for kind in sorted({*promised.values()})}
    print(f"{kills} kills: {len(promised)} changes were acknowledged ({kinds}), {len(lost)} of them lost")
    print(f"{len(missing)} of {len(typed)} lines do not hold what was typed last; takes: {states}")


def measure_smooth(lines: int) -> None:
    """Measure first paint, scrolling and editing."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as tools:
        script = Path(place, "script.csv")
        rows = "".join(
            f"s{number // 50:03d}/l{number:05d},nurse,Say {number}. Sit down.,Concern,3\n" for number in range(lines)
        )
        script.write_text(f"id,persona,text,emotion,intensity\n{rows}")
        began = time.perf_counter()
        server = Server(Path(place, "game"), script)
        print(f"{lines:,} lines: imported and served after {time.perf_counter() - began:.1f} s")
        browser = tools.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page: Page = browser.new_page(viewport={"width": 1360, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(server.link)
        page.wait_for_selector("body[data-ready]")
        # The checks of an import go on in the background; what is measured is a project at rest.
        if lines <= 1000:
            expect(page.locator("#count")).not_to_contain_text("to be checked", timeout=PATIENCE_MS)
        page.reload()
        page.wait_for_selector("#row-0 .words")
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        ready = page.evaluate("performance.getEntriesByName('studio-ready')[0].startTime")
        print(f"first paint after {paint:.0f} ms, the script shown after {ready:.0f} ms")
        frames = page.evaluate(FRAMES, 200)
        most = sorted(frames)[int(len(frames) * 0.95)]
        print(
            f"scrolling: {statistics.median(frames):.1f} ms a frame, 95 % within {most:.1f} ms, the longest {max(frames):.1f} ms"
        )
        times = []
        page.evaluate("document.querySelector('#grid').scrollTop = 0")
        for number in range(10):
            page.click(f"#row-{number}")
            page.fill("#field-text", f"Edited {number}.")
            began = time.perf_counter()
            page.press("#field-text", "Tab")
            expect(page.locator(f"#row-{number} .words")).to_have_text(f"Edited {number}.")
            times.append(1000 * (time.perf_counter() - began))
        print(
            f"an edit is stored and shown after {statistics.median(times):.0f} ms (median of 10), at most {max(times):.0f} ms"
        )
        browser.close()
        server.process.terminate()
        server.process.wait()


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["kills", "smooth"])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--lines", type=int, default=1000)
    chosen = parser.parse_args()
    if chosen.what == "kills":
        measure_kills(chosen.kills)
    else:
        measure_smooth(chosen.lines)


if __name__ == "__main__":
    main()
