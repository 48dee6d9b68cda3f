"""A listening test: a folder that holds test.json and level-matched copies of its clips.

>>> from voiceact.listening.model import load_test
>>> test = load_test("my-test")  # doctest: +SKIP
>>> test.protocol.name, len(test.clips), len(test.items)  # doctest: +SKIP
"""

import hashlib
import os
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from voiceact.errors import UsageError
from voiceact.listening.protocols.base import Protocol, load_protocol

NAME = "test.json"
AUDIO = "audio"
FORMAT = "voiceact-test/1"

ANSWER_SECONDS, CATEGORY_SECONDS = 5.0, 2.0
"""assumed, not measured: what an answer takes, and each further category of an item that asks for many"""

Kind = Literal["target", "contrastive", "gold", "repeat", "attention"]
KINDS: dict[Kind, str] = {
    "target": "asks what the clip was made for",
    "contrastive": "asks for a category that should be absent",
    "gold": "its right answer is known: by how the clip was made, or by the labels the test was given",
    "repeat": "another item, asked again of the same listener",
    "attention": "tells the listener which answer to give",
}
ASKED: tuple[Kind, ...] = ("target", "contrastive")
"""kinds of item that the test is about; the others are there to know the listeners"""
OTHER = "other"
"""kind of an answer about a category that is neither the clip's nor its contrast, where an item asks for many"""


class TestClip(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sound in the test, and what is known of it; a listener gets the file alone.

    made: "take", or what was made of one: "twin" (its neutral reading), "noise" (its signal drowned), "spoken" (an instruction)
    key: of the take in the run; id of the clip where the test was made of a folder
    scores: category id -> 0 to 7 as the judge heard it
    thresholds: category id -> score from which the judge called it present
    """

    __test__: ClassVar[bool] = False  # no test of pytest's

    id: str
    file: str
    """relative to the folder of the test"""
    sha256: str
    """of that file"""
    seconds: float
    lufs_before: float | None
    gain_db: float
    """how much louder the copy is than the original"""
    key: str
    made: str = "take"
    category: str | None
    intensity: float
    persona: str
    language: str
    text: str
    verdict: str | None
    evidence: str | None = None
    scores: dict[str, float | None] = {}
    thresholds: dict[str, float] = {}


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question about one or two clips.

    category: asked about; of an item that asks for many, the one that `kind` and `expected` are about; None for no category
    asked: all categories that are asked
    expected: values that count as right; None where nobody knows
    repeats: the item that this one asks again
    """

    id: str
    clips: tuple[str, ...]
    category: str | None
    kind: Kind
    asked: tuple[str, ...] = ()
    expected: tuple[int, ...] | None = None
    repeats: str | None = None


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the clips came from.

    kind: "run", or "folder" of clips with records
    plan: digest of the run's plan; None for a folder
    judge: name and revision of the judge whose scores are kept, where there is one
    """

    kind: Literal["run", "folder"]
    name: str
    plan: str | None = None
    judge: dict[str, str] | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the test is run.

    raters: of the first round of an item
    per_listener: items a listener gets at most, gold, repeats and attention checks among them
    gold, repeats, attention: share of those items among a listener's
    gap: positions that lie at least between an item and its repeat
    contrastive: contrastive items for each target item
    languages: of the interface, the first is the default
    headphones: whether listeners pass a headphone check first
    stale_seconds: after so long without a sign of a listener, what they hold is given to others
    lufs: loudness of the copies
    """

    raters: int
    per_listener: int = 40
    gold: float = 0.1
    repeats: float = 0.1
    attention: float = 0.05
    gap: int = 5
    contrastive: float = 0.0
    languages: tuple[str, ...] = ("en",)
    headphones: bool = False
    stale_seconds: float = 1800.0
    lufs: float = -23.0


class TestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What stands in test.json.

    id: digest of everything else in it, so that an edited test is told from the one that was made
    """

    __test__: ClassVar[bool] = False

    format: str = FORMAT
    id: str = ""
    protocol: str
    seed: int
    source: Source
    settings: Settings
    clips: tuple[TestClip, ...]
    items: tuple[Item, ...]


class Test:
    """A test that is read.

    Attributes:
        file: its test.json
        folder: where it lies; None for a test that has no sound (a simulation)
        protocol: what is asked
    """

    __test__: ClassVar[bool] = False

    def __init__(self, file: TestFile, folder: Path | None = None):
        self.file, self.folder = file, folder
        self.protocol: Protocol = load_protocol(file.protocol)

    @property
    def id(self) -> str:
        """Of the test, 16 hexadecimal digits."""
        return self.file.id

    @property
    def settings(self) -> Settings:
        """How it is run."""
        return self.file.settings

    @cached_property
    def clips(self) -> dict[str, TestClip]:
        """id -> clip."""
        return {clip.id: clip for clip in self.file.clips}

    @cached_property
    def items(self) -> dict[str, Item]:
        """id -> item, repeats and all; in no telling order."""
        return {item.id: item for item in self.file.items}

    @cached_property
    def repeats(self) -> dict[str, Item]:
        """id of an item -> the item that asks it again."""
        return {item.repeats: item for item in self.file.items if item.repeats}

    @cached_property
    def asked(self) -> tuple[Item, ...]:
        """The items that the test is about: targets and contrasts."""
        return tuple(item for item in self.file.items if item.kind in ASKED)

    def of_kind(self, *kinds: Kind) -> list[Item]:
        """The items of these kinds."""
        return [item for item in self.file.items if item.kind in kinds]

    def item(self, item_id: str) -> Item:
        """The item of that id.

        Raises:
            UsageError: if the test has none
        """
        if item_id not in self.items:
            raise UsageError(f"test {self.id} has no item {item_id!r}; it is of another test, or was mistyped")
        return self.items[item_id]

    def audio_path(self, clip_id: str) -> Path:
        """The sound file of a clip.

        Raises:
            UsageError: if there is no such clip, or the test has no sound
        """
        if clip_id not in self.clips or self.folder is None:
            raise UsageError(f"test {self.id} has no sound for clip {clip_id!r}")
        return self.folder / self.clips[clip_id].file


def test_id(file: TestFile) -> str:
    """Digest of everything in a test but its id, 16 hexadecimal digits."""
    bare = msgspec.structs.replace(file, id="")
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:16]


test_id.__test__ = False  # type: ignore[attr-defined]


def signed(file: TestFile) -> TestFile:
    """The same test with its id."""
    return msgspec.structs.replace(file, id=test_id(file))


def block_minutes(file: TestFile, items: int) -> float:
    """Minutes that so many items take: their clips once, 5 s for an answer and 2 s for each further category. An estimate."""
    protocol, takes = load_protocol(file.protocol), [clip.seconds for clip in file.clips if clip.made == "take"]
    asked = max((len(item.asked) for item in file.items), default=1)
    each = protocol.clips_per_item * sum(takes) / max(1, len(takes)) + ANSWER_SECONDS + CATEGORY_SECONDS * max(0, asked - 1)
    return items * each / 60


def encode_test(file: TestFile) -> bytes:
    """test.json, indented, in UTF-8."""
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


def load_test(folder: str | os.PathLike[str], *, check: bool = False) -> Test:
    """The test in a folder.

    check: read every sound too, and refuse one that is missing or not the one the test was made with

    Raises:
        UsageError: if there is none, it was edited, is of another format or does not hold together
    """
    path = Path(folder) / NAME
    if not path.is_file():
        raise UsageError(f"{folder}: is no listening test (it has no {NAME}); make one with: "
                         "voiceact listen new RUN --protocol NAME --out TEST")
    test = Test(_decoded(path), Path(folder))
    _check_references(test, path)
    if check:
        check_sounds(test)
    return test


def check_sounds(test: Test) -> None:
    """Raise UsageError, naming the first few, if sounds are missing or not those the test was made with."""
    from voiceact.runtime.atomic_files import sha256_file

    wrong = []
    for clip in test.clips.values():
        path = test.audio_path(clip.id)
        if not path.is_file():
            wrong.append(f"{path} is missing")
        elif sha256_file(path) != clip.sha256:
            wrong.append(f"{path} is not the file the test was made with (SHA-256 differs)")
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise UsageError(f"{'; '.join(wrong[:3])}{more}; put the original back, or make the test again with: "
                         "voiceact listen new")


def _decoded(path: Path) -> TestFile:
    data = path.read_bytes()
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON ({error}); make the test again with: voiceact listen new") from error
    written = found.get("format") if isinstance(found, dict) else None
    if written != FORMAT:
        raise UsageError(f"{path}: has format {written!r}; this voiceact reads {FORMAT!r}")
    try:
        file = msgspec.convert(found, TestFile)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: is not a valid test: {error}") from error
    if test_id(file) != file.id:
        raise UsageError(f"{path}: was edited after it was made (its id is {file.id}, its contents say {test_id(file)}); "
                         "make a new test with: voiceact listen new")
    return file


def _check_references(test: Test, path: Path) -> None:
    """Refuse a test whose items name clips or items that are not in it."""
    for item in test.items.values():
        names: list[tuple[str, dict[str, Any]]] = [(clip, test.clips) for clip in item.clips]
        names += [(item.repeats, test.items)] if item.repeats else []
        for name, known in names:
            if name not in known:
                raise UsageError(f"{path}: item {item.id} names {name}, which is not in the test")
        if len(item.clips) != test.protocol.clips_per_item:
            raise UsageError(f"{path}: item {item.id} has {len(item.clips)} clips; {test.protocol.name} asks about "
                             f"{test.protocol.clips_per_item}")


__all__ = ["ASKED", "AUDIO", "FORMAT", "KINDS", "NAME", "OTHER", "Item", "Kind", "Settings", "Source", "Test", "TestClip",
           "TestFile", "block_minutes", "check_sounds", "encode_test", "load_test", "signed", "test_id"]
