"""What an audit notices, and how fast: `python benchmarks/audit.py [PART…] [--flips N] [--run FOLDER]`.

Parts: flips (one bit at a random place of a random file of a small run, again and again: told or not, by the kind of
file), damages (what hands and copies do to a folder, with the kinds of fault that are told), speed (clips a second, of
the run given). The small run is that of the tests: 8 clips with twins in two shards, without a recipe.yaml.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from tiny_run import write_tiny_run

from voiceact.dataset.audit import audit_run
from voiceact.errors import VoiceactError

TAR, INDEX, REJECTED = "verified/shard-000000.tar", "index/shard-000000.parquet", "rejected/shard-000000.tar"


def told(run: Path) -> list[str]:
    """The kinds of fault an audit tells; "refused" where it cannot even begin."""
    try:
        report = audit_run(run)
        return sorted(report.faults.counts) + [f"not checked: {what}" for what in report.unchecked if what.startswith("bytes")]
    except VoiceactError:
        return ["refused"]


def flip(path: Path, at: int, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


def flips(run: Path, count: int, seed: int) -> None:
    """One bit of the run at a time, every byte of it as likely as every other, but as many in each kind of file."""
    chance = random.Random(seed)
    kinds = {"tar": sorted(run.rglob("*.tar")), "index": sorted(run.rglob("*.parquet")), "run.json": [run / "run.json"]}
    print(f"flips: one bit at a random place, {count} of each kind of file (seed {seed})")
    for kind, files in kinds.items():
        found, missed = 0, Counter[str]()
        for _ in range(count):
            path = chance.choices(files, [file.stat().st_size for file in files])[0]
            at, bit = chance.randrange(path.stat().st_size), chance.randrange(8)
            flip(path, at, bit)
            if told(run):
                found += 1
            else:
                missed[around(path, at, bit)] += 1
            flip(path, at, bit)
        print(f"  {kind:9s} {found} of {count} told" + "".join(f"\n    not told: {what} ({n})" for what, n in missed.most_common(12)))


def around(path: Path, at: int, bit: int) -> str:
    """The bytes beside a place, as they were: what it was that nobody told."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    return repr(bytes(data[max(0, at - 24):at + 8]))


def _swap(run: Path) -> None:
    one, other = run / TAR, run / TAR.replace("000000", "000001")
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def _replace(name: str, old: bytes, new: bytes) -> Callable[[Path], object]:
    def change(run: Path) -> None:
        data = (run / name).read_bytes()
        assert old in data and len(old) == len(new)
        (run / name).write_bytes(data.replace(old, new, 1))

    return change


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a tar deleted": lambda run: (run / TAR).unlink(),
    "a tar cut to half": lambda run: (run / TAR).write_bytes((run / TAR).read_bytes()[:(run / TAR).stat().st_size // 2]),
    "a tar emptied": lambda run: (run / TAR).write_bytes(b""),
    "a tar copied to a second name": lambda run: shutil.copy(run / TAR, run / "copy.tar"),
    "a tar moved to another verdict": lambda run: (run / TAR).rename(run / "undecided/shard-000000.tar"),
    "rejected clips appended to the verified": lambda run: (run / TAR).write_bytes((run / TAR).read_bytes() + (run / REJECTED).read_bytes()),
    "the tars of two shards exchanged": _swap,
    "a text edited in a record": _replace(TAR, b"is said in take", b"is sung in take"),
    "a verdict edited in a record": _replace(REJECTED, b'"rejected"', b'"verified"'),
    "an index deleted": lambda run: (run / INDEX).unlink(),
    "an index of another shard in its place": lambda run: shutil.copy(run / INDEX.replace("000000", "000001"), run / INDEX),
    "an index cut to half": lambda run: (run / INDEX).write_bytes((run / INDEX).read_bytes()[:(run / INDEX).stat().st_size // 2]),
    "run.json emptied": lambda run: (run / "run.json").write_bytes(b""),
    "nothing (must not be told)": lambda run: None,
}


def damages(make: Callable[[Path], Path]) -> None:
    print("damages: what is told, by kind of fault")
    for name, change in DAMAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            run = make(Path(folder) / "run")
            (run / "undecided").mkdir(exist_ok=True)
            change(run)
            print(f"  {name:42s} {', '.join(told(run)) or '-'}")


def speed(run: str) -> None:
    for sample in (0, 100):
        began, before = time.perf_counter(), time.process_time()
        report = audit_run(run, sample=sample)
        wall, busy = time.perf_counter() - began, time.process_time() - before
        print(f"speed: {report.clips} clips, {report.checked.get('verdicts', 0)} judged again: {wall:.1f} s, {busy:.1f} s of processor, "
              f"{report.clips / wall:.0f} clips/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="flips, damages, speed (the first two unless told otherwise)")
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run", help="a finished run, for the part speed")
    asked = parser.parse_args()
    asked.parts = asked.parts or ["flips", "damages"]
    if unknown := set(asked.parts) - {"flips", "damages", "speed"}:
        parser.error(f"unknown part {min(unknown)!r}; there are flips, damages and speed")
    with tempfile.TemporaryDirectory() as folder:
        def make(path: Path) -> Path:
            return Path(write_tiny_run(path, personas=("nurse",), shards=2))

        if "flips" in asked.parts:
            flips(make(Path(folder) / "run"), asked.flips, asked.seed)
        if "damages" in asked.parts:
            damages(make)
    if "speed" in asked.parts:
        if not asked.run:
            parser.error("the part speed needs --run FOLDER")
        speed(asked.run)


if __name__ == "__main__":
    main()
