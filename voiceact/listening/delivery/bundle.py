"""A test without a server: a folder with one page and its sounds, which listeners open from disk.

The page keeps the answers in the browser and ends in a file that the listener sends back; `collect` makes rows of such
files. What each listener is asked is settled when the bundle is made, so a later round (a third rater where two heard it)
needs another bundle, made with the answers of the first.
"""

import json
import os
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import msgspec

from voiceact.errors import UsageError
from voiceact.listening.answers.answer import Answer, deciding_value
from voiceact.listening.assignment import Draw, Ledger, listener_seed, sides
from voiceact.listening.delivery.headphones import TRIALS, TRIES, encode_trial, make_trials
from voiceact.listening.delivery.listener_view import Aliases, form, new_secret, question
from voiceact.listening.delivery.words import load_words
from voiceact.listening.design.test_folder import AtomicFolder
from voiceact.listening.loading import ListeningTest, block_minutes, check_sounds
from voiceact.listening.model import AUDIO, Id
from voiceact.runtime.atomic_files import write_whole
from voiceact.runtime.untrusted_paths import read_regular_file, resolve_inside
from voiceact.runtime.untrusted_text import clean_text

FORMAT = "voiceact-bundle/1"
PAGE = "index.html"
KEPT = "bundles"
"""folder inside the test where it is kept what each bundle asks whom"""
MOST_LISTENERS = 1000


LISTENERS = ""
"""in place of a listener's id in the aliases of a bundle: its page holds what all its listeners are asked"""
GUEST_DIGITS = 8

Position = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Guest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A listener of a bundle.

    number: by which they are told who they are
    items: (item, position, stage)
    """

    id: Id
    number: Position
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    items: tuple[tuple[Id, Position, Position], ...]

    @property
    def draws(self) -> list[Draw]:
        """What they are asked, in order."""
        return [Draw(self.id, item, position, stage, self.seed, 0.0) for item, position, stage in self.items]


class BundleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a bundle asks whom; kept in the folder of the test, and never in the bundle.

    secret: of the ids in the bundle's page, hexadecimal; empty for a bundle made before there was one
    """

    format: str = FORMAT
    test: str
    number: Position
    guests: tuple[Guest, ...]
    secret: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2}){0,64}$")] = ""

    @property
    def aliases(self) -> Aliases:
        """The ids in its page."""
        return Aliases(bytes.fromhex(self.secret))


def make_bundle(
    test: ListeningTest, out: Path, *, listeners: int | None = None, after: Sequence[Answer] | None = None
) -> BundleFile:
    """Write the page of a test and its sounds to the folder `out`.

    listeners: for so many people at most; None for as many as the round needs
    after: answers there are already; what earlier bundles asked and these do not hold is asked anew

    Raises:
        UsageError: if `out` exists, a sound of the test is missing or altered, or nothing is left to ask
    """
    check_sounds(test)
    if out.exists():
        raise UsageError(f"{out} exists already; choose another --out")
    assert test.folder is not None
    earlier = read_bundles(test)
    secret = new_secret()
    guests = _guests(test, Aliases(bytes.fromhex(secret)), earlier, listeners, after)
    number = 1 + max((bundle.number for bundle in earlier), default=0)
    made = BundleFile(test=test.id, number=number, guests=tuple(guests), secret=secret)
    record = resolve_inside(test.folder, f"{KEPT}/bundle-{made.number:03d}.json", source=f"the bundles of {test.folder}")
    whole = False
    try:
        # Kept before the folder gets its name: there is no bundle whose answers could not be read.
        record.parent.mkdir(exist_ok=True)
        write_whole(record, msgspec.json.format(msgspec.json.encode(made)) + b"\n")
        os.chmod(record, 0o600)
        _write(test, made, out)
        whole = True
    finally:
        if not whole:
            record.unlink(missing_ok=True)
    return made


def _write(test: ListeningTest, made: BundleFile, out: Path) -> None:
    aliases = made.aliases
    with AtomicFolder(out, AUDIO) as folder:
        for clip in sorted({clip for guest in made.guests for item, _, _ in guest.items for clip in test.items[item].clips}):
            folder.write(_sound_name(aliases, clip), test.read_sound(clip))
        folder.write(PAGE, _page(_data(test, made, folder)).encode())


def _sound_name(aliases: Aliases, clip: str) -> str:
    return f"{AUDIO}/{aliases.clip(LISTENERS, '', clip)}.flac"


def read_bundles(test: ListeningTest) -> list[BundleFile]:
    """The bundles that were made of a test.

    Raises:
        UsageError: if what was kept of one cannot be read, or is of another test
    """
    assert test.folder is not None
    found = []
    for path in sorted((test.folder / KEPT).glob("bundle-*.json")):
        inside = resolve_inside(test.folder, f"{KEPT}/{path.name}", source=f"the bundles of {test.folder}")
        try:
            bundle = msgspec.json.decode(read_regular_file(inside), type=BundleFile)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
            raise UsageError(f"{path}: cannot be read ({clean_text(error)}); put it back as voiceact wrote it") from None
        strange = {item for guest in bundle.guests for item, _, _ in guest.items} - set(test.items)
        if bundle.test != test.id or strange:
            raise UsageError(f"{path}: is of another test; put it back as voiceact wrote it")
        found.append(bundle)
    return found


# --- Who is asked what


def _guests(
    test: ListeningTest, aliases: Aliases, earlier: Sequence[BundleFile], most: int | None, after: Sequence[Answer] | None
) -> list[Guest]:
    ledger = Ledger(test, _draws_of_answers(test, after or ()))
    held = [draw for bundle in earlier for guest in bundle.guests for draw in guest.draws] if after is None else []
    for draw in held:
        ledger.put(draw)
    first = 1 + max((guest.number for bundle in earlier for guest in bundle.guests), default=0)
    guests: list[Guest] = []
    for number in range(first, first + (most or MOST_LISTENERS)):
        name = aliases.derive("listener", str(number))[:GUEST_DIGITS]
        seed = listener_seed(test, name, aliases.secret)
        draws = ledger.assign(name, seed=seed, now=0.0, whole=True)
        if not draws:
            break
        guests.append(Guest(name, number, seed, tuple((draw.item, draw.position, draw.stage) for draw in draws)))
    if not guests:
        raise UsageError(
            f"test {test.id} has nothing left to ask: every item was given to as many listeners as it needs; "
            "to ask on from answers, name them with --after"
        )
    return guests


def _draws_of_answers(test: ListeningTest, answers: Iterable[Answer]) -> list[Draw]:
    """Return what earlier listeners were given and answered, for the ledger."""
    rows: dict[tuple[str, str], list[Answer]] = {}
    for answer in answers:
        rows.setdefault((answer.listener, answer.item), []).append(answer)
    draws = []
    for group in sorted(rows.values(), key=lambda group: group[0].at):
        first = group[0]
        value = deciding_value(test.item(first.item), {answer.category: answer.value for answer in group})
        draws.append(Draw(first.listener, first.item, first.position, first.stage, first.order_seed, 0.0, value))
    return draws


# --- The page


def _page(data: dict[str, Any]) -> str:
    """listen.html with its style, its scripts and the data in it: a page from disk may fetch nothing."""
    static = files("voiceact.listening.delivery.server") / "static"
    page = (static / "listen.html").read_text("utf-8")
    page = re.sub(
        r'<link rel="stylesheet" href="([\w.]+)">',
        lambda found: f"<style>\n{(static / found[1]).read_text('utf-8')}</style>",
        page,
    )
    names = re.findall(r'<script defer src="([\w.]+)"></script>\n?', page)
    page = re.sub(r'<script defer src="[\w.]+"></script>\n?', "", page)
    scripts = [(static / name).read_text("utf-8") for name in names]
    scripts[-1:-1] = [
        f"voiceact.bundle = {json.dumps(data, ensure_ascii=False, separators=(',', ':'))};\n",
        (static / "backend_file.js").read_text("utf-8"),
    ]
    inside = "".join(f"<script>\n{_inlined(script)}</script>\n" for script in scripts)
    return page.replace("</body>", inside + "</body>")


def _inlined(script: str) -> str:
    """A script that nothing in it can end early."""
    return re.sub(r"<(?=/script|!--)", r"\\u003c", script, flags=re.IGNORECASE)


def _data(test: ListeningTest, made: BundleFile, folder: AtomicFolder) -> dict[str, Any]:
    aliases = made.aliases
    asked: list[list[str]] = []
    items: dict[str, dict[str, Any]] = {}
    sounds: dict[str, str] = {}
    # By alias, which is random: the order of the page says nothing of the items.
    given = {item for guest in made.guests for item, _, _ in guest.items}
    for name in sorted(given, key=lambda name: aliases.item(LISTENERS, name)):
        item = test.items[name]
        found = question(test, item)
        # Lists of categories are kept once.
        if found["asked"] not in asked:
            asked.append(found["asked"])
        clips = [aliases.clip(LISTENERS, "", clip) for clip in item.clips]
        items[aliases.item(LISTENERS, name)] = found | {"clips": clips, "asked": asked.index(found["asked"])}
        sounds |= {alias: _sound_name(aliases, clip) for alias, clip in zip(clips, item.clips, strict=True)}
    return {
        "test": test.id,
        "languages": list(test.settings.languages),
        "form": form(test),
        "words": {name: _words(test, name) for name in test.settings.languages},
        "sounds": sounds,
        "asked": asked,
        "items": items,
        "trials": TRIALS,
        "tries": TRIES,
        "listeners": [_listener(test, aliases, guest, folder) for guest in made.guests],
    }


def _words(test: ListeningTest, language: str) -> dict[str, str]:
    """The texts of a language, with what is agreed to where answers stay in the browser."""
    words = load_words(language, test.protocol)
    return words | {"consent_text": words["consent_text_file"]}


def _listener(test: ListeningTest, aliases: Aliases, guest: Guest, folder: AtomicFolder) -> dict[str, Any]:
    turned = [sides(test, test.item(draw.item), draw.seed) != test.items[draw.item].clips for draw in guest.draws]
    items = [
        [aliases.item(LISTENERS, item), position, int(swapped)]
        for (item, position, _), swapped in zip(guest.items, turned, strict=True)
    ]
    checks = [_tones(aliases, guest.seed + turn, folder) for turn in range(TRIES)] if test.settings.headphones else []
    minutes = max(1, round(block_minutes(test.file, len(items))))
    return {"id": guest.id, "number": guest.number, "minutes": minutes, "items": items, "headphones": checks}


def _tones(aliases: Aliases, seed: int, folder: AtomicFolder) -> list[list[Any]]:
    """The trials of a headphone check: the sound's file, and the place that is right."""
    found = []
    for trial in make_trials(seed):
        path = f"{AUDIO}/{aliases.derive('tones', str(trial.quietest), str(trial.antiphase))}.wav"
        folder.write(path, encode_trial(trial))
        found.append([path, trial.quietest])
    return found
