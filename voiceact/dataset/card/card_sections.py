"""Compose the sections of a data card in Markdown."""

from collections.abc import Sequence

from voiceact.dataset.export.exported import ExportFolder
from voiceact.dataset.findings.findings import CategoryFindings, Findings, PresenceRates
from voiceact.dataset.findings.formatting import format_count, format_duration, format_share, pluralize
from voiceact.dataset.findings.texts import MISUSES, REASON_MEANINGS, USES, limits, provenance_facts, verdict_meaning
from voiceact.dataset.licensing.commercial import commercial_use
from voiceact.dataset.report.report import LEVEL_ORDER
from voiceact.stats.figure import Figure
from voiceact.store.columns import COLUMNS, STORE_COLUMNS
from voiceact.vocabulary import EVIDENCE_ORDER

SCORES = "score_"
MOST_REASONS = 10
LOADING = {
    "parquet": """from datasets import Audio, load_dataset

clips = load_dataset("{folder}")
clips = clips.cast_column("audio", Audio(decode=False))  # the files' bytes; without this line samples, which need torchcodec
clip = clips["{split}"][0]
print(clip["text"], clip["category"], len(clip["audio"]["bytes"]))""",
    "audiofolder": """from datasets import load_dataset  # pip install 'datasets[audio]'

clips = load_dataset("{folder}")
print(clips["{split}"][0]["text"])""",
    "webdataset": """import webdataset

for clip in webdataset.WebDataset("{folder}/{first}", shardshuffle=False):
    print(clip["__key__"], clip["txt"].decode(), len(clip["{suffix}"]))""",
}
IN_PLACE = """from voiceact.store.reader import open_run

run = open_run("my-run")
for row in run.rows(keep={"included": True}):
    print(row["text"], len(run.audio(row)))"""


def card_sections(findings: Findings, exported: ExportFolder | None, citation: str) -> list[str]:
    """Compose all sections.

    Args:
        findings: The figures of the run.
        exported: The export that the card lies in; None for the run folder itself.
        citation: BibTeX.
    """
    return [
        *_contents(findings, exported),
        *_making(findings),
        *_hearing(findings),
        "## What “verified” means, and does not",
        verdict_meaning(findings),
        "## Limits",
        _bullets(limits(findings)),
        *_licences(findings),
        *_use(),
        *_loading(exported),
        "## How to cite",
        f"```bibtex\n{citation}\n```",
        "The categories are those of EmoNet-Voice (arXiv 2506.09827); its name stands for them and not for its authors' "
        "approval.",
        *_columns(),
    ]


def _contents(findings: Findings, exported: ExportFolder | None) -> list[str]:
    made = findings.total
    levels = [
        [level, format_count(count), format_share(count / made.number)]
        for level in LEVEL_ORDER
        if (count := made.levels.get(level, 0))
    ]
    told = [
        "## What is in it",
        f"The run holds {pluralize(made.number, 'take')}; {format_count(made.included)} are included.",
        _table(["verdict", "takes", "share"], levels),
        _evidence(findings.categories),
    ]
    if exported:
        splits = ", ".join(f"{split} {format_count(clips)}" for split, clips in exported.clips.items())
        told.insert(1, f"This export ({exported.form}) holds {pluralize(sum(exported.clips.values()), 'clip')}: {splits}.")
    return told


def _evidence(categories: Sequence[CategoryFindings]) -> str:
    """Tabulate the sums over the categories of each kind of evidence."""
    rows = []
    for level in EVIDENCE_ORDER:
        of = [one for one in categories if one.evidence == level]
        if of:
            rows.append(
                [
                    level,
                    str(len(of)),
                    format_count(sum(one.takes.number for one in of)),
                    format_count(sum(one.takes.included for one in of)),
                    format_duration(sum(one.takes.included_seconds for one in of)),
                ]
            )
    return _table(["evidence of the judge", "categories", "takes", "included", "audio included"], rows)


def _making(findings: Findings) -> list[str]:
    rejected = findings.census.reasons.most_common(MOST_REASONS)
    rows = [[f"`{code}`", REASON_MEANINGS.get(code, ""), format_count(count)] for code, count in rejected]
    told = [
        "## How it was made",
        "Each take was spoken by the engine, compared with a neutral reading of the same line by the "
        "same persona, and put through the checks below. All takes are counted, whatever came of them.",
        _table(["", ""], [[name, value] for name, value in provenance_facts(findings)]),
    ]
    return (
        [*told, "Why takes were rejected (a take can have several reasons):", _table(["reason", "meaning", "takes"], rows)]
        if rows
        else told
    )


def _hearing(findings: Findings) -> list[str]:
    told = [
        "## How often the judge hears what was asked",
        f"{findings.counting_rule} *Dealt anew* is the same with the requests dealt out at random among each persona's takes, "
        "*neutral twins* the share of readings without feeling in which the category is called present. In brackets 95 % "
        "intervals: the wider of Wilson's and of one from draws of whole personas.",
    ]
    rows = [_heard("**all**", "", findings.presence)]
    rows += [_heard(one.name, one.evidence, one.presence) for one in findings.categories]
    head = ["category", "evidence", "takes asked", "called present", "dealt anew", "neutral twins", "p"]
    told += [_table(head, rows), f"Thresholds: {findings.thresholds.source}. {findings.twins.sentence()}"]
    return [*told, findings.disagreement] if findings.disagreement else told


def _heard(name: str, evidence: str, heard: PresenceRates) -> list[str]:
    if heard.null is None:
        return [name, evidence, "0", "not judged", "", "", ""]
    dealt = f"{format_share(heard.null.mean)} ({100 * heard.null.low:.0f} to {100 * heard.null.high:.0f})"
    p = "< .001" if heard.null.p < 0.001 else f"{heard.null.p:.3f}"
    return [name, evidence, format_count(heard.rate.n), _share(heard.rate), dealt, _share(heard.twins), p]


def _share(figure: Figure) -> str:
    if figure.value is None:
        return "not known"
    known = figure.low is not None and figure.high is not None
    return format_share(figure.value) + (f" ({100 * (figure.low or 0):.0f} to {100 * (figure.high or 0):.0f})" if known else "")


def _licences(findings: Findings) -> list[str]:
    rows = [
        [one.part, one.of, one.licence, commercial_use(one.licence), "yes" if one.in_clips else "no"]
        for one in findings.licences
    ]
    return [
        "## Licences",
        "The licence above is that of the parts that are in the clips; whoever publishes the set may put it "
        "under a stricter one.",
        _table(["part", "of", "licence", "commercial use", "holds for the clips"], rows),
    ]


def _use() -> list[str]:
    return ["## What it is for, and what not", _bullets(USES), "Not:", _bullets(MISUSES)]


def _loading(exported: ExportFolder | None) -> list[str]:
    if exported is None:
        return [
            "## How to load",
            "As it lies in the run folder:",
            f"```python\n{IN_PLACE}\n```",
            "`voiceact dataset export` turns it into a form that other tools load.",
        ]
    split, names = next(iter(exported.files.items()))
    code = LOADING[exported.form].replace("{folder}", exported.folder.name or ".").replace("{split}", split)
    return ["## How to load", f"```python\n{code.replace('{first}', names[0]).replace('{suffix}', exported.suffix)}\n```"]


def _columns() -> list[str]:
    rows = [
        [f"`{name}`", column.type, column.meaning]
        for name, column in COLUMNS.items()
        if name not in STORE_COLUMNS and not name.startswith(SCORES)
    ]
    after = next(at for at, row in enumerate(rows) if row[0] == "`arousal`")
    rows.insert(
        after,
        [
            f"`{SCORES}<category>`",
            "float32",
            "40 columns, one a category: 0 to 7 as the judge heard it; null where it cannot tell",
        ],
    )
    return ["## Columns", _table(["column", "type", "meaning"], rows)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
