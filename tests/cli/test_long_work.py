"""A text of 1,500 words is spoken and judged for minutes: it says how far it is, and hears the first Ctrl-C and SIGTERM."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from builders import build_record, build_take

from voiceact import audio
from voiceact.clip.clip import Clip

WORDS = "The blue cup stands next to the kettle and nobody has noticed it so far at all. " * 94
SAMPLE = Path(__file__).parents[2] / "samples" / "nurse-neutral.ogg"
PATIENCE = 120
"""seconds after which a program is taken to hang; nothing is measured by it"""


def begin(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "voiceact", *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr").open("wb"),
    )


def wait_for(word: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while word not in (folder / "stderr").read_text():
        assert process.poll() is None and time.monotonic() < until, (folder / "stderr").read_text()
        time.sleep(0.1)


def stop(process: subprocess.Popen[bytes], number: int) -> int:
    process.send_signal(number)
    try:
        return process.wait(PATIENCE)
    finally:
        process.kill()
        process.communicate()


def test_judging_a_long_text_shows_progress_and_hears_sigterm(tmp_path: Path) -> None:
    assert len(WORDS.split()) > 1500
    spoken, rate = audio.read(SAMPLE)
    take = build_take(np.tile(spoken, 60), rate)
    Clip(build_record(text=WORDS, take=take), take.samples).save(tmp_path / "long.wav")
    before = (tmp_path / "long.json").read_bytes()
    process = begin(tmp_path, "verify", "long.wav", "--no-twin", "--check", "transcript")
    wait_for("long.wav: transcript, ", process, tmp_path)
    assert stop(process, signal.SIGTERM) == 143
    assert (tmp_path / "stderr").read_text().splitlines()[-1] == "voiceact: interrupted; nothing is left half-written"
    assert (tmp_path / "long.json").read_bytes() == before and json.loads(before)["verdict"] is None


def test_speaking_a_long_text_shows_progress_and_hears_the_first_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(WORDS)
    process = begin(tmp_path, "synth", "--persona", "nurse", "--text-file", "text.txt", "--out", "long.wav")
    wait_for("speaking and judging, ", process, tmp_path)
    assert stop(process, signal.SIGINT) == 130
    assert (tmp_path / "stderr").read_text().splitlines()[-1] == "voiceact: interrupted; nothing is left half-written"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stderr", "text.txt"]
