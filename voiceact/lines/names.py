"""What the files of a line are called: by its id, the same on every system, inside the folder and nowhere else."""

import contextlib
import re
import time
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from voiceact.audio import FORMATS
from voiceact.clip.record import load_record, record_path
from voiceact.errors import UsageError, count_noun
from voiceact.lines.table import Faults, Line

MANIFEST, TAKES = "lines.jsonl", "takes"

SIDECARS = {"srt": ".srt", "vtt": ".vtt", "words": ".words.json", "visemes": ".visemes.json"}
"""kind of timings -> ending of its file"""

LONGEST_PART = 100
LONGEST_ID = 200
"""characters; with the folder before and the endings behind them names stay within the 255 of common file systems"""

PROVENANCE = b"made with voiceact"
"""in the tags of every file that a clip was saved to (`voiceact.clip.record.provenance`)"""

# What the files beside a line end with: an id with such an ending could take another line's file.
_ENDINGS = (*FORMATS, ".json", ".jsonl", ".srt", ".vtt", ".words", ".visemes", ".part")
_TAKE = re.compile(r"__t\d+$", re.IGNORECASE)
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)
# Names that Windows keeps for devices, with any ending (Microsoft, "Naming Files, Paths, and Namespaces").
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def make_name(text: str, *, joiner: str = "-", longest: int = LONGEST_PART) -> str:
    """Return free words, such as a character's name, as a part of an id or the name of a persona; empty where no word is left.

    >>> make_name("Captain Véga (V.O.)"), make_name("Captain Véga (V.O.)", joiner="_", longest=7), make_name("王")
    ('captain-vega-v-o', 'captain', '')

    Args:
        text: in any script; what has no ASCII letter or digit is left out
        joiner: between words
        longest: characters
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return joiner.join(re.findall(r"[a-z0-9]+", plain))[:longest].strip(joiner)


def check_id(name: str) -> None:
    """Raise UsageError unless `name` is a file name, or folders and a file name, that every system can write."""
    if not name:
        raise UsageError("has no id; expected the name of its file, such as 'scene1/nurse_01'")
    if len(name) > LONGEST_ID:
        raise UsageError(f"id {name[:40]!r}… has {count_noun(len(name), 'character')}; expected at most {LONGEST_ID}")
    for part in name.split("/"):
        _check_part(name, part)


def _check_part(name: str, part: str) -> None:
    """One folder, or the file name, of an id."""
    if part in ("", ".", "..") or "\\" in name or re.match(r"[A-Za-z]:", name):
        raise UsageError(
            f"id {name!r} leaves the folder or names none; expected a name such as 'scene1/nurse_01', folders parted by /"
        )
    if not _PART.fullmatch(part) or part.endswith("."):
        raise UsageError(
            f"id {name!r} holds {part!r}; expected ASCII letters, digits, '_', '-' and '.', with a "
            "letter, digit or '_' first and no '.' last"
        )
    if part.split(".")[0].lower() in _DEVICES:
        raise UsageError(f"id {name!r} holds {part!r}, which Windows keeps for a device; choose another name")
    if part.lower().endswith(_ENDINGS):
        raise UsageError(f"id {name!r} ends as a file does; leave the ending out, --format sets it")
    if _TAKE.search(part):
        raise UsageError(f"id {name!r} ends as a take does; '__t02' and the like are kept for --takes")
    if len(part) > LONGEST_PART:
        raise UsageError(
            f"id {name[:40]!r}… has a part of {count_noun(len(part), 'character')}; expected at most {LONGEST_PART}"
        )


def check_names(lines: Iterable[Line], faults: Faults) -> None:
    """Add a fault for each id that is no name, and each that is the same as another on some system.

    Ids that pass `check_id` share a file only if they are equal but for capitals.
    """
    seen: dict[str, Line] = {}
    for line in lines:
        try:
            check_id(line.id)
        except UsageError as error:
            faults.add(line.row, str(error), line.id)
            continue
        other = seen.setdefault(line.id.casefold(), line)
        if other is not line:
            alike = "is that of" if other.id == line.id else "differs only in capitals from that of"
            faults.add(line.row, f"its id {alike} {other.place}; each line needs a name of its own", line.id)


def take_path(out: Path, name: str, take: int, suffix: str) -> Path:
    """Return `ID.wav` for the first take, `ID__t02.wav` for the second: adding takes later renames nothing."""
    return out / (name + (f"__t{take:02d}" if take > 1 else "") + suffix)


def candidate_path(out: Path, name: str, take: int, suffix: str) -> Path:
    """Return `takes/ID__t01.wav`: where the takes lie from which one is picked to be `ID.wav`."""
    return out / TAKES / f"{name}__t{take:02d}{suffix}"


def sidecar_path(path: Path, kind: str) -> Path:
    """Return where the word timings of a take go: beside its audio."""
    return path.with_suffix(SIDECARS[kind])


def sidecars_there(path: Path) -> list[str]:
    """List the kinds of word timings that lie beside a take."""
    return [kind for kind in SIDECARS if sidecar_path(path, kind).is_file()]


def foreign(path: Path, out: Path) -> str | None:
    """Say why a take must not be written to `path`: somebody else's file or folder is there. None if it may be.

    A writer may have put an actor's recording where the line's file would go, or a link to another folder into `out`.
    """
    if linked := linked_folder(path, out):
        return f"{linked} is a link to a folder outside {out}; it was not followed"
    record = record_path(path)
    if record.is_file():
        return None if _is_record(record) else f"{record.name} is there and is not a clip's record; it was left alone"
    if path.is_file() and PROVENANCE not in path.read_bytes():
        return f"{path.name} is there and was not made by voiceact; it was left alone"
    return None


def linked_folder(path: Path, out: Path) -> Path | None:
    """Return the folder between `out` and a file in it that is a link and leads elsewhere; None if there is none."""
    inside = out.resolve()
    folders = [parent for parent in path.parents if parent.is_relative_to(out) and parent != out]
    return next(
        (folder for folder in reversed(folders) if folder.is_symlink() and not folder.resolve().is_relative_to(inside)), None
    )


def _is_record(path: Path) -> bool:
    try:
        load_record(path)
    except UsageError:
        return b'"schema_version"' in path.read_bytes()
    return True


def orphans(out: Path, planned: Collection[Path]) -> list[str]:
    """List the audio with a record in the folder that is no line or take of the table, from the folder; sorted."""
    found = (path for path in _files(out) if path.suffix.lower() in FORMATS and path not in planned)
    return sorted(
        path.relative_to(out).as_posix() for path in found if record_path(path).is_file() and _is_record(record_path(path))
    )


def sweep(out: Path, *, older_than_seconds: float) -> None:
    """Remove what a killed run left half-written under its temporary names."""
    newest = time.time() - older_than_seconds
    for path in _files(out):
        if re.fullmatch(r"\..+\.[0-9a-f]{8}\.part", path.name):
            # A run beside this one may be renaming it.
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime <= newest:
                    path.unlink()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
