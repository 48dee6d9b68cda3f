"""Compose the sections of a data card in Markdown."""

from collections.abc import Sequence

from voiceact.dataset.export.exported import ExportFolder
from voiceact.dataset.findings.findings import Findings
from voiceact.dataset.findings.formatting import format_count, format_duration, format_share
from voiceact.dataset.findings.texts import MISUSES, REASON_MEANINGS, USES, limits, provenance_facts, verdict_meaning
from voiceact.dataset.licensing.commercial import commercial_use
from voiceact.dataset.report.report import LEVEL_ORDER
from voiceact.errors import count_noun
from voiceact.estimators.base import people_heard
from voiceact.runtime.untrusted_text import escape_markdown
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
        findings: the figures of the run
        exported: the export that the card lies in; None for the run folder itself
        citation: BibTeX
    """
    licence_rows = [
        [licence.part, licence.of, licence.licence, commercial_use(licence.licence), "yes" if licence.in_clips else "no"]
        for licence in findings.licences
    ]
    return [
        *contents_section(findings, exported),
        *making_section(findings),
        *judging_section(findings),
        "## What “verified” means, and does not",
        verdict_meaning(findings),
        "## Limits",
        bullet_list(limits(findings)),
        "## Licences",
        "The licence above is that of the parts that are in the clips; whoever publishes the set may put it "
        "under a stricter one.",
        markdown_table(["part", "of", "licence", "commercial use", "holds for the clips"], licence_rows),
        "## What it is for, and what not",
        bullet_list(USES),
        "Not:",
        bullet_list(MISUSES),
        "## How to load",
        *loading_section(exported),
        "## How to cite",
        f"```bibtex\n{citation}\n```",
        "The categories are those of EmoNet-Voice (arXiv 2506.09827); its name stands for them and not for its authors' "
        "approval.",
        "## Columns",
        columns_table(),
    ]


def contents_section(findings: Findings, exported: ExportFolder | None) -> list[str]:
    """Say what is in the data set: takes by verdict, and categories by evidence."""
    takes = findings.total
    parts = ["## What is in it"]
    if exported:
        splits = ", ".join(f"{split} {format_count(clips)}" for split, clips in exported.clips.items())
        parts.append(f"This export ({exported.form}) holds {count_noun(sum(exported.clips.values()), 'clip')}: {splits}.")
    levels = [
        [level, format_count(count), format_share(count / takes.number)]
        for level in LEVEL_ORDER
        if (count := takes.levels.get(level, 0))
    ]
    evidence = []
    for level in EVIDENCE_ORDER:
        categories = [category for category in findings.categories if category.evidence == level]
        if categories:
            number = sum(category.takes.number for category in categories)
            included = sum(category.takes.included for category in categories)
            seconds = sum(category.takes.included_seconds for category in categories)
            row = [level, str(len(categories)), format_count(number), format_count(included), format_duration(seconds)]
            evidence.append(row)
    return [
        *parts,
        f"The run holds {count_noun(takes.number, 'take')}; {format_count(takes.included)} are included.",
        markdown_table(["verdict", "takes", "share"], levels),
        markdown_table(["evidence of the judge", "categories", "takes", "included", "audio included"], evidence),
    ]


def making_section(findings: Findings) -> list[str]:
    """Say how the clips were made, and why takes were rejected."""
    parts = [
        "## How it was made",
        "Each take was spoken by the engine, compared with a neutral reading of the same line by the "
        "same persona, and put through the checks below. All takes are counted, whatever came of them.",
        markdown_table(["", ""], [[name, value] for name, value in provenance_facts(findings)]),
    ]
    rejected = findings.census.reasons.most_common(MOST_REASONS)
    rows = []
    for code, count in rejected:
        # Codes are from the rows of the run, which may be from anywhere.
        shown = f"`{code}`" if code in REASON_MEANINGS else escape_markdown(code, 80)
        rows.append([shown, REASON_MEANINGS.get(code, ""), format_count(count)])
    if rows:
        parts.append("Why takes were rejected (a take can have several reasons):")
        parts.append(markdown_table(["reason", "meaning", "takes"], rows))
    return parts


def judging_section(findings: Findings) -> list[str]:
    """Say how often the judge calls each category present, beside chance and neutral twins."""
    rows = []
    figures = [("**all**", "", "", findings.presence)]
    for category in findings.categories:
        heard = people_heard(findings.thresholds.judge, category.id, findings.thresholds.mode)
        people = format_share(heard["value"]) if heard else "not known"
        figures.append((category.name, category.evidence, people, category.presence))
    for name, evidence, people, rates in figures:
        if rates.null is None:
            rows.append([name, evidence, "0", "not judged", "", "", "", ""])
            continue
        null = f"{format_share(rates.null.mean)} ({100 * rates.null.low:.0f} to {100 * rates.null.high:.0f})"
        p = "< .001" if rates.null.p < 0.001 else f"{rates.null.p:.3f}"
        number = format_count(rates.rate.n)
        rows.append(
            [name, evidence, number, share_with_interval(rates.rate), null, share_with_interval(rates.twins), people, p]
        )
    parts = [
        "## How often the judge hears what was asked",
        f"{findings.counting_rule} *Dealt anew* is the same with the requests dealt out at random among each persona's takes, "
        "*neutral twins* the share of readings without feeling in which the category is called present, *people* that of "
        "human performances of it in corpora the judge never met. In brackets 95 % intervals: the wider of Wilson's and of "
        "one from draws of whole personas.",
        markdown_table(
            ["category", "evidence", "takes asked", "called present", "dealt anew", "neutral twins", "people", "p"], rows
        ),
        f"Thresholds: {findings.thresholds.source}. {escape_markdown(findings.twins.sentence())}",
    ]
    return [*parts, findings.disagreement] if findings.disagreement else parts


def share_with_interval(figure: Figure) -> str:
    """Write a share with its interval: 37 % (30 to 44); "not known" without a value."""
    if figure.value is None:
        return "not known"
    known = figure.low is not None and figure.high is not None
    interval = f" ({100 * (figure.low or 0):.0f} to {100 * (figure.high or 0):.0f})" if known else ""
    return format_share(figure.value) + interval


def loading_section(exported: ExportFolder | None) -> list[str]:
    """Show the code that loads the data set."""
    if exported is None:
        return [
            "As it lies in the run folder:",
            f"```python\n{IN_PLACE}\n```",
            "`voiceact dataset export` turns it into a form that other tools load.",
        ]
    split, names = next(iter(exported.files.items()))
    code = LOADING[exported.form].replace("{folder}", exported.folder.name or ".").replace("{split}", split)
    return [f"```python\n{code.replace('{first}', names[0]).replace('{suffix}', exported.suffix)}\n```"]


def columns_table() -> str:
    """Tabulate the columns, the 40 scores in one row."""
    scores = [
        f"`{SCORES}<category>`",
        "float32",
        "40 columns, one a category: 0 to 7 as the judge heard it; null where it cannot tell",
    ]
    rows = []
    for name, column in COLUMNS.items():
        if name == "arousal":
            rows.append(scores)
        if name not in STORE_COLUMNS and not name.startswith(SCORES):
            rows.append([f"`{name}`", column.type, column.meaning])
    return markdown_table(["column", "type", "meaning"], rows)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)


def bullet_list(lines: Sequence[str]) -> str:
    """Write a list in Markdown."""
    return "\n".join(f"- {line}" for line in lines)
