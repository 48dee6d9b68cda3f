"""What an audit notices, and how fast: `python benchmarks/audit.py [PART…] [--flips N] [--run FOLDER]`.

Parts: flips (one bit at a random place of a random file of a small run, again and again: told or not, by the kind of
file), damages (what disks, hands and forgers do to a folder, told or not from the bytes alone, and with every verdict
given again), speed (clips a second, of the run given). The small run is a real one: 8 clips with twins in two shards.
A forged damage is one of which digests, sizes, places, counts and ids were made to fit.
"""

import argparse
import json
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from forged import Shard, encoded, measures

from voiceact.dataset.audit.audit import SAMPLE, audit_run
from voiceact.dataset.audit.clips import decode
from voiceact.dataset.audit.report import AuditReport
from voiceact.errors import VoiceactError
from voiceact.recipe.schema import Recipe, StoreOptions, Verify
from voiceact.runs.run import run_recipe

INDEX = "index/shard-000000.parquet"
Damage = Callable[[Path], object]


def small_run(folder: Path) -> Path:
    """Two personas × two categories × two takes, by the engine and the judge that come with voiceact."""
    run_recipe(
        Recipe(
            name="small",
            description="To be damaged.",
            personas=("nurse", "farmer"),
            categories=("Anger", "Sadness"),
            takes=2,
            verify=Verify(checks=("quality", "emotion")),
            store=StoreOptions(shard=4, twins=True),
        ),
        folder,
    )
    return folder


def told(run: Path, sample: int | None = 0) -> list[str]:
    """The kinds of fault an audit tells; "refused" where it cannot even begin, and "no plan" where it says so."""
    try:
        report = audit_run(run, sample=sample)
    except VoiceactError:
        return ["refused"]
    return report.faults.kinds() or ["no plan"] * ("plan" in report.unchecked)


# --- Flips


def flip(path: Path, at: int, bit: int) -> None:
    """Turn one bit over; twice is not at all."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


def flips(run: Path, count: int, seed: int) -> None:
    """One bit of the run at a time, every byte of it as likely as every other, but as many in each kind of file."""
    chance = random.Random(seed)
    kinds = {
        "tar": sorted(run.rglob("*.tar")),
        "index": sorted(run.rglob("*.parquet")),
        "sidecar": sorted(run.glob("index/*.json")),
        "run.json": [run / "run.json"],
        "recipe.yaml": [run / "recipe.yaml"],
    }
    print(f"flips: one bit at a random place, {count} of each kind of file (seed {seed}); no verdict is given again")
    for kind, files in kinds.items():
        found, missed = 0, Counter[str]()
        for _ in range(count):
            path = chance.choices(files, [file.stat().st_size for file in files])[0]
            at, bit = chance.randrange(path.stat().st_size), chance.randrange(8)
            flip(path, at, bit)
            if told(run):
                found += 1
            else:
                missed[around(path, at)] += 1
            flip(path, at, bit)
        print(f"  {kind:11s} {found} of {count} told" + "".join(f"\n    not told: {what}" for what in sorted(missed)))


def around(path: Path, at: int) -> str:
    """The bytes beside a place, as they are now: what it was that nobody told."""
    return repr(path.read_bytes()[max(0, at - 24) : at + 8])


# --- Damages by disks and hands


def tar(run: Path, shard: int = 0) -> Path:
    """A tar of the first shard that there is."""
    return next(iter(sorted(run.glob(f"*/shard-{shard:06d}.tar"))))


def other_level(run: Path) -> str:
    """A level that the first tar is not of."""
    return "verified" if tar(run).parent.name != "verified" else "rejected"


def first_row(run: Path) -> dict[str, Any]:
    return Shard(run).rows[0]


def flip_within(what: str) -> Damage:
    """In the middle of the audio, the record or the twin of the first clip."""

    def change(run: Path) -> None:
        row = first_row(run)
        flip(run / row["tar"], row[f"{what}_start"] + row[f"{what}_length"] // 2, 3)

    return change


def put(name: str, data: bytes = b"x") -> Damage:
    def change(run: Path) -> None:
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).write_bytes(data)

    return change


def swap_tars(run: Path) -> None:
    one, other = tar(run, 0), tar(run, 1)
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def move_tar(run: Path) -> None:
    (run / other_level(run)).mkdir(exist_ok=True)
    tar(run).rename(run / other_level(run) / "shard-000000.tar")


def replace_in(path: Callable[[Path], Path], old: bytes, new: bytes) -> Damage:
    def change(run: Path) -> None:
        data = path(run).read_bytes()
        assert old in data, old
        path(run).write_bytes(data.replace(old, new, 1))

    return change


def edit_record(key: str) -> Damage:
    """The first letter of what a record of the first tar says of something, in place."""

    def change(run: Path) -> None:
        data = tar(run).read_bytes()
        before, said, letter = re.search(rf'("{key}": ?")(.)'.encode(), data).group(0, 1, 2)
        tar(run).write_bytes(data.replace(before, said + (b"W" if letter != b"W" else b"V"), 1))

    return change


def drop_row(run: Path) -> None:
    """As somebody with a Parquet library would: the rows are fewer, the rest of the file stays."""
    from pyarrow import parquet

    found = parquet.read_table(run / INDEX)
    parquet.write_table(found.slice(1), run / INDEX)


def edit_run_json(**changes: object) -> Damage:
    def change(run: Path) -> None:
        document = json.loads((run / "run.json").read_text())
        for key, value in changes.items():
            document[key] = merged(document[key], value)
        (run / "run.json").write_text(json.dumps(document))

    return change


def merged(old: Any, new: Any) -> Any:
    """`new` over `old`, dictionary within dictionary."""
    return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}} if isinstance(new, dict) else new


def half(path: Callable[[Path], Path]) -> Damage:
    return lambda run: path(run).write_bytes(path(run).read_bytes()[: path(run).stat().st_size // 2])


def index(run: Path) -> Path:
    return run / INDEX


BARE: dict[str, Damage] = {
    "nothing (must not be told)": lambda run: None,
    "a bit flipped in audio": flip_within("audio"),
    "a bit flipped in a record": flip_within("record"),
    "a bit flipped in a neutral reading": flip_within("twin"),
    "a bit flipped in the padding of a tar": lambda run: flip(tar(run), tar(run).stat().st_size - 9, 0),
    "a tar deleted": lambda run: tar(run).unlink(),
    "a tar cut to half": half(tar),
    "a tar emptied": lambda run: tar(run).write_bytes(b""),
    "a tar copied to a second name": lambda run: shutil.copy(tar(run), run / "copy.tar"),
    "a tar moved to another verdict's folder": move_tar,
    "a tar appended to another": lambda run: tar(run).write_bytes(tar(run).read_bytes() + tar(run, 1).read_bytes()),
    "the tars of two shards exchanged": swap_tars,
    "a text edited in a record": edit_record("text"),
    "a verdict edited in a record": edit_record("level"),
    "an index deleted": lambda run: index(run).unlink(),
    "an index cut to half": half(index),
    "a sidecar of another shard in its place": lambda run: shutil.copy(
        run / "index/_shard-000001.json", run / "index/_shard-000000.json"
    ),
    "a count edited in a sidecar": replace_in(lambda run: run / "index/_shard-000000.json", b'"included":', b'"included":1'),
    "an index of another shard in its place": lambda run: shutil.copy(run / INDEX.replace("000000", "000001"), index(run)),
    "a row taken out of an index": drop_row,
    "a text file put beside the tars": put("rejected/notes.txt"),
    "a sound put beside the tars": put("rejected/more.flac"),
    "a foreign file put beside the indexes": put("index/more.parquet"),
    "a foreign file put beside run.json": put("notes.txt"),
    "run.json emptied": lambda run: (run / "run.json").write_bytes(b""),
    "the engine's licence edited in run.json": edit_run_json(
        engine={"license": {"code": "MIT", "weights": "MIT", "output": ""}}
    ),
    "a persona's licence edited in run.json": edit_run_json(personas={"nurse": {"license": "MIT"}}),
    "the splits edited in run.json": edit_run_json(recipe={"splits": {"train": 1.0, "by": "both"}}),
    "the hours of a session edited in run.json": edit_run_json(sessions=[]),
    "the intensities edited in recipe.yaml": replace_in(lambda run: run / "recipe.yaml", b"5.0", b"4.0"),
    "recipe.yaml deleted": lambda run: (run / "recipe.yaml").unlink(),
}


# --- Damages by forgers


@dataclass
class Forger:
    """A shard under way: the first clip and the second of its first cell."""

    shard: Shard

    def __post_init__(self) -> None:
        self.first, self.second = (str(row["id"]) for row in self.shard.rows[:2])

    def level(self, key: str) -> str:
        return str(self.shard.row(key)["tar"]).partition("/")[0]

    def record(self, key: str, **changes: object) -> None:
        """Change a record; id and row follow."""
        self.shard.put(key, {**self.shard.document(key), **changes}, like=True)

    def swap_audio(self, *, honest: bool) -> None:
        """Exchange the sounds of two clips; `honest` has each record describe what it holds then."""
        one, other = self.shard.members(self.first), self.shard.members(self.second)
        one["flac"], other["flac"] = other["flac"], one["flac"]
        for key in (self.first, self.second) if honest else ():
            self.describe(key)

    def describe(self, key: str) -> None:
        """Digest, duration, peak and loudness as those of the audio that is there."""
        sound = decode(self.shard.members(key)["flac"], "flac")
        self.shard.sound(key, sound.samples, sound.rate)
        self.record(key, audio={**self.shard.document(key)["audio"], **measures(sound.samples, sound.rate)})

    def replace_audio(self, change: Callable[[np.ndarray], np.ndarray]) -> None:
        sound = decode(self.shard.members(self.first)["flac"], "flac")
        self.shard.members(self.first)["flac"] = encoded(change(sound.samples), sound.rate)
        self.describe(self.first)

    def move(self, key: str, level: str, *, row: bool) -> None:
        """Put a clip among those of another verdict."""
        members = self.shard.members(key)
        old = self.level(key)
        self.shard.clips[old] = [clip for clip in self.shard.clips[old] if clip[0] != key]
        if not self.shard.clips[old]:
            del self.shard.clips[old]
            (self.shard.folder / old / "shard-000000.tar").unlink()
        self.shard.clips.setdefault(level, []).append((key, members))
        (self.shard.folder / level).mkdir(exist_ok=True)
        if row:
            self.shard.row(key)["tar"] = f"{level}/shard-000000.tar"

    def verdict(self, *, checks: bool) -> None:
        """Say that the first clip is rejected or undecided, as it is not; `checks` has its checks say so too."""
        verdict = self.shard.document(self.first)["verdict"]
        level = "undecided" if verdict["level"] == "rejected" else "rejected"
        changed = {**verdict, "level": level}
        if checks and level == "undecided":
            changed |= {"reasons": [], "checks": [{**one, "outcome": "not judged", "reason": ""} for one in verdict["checks"]]}
        elif checks:
            first, *more = verdict["checks"]
            changed |= {
                "reasons": [f"{first['name']}:absent"],
                "checks": [{**first, "outcome": "fail", "reason": "absent"}, *more],
            }
        self.move(self.first, level, row=True)
        self.record(self.first, verdict=changed)

    def scores(self) -> None:
        verdict = self.shard.document(self.first)["verdict"]
        profile = verdict["profile"]
        higher = {name: None if score is None else round(min(7.0, score + 0.5), 4) for name, score in profile["scores"].items()}
        self.record(self.first, verdict={**verdict, "profile": {**profile, "scores": higher}})

    def duplicate(self) -> None:
        clips = self.shard.clips[self.level(self.first)]
        clips.append((self.first, dict(self.shard.members(self.first))))

    def rename(self) -> None:
        """The first clip once more under the name of the second."""
        at = self.shard.clips[self.level(self.second)]
        at[[key for key, _ in at].index(self.second)] = (self.second, dict(self.shard.members(self.first)))

    def edit(self, key: str, column: str, value: object) -> None:
        self.shard.row(key)[column] = value

    def split(self) -> None:
        splits = [name for name in ("train", "test") if name != self.shard.row(self.first)["split"]]
        self.edit(self.first, "split", splits[0])

    def drop_row(self) -> None:
        self.shard.rows = [row for row in self.shard.rows if row["id"] != self.first]


FORGED: dict[str, Callable[[Forger], object]] = {
    "nothing (must not be told)": lambda one: None,
    "a text edited in record and row": lambda one: one.record(one.first, text="Nobody has ever said this to me before."),
    "the seed edited in record and row": lambda one: one.record(one.first, seed=7),
    "a score edited in record and row": lambda one: one.scores(),
    "a verdict edited in record and row": lambda one: one.verdict(checks=False),
    "a verdict edited with all its checks": lambda one: one.verdict(checks=True),
    "a clip moved to another verdict's tar": lambda one: one.move(one.first, other_level(one.shard.folder), row=False),
    "the same with its row": lambda one: one.move(one.first, other_level(one.shard.folder), row=True),
    "a key twice": lambda one: one.duplicate(),
    "a clip under the key of another": lambda one: one.rename(),
    "the audio of two clips exchanged": lambda one: one.swap_audio(honest=False),
    "the same, each described as it is": lambda one: one.swap_audio(honest=True),
    "audio 6 dB softer, described as it is": lambda one: one.replace_audio(lambda samples: samples / 2),
    "audio turned to noise, described as it is": lambda one: one.replace_audio(
        lambda samples: np.random.default_rng(0).normal(0, 0.05, len(samples)).astype(np.float32)
    ),
    "a neutral reading removed": lambda one: one.shard.members(one.first).pop("twin.flac"),
    "the neutral readings of two clips exchanged": lambda one: _swap_twins(one),
    "a clip in another split": lambda one: one.split(),
    "a row taken out": lambda one: one.drop_row(),
    "a clip taken out with its row": lambda one: one.shard.drop(one.first),
    "an included clip left out, or the other way round": lambda one: one.edit(
        one.first, "included", not one.shard.row(one.first)["included"]
    ),
    "the licence of a persona edited in a row": lambda one: one.edit(one.first, "license", "CC0-1.0"),
    "a text file among the members": lambda one: one.shard.members(one.first).update(txt=b"x"),
}


def _swap_twins(one: Forger) -> None:
    here, there = one.shard.members(one.first), one.shard.members(one.second)
    here["twin.flac"], there["twin.flac"] = there["twin.flac"], here["twin.flac"]


def forge(change: Callable[[Forger], object]) -> Damage:
    def damage(run: Path) -> None:
        forger = Forger(Shard(run))
        change(forger)
        forger.shard.write()

    return damage


def damages(run: Path) -> None:
    """A table of them all: what is told from the bytes, and what besides with every verdict given again."""
    for heading, list_of in (
        ("damage", BARE),
        ("forged, so that all digests fit", {name: forge(change) for name, change in FORGED.items()}),
    ):
        print(f"| {heading} | from the bytes | with the verdicts |\n|---|---|---|")
        for name, change in list_of.items():
            with _copy(run) as copy:
                change(copy)
                bare = told(copy)
                more = [kind for kind in told(copy, None) if kind not in bare] if bare != ["refused"] else []
                print(f"| {name} | {', '.join(bare) or '-'} | {', '.join(more) or '-'} |", flush=True)
        print()


@contextmanager
def _copy(run: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(run, Path(folder, "run")))


# --- Speed


def speed(run: str) -> None:
    """Clips a second, without verdicts and with a sample of them."""
    for sample in (0, SAMPLE):
        began, before = time.perf_counter(), time.process_time()
        report: AuditReport = audit_run(run, sample=sample)
        wall, busy = time.perf_counter() - began, time.process_time() - before
        print(
            f"speed: {report.clips} clips, {report.checked['verdicts']} judged again: {wall:.1f} s, {busy:.1f} s of processor, "
            f"{report.clips / busy:.0f} clips a second of processor; {len(report.faults)} faults"
        )


PARTS = ("flips", "damages", "speed")


def main() -> None:
    """Run the parts named on the command line; the first two unless told otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run", help="a finished run, for the part speed")
    asked = parser.parse_args()
    asked.parts = asked.parts or PARTS[:2]
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; expected some of {', '.join(PARTS)}")
    if "speed" in asked.parts and not asked.run:
        parser.error("the part speed needs --run FOLDER")
    with tempfile.TemporaryDirectory() as folder:
        run = small_run(Path(folder, "run")) if {"flips", "damages"} & set(asked.parts) else Path()
        if "flips" in asked.parts:
            flips(run, asked.flips, asked.seed)
        if "damages" in asked.parts:
            damages(run)
    if "speed" in asked.parts:
        speed(asked.run)


if __name__ == "__main__":
    main()
