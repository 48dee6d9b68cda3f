"""The pool of processes: what is due first is done first, what is not wanted is stopped, and a death costs one task."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.progress import report_step
from voiceact.serve.pool import (
    FIRST_AHEAD_SECONDS,
    FIRST_CHARACTERS,
    PoolBusyError,
    SynthesisPool,
    WorkerDiedError,
    WorkFailedError,
    WrongRequestError,
    count_opening,
    cut_text,
)
from voiceact.synthesis.request import SynthesisRequest


def with_pool(work: Callable[[SynthesisPool], Awaitable[object]], **settings: object) -> None:
    async def run() -> None:
        pool = SynthesisPool(**{"engines": (), "workers": 1, **settings})
        await pool.start()
        try:
            await work(pool)
        finally:
            await pool.close()

    asyncio.run(run())


# --- Tasks, run in the processes


def note(file: str, what: str) -> None:
    with Path(file).open("a") as notes:
        notes.write(what + "\n")


def step_on(file: str) -> None:
    note(file, "begun")
    for number in range(2000):
        time.sleep(0.01)
        report_step("stepping", number, 2000)
    note(file, "done")


def refuse() -> None:
    raise UsageError("nobody can do that")


def fail() -> None:
    raise RuntimeError("the model is broken")


def give_up() -> None:
    raise MemoryError


def test_tasks_errors_cancelling_and_death(tmp_path: Path) -> None:
    file = str(tmp_path / "notes")

    async def work(pool: SynthesisPool) -> None:
        assert await pool.run(abs, -3) == 3

        # What cannot be sent to a process is refused at once.
        with pytest.raises((AttributeError, TypeError), match=r"pickle|local"):
            await pool.run(lambda: None)

        with pytest.raises(WrongRequestError, match="nobody can do that"):
            await pool.run(refuse)
        with pytest.raises(WorkFailedError, match="the model is broken"):
            await pool.run(fail)
        assert (pool.restarts, pool.ready) == (0, 1), "an error of the engine costs no process"

        # What is due first is done first, whoever came first.
        busy = asyncio.ensure_future(pool.run(time.sleep, 0.3))
        await asyncio.sleep(0.1)
        later, sooner = (
            asyncio.ensure_future(pool.run(note, file, what, due=due)) for what, due in (("later", 9), ("sooner", 5))
        )
        dropped = asyncio.ensure_future(pool.run(note, file, "dropped", due=1))
        await asyncio.sleep(0)
        dropped.cancel()
        await asyncio.gather(busy, later, sooner)
        assert Path(file).read_text().split() == ["sooner", "later"]

        # What has begun is stopped at its next step.
        Path(file).unlink()
        stepping = asyncio.ensure_future(pool.run(step_on, file))
        while not Path(file).exists():
            await asyncio.sleep(0.02)
        stepping.cancel()
        assert await asyncio.wait_for(pool.run(abs, -4), 10) == 4, "20 s of steps were not waited for"
        assert Path(file).read_text().split() == ["begun"]
        assert pool.restarts == 0

        # A process that dies is replaced; what waits is done by the next one.
        for death in (lambda: pool.run(os._exit, 3), lambda: pool.run(give_up)):
            dying = asyncio.ensure_future(death())
            waiting = asyncio.ensure_future(pool.run(abs, -5))
            with pytest.raises(WorkerDiedError, match="send it again"):
                await dying
            assert await waiting == 5
        assert pool.restarts == 2

    with_pool(work)


def test_no_more_than_allowed_are_let_in() -> None:
    pool = SynthesisPool(engines=(), workers=2, most_requests=2)
    with pool.admit(), pool.admit():
        with pytest.raises(PoolBusyError, match="2 requests under way") as busy, pool.admit():
            pass
        assert busy.value.retry_after >= 1
    assert pool.under_way == 0
    with pool.admit():
        assert pool.under_way == 1


def test_an_engine_that_cannot_be_loaded_is_told_at_the_start() -> None:
    async def start() -> None:
        pool = SynthesisPool(engines=("no-such-engine",), workers=1)
        with pytest.raises(VoiceactError, match="could not load no-such-engine"):
            await pool.start()
        await pool.close()

    asyncio.run(start())


# --- Speech

LINE = SynthesisRequest(persona="nurse", emotions="Concern", text="Sit down, please. I'll get the doctor. Wait here.")


def test_takes_and_passages() -> None:
    async def work(pool: SynthesisPool) -> None:
        from voiceact import synth

        # A take is the one that `synth` makes.
        take = await pool.synthesize(LINE, twin=True)
        own = synth(persona="nurse", emotion="Concern", text=LINE.text)
        assert (take.clip.samples == own.samples).all() and take.clip.record.mix == {"distress": 5.0}
        assert take.twin is not None and len(take.twin) != len(take.clip.samples)
        assert take.moves["pitch"] > 0

        # Twice as fast is half as long, in sound and in timings.
        fast = await pool.synthesize(LINE, speed=2.0)
        assert len(fast.clip.samples) == pytest.approx(len(own.samples) / 2, rel=0.02)
        assert fast.clip.words[-1].end == pytest.approx(own.words[-1].end / 2)

        # A text comes sentence by sentence, its words timed from the start of the whole.
        passages = [passage async for passage in pool.stream(LINE)]
        assert [passage.text for passage in passages] == ["Sit down, please.", "I'll get the doctor.", "Wait here."]
        place = 0.0
        for passage in passages:
            end = place + len(passage.samples) / passage.rate
            assert all(place <= word.start <= word.end <= end + 0.01 for word in passage.words)
            place = end
        assert [word.text for passage in passages for word in passage.words] == LINE.text.split()

        # A stream that is closed early speaks no more.
        stream = pool.stream(LINE)
        await anext(stream)
        await stream.aclose()
        assert pool.waiting == 0

        with pytest.raises(WrongRequestError, match="unknown persona 'nurze'") as wrong:
            await pool.synthesize(SynthesisRequest(persona="nurze", text="Sit down."))
        assert wrong.value.about == "persona"

    with_pool(work, engines=("embedded",))


def test_a_stream_begins_before_what_is_somewhat_late_and_after_what_is_very_late() -> None:
    async def work(pool: SynthesisPool) -> None:
        order: list[str] = []

        async def run(name: str, task: Awaitable[object]) -> None:
            await task
            order.append(name)

        busy = asyncio.ensure_future(pool.run(time.sleep, 0.5))
        await asyncio.sleep(0.1)
        now = time.monotonic()
        stream = pool.stream(LINE)
        await asyncio.gather(
            run("late", pool.run(abs, -1, due=now - FIRST_AHEAD_SECONDS / 2)),
            run("very late", pool.run(abs, -1, due=now - 2 * FIRST_AHEAD_SECONDS)),
            run("first", anext(stream)),
            busy,
        )
        await stream.aclose()
        assert order == ["very late", "first", "late"]

    with_pool(work, engines=("embedded",))


def test_of_streams_that_come_together_the_shortest_opening_is_spoken_first() -> None:
    async def work(pool: SynthesisPool) -> None:
        order: list[str] = []

        async def begin(name: str, opening: int) -> None:
            stream = pool.stream(LINE, opening=opening)
            await anext(stream)
            order.append(name)
            await stream.aclose()

        busy = asyncio.ensure_future(pool.run(time.sleep, 0.5))
        await asyncio.sleep(0.1)
        await asyncio.gather(begin("long", FIRST_CHARACTERS), begin("short", 5), begin("middle", 30), busy)
        assert order == ["short", "middle", "long"]

    with_pool(work, engines=("embedded",))


@pytest.mark.parametrize(
    "text",
    [
        "Sit down.",
        "Sit down. I'll get the doctor.",
        'He said: "No!" Then he left.',
        "The kettle stands on the second shelf, and the blue cup is next to it. Is it cold?",
        "  Wait. ",
    ],
)
def test_the_length_of_an_opening_is_told_without_reading_the_text(text: str) -> None:
    assert count_opening(text) == len(cut_text(text, "en")[0].text) <= FIRST_CHARACTERS


@pytest.mark.parametrize("text", ["", "x" * 5000, "word " * 900, "[sighs]"])
def test_an_opening_is_never_longer_than_what_is_spoken_as_a_whole(text: str) -> None:
    assert count_opening(text) <= min(len(text), FIRST_CHARACTERS)


def test_a_long_first_sentence_is_cut_behind_a_clause() -> None:
    text = "There is nothing at all to be afraid of, you know, because we have seen this many times before. Sit down."
    passages = cut_text(text, "en")
    assert [passage.text for passage in passages] == [
        "There is nothing at all to be afraid of,",
        "you know, because we have seen this many times before.",
        "Sit down.",
    ]
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)


@pytest.mark.parametrize(
    ("text", "count"), [("Sit down.", 1), ("Yes, " + "x" * FIRST_CHARACTERS + ".", 1), ("[sighs]", 1), ("One. Two.", 2)]
)
def test_what_is_short_or_has_no_clause_is_not_cut(text: str, count: int) -> None:
    assert len(cut_text(text, "en")) == count


KILLED = """
import multiprocessing, os, signal, sys, time
from ctypes import c_uint64
from multiprocessing.sharedctypes import RawValue
from voiceact.serve.worker import work

def work_late(parent, pipe, cancelled):
    pipe.send("begun")
    while os.getppid() == parent and len(sys.argv) < 2:
        time.sleep(0.01)
    work(pipe, cancelled, (), ())

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work_late, args=(os.getpid(), theirs, RawValue(c_uint64, 0)))
    process.start()
    theirs.close()
    assert ours.recv() == "begun"
    if len(sys.argv) > 1:
        ours.poll(None)  # the reply is left unread
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", [(), ("with a reply that nobody read",)])
def test_a_process_whose_server_was_killed_ends_silently(tmp_path: Path, moment: tuple[str, ...]) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    # The process holds the other end of stderr: this returns when it has ended.
    ended = subprocess.run([sys.executable, str(script), *moment], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (-9, "")
