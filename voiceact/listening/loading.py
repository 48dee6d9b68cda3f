"""Read a listening test: a folder that holds test.json and level-matched copies of its clips.

>>> from voiceact.listening.loading import load_test
>>> test = load_test("my-test")  # doctest: +SKIP
>>> test.protocol.name, len(test.clips), len(test.items)  # doctest: +SKIP
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError, count_noun
from voiceact.listening.delivery.words import check_languages
from voiceact.listening.design.stimuli import flac_format
from voiceact.listening.model import (
    ANSWER_SECONDS,
    ASKED,
    CATEGORY_SECONDS,
    FORMAT,
    MAX_SOUND_BYTES,
    MAX_TEST_BYTES,
    NAME,
    Kind,
    ListeningItem,
    Stimulus,
    TestFile,
    TestSettings,
    test_id,
)
from voiceact.listening.protocols.base import Protocol
from voiceact.listening.protocols.registry import load_protocol
from voiceact.runtime.atomic_files import sha256_file
from voiceact.runtime.untrusted_paths import read_regular_file, resolve_inside
from voiceact.runtime.untrusted_text import clean_text


class ListeningTest:
    """A listening test that was read.

    Attributes:
        file: its test.json
        folder: where it lies; None for a test that has no sound (a simulation)
        protocol: what is asked
    """

    def __init__(self, file: TestFile, protocol: Protocol, folder: Path | None = None):
        self.file, self.protocol, self.folder = file, protocol, folder

    @property
    def id(self) -> str:
        """Id of the test, 16 hexadecimal digits."""
        return self.file.id

    @property
    def settings(self) -> TestSettings:
        """How it is run."""
        return self.file.settings

    @cached_property
    def clips(self) -> dict[str, Stimulus]:
        """id -> clip."""
        return {clip.id: clip for clip in self.file.clips}

    @cached_property
    def items(self) -> dict[str, ListeningItem]:
        """id -> item, repeats and all; in no telling order."""
        return {item.id: item for item in self.file.items}

    @cached_property
    def repeats(self) -> dict[str, ListeningItem]:
        """id of an item -> the item that asks it again."""
        return {item.repeats: item for item in self.file.items if item.repeats}

    @cached_property
    def asked(self) -> tuple[ListeningItem, ...]:
        """The items that the test is about: targets and contrasts."""
        return tuple(item for item in self.file.items if item.kind in ASKED)

    def of_kind(self, *kinds: Kind) -> list[ListeningItem]:
        """Return the items of these kinds."""
        return [item for item in self.file.items if item.kind in kinds]

    def item(self, item_id: str) -> ListeningItem:
        """Return the item of that id.

        Raises:
            UsageError: if the test has none
        """
        if item_id not in self.items:
            raise UsageError(f"test {self.id} has no item {item_id!r}; it is of another test, or was mistyped")
        return self.items[item_id]

    def audio_path(self, clip_id: str) -> Path:
        """Return the sound file of a clip, which lies in the folder of the test whatever test.json says.

        Raises:
            UsageError: if there is no such clip, the test has no sound, or the file's name or a link leads out of the folder
        """
        if clip_id not in self.clips or self.folder is None:
            raise UsageError(f"test {self.id} has no sound for clip {clip_id!r}")
        return resolve_inside(self.folder, self.clips[clip_id].file, source=f"{NAME}: clip {clip_id}")

    def read_sound(self, clip_id: str) -> bytes:
        """Read the content of a clip's sound file.

        Raises:
            UsageError: as `audio_path`; also if the file is missing or absurdly large
        """
        path = self.audio_path(clip_id)
        try:
            return read_regular_file(path, max_bytes=MAX_SOUND_BYTES)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}; put the original back") from None


def open_test(file: TestFile, folder: Path | None = None) -> ListeningTest:
    """Return the test that a test.json describes, with its protocol.

    Args:
        file: content of test.json
        folder: where the test lies; None for a test that has no sound (a simulation)

    Raises:
        UnknownNameError: if the protocol is not known
    """
    return ListeningTest(file, load_protocol(file.protocol), folder)


def block_minutes(file: TestFile, items: int) -> float:
    """Estimate the minutes that so many items take: each clip once, 5 s an answer and 2 s for each further category."""
    protocol, takes = load_protocol(file.protocol), [clip.seconds for clip in file.clips if clip.made == "take"]
    targets = max((len(item.asked) for item in file.items), default=1)
    each = protocol.clips_per_item * sum(takes) / max(1, len(takes)) + ANSWER_SECONDS + CATEGORY_SECONDS * max(0, targets - 1)
    return items * each / 60


def encode_test(file: TestFile) -> bytes:
    """Encode test.json, indented, in UTF-8."""
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


def load_test(folder: str | os.PathLike[str], *, check: bool = False) -> ListeningTest:
    """Read the test in a folder.

    Args:
        folder: of the test
        check: whether to read every sound too, and refuse one that is missing or differs

    Raises:
        UsageError: if there is none, it was edited, is of another format or does not hold together
    """
    if "\0" in os.fspath(folder) or not (Path(folder) / NAME).is_file():
        raise UsageError(
            f"{os.fspath(folder)!r}: is no listening test (it has no {NAME}); make one with: "
            "voiceact listen new RUN --protocol NAME --out TEST"
        )
    path = resolve_inside(folder, NAME, source=str(folder))
    test = open_test(decode_test(path), Path(folder))
    check_references(test, path)
    if check:
        check_sounds(test)
    return test


def check_sounds(test: ListeningTest) -> None:
    """Check that the sounds are those the test was made with, and that nothing but their sound tells them apart.

    Raises:
        UsageError: naming the first few that are missing or altered; or if copies differ in format
    """
    wrong, formats = [], {}
    for clip in test.clips.values():
        path = test.audio_path(clip.id)
        if not path.is_file():
            wrong.append(f"{path} is missing")
        elif sha256_file(path) != clip.sha256:
            wrong.append(f"{path} is not the file the test was made with (SHA-256 differs)")
        else:
            try:
                rate, metadata = flac_format(test.read_sound(clip.id))
            except UsageError as error:
                raise UsageError(f"{path} {error}; make the test again with: voiceact listen new") from None
            formats[metadata] = rate
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise UsageError(
            f"{'; '.join(wrong[:3])}{more}; put the original back, or make the test again with: voiceact listen new"
        )
    if len(formats) > 1:
        rates = ", ".join(map(str, sorted(set(formats.values()))))
        raise UsageError(
            f"{test.folder}: its copies differ in format (sample rates: {rates} Hz), which tells listeners which "
            "system spoke; make the test again with: voiceact listen new (answers to this one can still be read)"
        )


def decode_test(path: Path) -> TestFile:
    """Read test.json and check its format and its digest.

    Raises:
        UsageError: if it is no test of this format, or was edited
    """
    data = read_regular_file(path, max_bytes=MAX_TEST_BYTES)
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON ({error}); make the test again with: voiceact listen new") from error
    written = document.get("format") if isinstance(document, dict) else None
    if written != FORMAT:
        raise UsageError(
            f"{path}: has format {clean_text(repr(written), 60) if isinstance(written, str) else 'none'}; this "
            f"voiceact reads {FORMAT!r}"
        )
    try:
        file = msgspec.convert(document, TestFile)
    except (msgspec.ValidationError, RecursionError) as error:
        raise UsageError(f"{path}: is not a valid test: {clean_text(error)}") from error
    if test_id(file) != file.id:
        raise UsageError(
            f"{path}: was edited after it was made (its id is {clean_text(file.id, 40)}, its contents say "
            f"{test_id(file)}); make a new test with: voiceact listen new"
        )
    return file


def check_references(test: ListeningTest, path: Path) -> None:
    """Refuse a test that contradicts itself: names of what is not in it, values that cannot be given, foreign paths."""
    known_categories = {category.id for category in categories()}
    check_languages(test.settings.languages)
    if len(test.items) != len(test.file.items) or len(test.clips) != len(test.file.clips):
        raise UsageError(f"{path}: two items or two clips have one id")
    for clip in test.clips.values():
        test.audio_path(clip.id)
    for item in test.items.values():
        names: list[tuple[str, dict[str, Any]]] = [(clip, test.clips) for clip in item.clips]
        names += [(item.repeats, test.items)] if item.repeats else []
        for name, known in names:
            if name not in known:
                raise UsageError(f"{path}: item {item.id} names {name}, which is not in the test")
        if len(item.clips) != test.protocol.clips_per_item:
            raise UsageError(
                f"{path}: item {item.id} has {count_noun(len(item.clips), 'clip')}; {test.protocol.name} asks about "
                f"{test.protocol.clips_per_item}"
            )
        if strange := {item.category, *item.asked} - known_categories - {None}:
            raise UsageError(f"{path}: item {item.id} asks for {clean_text(repr(strange.pop()), 60)}, which is no category")
        if wrong := set(item.expected or ()) - set(test.protocol.values):
            raise UsageError(
                f"{path}: item {item.id} expects {wrong.pop()}, which is no answer of {test.protocol.name}; "
                f"expected {', '.join(map(str, test.protocol.values))}"
            )
