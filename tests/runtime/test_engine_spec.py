"""An engine with options: parsed strictly, loaded once, written into the record, and found again from it."""

from importlib.metadata import EntryPoint

import msgspec
import pytest
from acted_lines import FakeEngine

from voiceact.clip.record import identity
from voiceact.engines.registry import ENTRY_POINT_GROUP, MOST_LOADED, close_engines, load_engine, spec_of
from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime import plugins
from voiceact.runtime.spec import Spec, parse_spec
from voiceact.synthesis import synthesize as performance


class Tuned(FakeEngine):
    """Takes a model."""

    options = {"model": "a folder", "device": "auto, cpu or cuda"}

    def __init__(self, model: str = "own", device: str = "auto"):
        self.model, self.device = model, device


@pytest.fixture
def registered(monkeypatch):
    points = [
        EntryPoint("tuned", "test_engine_spec:Tuned", ENTRY_POINT_GROUP),
        EntryPoint("plain", "acted_lines:FakeEngine", ENTRY_POINT_GROUP),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    close_engines()
    yield
    close_engines()


def test_options_stand_behind_a_colon_and_may_hold_colons_themselves():
    assert parse_spec("coqui: model = ~/xtts , device=cuda:0") == Spec("coqui", (("device", "cuda:0"), ("model", "~/xtts")))


def test_a_spec_reads_as_it_is_written_with_its_options_sorted():
    assert str(parse_spec("coqui:model=m,device=cpu")) == "coqui:device=cpu,model=m"
    assert str(parse_spec("embedded")) == "embedded"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("coqui:fast", "'fast' is no option; expected NAME:option=value"),
        ("coqui:model=", "'model=' is no option"),
        ("coqui:device=cpu,device=cuda", "option 'device' is given twice"),
    ],
)
def test_what_is_no_spec_is_told(text, words):
    with pytest.raises(UsageError, match=words):
        parse_spec(text)


def test_the_same_options_in_any_order_are_the_same_engine(registered):
    assert load_engine("tuned:model=m,device=cpu") is load_engine("tuned:device=cpu,model=m")
    assert load_engine("tuned:model=m") is not load_engine("tuned")
    assert spec_of(load_engine("tuned:model=m")) == "tuned:model=m"
    assert spec_of(load_engine("tuned")) == "fake"  # the class says its own name


def test_an_option_the_engine_has_not_is_answered_with_the_nearest(registered):
    with pytest.raises(UnknownNameError, match="did you mean 'device'"):
        load_engine("tuned:devise=cpu")
    with pytest.raises(UsageError, match="engine 'plain' has no options; leave 'model' out"):
        load_engine("plain:model=m")


def test_a_record_remembers_the_options_and_its_id_does_not_depend_on_them(registered):
    clips = [performance.synth(persona="nurse", text="Well then.", engine=name) for name in ("tuned:device=cpu", "tuned")]
    assert clips[0].record.replay.engine == "tuned:device=cpu"
    assert clips[1].record.replay.engine == ""
    assert clips[0].record.id == clips[1].record.id == identity(clips[0].record)
    assert performance.recall_request(clips[0].record).engine is load_engine("tuned:device=cpu")


def test_a_record_of_another_model_is_refused(registered):
    record = performance.synth(persona="nurse", text="Well then.", engine="tuned:device=cpu").record
    other = msgspec.structs.replace(record, engine=msgspec.structs.replace(record.engine, model_sha256="f" * 64))
    with pytest.raises(UsageError, match="whose model is not the one installed here"):
        performance.recall_request(other)


def test_at_most_two_engines_stay_loaded_and_a_dropped_one_is_closed(registered, monkeypatch):
    closed = []
    monkeypatch.setattr(Tuned, "close", lambda self: closed.append(self.model))
    for number in range(MOST_LOADED + 1):
        load_engine(f"tuned:model={number}")
    assert closed == ["0"]
    close_engines()
    assert sorted(closed) == ["0", "1", "2"]
    assert load_engine("tuned:model=1").spec == "tuned:model=1"
