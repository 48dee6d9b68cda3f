"""The card of an engine: measured take by take, stopped and gone on with, and made of what judge and coach said."""

import json
import signal

import numpy as np
import pytest
from builders import RATE, ToneEngine
from judges import ScriptedJudge

from voiceact.acting.persona import load_persona
from voiceact.cli.main import main
from voiceact.director.coach import Coach, CoachReport
from voiceact.director.measure_card import (
    NEUTRAL,
    ROWS_FILE,
    CardPlan,
    list_clips,
    make_card,
    measure_takes,
    read_takes,
)
from voiceact.engines.base import Take
from voiceact.engines.capability_card import Count, decode_card, encode_card
from voiceact.errors import UsageError, VoiceactError
from voiceact.report.capability_card import write_card
from voiceact.runtime.signals import Stop

FEAR_IS_HIGHER = 0.5


class PitchEngine(ToneEngine):
    """Speaks half a second of one value: how far the pitch of the direction lies from neutral."""

    def __init__(self, refuses=""):
        self.spoken, self.refuses = [], refuses

    def perform(self, text, persona, direction, *, language, seed):
        asked = [category for category, _ in direction.mix]
        self.spoken.append((text, seed, asked))
        if self.refuses and self.refuses in asked:
            raise VoiceactError(f"no voice for {self.refuses}")
        return Take(np.full(RATE // 2, 0.1 + direction.moves.pitch / 1000, np.float32), RATE, seed)


class Judge(ScriptedJudge):
    """Hears fear in whatever is spoken half a semitone higher than neutral, anger nowhere, and knows people for fear."""

    people = {"regimes": {"twin": {"fear": {"value": 0.5, "low": 0.4, "high": 0.6, "n": 100}}}}

    def __init__(self):
        super().__init__(
            lambda samples: {"fear": 5.0 if samples[0] > 0.1 + FEAR_IS_HIGHER / 1000 else 0.0, "anger": 0.0},
            {"fear": "category", "anger": "category"},
        )

    def evidence(self, regime="none"):
        return {"fear": "category", "anger": "category"}


class DeafCoach(Coach):
    """Calls fear twice as likely, and knows nothing else."""

    name, revision, hears, digests = "deaf", "c1", "nothing", frozenset({"c1"})

    def listen(self, samples, rate, twin, *, text, words=()):
        return CoachReport({"fear": 0.7}, {}, {"fear": "dimension"}, {})


def plan(engine=None, **changes):
    values = {
        "engine": engine or PitchEngine(),
        "judge": Judge(),
        "coach": DeafCoach(),
        "personas": [load_persona("empathetic-educator"), load_persona("village-priest")],
        "lines": ["One cup of tea.", "Two cups of tea."],
        "spare_line": "Three cups of tea.",
        "categories": ["fear", "emotional_numbness"],
        "intensities": [5.0, 7.0],
        "bursts": False,
    }
    return CardPlan(**values | changes)


def measured(tmp_path, engine=None, **changes):
    one = plan(engine, **changes)
    assert measure_takes(one, tmp_path / "card", Stop())
    return one, make_card(one, read_takes(one, tmp_path / "card"))


def test_every_cell_is_counted_beside_twins_null_and_people(tmp_path):
    one, card = measured(tmp_path)
    assert card.takes == 4 and card.intensities == [5.0, 7.0] and card.seeds == [0, 1, 2, 3]
    fear = card.cell("fear", 5)
    # Fear is spoken higher; numbness is not, so no take of it is called fear, nor is a neutral reading.
    assert (fear.judge, fear.denied, fear.null) == (Count(4, 4), 0, Count(0, 4))
    [row] = [row for row in card.categories if row.category == "fear"]
    assert (row.twins, row.evidence, row.coach_evidence) == (Count(0, 4), "category", "dimension")
    assert row.people.value == 0.5 and row.people.n == 100
    # The coach calls everything fear: its null says what its share is worth.
    assert fear.coach == Count(4, 4) and fear.coach_null == Count(4, 4)
    assert fear.coach_log_ratio == 0.7


def test_a_twin_is_heard_beside_the_reading_of_another_line(tmp_path):
    engine = PitchEngine()
    measured(tmp_path, engine)
    neutral = {text for text, _, asked in engine.spoken if not asked}
    assert neutral == {"One cup of tea.", "Two cups of tea.", "Three cups of tea."}
    # Each reading is spoken once: the takes that share it follow each other.
    assert len([1 for _, _, asked in engine.spoken if not asked]) <= 2 * 4


def test_a_card_is_written_and_read_again_and_its_rows_stand_in_lines(tmp_path):
    _, card = measured(tmp_path)
    data = encode_card(card)
    assert decode_card(data, "test") == card and json.loads(data)["directions"] == card.directions
    assert sum('"intensity"' in line for line in data.decode().splitlines()) == len(card.cells)


def test_what_was_stopped_goes_on_where_it_was(tmp_path):
    class StopAfter(Stop):
        asked_for = 0

        @property
        def asked(self):
            self.asked_for += 1
            return self.asked_for > 5

    first, folder = PitchEngine(), tmp_path / "card"
    assert not measure_takes(plan(first), folder, StopAfter())
    assert len(read_takes(plan(), folder)) == 5
    # A last line that was cut off is made anew.
    rows = (folder / ROWS_FILE).read_bytes()
    (folder / ROWS_FILE).write_bytes(rows[:-20])
    again = plan()
    assert measure_takes(again, folder, Stop())
    _, whole = measured(tmp_path / "other")
    assert make_card(again, read_takes(again, folder)) == whole


def test_takes_of_other_settings_are_not_mixed(tmp_path):
    measured(tmp_path)
    with pytest.raises(UsageError, match="was measured with other settings.*name another --out"):
        measure_takes(plan(intensities=[3.0]), tmp_path / "card", Stop())


def test_what_cannot_be_spoken_costs_its_take_alone(tmp_path):
    _, card = measured(tmp_path, PitchEngine(refuses="fear"))
    cell = card.cell("fear", 7)
    assert (cell.judge, cell.failed) == (Count(0, 0), 4) and cell.judge.share is None
    assert card.cell("emotional_numbness", 7).null.of == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"personas": []}, "at least one persona"),
        ({"categories": ["fear", "fear"]}, "category 'fear' is named twice"),
        ({"lines": []}, "at least one line"),
        ({"spare_line": "One cup of tea."}, "line 'One cup of tea.' is named twice"),
        ({"intensities": [0.0]}, "expected each above 0"),
        ({"takes": 0}, "and one take of it"),
        ({"language": "fr"}, "does not speak 'fr'"),
    ],
)
def test_a_plan_of_nothing_is_refused(changes, said):
    with pytest.raises(UsageError, match=said):
        plan(**changes)


def test_the_page_has_a_clip_a_cell_with_names_and_needs_nothing_else(tmp_path):
    one, card = measured(tmp_path)
    folder = tmp_path / "card"
    clips = list_clips(one, read_takes(one, folder), folder)
    assert [clip.category for clip in clips].count(NEUTRAL) == 2 and len(clips) == 2 + 4
    page = write_card(card, clips, folder).read_text("utf-8")
    assert page.count("<audio controls") == 6 and page.count("data:audio/ogg;base64,") == 6
    assert 'aria-label="Fear at 7, empathetic-educator"' in page and "judge 4 of 4, coach 4 of 4; this clip heard" in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    picture = (folder / "heat-map.svg").read_text("utf-8")
    assert "Fear at 5: the judge heard it in 4 of 4" in picture and "prefers-color-scheme: dark" in picture
    assert decode_card((folder / "card.json").read_bytes(), "card.json") == card


# The command


class InterruptedEngine(PitchEngine):
    """Is interrupted while it speaks for the third time."""

    def perform(self, text, persona, direction, *, language, seed):
        if len(self.spoken) == 2:
            signal.raise_signal(signal.SIGINT)
        return super().perform(text, persona, direction, language=language, seed=seed)


@pytest.fixture
def command(monkeypatch, tmp_path, capsys):
    def run(engine, *more):
        monkeypatch.setattr("voiceact.engines.registry.load_engine", lambda name: engine)
        monkeypatch.setattr("voiceact.estimators.registry.load_estimator", Judge)
        monkeypatch.setattr("voiceact.director.coach.load_coach", lambda name: DeafCoach())
        given = [
            "--category",
            "Fear",
            "--category",
            "Emotional Numbness",
            "--intensity",
            "5",
            "--persona",
            "village-priest",
            "--no-bursts",
        ]
        with pytest.raises(SystemExit) as ended:
            main(["engine", "card", "tone", "--out", str(tmp_path / "card"), *given, *more])
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


def test_the_command_writes_the_files_and_prints_the_table(command, tmp_path):
    status, printed, _ = command(PitchEngine())
    assert status == 0
    assert {path.name for path in (tmp_path / "card").iterdir()} == {
        "card.json", "heat-map.svg", "index.html", "takes.jsonl", "clips",
    }  # fmt: skip
    [row] = [line.split() for line in printed.splitlines() if line.strip().startswith("Fear")]
    assert row == ["Fear", "category", "100%", "0%", "0%", "50%", "100%"]
    status, printed, _ = command(PitchEngine(), "--json")
    assert status == 0 and json.loads(printed)["cells"][0]["judge"] == {"heard": 2, "of": 2}


def test_ctrl_c_ends_after_the_take_in_hand_and_the_same_command_goes_on(command, tmp_path):
    status, _, told = command(InterruptedEngine())
    assert status == 130 and "of 6 takes are heard, the same command hears the rest" in told
    assert not (tmp_path / "card" / "card.json").exists()
    engine = PitchEngine()
    assert command(engine)[0] == 0 and (tmp_path / "card" / "card.json").exists()


def test_a_folder_of_other_settings_is_refused(command):
    assert command(PitchEngine())[0] == 0
    status, _, told = command(PitchEngine(), "--lines", "1")
    assert status == 2 and "was measured with other settings" in told
