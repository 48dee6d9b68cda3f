"""Read the files that listeners of a bundle send back, check them and turn them into rows."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from voiceact.errors import UsageError
from voiceact.listening.answers.answer import Answer, Listener, Name, Time, make_answers
from voiceact.listening.answers.results import merge_answers
from voiceact.listening.delivery.bundle import LISTENERS, BundleFile, Guest, read_bundles
from voiceact.listening.loading import ListeningTest
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.runtime.untrusted_text import clean_text

FORMAT = "voiceact-answers/1"


MAX_ANSWERS_BYTES = 16 * 2**20
"""of a file of answers; 2,000 answers about 40 categories each take about 3 MiB"""

Figure = Annotated[int, msgspec.Meta(ge=-1000, le=1000)] | Annotated[float, msgspec.Meta(ge=-1000, le=1000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class ReturnedAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer as the page stored it."""

    item: Name
    position: Count
    value: Figure | dict[Name, Figure]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=1e9)]
    plays: Count
    at: Time
    """UTC, ISO 8601, by the listener's clock: there is no other"""


class AnswersFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file that a listener sends back."""

    format: str
    test: str
    listener: str
    number: Count
    language: Name
    qualified: bool | None
    consented_at: Time
    done_at: Time | None
    answers: tuple[ReturnedAnswer, ...]
    sha256: str


def collect_answers(test: ListeningTest, paths: Sequence[Path]) -> tuple[list[Answer], list[Listener]]:
    """Read the answers and listeners of files that a bundle's page wrote; the same file twice counts once.

    Args:
        test: that the bundle was made of
        paths: files of answers

    Returns:
        Answers by time, and listeners by number.

    Raises:
        UsageError: naming the file, if it is none of a bundle of this test, was edited, or two disagree
    """
    guests = {guest.id: (bundle, guest) for bundle in read_bundles(test) for guest in bundle.guests}
    parts: list[list[Answer]] = []
    listeners: dict[str, Listener] = {}
    for path in paths:
        # Look up the listener in the bundles of the test.
        sent = read_answers_file(path)
        if sent.test != test.id:
            raise UsageError(f"{path}: is of test {clean_text(sent.test, 40)}, and this is test {test.id}")
        if sent.listener not in guests:
            raise UsageError(
                f"{path}: is of listener {clean_text(sent.listener, 40)}, whom no bundle of this test knows; "
                "collect it with the folder of the test that the bundle was made of"
            )
        bundle, guest = guests[sent.listener]

        parts.append(match_answers(test, sent, bundle, guest, path))

        # Of two files of one listener, the finished one describes them.
        before = listeners.get(guest.id)
        if before is None or (sent.done_at and not before.done_at):
            listeners[guest.id] = Listener(
                id=guest.id,
                number=guest.number,
                language=sent.language,
                qualified=sent.qualified,
                consented_at=sent.consented_at,
                done_at=sent.done_at,
            )
    return merge_answers(*parts), sorted(listeners.values(), key=lambda listener: listener.number)


def match_answers(test: ListeningTest, sent: AnswersFile, bundle: BundleFile, guest: Guest, path: Path) -> list[Answer]:
    """Turn the answers of a file into rows, each matched with the item that the bundle gave the listener.

    Args:
        test: that the bundle was made of
        sent: content of the file
        bundle: that the listener took
        guest: the listener in it
        path: of the file, for messages

    Raises:
        UsageError: for an item that the listener was not given, or a value that cannot be
    """
    draws = {(bundle.aliases.item(LISTENERS, draw.item), draw.position): draw for draw in guest.draws}
    rows: list[Answer] = []
    for answer in sent.answers:
        draw = draws.get((answer.item, answer.position))
        if draw is None:
            raise UsageError(
                f"{path}: answers item {answer.item} at position {answer.position}, which listener {guest.id} was not given"
            )
        try:
            rows += make_answers(test, draw, answer.value, at=answer.at, seconds=answer.seconds, plays=answer.plays)
        except UsageError as error:
            raise UsageError(f"{path}: item {answer.item}: {error}") from error
    return rows


def gather_answers(
    test: ListeningTest, *, database: str | None = None, collected: Sequence[Path] = ()
) -> tuple[list[Answer], list[Listener]]:
    """Gather all answers of a test, and its listeners.

    Args:
        test: the test
        database: of the server; None is the one in the folder of the test, unless something was collected
        collected: files that were sent back, and folders of them

    Raises:
        UsageError: if there are none, or they cannot be trusted (see `collect_answers`)
    """
    files = [path for place in collected for path in (sorted(place.glob("*.json")) if place.is_dir() else [place])]
    if collected and not files:
        raise UsageError(f"{collected[0]}: holds no files of answers (.json); expected what listeners sent back")
    sent, senders = collect_answers(test, files)
    if collected and database is None:
        return sent, senders
    served, listeners = read_server(test, database)
    return merge_answers(served, sent), [*listeners, *senders]


def read_server(test: ListeningTest, database: str | None) -> tuple[list[Answer], list[Listener]]:
    """Read the answers and listeners of a server's database.

    Args:
        test: the test
        database: URL; None is answers.sqlite in the folder of the test

    Raises:
        MissingExtraError: if what the server needs is not installed
        UsageError: if there is no database, or it is another test's
    """
    try:
        from voiceact.listening.delivery.server import database as server_database
        from voiceact.listening.delivery.server import stored
    except ImportError as error:
        if (error.name or "").startswith("voiceact"):
            raise
        raise MissingExtraError("the answers of a server", "listen") from None
    assert test.folder is not None
    if database is None and not (test.folder / server_database.DEFAULT).is_file():
        raise UsageError(
            f"{test.folder} has no answers yet ({server_database.DEFAULT} is not there); open the test with: voiceact listen "
            "serve, or name what was collected with --collect"
        )
    engine = server_database.open_database(server_database.database_url(test.folder, database))
    try:
        return stored.read_stored_answers(test, engine), stored.read_listeners(engine)
    finally:
        engine.dispose()


def read_answers_file(path: Path) -> AnswersFile:
    """Read one file that a bundle's page let a listener download, and check its digest.

    Raises:
        UsageError: if it is missing, cannot be read, is of another form or was changed
    """
    if "\0" in str(path) or not path.is_file():
        raise UsageError(f"{str(path)!r}: no such file; expected what a bundle's page let a listener download")
    try:
        data = read_regular_file(path, max_bytes=MAX_ANSWERS_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); see who may read it") from None
    try:
        document = json.loads(data)
        is_answers = isinstance(document, dict) and document.get("format") == FORMAT
        bare = {name: value for name, value in document.items() if name != "sha256"} if is_answers else {}
        # As the page wrote it: JSON without spaces, keys in their order. Half characters (surrogates) cannot be encoded.
        text = json.dumps(bare, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: is not JSON; expected the file as the page wrote it") from None
    if not is_answers:
        raise UsageError(f"{path}: is not a file of answers ({FORMAT}); expected what a bundle's page let a listener download")
    if hashlib.sha256(text).hexdigest() != document.get("sha256"):
        raise UsageError(
            f"{path}: was changed after it was written (its digest is not that of its contents); ask the listener "
            "to download it again"
        )
    try:
        return msgspec.convert(document, AnswersFile)
    except (msgspec.ValidationError, RecursionError) as error:
        raise UsageError(f"{path}: is not a file of answers ({clean_text(error)})") from None
