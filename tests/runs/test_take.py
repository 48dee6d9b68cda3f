"""One take of a run: judged as it is kept, bytes that hang on the plan alone, failures as rows."""

import errno
import hashlib
import io
import os
from dataclasses import replace

import msgspec
import numpy as np
import pytest
import soundfile
from hum import Hum, Lots, hum, lines, recipe  # noqa: F401

from voiceact.clip.record import Record
from voiceact.errors import UsageError
from voiceact.recipe.plan import make_plan
from voiceact.recipe.schema import DirectorOptions, Scripts
from voiceact.recipe.source import Source
from voiceact.runs.take import Performer, load_performer, lost_take, make_take, make_takes, resolve_take
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.columns import COLUMNS
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.synthesize import neutral_twin, replay

pytestmark = pytest.mark.usefixtures("hum")


def performer(engine, judge) -> Performer:
    """As `load_performer`, of an engine and a judge that are no recipe's."""
    return Performer(engine, judge, TakeMaker(judge=judge, checks=("emotion",), frugal=True, pcm16=True))


def first(plan, number: int = 1, cell: int = 0):
    return plan.take(plan.cell(cell), number)


def pcm(data: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(data), dtype="int16")[0]


def test_a_take_has_a_row_a_record_and_audio_that_say_the_same() -> None:
    plan = make_plan(recipe(twins=True))
    spec = first(plan, 2)
    entry = make_take(plan, spec, load_performer(plan))
    row, record = entry.row, msgspec.json.decode(entry.members["json"], type=Record)
    assert list(entry.members) == ["flac", "json", "twin.flac"]
    assert list(row) == list(COLUMNS)
    assert (row["id"], row["text"], row["seed"], row["take"], row["cell"]) == (spec.key, spec.text, spec.seed, 2, 0)
    assert (row["category"], row["intensity"], row["persona"], row["line"]) == ("anger", 3.0, "nurse", spec.line_id)
    assert row["sha256"] == record.audio.sha256 == hashlib.sha256(entry.members["flac"]).hexdigest()
    assert (row["file_name"], record.audio.path) == (f"{spec.key}.flac",) * 2
    assert row["duration"] == record.audio.duration == len(pcm(entry.members["flac"])) / 8000
    assert record.requested.emotions == ["anger:3"]
    assert record.created is None
    assert record.verdict.reference == "twin"


def test_a_directed_take_is_the_best_of_several_and_depends_on_the_plan_alone() -> None:
    directed = msgspec.structs.replace(recipe(), director=DirectorOptions(takes=4, strategy="ladder"))
    plan = make_plan(directed)
    entry, again = (make_take(plan, first(plan), load_performer(plan)) for _ in range(2))
    assert entry.members == again.members
    record = msgspec.json.decode(entry.members["json"], type=Record)
    told = record.director
    assert (told.strategy, len(told.takes), told.most_takes, told.most_seconds) == ("ladder", 4, 4, None)
    assert told.takes[told.chosen].total == max(take.total for take in told.takes)
    assert record.verdict.judge.name == "lots" and told.coach.name == "functionals"
    assert "coach" in plan.fingerprint and "coach" not in make_plan(recipe()).fingerprint


def test_a_recipe_without_director_and_bursts_has_the_fingerprint_it_had() -> None:
    plain, spelled = make_plan(recipe()), make_plan(msgspec.structs.replace(recipe(), bursts=False, director=None))
    assert plain.fingerprint == spelled.fingerprint
    assert plain.fingerprint != make_plan(msgspec.structs.replace(recipe(), bursts=True)).fingerprint


def test_bursts_of_the_direction_are_drawn_by_the_seed_of_the_take() -> None:
    plan = make_plan(msgspec.structs.replace(recipe(), bursts=True, takes=40, stop=None))
    engine = load_performer(plan).engine
    drawn = {resolve_take(plan, first(plan, number), engine).direction.bursts for number in range(1, 40)}
    assert () in drawn and len(drawn) > 1
    without = make_plan(recipe())
    assert resolve_take(without, first(without), engine).direction.bursts == ()


def test_a_director_that_cannot_direct_is_refused_with_its_line() -> None:
    class Still(Hum):
        capabilities = replace(Hum.capabilities, moves=frozenset())

    from voiceact.engines.registry import _loaded
    from voiceact.runtime.spec import parse_spec

    _loaded[parse_spec("hum")] = Still()
    try:
        with pytest.raises(UsageError, match="engine 'hum' has nothing to direct"):
            make_plan(msgspec.structs.replace(recipe(), director=DirectorOptions()))
    finally:
        del _loaded[parse_spec("hum")]


def test_what_is_judged_is_what_is_kept(monkeypatch) -> None:
    plan, heard = make_plan(recipe(twins=True)), []

    class Listening(Lots):
        def profile(self, samples, sample_rate, *, reference=None):
            heard.append(samples)
            return super().profile(samples, sample_rate, reference=reference)

        def reference(self, clips, *, kind="neutral"):
            heard.extend(samples for samples, _ in clips)
            return super().reference([])

    entry = make_take(plan, first(plan), performer(Hum(), Listening()))
    twin, take = heard
    np.testing.assert_array_equal(take * 32768, pcm(entry.members["flac"]))
    np.testing.assert_array_equal(twin * 32768, pcm(entry.members["twin.flac"]))


@pytest.mark.parametrize("suffix", ["flac", "wav"])
def test_the_record_alone_makes_the_take_and_its_twin_again(suffix: str) -> None:
    plan = make_plan(recipe(twins=True, suffix=suffix))
    entry = make_take(plan, first(plan, cell=5), load_performer(plan))
    record = msgspec.json.decode(entry.members["json"], type=Record)
    for samples, kept in ((replay(record).samples, suffix), (neutral_twin(record).samples, f"twin.{suffix}")):
        assert np.abs(samples * 32768 - pcm(entry.members[kept])).max() <= 0.5


def test_nothing_made_before_alters_a_take(monkeypatch) -> None:
    plan = make_plan(recipe(twins=True))
    used = load_performer(plan)
    before = [make_take(plan, first(plan, number, cell), used) for cell in (3, 0, 1) for number in (2, 1)]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert make_take(plan, first(plan, 1, 1), load_performer(plan)) == before[-1]


def test_cells_that_share_line_and_seed_share_the_neutral_reading() -> None:
    plan = make_plan(recipe(scripts=Scripts(same_across="intensity"), personas=("nurse",), categories=("Anger",), takes=1))
    spoken = []

    class Counting(Hum):
        def perform(self, text, persona, direction, *, language, seed):
            spoken.append(direction.mix)
            return super().perform(text, persona, direction, language=language, seed=seed)

    counting = performer(Counting(), Lots())
    for cell in (0, 1):
        make_take(plan, first(plan, 1, cell), counting)
    assert spoken == [(("anger", 3.0),), (), (("anger", 5.0),)]


def test_intensity_zero_is_its_own_twin() -> None:
    plan = make_plan(recipe(twins=True, intensities=(0.0,), evidence="none"))
    entry = make_take(plan, first(plan), load_performer(plan))
    assert entry.members["flac"] == entry.members["twin.flac"]
    assert (entry.row["verdict"], entry.row["evidence"], entry.row["included"]) == ("undecided", "none", True)


def test_the_audio_of_others_is_dropped_where_only_included_clips_are_kept() -> None:
    plan = make_plan(recipe(keep="included"))
    made = [make_take(plan, first(plan, number, cell), load_performer(plan)) for cell in range(8) for number in (1, 2)]
    assert {bool(entry.members) for entry in made} == {True, False}
    assert all(bool(entry.members) == entry.row["included"] for entry in made)
    assert all(entry.row["sha256"] and entry.row["duration"] for entry in made)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("Please refusenow.", "nothing can be spoken"), ("Please raisenow.", "RuntimeError: tensor of a bad shape")],
)
def test_a_take_that_cannot_be_made_is_a_row_with_its_reason(tmp_path, text: str, reason: str) -> None:
    plan = own_plan(tmp_path, text)
    entry = make_take(plan, first(plan), load_performer(plan))
    assert entry.members == {}
    assert (entry.row["verdict"], entry.row["reasons"], entry.row["included"]) == ("failed", [reason], False)
    assert (entry.row["id"], entry.row["text"], entry.row["tar"], entry.row["file_name"]) == (first(plan).key, text, None, None)
    assert entry.row["split"] in ("train", "validation", "test")


def test_what_every_take_would_meet_is_no_matter_of_one(tmp_path) -> None:
    plan = own_plan(tmp_path, "Please extranow.")
    with pytest.raises(MissingExtraError, match=r"\[loud\]"):
        make_take(plan, first(plan), load_performer(plan))

    class Full(Hum):
        def perform(self, *args, **kwargs):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        make_take(plan, first(plan), performer(Full(), Lots()))


def test_the_row_of_a_take_that_killed_its_process() -> None:
    plan = make_plan(recipe())
    assert lost_take(plan, first(plan)).row["reasons"] == ["its process died (out of memory, or a crash of the engine)"]


# Batches


class Choir(Hum):
    """Hums three lines together, each with its own seed; a batch with a line that cannot be hummed fails as a whole."""

    batch_size = 3

    def __init__(self) -> None:
        self.batches: list[int] = []

    def perform_batch(self, lines):
        self.batches.append(len(lines))
        return [self.perform(line.text, line.persona, line.direction, language=line.language, seed=line.seed) for line in lines]


def test_batches_give_the_entries_that_the_takes_give_one_by_one() -> None:
    plan = make_plan(recipe(twins=True, intensities=(0.0, 3.0), evidence="none"))
    specs = [first(plan, number, cell) for cell in range(7) for number in (1, 2)]
    choir = Choir()
    together = list(make_takes(plan, specs, performer(choir, Lots())))
    assert together == [make_take(plan, spec, performer(Hum(), Lots())) for spec in specs]
    assert max(choir.batches) == 3
    assert [entry.row["seed"] for entry in together] == [spec.seed for spec in specs]


def test_of_a_batch_that_fails_the_take_at_fault_alone_is_lost(tmp_path) -> None:
    plan = own_plan(tmp_path, "Sit down now.", "Please refusenow.", "Stand up again.", "Go.", takes=4)
    specs = [first(plan, number, cell) for cell in range(4) for number in (1, 2, 3, 4)]
    alone = [make_take(plan, spec, performer(Hum(), Lots())) for spec in specs]
    choir = Choir()
    assert list(make_takes(plan, specs, performer(choir, Lots()))) == alone
    assert 3 in choir.batches
    assert {entry.row["text"] for entry in alone if entry.row["verdict"] == "failed"} == {"Please refusenow."}
    assert len({entry.row["text"] for entry in alone}) == 4


def test_what_every_take_would_meet_ends_a_batch_too(tmp_path) -> None:
    plan = own_plan(tmp_path, "Please extranow.")
    with pytest.raises(MissingExtraError, match=r"\[loud\]"):
        list(make_takes(plan, [first(plan, number) for number in (1, 2)], performer(Choir(), Lots())))


def own_plan(tmp_path, *texts: str, **more):
    lines(tmp_path / "own.csv", *texts)
    own = recipe(scripts=Scripts(evocative=0, neutral=1, files=("own.csv",), shipped=False), **more)
    return make_plan(Source(own, "here", tmp_path))
