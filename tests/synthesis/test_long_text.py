"""A long text is spoken passage by passage: bounded memory, no click at a join, all or nothing on the disk."""

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hum import Hum

from voiceact import audio
from voiceact.clip.clip import Clip
from voiceact.engines.base import Take
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.progress import watch_steps
from voiceact.synthesis import synthesize
from voiceact.synthesis.joining import LONGEST_TAKE_CHARACTERS, fade_ends, is_long
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.long_text import write_long_take
from voiceact.synthesis.request import SynthesisRequest, resolve_request
from voiceact.synthesis.takes import perform_takes

SENTENCE = "Dr. Lee came home at 5 p.m. and sat down. "


def long_text(characters: int) -> str:
    return (SENTENCE * 3 + "\n\n") * (characters // (3 * len(SENTENCE)) + 1)


class Loud(Hum):
    """A tone that neither begins nor ends at zero, half a second for each passage."""

    longest = 0
    capabilities = replace(Hum.capabilities, sample_rate=24_000)

    def perform(self, text, persona, direction, *, language="en", seed=0):
        type(self).longest = max(self.longest, len(text))
        return Take(np.cos(np.arange(12_000) * 0.05).astype(np.float32) * 0.5, 24_000, seed)


def request(text: str, engine: object = None) -> SynthesisRequest:
    return SynthesisRequest(persona="nurse", text=text, engine=engine or Loud())


def test_joins_do_not_click_and_an_engine_never_sees_a_long_text(tmp_path: Path) -> None:
    [made] = perform_takes(request(long_text(30_000)), out=tmp_path / "book.wav", verify=False)
    samples, _ = audio.read(made.path)
    # The loudest step of the tone itself is 0.025; an unfaded join would be a step of 0.5.
    assert np.abs(np.diff(samples)).max() < 0.03
    assert 0 < Loud.longest <= 300
    assert made.clip.samples is None and made.clip.record.audio.duration == pytest.approx(len(samples) / 24_000)


def test_the_file_is_the_take_that_python_is_given(tmp_path: Path) -> None:
    text = long_text(5000)
    [made] = perform_takes(request(text), out=tmp_path / "a.flac", verify=False)
    whole = synthesize.synth(persona="nurse", text=text, engine=Loud())
    assert whole.samples is not None
    assert audio.encode(whole.samples, 24_000, suffix=".wav")[44:] == audio.to_pcm16(made.clip.read().samples).tobytes()
    assert Clip.load(made.path).record.audio.sha256 == made.clip.record.audio.sha256
    assert made.clip.record.audio.lufs == pytest.approx(whole.record.audio.lufs, abs=0.02)


def test_a_short_text_is_one_take(tmp_path: Path) -> None:
    text = "a " * (LONGEST_TAKE_CHARACTERS // 2 - 1) + "b"
    assert not is_long(text) and is_long(text + "bcd")
    [made] = perform_takes(request(text), out=tmp_path / "a.wav", verify=False)
    assert made.clip.samples is not None and len(made.clip.samples) == 12_000


def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    peaks = []
    for characters in (6_000, 36_000):
        resolved = resolve_request(request(long_text(characters)), longest=None)
        tracemalloc.start()
        write_long_take(resolved, TakeMaker(checks=(), twins=False), tmp_path / "a.ogg")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The longer one is 7 MB of samples more; what may grow is the text with its record.
    assert peaks[1] - peaks[0] < 2_000_000


def test_progress_counts_characters(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    text = long_text(3000)
    with watch_steps(lambda *step: steps.append(step)):
        [made] = perform_takes(request(text), out=tmp_path / "a.wav", verify=False)
    spoken = len(made.request.text)
    assert {what for what, _, _ in steps} == {"speaking"} and steps[0][1] == 0 and steps[-1][1:] == (spoken, spoken)
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)


def test_an_engine_that_fails_leaves_nothing(tmp_path: Path) -> None:
    class Failing(Loud):
        def perform(self, text, persona, direction, *, language="en", seed=0):
            if "Stop" in text:
                raise UsageError("cannot speak this")
            return super().perform(text, persona, direction)

    with pytest.raises(UsageError, match="cannot speak this"):
        list(perform_takes(request(long_text(3000) + "Stop here.", Failing()), out=tmp_path / "a.wav", verify=False))
    assert not list(tmp_path.iterdir())


def test_a_picture_of_a_long_text_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a picture shows a text of at most 2,000 characters"):
        list(perform_takes(request(long_text(3000)), out=tmp_path / "a.wav", plot=tmp_path / "a.png"))


def test_from_python_the_limit_stays() -> None:
    with pytest.raises(UsageError, match="20,000 can be spoken at once; `voiceact synth --text-file` speaks a text of any"):
        resolve_request(request(long_text(20_000)))


def test_an_engine_that_breaks_its_promise_of_a_rate_is_refused(tmp_path: Path) -> None:
    class Changing(Loud):
        capabilities = Hum.capabilities

    with pytest.raises(VoiceactError, match="gave sound at 24,000 Hz where its capabilities state 8,000"):
        list(perform_takes(request(long_text(3000), Changing()), out=tmp_path / "a.wav", verify=False))
    assert not list(tmp_path.iterdir())


def test_ends_fade_and_short_sounds_too() -> None:
    faded = fade_ends(np.ones(1000, np.float32), 24_000)
    assert faded[0] == faded[-1] == 0 and faded[500] == 1
    assert fade_ends(np.ones(3, np.float32), 24_000).tolist() == [0, 1, 0]
    assert len(fade_ends(np.zeros(0, np.float32), 24_000)) == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_ends_it_and_leaves_nothing(tmp_path: Path, number: int, status: int) -> None:
    (tmp_path / "book.txt").write_text(long_text(60_000))
    command = [sys.executable, "-m", "voiceact", "synth", "--persona", "nurse", "--text-file", "book.txt"]
    process = subprocess.Popen(
        [*command, "--no-verify", "--out", "book.wav"], cwd=tmp_path, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"}
    )
    try:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob(".book.wav.*.part")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(number)
        _, error = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == status and b"nothing is left half-written" in error
    assert [file.name for file in tmp_path.iterdir()] == ["book.txt"]
