"""Make the samples anew: `python samples/make.py` (or `make samples`) writes the clips, their records and the page."""

import html
import json
from collections.abc import Iterable
from pathlib import Path

from page_head import page_head

from voiceact import synth
from voiceact.acting.intensity import word
from voiceact.acting.taxonomy import get
from voiceact.clip.clip import Clip
from voiceact.synthesis.synthesize import neutral_twin
from voiceact.verify import judge_file

HERE = Path(__file__).parent

SCENES: tuple[tuple[str, str, str | None], ...] = (
    ("nurse", "Concern:5", None),
    ("nurse", "", "The blue cup stands next to the kettle, and the door is open."),
    ("nurse", "Sadness:6", "The blue cup stands next to the kettle, and the door is open."),
    ("nurse", "Anger:6", "The blue cup stands next to the kettle, and the door is open."),
    ("nurse", "Joy:6", "The blue cup stands next to the kettle, and the door is open."),
    ("grumpy-lovable-grandpa", "Embarrassment:5", None),
    ("thrilling-storyteller", "Fear:6", None),
    ("empathetic-educator", "Relief:5", None),
    ("drill-sergeant", "Impatience:6", None),
    ("curious-first-grader", "Awe:6", None),
    ("weary-detective", "Fatigue:6", None),
    ("sly-villain", "Malice:6", None),
    ("kindly-grandmother", "Longing:5", None),
    ("opera-diva", "Triumph:7", None),
)
"""persona, emotion ("" is neutral), text (None picks a fitting line)"""

STYLE = """\
  h1 { font-size: 1.5rem; }
  article { border-top: 1px solid var(--line); padding: 1rem 0; }
  h2 { font-size: 1.05rem; margin: 0; }
  h2 small { font-weight: normal; color: var(--quiet); }
  blockquote { margin: .4rem 0; font-style: italic; }
  audio { width: 100%; }
  p { margin: .3rem 0; color: var(--quiet); font-size: .9rem; }
"""

BODY = """<h1>voiceact samples</h1>
<p>Synthetic speech of fictional personas by the embedded engine; no recording of a person. Beside each clip stands its
record, from which <code>voiceact replay</code> makes the same bytes again, with the judge's verdict on it. Remade by
<code>make samples</code>.</p>
{articles}
</body>
</html>
"""

ARTICLE = """<article>
<h2>{persona} <small>{feeling}</small></h2>
<blockquote>{text}</blockquote>
<audio controls preload="metadata" src="{audio}" aria-label="{persona}, {feeling}"></audio>
<p>{instruction}</p>
<p>{verdict}</p>
<p>{duration:.1f} s, {lufs:.1f} LUFS · <a href="{record}">record</a></p>
</article>"""

CHECKS = ("quality", "emotion")
"""what the core alone can check without a recognizer"""


def make_clip(persona: str, emotion: str, text: str | None) -> Clip:
    """Perform one scene, write it beside this file, and judge it."""
    clip = synth(persona=persona, emotion=emotion or (), text=text)
    felt = f"{clip.record.category}-{clip.record.intensity:g}" if clip.record.category else "neutral"
    path = HERE / f"{persona}-{felt}.ogg".replace("_", "-")
    clip.save(path)
    judged, _ = judge_file(path, twin=neutral_twin, checks=CHECKS)
    return judged


def said(clip: Clip) -> str:
    """What the judge says of a clip: the level, the emotion and what failed; nothing of a neutral reading."""
    verdict = clip.record.verdict
    if verdict is None or clip.record.category is None:
        return ""
    told = [check.sentence for check in verdict.checks if check.name == "emotion" or check.outcome == "fail"]
    return f"{verdict.level}: {'; '.join(told)}"


def article(clip: Clip) -> str:
    """The scene's part of the page."""
    record = clip.record
    feeling = (
        "neutral"
        if record.category is None
        else (f"{get(record.category).name} at {record.intensity:g} of 7, {word(record.intensity)}")
    )
    audio = str(record.audio.path)
    return ARTICLE.format(
        persona=record.persona,
        feeling=html.escape(feeling),
        text=html.escape(record.text),
        audio=audio,
        record=audio.replace(".ogg", ".json"),
        duration=record.audio.duration,
        verdict=html.escape(said(clip)),
        lufs=record.audio.lufs,
        instruction=html.escape(record.direction.instruction),
    )


def write_page(clips: Iterable[Clip]) -> None:
    """Write the page of judged clips."""
    page = page_head("voiceact samples", STYLE, width="46rem") + BODY.format(articles="\n".join(map(article, clips)))
    (HERE / "index.html").write_text(page, encoding="utf-8")


def main() -> None:
    """Write all clips and the page."""
    clips = [make_clip(*scene) for scene in SCENES]
    write_page(clips)
    print(json.dumps({"clips": len(clips), "page": "samples/index.html"}))


if __name__ == "__main__":
    main()
