"""An engine that hums and a judge that draws lots, registered as another package would register them.

What the engine does with a take stands in its text ("crashnow", "raisenow", "refusenow", "extranow") and in three variables:
HUM_SECONDS, which every take lasts at least, HUM_BEGUN, a file that is there once a take is begun, and HUM_FUSE, a file that
a crash burns: while it is there, a text with "fusenow" kills its process.
"""

import os
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from judges import IDS

from voiceact.acting.moves import NEUTRAL
from voiceact.engines.base import Capabilities, Engine, Licences, Take
from voiceact.errors import UsageError
from voiceact.estimators.base import Profile, Reference
from voiceact.recipe.schema import Recipe, StopRule, StoreOptions, Verify
from voiceact.runtime.extras import MissingExtraError

TESTS = Path(__file__).parent
ENTRY_POINTS = """[voiceact.engines]
hum = hum:Hum
[voiceact.estimators]
lots = hum:Lots
"""
EVIDENCE = {"anger": "category", "fear": "category", "distress": "dimension"}


class Hum(Engine):
    """A hum as long as the text, pitched by the seed."""

    name, version, model_sha256 = "hum", "1", "0" * 64
    reaches_out = False
    capabilities = Capabilities(
        moves=frozenset(NEUTRAL),
        languages=("en", "de"),
        sample_rate=8000,
        deterministic=True,
        licences=Licences("MIT", "MIT", "MIT"),
    )

    def perform(self, text, persona, direction, *, language, seed):
        _misbehave(text)
        seconds = np.arange(40 * len(text)) / 8000
        hum = 0.1 * np.sin(2 * np.pi * (100 + seed % 97) * direction.moves.rate * seconds)
        return Take(hum.astype(np.float32), 8000, seed)


def _misbehave(text: str) -> None:
    if begun := os.environ.get("HUM_BEGUN"):
        Path(begun).touch()
    time.sleep(float(os.environ.get("HUM_SECONDS", 0)))
    if "crashnow" in text:
        os._exit(9)
    if "raisenow" in text:
        raise RuntimeError("tensor of a bad shape")
    if "refusenow" in text:
        raise UsageError("nothing can be spoken")
    if "extranow" in text:
        raise MissingExtraError("humming louder", "loud")
    fuse = Path(os.environ.get("HUM_FUSE", "/nowhere"))
    if "fusenow" in text and fuse.exists():
        fuse.unlink()
        os._exit(9)


class Lots:
    """Hears in each sound what its checksum says: about every second is as asked."""

    name, revision = "lots", "r1"
    reaches_out = False
    thresholds = dict.fromkeys(EVIDENCE, 2.0)

    def profile(self, samples: np.ndarray, sample_rate: int, *, reference: Reference | None = None) -> Profile:
        lot = zlib.crc32(np.ascontiguousarray(samples).tobytes())
        scores: dict[str, float | None] = dict.fromkeys(IDS)
        for place, category in enumerate(EVIDENCE):
            scores[category] = 5.0 if lot >> (8 * place) & 3 else 0.5
        # What should be absent is: the draw is between heard and not heard alone.
        levels: Any = {one: EVIDENCE.get(one, "none") for one in IDS}
        return Profile(scores, 0.5, -0.5, None, levels, self.name, self.revision, "neutral" if reference else "none")

    def reference(self, clips, *, kind: str = "neutral") -> Reference:
        return Reference("neutral", len(list(clips)), self.revision, {})

    def evidence(self, regime: str) -> dict[str, str]:
        return {one: EVIDENCE.get(one, "none") for one in IDS}


def install(folder: Path) -> Path:
    """A folder that, on the path, makes `hum` and `lots` known."""
    info = folder / "hum-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hum\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


@pytest.fixture
def hum(tmp_path_factory, monkeypatch) -> Path:
    """The engine and the judge are installed, here and in processes begun from here."""
    folder = install(tmp_path_factory.mktemp("hum"))
    root = TESTS.parent
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (folder, TESTS, root))))
    return folder


def recipe(
    name: str = "tiny",
    *,
    personas=("nurse", "farmer"),
    categories=("Anger", "Fear", "Distress", "Pride"),
    intensities=(3.0, 5.0),
    takes: int = 2,
    shard: int = 8,
    stop: StopRule | None = None,
    keep="all",
    suffix="flac",
    twins=False,
    evidence="category",
    **more: Any,
) -> Recipe:
    """Sixteen cells of two takes, in four shards."""
    return Recipe(
        name=name,
        description="For tests.",
        personas=personas,
        categories=categories,
        intensities=intensities,
        engine="hum",
        verify=Verify(checks=("emotion",), judge="lots", evidence=evidence),
        store=StoreOptions(shard=shard, keep=keep, format=suffix, twins=twins),
        **({"stop": stop} if stop else {"takes": takes}),
        **more,
    )


def run_whole(recipe: Recipe, folder: Path) -> Path:
    """Run a recipe below a folder in one go by one process, outside of any test; the folder of the run."""
    from voiceact.runs.run import run_recipe

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(install(folder / "plugin")))
        run_recipe(recipe, folder / "run")
    return folder / "run"


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Name -> bytes of all files of a run that its plan alone decides: all but run.json."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


def lines(path: Path, *texts: str, head: str = "id,text") -> Path:
    """A table of own neutral lines."""
    path.write_text("\n".join([head, *(f"own-{number},{text}" for number, text in enumerate(texts))]) + "\n")
    return path


# Runs in processes of their own


def wait_until(true, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.005)


def at_work(run: Path) -> int:
    """Bytes in its journals: they grow while takes are made."""
    return sum(path.stat().st_size for path in run.glob("work/*/*.journal"))


def in_session(leader: int) -> list[int]:
    """Processes of a session that are alive."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(entry.parent.name))
    return found
