"""The raters of naturalness: DistillMOS and DNSMOS with the weights of their wheels, NISQA and SQUIM with random ones."""

from pathlib import Path

import numpy as np
import pytest

from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.verify import naturalness
from voiceact.verify.backends.registry import load_backend
from voiceact.verify.naturalness import DROP, LEAST, check_naturalness

RATE = 16_000


def voice(seconds: float, f0: float = 150.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(int(f0)).normal(size=len(time))
    return (0.1 * np.sign(np.sin(2 * np.pi * f0 * time)) + 0.02 * noise).astype(np.float32)


CLIPS = [(voice(1.0), RATE), (voice(2.0, 90.0), 24_000), (voice(1.0, 300.0), RATE)]


def holds(rater) -> list[float]:
    """What every rater owes: a finite figure each, the same alone and in company; a check that names it."""
    figures = rater.rate(CLIPS)
    for clip, figure in zip(CLIPS, figures, strict=True):
        assert rater.rate([clip]) == pytest.approx([figure], abs=1e-4)
    with pytest.raises(VoiceactError, match="less than a quarter of a second"):
        rater.rate([(np.zeros(RATE, np.float32), RATE)])
    check = check_naturalness(*CLIPS[0], twin=CLIPS[1], rater=rater)
    assert check.details == {"rater": rater.name, "revision": rater.revision, "twin": pytest.approx(figures[1], abs=1e-4)}
    assert check.figure == pytest.approx(figures[0], abs=1e-4) and rater.figure in check.sentence
    assert check_naturalness(*CLIPS[0], rater=rater, whisper=0.8).reason == "whisper"
    return figures


class Fixed:
    """A rater that says what it is told."""

    name, revision, figure, highest, whispers = "fixed", "r1", "FIXED", 5.0, True

    def __init__(self, *figures: float, least: float | None = None, drop: float | None = None):
        self.figures, self.least, self.drop = list(figures), least, drop

    def rate(self, sounds):
        return self.figures[:len(sounds)]


@pytest.mark.parametrize(("least", "drop", "twin", "limit", "outcome"), [
    (None, None, True, None, "not judged"), (3.5, None, True, 3.5, "fail"), (2.0, None, False, 2.0, "pass"),
    (None, 0.5, True, 3.5, "fail"), (None, 0.5, False, None, "not judged"), (2.0, 1.5, True, 2.5, "pass"),
])
def test_a_take_is_held_to_the_limits_that_are_known_and_to_no_other(least, drop, twin, limit, outcome) -> None:
    rater = Fixed(3.0, 4.0, least=least, drop=drop)
    check = check_naturalness(*CLIPS[0], twin=CLIPS[1] if twin else None, rater=rater, whisper=1.0)
    assert (check.outcome, check.threshold, check.figure) == (outcome, limit, 3.0)
    assert check.reason == {"pass": "", "fail": "unnatural", "not judged": "no_limit"}[outcome]


@pytest.mark.skipif(naturalness.model_path() is None, reason="speechmos is not installed")
def test_dnsmos_by_name_is_the_default(monkeypatch) -> None:
    rater = load_backend("mos", "dnsmos")
    assert (rater.least, rater.drop) == (LEAST, DROP)
    assert load_backend("mos", "dnsmos:least=3,drop=0.5").least == 3
    found, named = check_naturalness(*CLIPS[0], twin=CLIPS[1]), check_naturalness(*CLIPS[0], twin=CLIPS[1], rater=rater)
    assert found == named and found.details["rater"] == "dnsmos" and len(found.details["revision"]) == 12


def test_distillmos_prefers_speech_to_noise() -> None:
    pytest.importorskip("distillmos", reason="distillmos is not installed (voiceact[distillmos])")
    from voiceact import synth

    rater = load_backend("mos", "distillmos:device=cpu")
    holds(rater)
    spoken = synth(persona="nurse", text="The blue cup stands next to the kettle.").samples
    assert spoken is not None
    noisy = spoken + np.random.default_rng(0).normal(0, float(spoken.std()), len(spoken)).astype(np.float32)
    clean, spoilt = rater.rate([(spoken, 24_000), (noisy, 24_000)])
    assert 1 <= spoilt < clean - 1 <= 4
    assert spoilt < rater.least < clean and rater.drop is None


def test_torchmetrics_dnsmos_hears_what_ours_hears(tmp_path) -> None:
    pytest.importorskip("torchmetrics", reason="torchmetrics is not installed (voiceact[torchmetrics])")
    pytest.importorskip("librosa", reason="librosa is not installed")
    if naturalness.model_path() is None:
        pytest.skip("speechmos is not installed, whose networks these are")
    source = naturalness.model_path().parent
    (tmp_path / "DNSMOS").mkdir()
    for name in ("sig_bak_ovr.onnx", "model_v8.onnx"):
        (tmp_path / "DNSMOS" / name).write_bytes((source / name).read_bytes())
    rater = load_backend("mos", f"dnsmos-torchmetrics:model={tmp_path}")
    holds(rater)
    sound = np.resize(voice(3.0), 9 * RATE + RATE // 10)
    assert rater.rate([(sound, RATE)]) == pytest.approx([naturalness.dnsmos(sound, RATE)], abs=0.02)
    with pytest.raises(UsageError, match="lacks DNSMOS/sig_bak_ovr.onnx"):
        load_backend("mos", f"dnsmos-torchmetrics:model={Path(__file__).parents[1]}")


@pytest.fixture(scope="module")
def nisqa(tmp_path_factory):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("torchmetrics", reason="torchmetrics is not installed (voiceact[torchmetrics])")
    pytest.importorskip("librosa", reason="librosa is not installed")
    from torchmetrics.functional.audio.nisqa import _NISQADIM

    args = {"ms_sr": None, "ms_fmax": 20_000, "ms_n_fft": 4096, "ms_hop_length": 0.01, "ms_win_length": 0.02, "ms_n_mels": 48,
            "ms_seg_length": 15, "ms_seg_hop_length": 4, "ms_max_segments": 1300, "ms_channel": None,
            "cnn_model": "adapt", "cnn_c_out_1": 16, "cnn_c_out_2": 16, "cnn_c_out_3": 16, "cnn_kernel_size": [3, 3],
            "cnn_dropout": 0.2, "cnn_pool_1": [24, 7], "cnn_pool_2": [12, 5], "cnn_pool_3": [6, 3], "cnn_fc_out_h": None,
            "td": "self_att", "td_sa_d_model": 16, "td_sa_nhead": 1, "td_sa_pos_enc": None, "td_sa_num_layers": 1, "td_sa_h": 16,
            "td_sa_dropout": 0.1, "td_2": "skip", "pool": "att", "pool_att_h": 16, "pool_att_dropout": 0.1}
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("nisqa")
    torch.save({"args": args, "model_state_dict": _NISQADIM(args).state_dict()}, folder / "nisqa.tar")
    return folder


def test_nisqa_through_torchmetrics(nisqa) -> None:
    from torchmetrics.functional.audio import nisqa as library

    before = library.NISQA_DIR
    rater = load_backend("mos", f"nisqa:model={nisqa},least=1")
    holds(rater)
    assert before == library.NISQA_DIR, "the library looks where it looked before"
    assert rater.licence.endswith("CC-BY-NC-SA-4.0")


def test_nisqa_weights_that_are_none(nisqa, tmp_path, capsys) -> None:
    import torch

    class Payload:
        def __reduce__(self):
            return print, ("run",)

    (tmp_path / "nisqa.tar").write_bytes((nisqa / "nisqa.tar").read_bytes()[:-3000])
    with pytest.raises(UsageError, match="cannot be loaded as weights of nisqa"):
        load_backend("mos", f"nisqa:model={tmp_path}")
    torch.save({"args": Payload()}, tmp_path / "nisqa.tar")
    with pytest.raises(UsageError, match="holds more than weights"):
        load_backend("mos", f"nisqa:model={tmp_path}")
    (tmp_path / "nisqa.tar").unlink()
    with pytest.raises(UsageError, match="lacks nisqa.tar"):
        load_backend("mos", f"nisqa:model={tmp_path}")
    assert "run" not in capsys.readouterr().out


@pytest.fixture(scope="module")
def squim(tmp_path_factory):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    models = pytest.importorskip("torchaudio.models", reason="torchaudio is not installed (voiceact[squim])")
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("squim") / "squim_objective_dns2020.pth"
    torch.save(models.squim_objective_base().state_dict(), path)
    return path


def test_squim(squim) -> None:
    import torch
    from torchaudio.models import squim_objective_base

    holds(load_backend("mos", f"squim:model={squim},device=cpu"))
    network = squim_objective_base().eval()
    network.load_state_dict(torch.load(squim, weights_only=True))
    with torch.inference_mode():
        expected = dict(zip(("stoi", "pesq", "si-sdr"), network(torch.from_numpy(CLIPS[0][0])[None]), strict=True))
    for measure, value in expected.items():
        rater = load_backend("mos", f"squim:model={squim},measure={measure},device=cpu")
        assert rater.rate(CLIPS[:1]) == pytest.approx([float(value)], abs=1e-4)
        assert rater.name == f"squim-{measure}" and rater.figure == f"SQUIM {measure.upper()}"


def test_squim_weights_that_are_none(squim, tmp_path) -> None:
    import torch

    with pytest.raises(UnknownNameError, match="unknown measure of SQUIM 'mos'"):
        load_backend("mos", f"squim:model={squim},measure=mos")
    (tmp_path / "cut.pth").write_bytes(squim.read_bytes()[:-5000])
    torch.save({"a": torch.ones(1)}, tmp_path / "other.pth")
    for name in ("cut.pth", "other.pth"):
        with pytest.raises(UsageError, match="cannot be loaded as weights of squim"):
            load_backend("mos", f"squim:model={tmp_path / name}")
