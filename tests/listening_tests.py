"""What the tests of listening tests share: a small test without sound, and one that is made of the small run."""

from pathlib import Path

from tiny_run import write_tiny_run

from voiceact.listening.answers.answer import Answer, make_answers
from voiceact.listening.design.design import ListeningDesign, make_test
from voiceact.listening.loading import ListeningTest, load_test, open_test
from voiceact.listening.model import ClipSource, ListeningItem, Stimulus, TestFile, TestSettings, with_id
from voiceact.listening.protocols.registry import load_protocol


def silent_test(
    protocol: str = "presence",
    *,
    clips: int = 6,
    contrasts: int = 0,
    gold: int = 2,
    checks: int = 2,
    repeats: bool = True,
    seed: int = 1,
    **settings,
) -> ListeningTest:
    """A test with items of every kind and no sound; ids say what they are, which a real test's do not."""
    many = load_protocol(protocol).many
    pair = load_protocol(protocol).clips_per_item == 2
    asked = ("anger", "contentment", "sadness") if many else ("anger",)
    sounds = [
        Stimulus(
            id=f"c{n}",
            file=f"audio/c{n}.flac",
            sha256="0" * 64,
            seconds=1.0,
            lufs_before=-20.0,
            gain_db=-3.0,
            key=f"run-{n}",
            category="anger",
            intensity=5.0,
            persona=f"p{n % 3}",
            language="en",
            text="Well.",
            verdict="verified",
        )
        for n in range(clips + 1)
    ]

    def item(name: str, n: int, kind: str, **more) -> ListeningItem:
        category = "contentment" if kind == "contrastive" else "anger"
        named = asked if many else (category,)
        return ListeningItem(name, (f"c{n}", f"c{n + 1}") if pair else (f"c{n}",), category, kind, named, **more)

    items = [item(f"t{n}", n, "target") for n in range(clips)] + [item(f"k{n}", n, "contrastive") for n in range(contrasts)]
    if repeats:
        items += [ListeningItem(f"r{one.id}", one.clips, one.category, "repeat", one.asked, None, one.id) for one in items]
    items += [item(f"g{n}", n, "gold", expected=(0,)) for n in range(gold)]
    items += [item(f"a{n}", n, "attention", expected=(1,)) for n in range(checks)]
    chosen = TestSettings(**{"raters": 2, "gap": 2, **settings})
    return open_test(
        with_id(
            TestFile(
                protocol=protocol,
                seed=seed,
                source=ClipSource("run", "tiny"),
                settings=chosen,
                clips=tuple(sounds),
                items=tuple(items),
            )
        )
    )


def made_test(folder: Path, protocol: str = "presence", **wishes) -> ListeningTest:
    """A test in `folder / protocol` of the small run in `folder / run`."""
    if not (folder / "run").exists():
        write_tiny_run(folder / "run", shards=1)
    make_test(folder / "run", folder / protocol, ListeningDesign(protocol, **{"clips": 6, "per_listener": 12, **wishes}))
    return load_test(folder / protocol, check=True)


def some_answers(test: ListeningTest, listeners: int = 2) -> list[Answer]:
    """What these listeners say: in turn each value of the protocol."""
    from voiceact.listening.assignment import Ledger, listener_seed

    ledger, rows, time = Ledger(test), [], 0.0
    for number in range(listeners):
        name = f"listener-{number}"
        for draw in ledger.assign(name, seed=listener_seed(test, name), now=time, whole=True):
            time += 1
            value = test.protocol.values[int(time) % len(test.protocol.values)]
            given = dict.fromkeys(test.items[draw.item].asked, value) if test.protocol.many else value
            made = make_answers(test, draw, given, at=f"2026-01-01T00:00:{time % 60:04.1f}Z", seconds=1.5, plays=1)
            ledger.answer(name, draw.item, made[0].value, now=time)
            rows += made
    return rows
