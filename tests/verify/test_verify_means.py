"""What checks are made with: chosen by a text, told in the record, and missing without harm where an audit looks for it."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from judges import fixed
from tiny_run import write_tiny_run

from voiceact.cli import health
from voiceact.cli.main import cli
from voiceact.dataset.audit.audit import audit_run
from voiceact.errors import UnknownNameError, UsageError
from voiceact.recipe.plan import make_plan
from voiceact.recipe.source import load_recipe
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.reader import open_run
from voiceact.verify import verify
from voiceact.verify.backends.base import Backends, Unavailable
from voiceact.verify.backends.registry import (
    GROUPS,
    backend_names,
    describe_backends,
    load_available_backends,
    load_backend,
    load_backends,
)

RATE = 16_000
SOUND = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)


class Written:
    """A recognizer that hears what it is told."""

    name, revision, paces = "written", "w1", (1.0,)
    options = {"says": "what it hears"}

    def __init__(self, says: str = "the blue cup"):
        self.says = says

    def speaks(self, language: str) -> bool:
        return True

    def hear(self, samples, rate, *, language: str) -> str:
        return self.says


class Nearby:
    name, revision, least = "nearby", "n1", 0.5

    def embed(self, sounds):
        return np.stack([[1.0, 0.0] for _ in sounds])


class Fine:
    name, revision, figure, highest, least, drop, whispers = "fine", "f1", "FINE", 5.0, 2.0, None, True

    def rate(self, sounds):
        return [4.0 for _ in sounds]


ENTRY_POINTS = """[voiceact.asr]
written = test_verify_means:Written
[voiceact.speaker]
nearby = test_verify_means:Nearby
[voiceact.mos]
fine = test_verify_means:Fine
"""


@pytest.fixture
def registered(monkeypatch, tmp_path_factory):
    """The three, installed as another package would install them."""
    folder = tmp_path_factory.mktemp("package")
    info = folder / "three-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: three\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(folder))
    load_backend.cache_clear()
    yield load_backends(asr="written", speaker="nearby", mos="fine")
    load_backend.cache_clear()


CHECKS = ("naturalness", "identity", "transcript")


def made(means: Backends | None):
    found = verify(SOUND, RATE, text="the blue cup", checks=CHECKS, twin=(SOUND, RATE), estimator=fixed(), backends=means)
    document = json.loads(json.dumps(msgspec.to_builtins(found.to_record()), allow_nan=False))
    return {check.name: check for check in found.checks}, document


def test_what_made_a_check_stands_in_the_record(registered) -> None:
    checks, document = made(registered)
    assert {name: check.outcome for name, check in checks.items()} == dict.fromkeys(CHECKS, "pass")
    told = {one["name"]: one["details"] for one in document["checks"]}
    assert (told["transcript"]["recognizer"], told["transcript"]["revision"]) == ("written", "w1")
    assert (told["identity"]["encoder"], told["identity"]["revision"]) == ("nearby", "n1")
    assert (told["naturalness"]["rater"], told["naturalness"]["revision"]) == ("fine", "f1")
    assert registered.identities() == {"asr": "written w1", "speaker": "nearby n1", "mos": "fine f1"}


def test_options_reach_the_backend_and_unknown_ones_are_told(registered) -> None:
    assert load_backends(asr="written:says=a red cup").asr.says == "a red cup"  # type: ignore[union-attr]
    with pytest.raises(UnknownNameError, match="unknown option of recognizer 'written' 'say'; did you mean 'says'"):
        load_backends(asr="written:say=x")
    with pytest.raises(UnknownNameError, match="unknown speaker encoder 'nearbi'; did you mean 'nearby'"):
        load_backends(speaker="nearbi")
    with pytest.raises(UsageError, match="rater of naturalness 'fine' has no options; leave 'least' out"):
        load_backends(mos="fine:least=3")


def test_what_is_not_here_is_absent_and_its_check_not_judged() -> None:
    found = load_available_backends(asr="faster-whisper:model=/nowhere/at/all", speaker="nobody", mos=None)
    assert isinstance(found.asr, Unavailable) and isinstance(found.speaker, Unavailable) and found.mos is None
    checks, _ = made(found)
    assert (checks["transcript"].outcome, checks["transcript"].reason) == ("not judged", "no_recognizer")
    assert "faster-whisper:model=/nowhere/at/all is not here" in checks["transcript"].sentence
    assert (checks["identity"].reason, made(Backends(mos=Unavailable("gone")))[0]["naturalness"].reason) == (
        "not_installed",
    ) * 2
    with pytest.raises((MissingExtraError, UsageError)):
        load_backends(asr="faster-whisper:model=/nowhere/at/all")


def test_every_backend_says_what_it_needs_and_under_which_terms() -> None:
    found = list(describe_backends())
    assert {(one["kind"], one["name"]) for one in found} == {(kind, name) for kind in GROUPS for name in backend_names(kind)}
    assert {one["name"] for one in found if one["default"]} == {"pocketsphinx", "ge2e", "dnsmos"}
    assert all(one["licence"] for one in found)
    assert all(one["install"].startswith("pip install") for one in found if one["missing"])
    for one in found:
        extra = one["install"].partition("voiceact[")[2].rstrip("]'")
        assert not extra or extra in health.EXTRAS


def test_doctor_shows_them() -> None:
    found = CliRunner().invoke(cli, ["doctor"]).output
    assert "faster-whisper" in found and "ge2e (default)" in found and "audio-classifier" in found
    document = json.loads(CliRunner().invoke(cli, ["doctor", "--json"]).output)
    assert {one["check"] for one in document["checks"]} == set(CHECKS)
    assert [one["name"] for one in document["estimators"]][0] == "human"


# --- In recipes and audits


RECIPE = """name: means
description: Checks of one's own.
personas: [nurse]
categories: [Anger]
verify:
  checks: [quality, emotion, transcript]
  asr: {asr}
"""


def recipe(tmp_path, asr: str) -> Path:
    path = tmp_path / "means.yaml"
    path.write_text(RECIPE.format(asr=asr))
    return path


def test_a_recipe_names_them_and_they_are_part_of_what_decides_a_clip(registered, tmp_path) -> None:
    path = recipe(tmp_path, "written")
    assert load_recipe(path).verify.backends == {"asr": "written"}
    assert make_plan(path).fingerprint["checks"] == "asr: written w1"


def test_a_recipe_that_names_what_is_not_there_is_told_before_anything_is_spoken(tmp_path) -> None:
    with pytest.raises(UsageError, match="means.yaml, line 7: unknown recognizer 'writen'"):
        make_plan(recipe(tmp_path, "writen"))
    assert "checks" not in make_plan("smoke").fingerprint


@pytest.fixture
def run(registered, tmp_path, monkeypatch):
    """A run whose records were made with the three, and its folder."""
    import tiny_run

    checks = ("emotion", "transcript")
    monkeypatch.setattr(tiny_run, "CHECKS", checks)
    question = tiny_run.Question
    monkeypatch.setattr(tiny_run, "Question", lambda *given: question(*given, backends=registered))
    judge = fixed(anger=4.0)
    folder = write_tiny_run(tmp_path / "run", personas=("nurse",), categories=("anger",), shards=1, judge=judge)
    store = open_run(str(folder)).store
    file = msgspec.json.decode(store.read("run.json"))
    file["recipe"]["verify"] |= {"asr": "written", "checks": list(checks)}
    store.write("run.json", msgspec.json.encode(file))
    return Path(folder), judge


def test_an_audit_makes_the_checks_with_what_the_recipe_names(run) -> None:
    folder, judge = run
    report = audit_run(folder, judge=judge, sample=None)
    assert report.clean and "verdicts" not in report.unchecked


def test_an_audit_without_it_says_that_it_cannot_be_made_again_here(run, monkeypatch) -> None:
    folder, judge = run
    monkeypatch.setattr(Written, "__init__", raises)
    load_backend.cache_clear()
    report = audit_run(folder, judge=judge, sample=None)
    assert not report.faults.counts
    assert "what the check 'transcript' needs is installed either there or here" in str(report.unchecked)


def raises(self, says: str = "") -> None:
    raise UsageError("its weights are elsewhere")


def test_an_audit_with_another_revision_does_not_call_it_a_fault(run, monkeypatch) -> None:
    folder, judge = run
    monkeypatch.setattr(Written, "revision", "w2")
    load_backend.cache_clear()
    report = audit_run(folder, judge=judge, sample=None)
    assert "the check 'transcript' was made with written w1; here is written w2, which may say otherwise" in str(
        report.unchecked
    )
