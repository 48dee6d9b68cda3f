"""A test without a server: a folder with one page and its sounds, which listeners open from disk.

The page keeps the answers in the browser and ends in a file that the listener sends back; `collect` makes rows of such
files. What each listener is asked is settled when the bundle is made, so a later round (a third rater where two heard it)
needs another bundle, made with the answers of the first.
"""

import json
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from voiceact.errors import UsageError
from voiceact.listening.answers.answer import Answer, ledger_value
from voiceact.listening.assignment import Draw, Ledger, listener_seed
from voiceact.listening.delivery.headphones import TRIALS, TRIES, encode_trial, make_trials
from voiceact.listening.delivery.listener_view import form, shown
from voiceact.listening.delivery.words import load_words
from voiceact.listening.design.item_generation import opaque
from voiceact.listening.design.test_folder import WholeFolder
from voiceact.listening.model import AUDIO, Test, block_minutes, check_sounds
from voiceact.runtime.atomic_files import write_whole

FORMAT = "voiceact-bundle/1"
PAGE = "index.html"
KEPT = "bundles"
"""folder inside the test where it is kept what each bundle asks whom"""
MOST_LISTENERS = 1000


class Guest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A listener of a bundle.

    number: by which they are told who they are
    items: (item, position, stage)
    """

    id: str
    number: int
    seed: int
    items: tuple[tuple[str, int, int], ...]

    @property
    def draws(self) -> list[Draw]:
        """What they are asked, in order."""
        return [Draw(self.id, item, position, stage, self.seed, 0.0) for item, position, stage in self.items]


class BundleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a bundle asks whom; kept in the folder of the test."""

    format: str = FORMAT
    test: str
    number: int
    guests: tuple[Guest, ...]


def make_bundle(test: Test, out: Path, *, listeners: int | None = None, after: Sequence[Answer] | None = None) -> BundleFile:
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
    guests = _guests(test, earlier, listeners, after)
    made = BundleFile(test=test.id, number=len(earlier) + 1, guests=tuple(guests))
    record = test.folder / KEPT / f"bundle-{made.number:03d}.json"
    whole = False
    try:
        # Kept before the folder gets its name: there is no bundle whose answers could not be read.
        record.parent.mkdir(exist_ok=True)
        write_whole(record, msgspec.json.format(msgspec.json.encode(made)) + b"\n")
        _write(test, guests, out)
        whole = True
    finally:
        if not whole:
            record.unlink(missing_ok=True)
    return made


def _write(test: Test, guests: Sequence[Guest], out: Path) -> None:
    with WholeFolder(out, AUDIO) as folder:
        for clip in sorted({clip for guest in guests for item, _, _ in guest.items for clip in test.items[item].clips}):
            folder.write(test.clips[clip].file, test.audio_path(clip).read_bytes())
        folder.write(PAGE, _page(_data(test, guests, folder)).encode())


def read_bundles(test: Test) -> list[BundleFile]:
    """The bundles that were made of a test.

    Raises:
        UsageError: if what was kept of one cannot be read
    """
    assert test.folder is not None
    found = []
    for path in sorted((test.folder / KEPT).glob("bundle-*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=BundleFile))
        except (msgspec.DecodeError, RecursionError) as error:
            raise UsageError(f"{path}: cannot be read ({error}); put it back as voiceact wrote it") from None
    return found


# --- Who is asked what


def _guests(test: Test, earlier: Sequence[BundleFile], most: int | None, after: Sequence[Answer] | None) -> list[Guest]:
    ledger = Ledger(test, _answered(test, after or ()))
    held = [draw for bundle in earlier for guest in bundle.guests for draw in guest.draws] if after is None else []
    for draw in held:
        ledger.put(draw)
    first = 1 + max((guest.number for bundle in earlier for guest in bundle.guests), default=0)
    guests: list[Guest] = []
    for number in range(first, first + (most or MOST_LISTENERS)):
        name = opaque(test.id, "guest", number)[:8]
        seed = listener_seed(test, name)
        draws = ledger.assign(name, seed=seed, now=0.0, whole=True)
        if not draws:
            break
        guests.append(Guest(name, number, seed, tuple((draw.item, draw.position, draw.stage) for draw in draws)))
    if not guests:
        raise UsageError(f"test {test.id} has nothing left to ask: every item was given to as many listeners as it needs; "
                         "to ask on from answers, name them with --after")
    return guests


def _answered(test: Test, answers: Iterable[Answer]) -> list[Draw]:
    rows: dict[tuple[str, str], list[Answer]] = {}
    for answer in answers:
        rows.setdefault((answer.listener, answer.item), []).append(answer)
    ordered = sorted(rows.values(), key=lambda group: group[0].at)
    return [Draw(group[0].listener, group[0].item, group[0].position, group[0].stage, group[0].order_seed, 0.0,
                 ledger_value(test, group)) for group in ordered]


# --- The page


def _page(data: dict[str, Any]) -> str:
    """listen.html with its style, its scripts and the data in it: a page from disk may fetch nothing."""
    static = files("voiceact.listening.delivery.server") / "static"
    page = (static / "listen.html").read_text("utf-8")
    page = re.sub(r'<link rel="stylesheet" href="([\w.]+)">',
                  lambda found: f"<style>\n{(static / found[1]).read_text('utf-8')}</style>", page)
    names = re.findall(r'<script defer src="([\w.]+)"></script>\n?', page)
    page = re.sub(r'<script defer src="[\w.]+"></script>\n?', "", page)
    scripts = [(static / name).read_text("utf-8") for name in names]
    scripts[-1:-1] = [f"voiceact.bundle = {json.dumps(data, ensure_ascii=False, separators=(',', ':'))};\n",
                      (static / "backend_file.js").read_text("utf-8")]
    inside = "".join(f"<script>\n{_inlined(script)}</script>\n" for script in scripts)
    return page.replace("</body>", inside + "</body>")


def _inlined(script: str) -> str:
    """A script that nothing in it can end early."""
    return re.sub(r"<(?=/script|!--)", r"\\u003c", script, flags=re.IGNORECASE)


def _data(test: Test, guests: Sequence[Guest], folder: WholeFolder) -> dict[str, Any]:
    asked: list[list[str]] = []
    items: dict[str, dict[str, Any]] = {}
    for guest in guests:
        for draw in guest.draws:
            if draw.item not in items:
                items[draw.item] = _item(test, draw, asked)
    return {"test": test.id, "languages": list(test.settings.languages), "form": form(test),
            "words": {name: _words(test, name) for name in test.settings.languages},
            "sounds": {clip: test.clips[clip].file for item in items.values() for clip in item["clips"]},
            "asked": asked, "items": items, "trials": TRIALS, "tries": TRIES,
            "listeners": [_listener(test, guest, folder) for guest in guests]}


def _words(test: Test, language: str) -> dict[str, str]:
    """The texts of a language, with what is agreed to where answers stay in the browser."""
    words = load_words(language, test.protocol)
    return words | {"consent_text": words["consent_text_file"]}


def _item(test: Test, draw: Draw, asked: list[list[str]]) -> dict[str, Any]:
    """What is the same for all who are asked an item; lists of categories are kept once."""
    found = shown(test, draw)
    if found["asked"] not in asked:
        asked.append(found["asked"])
    return {"clips": list(test.items[draw.item].clips), "asked": asked.index(found["asked"]), "instruct": found["instruct"],
            "instruct_category": found["instruct_category"]}


def _listener(test: Test, guest: Guest, folder: WholeFolder) -> dict[str, Any]:
    turned = [shown(test, draw)["clips"] != list(test.items[draw.item].clips) for draw in guest.draws]
    items = [[item, position, int(swapped)] for (item, position, _), swapped in zip(guest.items, turned, strict=True)]
    checks = [_tones(test, guest.seed + turn, folder) for turn in range(TRIES)] if test.settings.headphones else []
    minutes = max(1, round(block_minutes(test.file, len(items))))
    return {"id": guest.id, "number": guest.number, "minutes": minutes, "items": items, "headphones": checks}


def _tones(test: Test, seed: int, folder: WholeFolder) -> list[list[Any]]:
    """The trials of a headphone check: the sound's file, and the place that is right."""
    found = []
    for trial in make_trials(seed):
        path = f"{AUDIO}/{opaque(test.id, 'tones', trial.quietest, trial.antiphase)}.wav"
        folder.write(path, encode_trial(trial))
        found.append([path, trial.quietest])
    return found

