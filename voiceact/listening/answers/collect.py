"""The files that listeners of a bundle send back, checked and made rows of."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from voiceact.errors import UsageError
from voiceact.listening.answers.answer import Answer, make_answers
from voiceact.listening.answers.listener import Listener
from voiceact.listening.answers.results import merged, read_server
from voiceact.listening.delivery.bundle import Guest, read_bundles
from voiceact.listening.model import Test

FORMAT = "voiceact-answers/1"


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer as the page kept it."""

    item: str
    position: int
    value: Any
    seconds: float
    plays: int
    at: str
    """UTC, ISO 8601, by the listener's clock: there is no other"""


class AnswersFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a listener sends back."""

    format: str
    test: str
    listener: str
    number: int
    language: str
    qualified: bool | None
    consented_at: str
    done_at: str | None
    answers: tuple[Given, ...]
    sha256: str


def collect(test: Test, paths: Sequence[Path]) -> tuple[list[Answer], list[Listener]]:
    """The answers and listeners of files that a bundle's page wrote; the same file twice counts once.

    Raises:
        UsageError: naming the file, if it is none of a bundle of this test, was edited, or two disagree
    """
    guests = {guest.id: guest for bundle in read_bundles(test) for guest in bundle.guests}
    parts: list[list[Answer]] = []
    listeners: dict[str, Listener] = {}
    for path in paths:
        found = _read(path)
        guest = _guest(test, found, guests, path)
        parts.append(_rows(test, guest, found, path))
        before = listeners.get(guest.id)
        if before is None or (found.done_at and not before.done_at):
            listeners[guest.id] = Listener(id=guest.id, number=guest.number, language=found.language, qualified=found.qualified,
                                           consented_at=found.consented_at, done_at=found.done_at)
    return merged(*parts), sorted(listeners.values(), key=lambda one: one.number)


def gather(test: Test, *, database: str | None = None, collected: Sequence[Path] = ()) -> tuple[list[Answer], list[Listener]]:
    """All answers of a test, and its listeners.

    database: of the server; None is the one in the folder of the test, unless something was collected
    collected: files that were sent back, and folders of them

    Raises:
        UsageError: if there are none, or they cannot be trusted (see `collect`)
    """
    files = [path for place in collected for path in (sorted(place.glob("*.json")) if place.is_dir() else [place])]
    if collected and not files:
        raise UsageError(f"{collected[0]}: holds no files of answers (.json); expected what listeners sent back")
    sent, senders = collect(test, files)
    if collected and database is None:
        return sent, senders
    served, listeners = read_server(test, database)
    return merged(served, sent), [*listeners, *senders]


def _read(path: Path) -> AnswersFile:
    if not path.is_file():
        raise UsageError(f"{path}: no such file; expected what a bundle's page let a listener download")
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: is not JSON; expected the file as the page wrote it") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(f"{path}: is not a file of answers ({FORMAT}); expected what a bundle's page let a listener download")
    bare = {name: value for name, value in document.items() if name != "sha256"}
    # As the page wrote it: JSON without spaces, keys in their order.
    text = json.dumps(bare, ensure_ascii=False, separators=(",", ":"))
    if hashlib.sha256(text.encode()).hexdigest() != document.get("sha256"):
        raise UsageError(f"{path}: was changed after it was written (its digest is not that of its contents); ask the listener "
                         "to download it again")
    try:
        return msgspec.convert(document, AnswersFile)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: is not a file of answers ({error})") from None


def _guest(test: Test, found: AnswersFile, guests: dict[str, Guest], path: Path) -> Guest:
    if found.test != test.id:
        raise UsageError(f"{path}: is of test {found.test}, and this is test {test.id}")
    if found.listener not in guests:
        raise UsageError(f"{path}: is of listener {found.listener}, whom no bundle of this test knows; collect it with "
                         "the folder of the test that the bundle was made of")
    return guests[found.listener]


def _rows(test: Test, guest: Guest, found: AnswersFile, path: Path) -> list[Answer]:
    draws = {(draw.item, draw.position): draw for draw in guest.draws}
    rows: list[Answer] = []
    for given in found.answers:
        draw = draws.get((given.item, given.position))
        if draw is None:
            raise UsageError(f"{path}: answers item {given.item} at position {given.position}, which listener {guest.id} was "
                             "not given")
        try:
            rows += make_answers(test, draw, given.value, at=given.at, seconds=given.seconds, plays=given.plays)
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from error
    return rows
