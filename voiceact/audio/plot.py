"""Draw a take beside its neutral twin: waveform, mel spectrogram, F0 and level."""

import io
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voiceact.audio.level import Samples, resample
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import check_folder, write_whole
from voiceact.runtime.extras import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from voiceact.audio.words import Word

Floats = NDArray[np.floating[Any]]

FORMATS = (".png", ".svg", ".pdf")

TAKE_COLOUR, TWIN_COLOUR, INK, FAINT = "#c2410c", "#64748b", "#1e293b", "#e2e8f0"
FRAME_SECONDS, WINDOW_SECONDS = 0.01, 0.032
MEL_BANDS, MEL_LOW_HZ, MEL_HIGH_HZ = 96, 50.0, 10000.0
FLOOR_DB = -70.0
TITLE_POINTS, TITLE_CHARACTERS, CHARACTERS_ACROSS, WORD_ROWS = 12, 90, 145, 3
VOICED = 0.5
"""least confidence of a voiced frame"""


class Sound(Protocol):
    """A sound to be drawn: any object with these attributes, such as a take of an engine."""

    @property
    def samples(self) -> Samples: ...
    @property
    def sample_rate(self) -> int: ...
    @property
    def duration(self) -> float: ...
    @property
    def words(self) -> "tuple[Word, ...]": ...


@dataclass(frozen=True, slots=True)
class Contours:
    """Contours of a sound.

    Attributes:
        f0_times: seconds, [frames]
        f0_hz: F0, NaN in unvoiced frames
        level_times: seconds, [frames]
        level_db: level in dB below full scale
    """

    f0_times: Floats
    f0_hz: Floats
    level_times: Floats
    level_db: Floats


def plot_take(take: Sound, twin: Sound | None, path: Path | str, *, title: str = "") -> None:
    """Draw waveform, mel spectrogram, F0 and level of a take, with its neutral twin in grey behind.

    Args:
        take: the sound
        twin: its neutral reading; None draws the take alone
        path: .png, .svg or .pdf
        title: above the picture

    Raises:
        MissingExtraError: without matplotlib
        UsageError: for another suffix, or a folder that cannot be written
    """
    path = Path(path)
    check_picture(path)
    figure = _draw(take, twin, title)
    from matplotlib import rc_context

    buffer, kind = io.BytesIO(), path.suffix[1:].lower()
    # Neither dates nor random ids inside, so that the same takes give the same file.
    undated = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with rc_context({"svg.hashsalt": "voiceact"}):
        figure.savefig(buffer, format=kind, dpi=130, metadata=undated[kind])
    write_whole(path, buffer.getvalue())


def check_picture(path: Path) -> None:
    """Check that a picture can be drawn, before work is spent on a take; raises like `plot_take`."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"cannot draw a picture as {path.suffix!r}; expected one of {', '.join(FORMATS)}")
    check_folder(path)
    try:
        import matplotlib  # noqa: F401
        import swift_f0  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("drawing a picture", "plot") from error


def _draw(take: Sound, twin: Sound | None, title: str) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 9.2 if twin else 7.6), layout="constrained", facecolor="white")
    heights = [1.1, 2, 1.5, 1.5, 1.2] if twin else [1.1, 2, 1.5, 1.2]
    axes = list(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights))
    _waveform(axes[0], take, twin)
    span_seconds = max(sound.duration for sound, _, _ in _both(take, twin))
    _spectrogram(axes[1], take, "take", span_seconds)
    if twin:
        _spectrogram(axes[2], twin, "twin", span_seconds)
    _contours(axes[-2], axes[-1], take, twin)
    _finish(figure, axes, span_seconds, title)
    return figure


def _waveform(axis: "Axes", take: Sound, twin: Sound | None) -> None:
    for sound, colour, name in _both(take, twin):
        times, low, high = _envelope(sound.samples, sound.sample_rate)
        axis.fill_between(
            times,
            low,
            high,
            color=colour,
            alpha=0.9 if name == "take" else 0.45,
            linewidth=0,
            label=_legend(sound, name),
            zorder=2 if name == "take" else 1,
        )
    axis.set_ylabel("amplitude")
    peak = max(float(np.abs(sound.samples).max(initial=0.01)) for sound, _, _ in _both(take, twin))
    axis.set_ylim(-1.1 * peak, 1.1 * peak)
    axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.2)


def _spectrogram(axis: "Axes", sound: Sound, name: str, span_seconds: float) -> None:
    decibels, edges_hz = mel_spectrogram(sound.samples, sound.sample_rate)
    time_edges = np.arange(decibels.shape[1] + 1) * FRAME_SECONDS
    axis.pcolormesh(time_edges, edges_hz, decibels, cmap="magma", vmin=FLOOR_DB, vmax=0, rasterized=True)
    axis.set_yscale("function", functions=(mel, hertz))
    axis.set_yticks([200, 500, 1000, 2000, 4000, 8000], ["200", "500", "1k", "2k", "4k", "8k"])
    axis.set_ylim(MEL_LOW_HZ, edges_hz[-1])
    axis.set_ylabel(f"{name}, Hz")
    axis.grid(False)
    axis.set_facecolor("black")
    _words(axis, sound.words, span_seconds)


def _words(axis: "Axes", words: "tuple[Word, ...]", span_seconds: float) -> None:
    """Write each word at its start in the first free row; leave it out where no row is free, or the edge would cut it."""
    ends = [0.0] * WORD_ROWS
    for word in words:
        row = next((row for row, end in enumerate(ends) if end <= word.start), None)
        if row is None:
            continue  # a long line shows only as many words as can be read
        end = word.start + (len(word.text) + 1) * span_seconds / CHARACTERS_ACROSS
        if end > span_seconds * (1 + 1 / CHARACTERS_ACROSS):
            continue
        ends[row] = end
        axis.axvline(word.start, color="white", alpha=0.25, linewidth=0.6)
        axis.text(
            word.start,
            0.985 - row * 0.085,
            word.text,
            transform=axis.get_xaxis_transform(),
            va="top",
            color="white",
            fontsize=8,
            clip_on=True,
            parse_math=False,
            bbox={"facecolor": "black", "alpha": 0.55, "linewidth": 0, "pad": 0.8},
        )


def _contours(f0_axis: "Axes", level_axis: "Axes", take: Sound, twin: Sound | None) -> None:
    shown = []
    for sound, colour, name in _both(take, twin):
        curves = contours(sound.samples, sound.sample_rate)
        style: dict[str, Any] = {
            "color": colour,
            "linewidth": 2.2 if name == "take" else 1.6,
            "zorder": 2 if name == "take" else 1,
        }
        f0_axis.plot(curves.f0_times, curves.f0_hz, **style)
        level_axis.plot(curves.level_times, curves.level_db, **style)
        shown.append((curves, colour))
    _medians(
        f0_axis, [(float(np.nanmedian(curves.f0_hz)), colour) for curves, colour in shown if np.isfinite(curves.f0_hz).any()]
    )
    _hertz_axis(f0_axis, np.concatenate([curves.f0_hz for curves, _ in shown]))
    level_axis.set_ylabel("level, dB FS")
    loudest = max(float(curves.level_db.max(initial=FLOOR_DB)) for curves, _ in shown)
    level_axis.set_ylim(loudest - 50, loudest + 4)


def _medians(axis: "Axes", medians: list[tuple[float, str]]) -> None:
    """Draw a dashed line and a number for each sound; the higher number above its line, the lower below."""
    for place, (median, colour) in enumerate(sorted(medians)):
        axis.axhline(median, color=colour, linewidth=0.8, linestyle=(0, (4, 3)), alpha=0.8)
        alignment = "center" if len(medians) == 1 else ("top", "bottom")[place]
        axis.text(1.005, median, f"{median:.0f}", transform=axis.get_yaxis_transform(), color=colour, va=alignment, fontsize=9)


def _hertz_axis(axis: "Axes", f0_hz: Floats) -> None:
    """Set a logarithmic axis around the F0 values, so that equal intervals look equal."""
    axis.set_ylabel("F0, Hz")
    voiced = f0_hz[np.isfinite(f0_hz)]
    low, high = np.percentile(voiced, [1, 99]) if len(voiced) else (100, 300)
    axis.set_yscale("log")
    axis.set_ylim(low / 1.15, high * 1.15)
    ticks = [tick for tick in (50, 70, 100, 140, 200, 280, 400, 560, 800) if low / 1.15 < tick < high * 1.15]
    axis.set_yticks(ticks, [str(tick) for tick in ticks])
    axis.set_yticks([], minor=True)


def _finish(figure: Any, axes: "list[Axes]", span_seconds: float, title: str) -> None:
    for axis in axes:
        axis.tick_params(colors=INK, labelsize=9, length=3)
        axis.yaxis.label.set_color(INK)
        axis.spines[["top", "right"]].set_visible(False)
        axis.spines[["left", "bottom"]].set_color(TWIN_COLOUR)
    for axis in (axes[0], axes[-2], axes[-1]):
        axis.grid(True, color=FAINT, linewidth=0.8)
        axis.set_axisbelow(True)
    axes[-1].set_xlim(0, span_seconds)
    axes[-1].set_xlabel("seconds", color=INK)
    figure.align_ylabels(axes)
    if title:
        shown = textwrap.fill(textwrap.shorten(title, TITLE_CHARACTERS * 2, placeholder=" …"), TITLE_CHARACTERS)
        text = figure.suptitle(shown, x=0.06, ha="left", fontsize=TITLE_POINTS, fontweight="bold", color=INK, parse_math=False)
        # Capitals and scripts of wide letters need more room than so many characters usually do.
        width, room = text.get_window_extent().width, (1 - 2 * 0.06) * figure.bbox.width
        if width > room:
            text.set_fontsize(TITLE_POINTS * room / width)


def _both(take: Sound, twin: Sound | None) -> "list[tuple[Sound, str, str]]":
    twins = [(twin, TWIN_COLOUR, "twin")] if twin else []
    return [*twins, (take, TAKE_COLOUR, "take")]


def _legend(sound: Sound, name: str) -> str:
    return f"{'take' if name == 'take' else 'neutral twin'} ({sound.duration:.1f} s)"


# --- Contours and spectra


def contours(samples: Samples, rate: int) -> Contours:
    """Compute F0 (swift-f0, 16 ms frames) and level (10 ms frames) of a sound."""
    from swift_f0 import SwiftF0

    pitch = SwiftF0(threads=1, spin=False).detect(resample(samples, rate, 16000), 16000, fmin=50, fmax=900)
    f0 = np.where(pitch.confidence >= VOICED, pitch.pitch_hz, np.nan)
    frames = _frames(samples, rate)
    with np.errstate(divide="ignore"):
        level = 10 * np.log10(np.maximum((frames**2).mean(axis=1), 1e-12))
    return Contours(pitch.timestamps, f0, (np.arange(len(level)) + 0.5) * FRAME_SECONDS, level)


def mel_spectrogram(samples: Samples, rate: int) -> tuple[Floats, Floats]:
    """Compute decibels below the loudest point [bands, frames], and the edges of the bands in Hz [bands + 1]."""
    frames = _frames(samples, rate)
    size = 1 << (frames.shape[1] - 1).bit_length()
    power = np.abs(np.fft.rfft(frames * np.hanning(frames.shape[1]), size)) ** 2
    edges = hertz(np.linspace(mel(MEL_LOW_HZ), mel(min(MEL_HIGH_HZ, rate / 2)), MEL_BANDS + 1))

    # Each band is a triangle, no narrower than two bins, with sum 1: weights [bands, bins].
    bins_hz = np.fft.rfftfreq(size, 1 / rate)
    centres = (edges[:-1] + edges[1:]) / 2
    widths = np.maximum(np.diff(edges), 2 * (bins_hz[1] - bins_hz[0]))
    weights = np.maximum(0, 1 - np.abs(bins_hz[None, :] - centres[:, None]) / widths[:, None])
    weights = np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9))
    bands = power @ weights.T
    decibels = 10 * np.log10(np.maximum(bands, 1e-12)).T
    return np.maximum(decibels - decibels.max(), FLOOR_DB), edges


def _frames(samples: Samples, rate: int) -> Floats:
    """Cut windows [frames, window], centred on the middle of every 10 ms; the ends are padded with silence."""
    hop, window = round(FRAME_SECONDS * rate), round(WINDOW_SECONDS * rate)
    count = max(1, -(-len(samples) // hop))
    before = (window - hop) // 2
    padded = np.zeros((count - 1) * hop + window)
    kept = samples[: len(padded) - before]
    padded[before : before + len(kept)] = kept
    return np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]


def _envelope(samples: Samples, rate: int, points: int = 1500) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Compute times, lowest and highest sample of equal stretches: the visible outline of a waveform."""
    each = max(1, -(-len(samples) // points))
    whole = np.pad(samples, (0, -len(samples) % each)).reshape(-1, each)
    return np.arange(len(whole)) * each / rate, whole.min(axis=1), whole.max(axis=1)


def mel(hz: Any) -> Any:
    """Convert hertz to mel (O'Shaughnessy 1987)."""
    return 2595 * np.log10(1 + np.asarray(hz, float) / 700)


def hertz(mels: Any) -> Any:
    """Convert mel to hertz, the inverse of `mel`."""
    return 700 * (10 ** (np.asarray(mels, float) / 2595) - 1)
