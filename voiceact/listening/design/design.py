"""Make a test: clips chosen, copies made equally loud, items drawn up, all of it in one folder that appears whole.

>>> from pathlib import Path
>>> from voiceact.listening.design.design import ListeningDesign, make_test
>>> designed = make_test("my-run", Path("my-test"), ListeningDesign("presence", clips=120))  # doctest: +SKIP
>>> designed.kinds  # doctest: +SKIP
{'target': 120, 'contrastive': 30, 'gold': 8, 'attention': 6, 'repeat': 150}
"""

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import msgspec

from voiceact.acting.taxonomy import categories, resolve
from voiceact.errors import UsageError, count_noun, listed
from voiceact.listening.assignment import schedule
from voiceact.listening.delivery.words import check_languages
from voiceact.listening.design.gold import KNOWN, Label, make_gold_sound, read_gold
from voiceact.listening.design.item_generation import attention_drafts, count_kinds, make_items
from voiceact.listening.design.source import UNJUDGED, Candidate, open_source
from voiceact.listening.design.spoken_checks import speak_instruction
from voiceact.listening.design.stimulus_selection import StimulusSelection, select_stimuli
from voiceact.listening.design.test_folder import AtomicFolder, TestFolderBuilder
from voiceact.listening.loading import block_minutes, encode_test, open_test
from voiceact.listening.model import ASKED, AUDIO, KINDS, NAME, Stimulus, TestFile, TestSettings, with_id
from voiceact.listening.protocols.base import Protocol
from voiceact.listening.protocols.material import Draft, ItemMaterial
from voiceact.listening.protocols.registry import load_protocol
from voiceact.runtime.atomic_files import check_folder
from voiceact.vocabulary import LEVELS

MOST_CHECKS = 0.6
"""of what a listener hears"""


@dataclass(frozen=True)
class ListeningDesign:
    """What a test is to be like; None takes what the protocol says.

    The fields that are not listed stand in the test's settings.

    Attributes:
        protocol: its name
        clips: at most
        categories: words for those whose clips are taken; none takes all
        levels: verdicts whose clips are taken ("unjudged" for clips without one); none takes all
        asked: words for the categories that an item of many asks; none asks all 40
        gold_file: labels by people
        spoken: attention checks are spoken by an engine instead of shown
    """

    protocol: str
    clips: int = 100
    categories: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    raters: int | None = None
    per_listener: int = 40
    gold: float = 0.1
    repeats: float = 0.1
    attention: float = 0.05
    contrastive: float | None = None
    seed: int = 0
    languages: tuple[str, ...] = ("en",)
    headphones: bool = False
    gold_file: Path | None = None
    spoken: bool = False


@dataclass(frozen=True)
class DesignedTest:
    """What a test consists of.

    Attributes:
        file: its test.json
        kinds: kind of item -> how many
        by: category, verdict, persona, intensity -> value -> clips
        seconds: of the clips the test is about
        answers: of the first round, all items together
        minutes: that a listener's block takes, about (`voiceact.listening.loading.block_minutes`)
        notes: what to know of it, one sentence each
    """

    file: TestFile
    kinds: dict[str, int]
    by: dict[str, dict[str, int]]
    seconds: float
    answers: int
    minutes: float
    notes: tuple[str, ...]


def make_test(source: str | os.PathLike[str], out: Path, design: ListeningDesign, *, dry_run: bool = False) -> DesignedTest:
    """Make a test of a run, or of a folder of clips with records, in the folder `out`.

    Args:
        source: run folder or store, or folder of clips with their records
        out: folder of the test, which must not exist
        design: what the test is to be like
        dry_run: do everything, write nothing

    Raises:
        UsageError: if `out` exists, nothing can be chosen (with counts), or a clip is missing or was altered
        VoiceactError: if the disk is full
    """
    protocol = load_protocol(design.protocol)
    settings = make_settings(design, protocol)

    # Check the folder before any work
    run = Path(source).absolute().resolve()
    if run in out.absolute().resolve().parents and os.path.isfile(run / "run.json"):
        raise UsageError(f"{out} lies in the run folder {source}, whose sounds an audit counts; name a folder outside")
    if out.exists():
        raise UsageError(f"{out} exists already; choose another --out, so that no answers are mixed up")
    check_folder(out)

    # Select clips
    where, candidates = open_source(source)
    labels = read_gold(design.gold_file, protocol) if design.gold_file else []
    labelled_keys = {key for label in labels for key in label.keys}
    labelled: dict[str, Candidate] = {}
    categories_wanted = category_ids(design.categories)

    def refusal(clip: Candidate) -> str:
        if clip.key in labelled_keys:
            labelled[clip.key] = clip
            return "labelled by the gold file"
        if protocol.needs_category and (clip.category is None or clip.intensity <= 0):
            return "neutral, nothing was asked of it"
        if categories_wanted and clip.category not in categories_wanted:
            return "of another category"
        if design.levels and clip.level not in design.levels:
            return "of verdict " + clip.level
        return ""

    selection = select_stimuli(candidates(), most=design.clips, seed=design.seed, wanted=refusal)
    if missing := sorted(labelled_keys - set(labelled)):
        raise UsageError(f"the gold file names {listed(missing, 3)}, which {source} does not have; expected keys of its clips")
    if not selection.clips:
        counts = ", ".join(f"{count} {reason}" for reason, count in sorted(selection.left_out.items()))
        raise UsageError(
            f"no clip of {source} can be taken: it has {selection.seen}"
            + (f", of which {counts}" if counts else "")
            + "; ask for other categories or levels"
        )

    # Copy the clips and write the test
    with AtomicFolder(None if dry_run else out, AUDIO) as folder:
        builder = TestFolderBuilder(folder, where, settings, design.seed)
        drafts, notes = draft_items(protocol, builder, selection, design, labels, labelled)
        items = make_items(drafts, salt=builder.salt, repeats=design.repeats > 0)
        file = with_id(
            TestFile(
                protocol=protocol.name, seed=design.seed, source=where, settings=settings, clips=builder.clips, items=items
            )
        )
        folder.write(NAME, encode_test(file))
    return summarize_test(file, protocol, (*notes, *builder.notes()))


def make_settings(design: ListeningDesign, protocol: Protocol) -> TestSettings:
    """Return the settings of a test: the design's, and the protocol's where the design gives none.

    Raises:
        UsageError: for an unknown level or language, more checks than MOST_CHECKS, or spoken checks that cannot be
    """
    unknown = [level for level in design.levels if level not in (*LEVELS, UNJUDGED)]
    if unknown:
        raise UsageError(f"unknown level {unknown[0]!r}; expected some of {', '.join((*LEVELS, UNJUDGED))}")
    checks = design.gold + design.repeats + design.attention
    if checks > MOST_CHECKS:
        raise UsageError(
            f"gold, repeats and attention checks would be {checks:.0%} of what a listener hears; expected at most "
            f"{MOST_CHECKS:.0%}"
        )
    if design.spoken and (protocol.many or protocol.clips_per_item > 1 or len(design.languages) > 1):
        raise UsageError(
            "spoken attention checks need a protocol of one clip and one question, and one language of the "
            f"interface; {protocol.name} in {', '.join(design.languages)} takes shown ones"
        )
    return TestSettings(
        raters=design.raters or protocol.raters,
        per_listener=design.per_listener,
        gold=design.gold,
        repeats=design.repeats,
        attention=design.attention,
        contrastive=protocol.contrastive if design.contrastive is None else design.contrastive,
        languages=check_languages(design.languages),
        headphones=design.headphones,
    )


def category_ids(words: Sequence[str]) -> tuple[str, ...]:
    """Return the category ids of words, in the order of the taxonomy."""
    chosen = {resolve(word).category for word in words}
    return tuple(category.id for category in categories() if category in chosen)


def draft_items(
    protocol: Protocol,
    builder: TestFolderBuilder,
    selection: StimulusSelection,
    design: ListeningDesign,
    labels: Sequence[Label],
    labelled: Mapping[str, Candidate],
) -> tuple[list[Draft], list[str]]:
    """Draw up the items of a test, and copy the clips that they need.

    Args:
        protocol: what is asked
        builder: copies the clips
        selection: clips that the test is about
        design: what the test is to be like
        labels: lines of the gold file
        labelled: key -> clip of those lines

    Returns:
        The items, and notes on them.

    Raises:
        UsageError: if the clips give no item
    """
    random, settings = Random(design.seed), builder.settings
    takes = [builder.copy(clip) for clip in selection.clips]

    # Gold whose answer is known by how it was made: twice what a listener hears, so that not all hear the same
    known: dict[str, list[Stimulus]] = {}
    source: dict[str, Stimulus] = {}
    gold_count = 0 if labels else math.ceil(settings.gold * settings.per_listener) * 2
    for kind in protocol.gold:
        for clip in selection.clips:
            if len(known.get(kind, ())) >= gold_count:
                break
            sound = make_gold_sound(kind, clip, seed=builder.seed)
            if sound is not None:
                copy = builder.copy(clip, kind, sound)
                known.setdefault(kind, []).append(copy)
                source[copy.id] = builder.copy(clip)

    # Categories of an item that asks for many: those named and those the clips were made for, or all 40
    asked: tuple[str, ...] = ()
    if protocol.many:
        present = {clip.category for clip in takes} | {label.category for label in labels}
        named = (
            [*design.asked, *(name for name in present if name)] if design.asked else [category.id for category in categories()]
        )
        asked = category_ids(named)

    # Items about the clips, and about those that people labelled
    drafts = protocol.make(ItemMaterial(takes, known, source, protocol.gold, asked, settings.contrastive, random))
    for label in labels:
        clips = tuple(builder.copy(labelled[key]).id for key in label.keys)
        own = (label.category,) if label.category else ()
        drafts.append(Draft(clips, label.category, "gold", asked or own, label.values))
    if not any(draft.kind == "target" for draft in drafts):
        raise UsageError(
            f"{count_noun(len(takes), 'clip')} without an item of {protocol.name}; it needs two clips of one "
            f"{'category' if protocol.needs_category else 'persona'} to compare: ask for more --clips"
        )

    # Attention checks, shown or spoken
    checks = attention_drafts(protocol, drafts, count=math.ceil(settings.attention * settings.per_listener) * 3, random=random)
    if design.spoken:
        for place, draft in enumerate(checks):
            assert draft.expected
            spoken = speak_instruction(protocol, draft.expected[0], settings.languages[0], seed=builder.seed)
            checks[place] = replace(draft, clips=(builder.copy(spoken, "spoken").id,))
    return drafts + checks, _notes(protocol, drafts, known, labels, settings)


def _notes(
    protocol: Protocol,
    drafts: Sequence[Draft],
    known: dict[str, list[Stimulus]],
    labels: Sequence[Label],
    settings: TestSettings,
) -> list[str]:
    """Note how gold items are known to be right, and which contrastive items give their answer away."""
    notes = []
    if known:
        notes += [
            f"gold: {count_noun(len(clips), 'time')} {KNOWN[kind]}; right by how it was made, confirmed "
            f"by nobody: judge a listener by "
            "all of them, never by one"
            for kind, clips in known.items()
        ]
    elif not labels and settings.gold > 0:
        why = "the source has none of what is needed" if protocol.gold else "what is right is not known without people"
        notes.append(f"no gold items: {why}; labels by people can be given with --gold FILE")
    targets = {draft.category for draft in drafts if draft.kind == "target"}
    strange = sorted({draft.category or "" for draft in drafts if draft.kind == "contrastive"} - {"", *targets})
    if strange and targets != {None}:
        notes.append(
            f"contrastive items ask for {listed(strange)}, which no target asks for: listeners may learn that it is "
            "never there; clips of it in the test would prevent that"
        )
    return notes


def summarize_test(file: TestFile, protocol: Protocol, notes: Sequence[str]) -> DesignedTest:
    """Count what a test consists of.

    Args:
        file: its test.json
        protocol: what is asked
        notes: what to know of it, one sentence each
    """
    takes = [clip for clip in file.clips if clip.made == "take"]

    def label(value: object) -> str:
        return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

    by = {
        name: dict(sorted(Counter(label(getattr(clip, name)) for clip in takes).items()))
        for name in ("category", "verdict", "persona", "intensity")
    }
    kinds = count_kinds(file.items)
    answers = sum(protocol.raters_wanted(item.kind, (), file.settings.raters) for item in file.items if item.kind in ASKED)
    return DesignedTest(
        file,
        kinds={str(kind): kinds[kind] for kind in KINDS if kind in kinds},
        by=by,
        seconds=sum(clip.seconds for clip in takes),
        answers=answers,
        minutes=block_minutes(file, len(schedule(open_test(file), file.seed))),
        notes=tuple(notes),
    )


def as_document(designed: DesignedTest) -> dict[str, object]:
    """Return what a test consists of, JSON-able."""
    return {
        "id": designed.file.id,
        "protocol": designed.file.protocol,
        "settings": msgspec.to_builtins(designed.file.settings),
        "clips": len(designed.file.clips),
        "items": designed.kinds,
        "by": designed.by,
        "seconds": round(designed.seconds, 1),
        "answers": designed.answers,
        "minutes": round(designed.minutes, 1),
        "notes": list(designed.notes),
    }
