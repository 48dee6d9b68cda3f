"""A tale killed at random moments and resumed: `python benchmarks/story.py [--characters 200000] [--kills 5] [--text FILE]`.

`voiceact tell` tells a tale once without disturbance, and once killed with SIGKILL: at moments drawn from the seed over the whole
tale, the last of them while the paragraphs are being joined. Then every file of the two folders is compared byte by byte.
Printed as well: how fast it spoke, and the most memory that the undisturbed process had held (VmHWM of /proc, so Linux alone)
after a tenth of the paragraphs and at the end.

Without --text the tale is made of the shipped lines: chapters of narration, with quotations by two people of the cast.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from voiceact.acting.script import load_lines

CAST = "narrator: thrilling-storyteller\nAnna: nurse\nTom: grumpy-lovable-grandpa\n"
LINES_A_PARAGRAPH, PARAGRAPHS_A_CHAPTER = 5, 30
POLL_SECONDS = 0.02


def main() -> None:
    """Tell, kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--text", type=Path, help="a tale of your own, with --cast")
    parser.add_argument("--cast", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--folder", type=Path, help="where to work; a tale that was told there without disturbance is used again"
    )
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        text = given.text.read_text("utf-8") if given.text else write_tale(given.characters, given.seed)
        (folder / "tale.txt").write_text(text, encoding="utf-8")
        (folder / "cast.yaml").write_text(given.cast.read_text("utf-8") if given.cast else CAST, encoding="utf-8")
        found = measure(folder, given.kills, random.Random(given.seed))
    shown = json.dumps({"characters": len(text), **found}, indent=2)
    if given.json:
        given.json.write_text(shown + "\n", encoding="utf-8")
    print(shown)
    sys.exit(0 if found["identical"] else 1)


def write_tale(characters: int, seed: int) -> str:
    """Write a tale of at least so many characters from the shipped lines: narration, and quotations by Anna and Tom."""
    lines = load_lines("en")
    draw = random.Random(seed)
    plain = [line.text for line in lines if line.kind == "neutral"]
    felt = [line.text for line in lines if line.kind != "neutral"]
    paragraphs: list[str] = []
    people = cycle(("Anna", "Tom"))
    length = 0
    while length < characters:
        if len(paragraphs) % PARAGRAPHS_A_CHAPTER == 0:
            paragraphs.append(f"CHAPTER {len(paragraphs) // PARAGRAPHS_A_CHAPTER + 1}")
        spoken = [draw.choice(plain) for _ in range(LINES_A_PARAGRAPH - 1)]
        spoken.insert(draw.randrange(LINES_A_PARAGRAPH), f"“{draw.choice(felt)}” said {next(people)}.")
        paragraphs.append(" ".join(spoken))
        length += len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs) + "\n"


def measure(folder: Path, kills: int, draw: random.Random) -> dict[str, object]:
    """Tell the tale twice, once killed `kills` times.

    Args:
        folder: with tale.txt and cast.yaml; gets "whole" and "killed"
        kills: how often SIGKILL is sent
        draw: of the moments
    """
    whole, killed = folder / "whole", folder / "killed"
    found: dict[str, object] = {}
    if not (whole / "story.srt").exists():
        found |= watch_memory(folder, whole)
        print(json.dumps(found), flush=True)
    total = json.loads((whole / "story.json").read_bytes())["paragraphs"]

    moments = sorted(draw.uniform(0, total) for _ in range(kills - 1))
    hit: list[str] = []
    for number in range(kills):
        process = start(folder, killed)
        joining = number == kills - 1
        reached = (
            wait_until(process, lambda: bool(list(killed.glob(".story.*.part"))))
            if joining
            else wait_until(process, lambda moment=moments[number]: len(told(killed)) >= moment)  # type: ignore[misc]
        )
        # A paragraph takes some seconds: anywhere within it, or within the writing of the whole.
        time.sleep(draw.uniform(0, 0.3 if joining else 2.0))
        if not reached or process.poll() is not None:
            print("it was done before its time", flush=True)
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        parts = sum(1 for _ in killed.rglob("*.part"))
        hit.append("while joining" if list(killed.glob(".story.*.part")) else f"after {len(told(killed))} paragraphs")
        print(f"kill {len(hit)}: {hit[-1]}, {parts} half-written files", flush=True)
    status = start(folder, killed).wait()

    ours, theirs = digests(killed), digests(whole)
    differing = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return found | {
        "paragraphs": total,
        "seconds": json.loads((whole / "story.json").read_bytes())["seconds"],
        "kills": hit,
        "last_exit_status": status,
        "files": len(theirs),
        "differing": differing[:20],
        "identical": not differing and status == 0 and len(hit) == kills,
    }


def watch_memory(folder: Path, out: Path) -> dict[str, object]:
    """Tell the tale without disturbance; seconds it took, and MB that it held at most after a tenth and at the end."""
    began = time.monotonic()
    process = start(folder, out)
    total, tenth, peak = 0, 0.0, 0.0
    while process.poll() is None:
        peak = max(peak, peak_memory(process.pid))
        if not total and (out / "story.json").exists():
            total = json.loads((out / "story.json").read_bytes())["paragraphs"]
        if total and not tenth and len(told(out)) >= total / 10:
            tenth = peak
        time.sleep(10 * POLL_SECONDS)
    if process.returncode:
        sys.exit(f"voiceact tell ended with exit status {process.returncode}")
    return {"took": round(time.monotonic() - began), "peak_mb_after_a_tenth": round(tenth), "peak_mb": round(peak)}


def start(folder: Path, out: Path) -> "subprocess.Popen[bytes]":
    """Begin or resume the tale."""
    command = ["-m", "voiceact", "tell", folder / "tale.txt", "--cast", folder / "cast.yaml", "--out", out]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen([sys.executable, *map(str, command)], env=environment, stdout=subprocess.DEVNULL, stderr=sys.stderr)


def wait_until(process: "subprocess.Popen[bytes]", true: Callable[[], bool]) -> bool:
    """Wait for something; False if the process ends before."""
    while not true():
        if process.poll() is not None:
            return False
        time.sleep(POLL_SECONDS)
    return True


def told(out: Path) -> list[str]:
    """Names of the paragraphs that are whole."""
    paragraphs = out / "paragraphs"
    return [name for name in os.listdir(paragraphs) if name.endswith(".json")] if paragraphs.is_dir() else []


def peak_memory(pid: int) -> float:
    """MB of memory that a process has held at most; 0 where it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def digests(out: Path) -> dict[str, str]:
    """SHA-256 of every file that was written, by its path."""
    found = {}
    for path in out.rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                found[path.relative_to(out).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


if __name__ == "__main__":
    main()
