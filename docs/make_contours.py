"""Draws docs/contours-like.svg and docs/contours-words.svg: F0 and level over time.

    python docs/make_contours.py RECORDING NEUTRAL

The first picture shows a recording beside a neutral one of the same speaker, and an English line that a persona delivers like
it beside its neutral twin; the second one line with a feeling from words at three intensities. F0 is in semitones above the
median of the neutral reading, level in dB below its loudest frames. Only these curves are kept of a recording.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voiceact import audio
from voiceact.acting.direction import direct
from voiceact.acting.persona import load_persona
from voiceact.acting.stage_directions import parse_stage
from voiceact.engines.registry import load_engine
from voiceact.estimators.features.low_level_descriptors import FRAME_RATE, HOP, extract_descriptors
from voiceact.estimators.features.signal import prepare
from voiceact.prompting.delivery import Sound, read_delivery
from voiceact.prompting.feeling import read_feeling
from voiceact.synthesis.request import with_stage

TEXT = "The ferry takes about twenty minutes to reach the other shore."
PHRASE = "trying not to cry"
INTENSITIES = (2, 5, 7)
WIDE, ROW, LEFT, TOP, GAP = 330, 120, 46, 44, 26
NARROW = 230
F0_RANGE, LEVEL_RANGE = (-10.0, 20.0), (-40.0, 5.0)
STYLE = (
    "svg{background:#fff}"
    "text{font:12px system-ui,sans-serif;fill:#333}.axis{stroke:#bbb;stroke-width:1}.a{stroke:#8a8a8a}.b{stroke:#c2410c}"
    ".c{stroke:#1d4ed8}.d{stroke:#0f766e}path{fill:none;stroke-width:1.6;stroke-linejoin:round}"
    "@media(prefers-color-scheme:dark){svg{background:#15191e}"
    "text{fill:#ddd}.axis{stroke:#555}.a{stroke:#9a9a9a}.b{stroke:#fb923c}"
    ".c{stroke:#93c5fd}.d{stroke:#5eead4}}"
)
Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contour:
    """F0 (semitones over 27.5 Hz, NaN where unvoiced) and level (dB) of the frames from the first sound to the last."""

    f0: Curve
    level: Curve


def measure(sound: Sound) -> Contour:
    """The contour of a recording or a take."""
    prepared = prepare(*sound)
    tracks = extract_descriptors(prepared)
    frames = np.resize(np.pad(prepared, (0, HOP)), (len(tracks.voiced), HOP)).astype(np.float64)
    level = 10 * np.log10((frames**2).mean(axis=1) + 1e-9)
    middle = np.median(tracks.f0[tracks.voiced])
    kept = tracks.voiced & (np.abs(tracks.f0 - middle) < 14)
    first, *_, last = np.flatnonzero(tracks.active)
    inside = slice(int(first), int(last) + 1)
    smooth = np.convolve(np.pad(level, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    return Contour(np.where(kept, tracks.f0, np.nan)[inside].astype(np.float64), smooth[inside])


def draw(
    columns: list[tuple[str, list[tuple[str, str, Sound]]]], description: str, wide: int = WIDE, *, one_clock: bool = False
) -> str:
    """Draw columns of F0 and level; of each the first sound is the neutral one that the others are measured from.

    Args:
        columns: a title, and label, colour and samples of each curve
        description: of the picture, for those who do not see it
        wide: width of a column in pixels
        one_clock: whether all columns last as long as the longest
    """
    parts = []
    measured = [[measure(sound) for _, _, sound in sounds] for _, sounds in columns]
    longest = max(len(one.level) for contours in measured for one in contours) / FRAME_RATE
    for number, ((title, sounds), contours) in enumerate(zip(columns, measured, strict=True)):
        left = LEFT + number * (wide + GAP)
        zero, full = np.nanmedian(contours[0].f0), np.percentile(contours[0].level, 95)
        seconds = longest if one_clock else max(len(one.level) for one in contours) / FRAME_RATE
        parts.append(f'<text x="{left}" y="14" font-weight="600">{title}</text>')
        for row, (name, limits) in enumerate((("F0, semitones", F0_RANGE), ("level, dB", LEVEL_RANGE))):
            top = TOP + row * (ROW + GAP)
            low, high = limits
            for value in (low, 0.0, high):
                y = top + ROW * (high - value) / (high - low)
                parts.append(f'<path class="axis" d="M{left} {y:.0f}h{wide}"/>')
                if number == 0:
                    parts.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{value:g}</text>')
            if number == 0:
                parts.append(f'<text x="2" y="{top - 6}">{name}</text>')
            for (_, colour, _), contour in zip(sounds, contours, strict=True):
                values = contour.f0 - zero if row == 0 else contour.level - full
                parts.append(f'<path class="{colour}" d="{_path(values, wide / seconds, left, top, limits)}"/>')
        bottom = TOP + 2 * ROW + GAP
        parts.append(f'<text x="{left + wide}" y="{bottom + 16}" text-anchor="end">{seconds:.1f} s</text>')
        x = left
        for label, colour, _ in sounds:
            parts.append(
                f'<path class="{colour}" d="M{x} {bottom + 12}h16"/><text x="{x + 20}" y="{bottom + 16}">{label}</text>'
            )
            x += 36 + 7 * len(label)
    width, height = LEFT + len(columns) * (wide + GAP), TOP + 2 * ROW + GAP + 24
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>{description}</title><style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _path(values: Curve, scale: float, left: float, top: float, limits: tuple[float, float]) -> str:
    """The path of a curve, so many pixels a second; it is lifted where a value is missing."""
    low, high = limits
    path, pen = [], False
    for frame, value in enumerate(values):
        if not np.isfinite(value):
            pen = False
            continue
        x = left + scale * frame / FRAME_RATE
        y = top + ROW * (high - min(max(value, low), high)) / (high - low)
        path.append(f"{'L' if pen else 'M'}{x:.1f} {y:.1f}")
        pen = True
    return "".join(path)


def main(recording: Path, neutral: Path) -> None:
    """Draw both pictures."""
    engine, persona = load_engine(), load_persona("nurse")
    folder = Path(__file__).parent

    def perform(feelings: list[tuple[str, float]], stage: str = "") -> Sound:
        directed = with_stage(direct(persona, feelings), parse_stage(stage)) if stage else direct(persona, feelings)
        take = engine.perform(TEXT, persona, directed, seed=0)
        return take.samples, take.sample_rate

    twin = perform([])
    clip, plain = audio.read(recording), audio.read(neutral)
    delivery = read_delivery(clip, plain)
    mix = delivery.mix_for(persona)
    like = perform(mix.pairs(), delivery.direction(persona, mix))
    columns = [
        ("the recording", [("neutral", "a", plain), ("performed", "b", clip)]),
        ("the nurse, another line", [("twin", "a", twin), ("--like", "b", like)]),
    ]
    drawn = draw(columns, "F0 and level of a recording, and of a line delivered like it, each beside a neutral reading")
    (folder / "contours-like.svg").write_text(drawn, encoding="utf-8")

    found = read_feeling(PHRASE).mix.pairs()
    strongest = max(value for _, value in found)
    columns = []
    for value, colour in zip(INTENSITIES, "dcb", strict=True):
        take = perform([(name, own * value / strongest) for name, own in found])
        columns.append((f"{PHRASE}: {value} of 7", [("neutral", "a", twin), (f"{value} of 7", colour, take)]))
    drawn = draw(columns, f"F0 and level of a line, {PHRASE}, at three intensities", NARROW, one_clock=True)
    (folder / "contours-words.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
