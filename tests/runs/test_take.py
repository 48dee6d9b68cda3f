"""One take of a run: judged as it is kept, bytes that hang on the plan alone, failures as rows."""

import errno
import hashlib
import io
import os
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
import soundfile
from hum import Hum, Lots, hum, lines, recipe  # noqa: F401

from voiceact.clip.record import Record
from voiceact.recipe.plan import make_plan
from voiceact.recipe.schema import Scripts, Source
from voiceact.runs.take import Performer, load_performer, lost_take, make_take
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.columns import COLUMNS
from voiceact.synthesis.synthesize import neutral_twin, replay

pytestmark = pytest.mark.usefixtures("hum")


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
    assert record.requested["emotions"] == ["anger:3"]
    assert record.created is None
    assert record.verdict["reference"] == "twin"


def test_what_is_judged_is_what_is_kept(monkeypatch) -> None:
    plan, heard = make_plan(recipe(twins=True)), []

    class Listening(Lots):
        def profile(self, samples, sample_rate, *, reference=None):
            heard.append(samples)
            return super().profile(samples, sample_rate, reference=reference)

        def reference(self, clips, *, kind="neutral"):
            heard.extend(samples for samples, _ in clips)
            return super().reference([])

    entry = make_take(plan, first(plan), Performer(Hum(), Listening()))
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

    studio = Performer(Counting(), Lots())
    for cell in (0, 1):
        make_take(plan, first(plan, 1, cell), studio)
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

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        make_take(plan, first(plan), Performer(SimpleNamespace(perform=full, name="hum"), Lots()))


def test_the_row_of_a_take_that_killed_its_process() -> None:
    plan = make_plan(recipe())
    assert lost_take(plan, first(plan)).row["reasons"] == ["its process died (out of memory, or a crash of the engine)"]


def own_plan(tmp_path, text: str):
    lines(tmp_path / "own.csv", text)
    own = recipe(scripts=Scripts(evocative=0, neutral=1, files=("own.csv",), shipped=False))
    return make_plan(Source(own, "here", tmp_path))
