"""Make the tale and the page of the cast anew: `python samples/make_tale.py` (or `make samples`).

The tale is told by `voiceact tell` and kept as Opus, some 32 kbit/s, with its script and subtitles; of each shipped
persona one neutral line is spoken.
"""

import html
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from page_head import page_head

from voiceact.acting.direction import direct
from voiceact.acting.persona import list_personas, load_persona
from voiceact.acting.script import pick_line
from voiceact.audio import resample
from voiceact.engines.registry import load_engine
from voiceact.story.script import parse_script
from voiceact.story.telling import StoryTeller

HERE = Path(__file__).parent
TALE = HERE / "tale"
LEAST_BITS = 0.9
"""libsndfile's compression level of Opus, 0 to 1: some 32 kbit/s for one channel"""

STYLE = """\
  table { border-collapse: collapse; width: 100%; }
  td, th { border-top: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; font-size: .9rem; }
  audio { width: 14rem; }
  .whole { width: 100%; }
  p { color: var(--quiet); }
  pre { white-space: pre-wrap; background: var(--panel); padding: 1rem; font-size: .85rem; }
"""
WIDTH = "60rem"


def write_opus(path: Path, samples: np.ndarray, rate: int) -> None:
    """Write samples as Opus in an OGG file."""
    soundfile.write(path, resample(samples, rate, 24_000), 24_000, format="OGG", subtype="OPUS", compression_level=LEAST_BITS)


def make_tale() -> float:
    """Tell the script of the tale, keep its sound and subtitles, and write its page; seconds."""
    written = (TALE / "the-keeper-script.txt").read_text("utf-8")
    script = parse_script(written)
    with tempfile.TemporaryDirectory() as folder:
        told = StoryTeller(script).tell(Path(folder) / "told")
        assert told.whole is not None
        samples, rate = soundfile.read(told.whole, dtype="float32")
        write_opus(TALE / "the-keeper.ogg", samples, rate)
        shutil.copy(told.whole.with_suffix(".vtt"), TALE / "the-keeper.vtt")
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(who)}</td><td>{html.escape(load_persona(who).description)}</td></tr>"
        for name, who in script.cast.items()
    )
    page = f"""{page_head("The Keeper's Bell", STYLE, width=WIDTH)}<h1>The Keeper's Bell</h1>
<p>{told.seconds:.0f} seconds by three personas and the embedded engine; synthetic speech, no recording of a person.
<code>voiceact tell the-keeper.txt --cast cast.yaml --script-out the-keeper-script.txt</code> wrote the script below; the
feelings of eleven lines were then set by hand, where words mislead (“put down his knife” was read as contempt), and
<code>voiceact tell the-keeper-script.txt --out told</code> told it.</p>
<audio class="whole" controls preload="metadata" src="the-keeper.ogg" aria-label="The whole tale"></audio>
<table><tr><th>in the tale</th><th>persona</th><th>who</th></tr>{rows}</table>
<h2>The script</h2>
<pre>{html.escape(written)}</pre>
</body>
</html>
"""
    (TALE / "index.html").write_text(page, encoding="utf-8")
    return told.seconds


def make_cast() -> int:
    """Let every shipped persona speak a neutral line, and write the page of the cast; how many there are."""
    engine = load_engine("embedded")
    (HERE / "cast").mkdir(exist_ok=True)
    rows = []
    personas = sorted(list_personas(), key=lambda persona: persona.age)
    for persona in personas:
        line = pick_line(kind="neutral", category=None, language="en", tags=persona.tags, seed=0).text
        take = engine.perform(line, persona, direct(persona, ()), language="en", seed=0)
        write_opus(HERE / "cast" / f"{persona.name}.ogg", take.samples, take.sample_rate)
        rows.append(
            f"<tr><td><b>{persona.name}</b><br>{persona.gender}, {persona.age}<br>F0 {persona.voice.f0_hz:g} Hz</td>"
            f"<td>{html.escape(persona.description)}<br><i>{html.escape(line)}</i></td>"
            f'<td><audio controls preload="none" src="{persona.name}.ogg" aria-label="{persona.name}"></audio></td></tr>'
        )
    page = f"""{page_head("The cast", STYLE, width=WIDTH)}<h1>The cast</h1>
<p>The {len(personas)} personas that come with voiceact, from the youngest to the oldest, each with a neutral line by the
embedded engine. All are invented; no recording of a person. <code>voiceact persona audition NAME</code> writes a page on which
one of them is heard in eight categories.</p>
<table>{"".join(rows)}</table>
</body>
</html>
"""
    (HERE / "cast" / "index.html").write_text(page, encoding="utf-8")
    return len(personas)


if __name__ == "__main__":
    print(json.dumps({"seconds": round(make_tale(), 1), "personas": make_cast()}))
