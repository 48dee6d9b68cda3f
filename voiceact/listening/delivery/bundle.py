"""Make a bundle, a test without a server: a folder with one page and its sounds, which listeners open from disk.

The page keeps the answers in the browser and ends in a file that the listener sends back; `collect` makes rows of such
files. What each listener is asked is settled when the bundle is made, so a later round (a third rater where two heard it)
needs another bundle, made with the answers of the first.
"""

import json
import os
import re
from collections.abc import Sequence
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

    Attributes:
        id: of the listener in the results
        number: by which a listener chooses themself on the page
        seed: of their order
        items: (item, position, stage)
    """

    id: Id
    number: Position
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    items: tuple[tuple[Id, Position, Position], ...]

    @property
    def draws(self) -> list[Draw]:
        """The items they are asked, in order."""
        return [Draw(self.id, item, position, stage, self.seed, 0.0) for item, position, stage in self.items]


class BundleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a bundle asks each listener; stored in the folder of the test, and never in the bundle.

    Attributes:
        format: FORMAT
        test: id
        number: of the bundle, from 1
        guests: its listeners
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

    Args:
        test: the test
        out: folder, which must not exist
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
    bundle = BundleFile(test=test.id, number=number, guests=tuple(guests), secret=secret)
    record = resolve_inside(test.folder, f"{KEPT}/bundle-{bundle.number:03d}.json", source=f"the bundles of {test.folder}")
    whole = False
    try:
        # Stored before the folder gets its name: there is no bundle whose answers could not be read.
        record.parent.mkdir(exist_ok=True)
        write_whole(record, msgspec.json.format(msgspec.json.encode(bundle)) + b"\n")
        os.chmod(record, 0o600)
        with AtomicFolder(out, AUDIO) as folder:
            items = {item for guest in bundle.guests for item, _, _ in guest.items}
            for clip in sorted({clip for item in items for clip in test.items[item].clips}):
                folder.write(_sound_name(bundle.aliases, clip), test.read_sound(clip))
            folder.write(PAGE, _page(_data(test, bundle, folder)).encode())
        whole = True
    finally:
        if not whole:
            record.unlink(missing_ok=True)
    return bundle


def _sound_name(aliases: Aliases, clip: str) -> str:
    return f"{AUDIO}/{aliases.clip(LISTENERS, '', clip)}.flac"


def read_bundles(test: ListeningTest) -> list[BundleFile]:
    """Read the bundles that were made of a test.

    Raises:
        UsageError: if what was kept of one cannot be read, or is of another test
    """
    assert test.folder is not None
    bundles = []
    for path in sorted((test.folder / KEPT).glob("bundle-*.json")):
        inside = resolve_inside(test.folder, f"{KEPT}/{path.name}", source=f"the bundles of {test.folder}")
        try:
            bundle = msgspec.json.decode(read_regular_file(inside), type=BundleFile)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
            raise UsageError(f"{path}: cannot be read ({clean_text(error)}); put it back as voiceact wrote it") from None
        strange = {item for guest in bundle.guests for item, _, _ in guest.items} - set(test.items)
        if bundle.test != test.id or strange:
            raise UsageError(f"{path}: is of another test; put it back as voiceact wrote it")
        bundles.append(bundle)
    return bundles


# --- Who is asked what


def _guests(
    test: ListeningTest, aliases: Aliases, earlier: Sequence[BundleFile], most: int | None, after: Sequence[Answer] | None
) -> list[Guest]:
    """Assign items to the listeners of a new bundle, given earlier bundles or the answers there are already."""
    # What earlier listeners were given and answered, for the ledger.
    rows: dict[tuple[str, str], list[Answer]] = {}
    for answer in after or ():
        rows.setdefault((answer.listener, answer.item), []).append(answer)
    answered = []
    for group in sorted(rows.values(), key=lambda group: group[0].at):
        first = group[0]
        value = deciding_value(test.item(first.item), {answer.category: answer.value for answer in group})
        answered.append(Draw(first.listener, first.item, first.position, first.stage, first.order_seed, 0.0, value))
    ledger = Ledger(test, answered)
    held = [draw for bundle in earlier for guest in bundle.guests for draw in guest.draws] if after is None else []
    for draw in held:
        ledger.put(draw)
    start = 1 + max((guest.number for bundle in earlier for guest in bundle.guests), default=0)
    guests: list[Guest] = []
    for number in range(start, start + (most or MOST_LISTENERS)):
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


# --- The page


def _page(data: dict[str, Any]) -> str:
    """Render listen.html with its style, its scripts and the data in it: a page from disk may fetch nothing."""
    static = files("voiceact.listening.delivery.server") / "static"
    page = (static / "listen.html").read_text("utf-8")
    page = re.sub(
        r'<link rel="stylesheet" href="([\w.]+)">',
        lambda match: f"<style>\n{(static / match[1]).read_text('utf-8')}</style>",
        page,
    )
    names = re.findall(r'<script defer src="([\w.]+)"></script>\n?', page)
    page = re.sub(r'<script defer src="[\w.]+"></script>\n?', "", page)
    scripts = [(static / name).read_text("utf-8") for name in names]
    scripts[-1:-1] = [
        f"voiceact.bundle = {json.dumps(data, ensure_ascii=False, separators=(',', ':'))};\n",
        (static / "backend_file.js").read_text("utf-8"),
    ]
    # Nothing in a script may end it early.
    inlined = [re.sub(r"<(?=/script|!--)", r"\\u003c", script, flags=re.IGNORECASE) for script in scripts]
    inside = "".join(f"<script>\n{script}</script>\n" for script in inlined)
    return page.replace("</body>", inside + "</body>")


def _data(test: ListeningTest, bundle: BundleFile, folder: AtomicFolder) -> dict[str, Any]:
    """Return the data of the page, JSON-able; the tones of headphone checks are written to the folder."""
    aliases = bundle.aliases

    # Items by alias, which is random: the order of the page says nothing of the items.
    categories: list[list[str]] = []
    items: dict[str, dict[str, Any]] = {}
    sounds: dict[str, str] = {}
    given = {item for guest in bundle.guests for item, _, _ in guest.items}
    for name in sorted(given, key=lambda name: aliases.item(LISTENERS, name)):
        item = test.items[name]
        shown = question(test, item)
        # Lists of categories are stored once.
        if shown["asked"] not in categories:
            categories.append(shown["asked"])
        clips = [aliases.clip(LISTENERS, "", clip) for clip in item.clips]
        items[aliases.item(LISTENERS, name)] = shown | {"clips": clips, "asked": categories.index(shown["asked"])}
        sounds |= {alias: _sound_name(aliases, clip) for alias, clip in zip(clips, item.clips, strict=True)}

    # Texts, with what is agreed to where answers stay in the browser.
    words = {name: load_words(name, test.protocol) for name in test.settings.languages}
    return {
        "test": test.id,
        "languages": list(test.settings.languages),
        "form": form(test),
        "words": {name: texts | {"consent_text": texts["consent_text_file"]} for name, texts in words.items()},
        "sounds": sounds,
        "asked": categories,
        "items": items,
        "trials": TRIALS,
        "tries": TRIES,
        "listeners": [guest_data(test, aliases, guest, folder) for guest in bundle.guests],
    }


def guest_data(test: ListeningTest, aliases: Aliases, guest: Guest, folder: AtomicFolder) -> dict[str, Any]:
    """Return a listener's items in order, whether the sides of each are swapped, and their headphone checks.

    Args:
        test: the test
        aliases: ids of the page
        guest: the listener
        folder: of the bundle, to which the tones of the checks are written
    """
    swapped = [sides(test, test.item(draw.item), draw.seed) != test.items[draw.item].clips for draw in guest.draws]
    items = [
        [aliases.item(LISTENERS, name), position, int(turned)]
        for (name, position, _), turned in zip(guest.items, swapped, strict=True)
    ]
    checks = []
    for turn in range(TRIES if test.settings.headphones else 0):
        # The trials of one try: the sound's file, and the place that is right.
        trials: list[list[Any]] = []
        for trial in make_trials(guest.seed + turn):
            path = f"{AUDIO}/{aliases.derive('tones', str(trial.quietest), str(trial.antiphase))}.wav"
            folder.write(path, encode_trial(trial))
            trials.append([path, trial.quietest])
        checks.append(trials)
    minutes = max(1, round(block_minutes(test.file, len(items))))
    return {"id": guest.id, "number": guest.number, "minutes": minutes, "items": items, "headphones": checks}
