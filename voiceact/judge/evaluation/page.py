"""report.json -> report.html: one file that needs nothing else."""

from collections.abc import Mapping
from html import escape
from typing import Any

from voiceact.judge.evaluation import pictures
from voiceact.judge.evaluation.present import COLUMNS, PUBLISHED
from voiceact.judge.evaluation.regimes import TITLES
from voiceact.report.markup import Markup, bullets, details, document, gallery, section, table

Report = Mapping[str, Any]

ROWS = (
    ("arousal_auc", "Arousal AUC", "high-arousal categories against low ones and neutral"),
    ("arousal_auc_broad", "Arousal AUC, broad", "medium-high and medium-low ones included"),
    ("valence_auc", "Valence AUC", "positive categories against negative ones"),
    ("intensity_auc", "Intensity AUC", "strong against normal: one speaker, one category, its own score"),
    ("intensity_auc_arousal", "Intensity AUC by arousal", "the same, by the judge's arousal"),
    ("arousal_rho", "Arousal, rank correlation", "with listeners' ratings"),
    ("valence_rho", "Valence, rank correlation", "with listeners' ratings"),
    ("uar", "UAR", "forced choice among the corpus's classes, neutral included"),
    ("true_accept", "Called present: own category", "clips asked for what they perform"),
    ("false_accept_neutral", "Called present: neutral clips",
     "asked for each category of the corpus; at most 5% is asked of a judge"),
    ("false_accept_contrastive", "Called present: other categories",
     "emotional clips asked for each other category; at most 15% is asked of a judge"),
    ("false_accept_farthest", "Called present: farthest category",
     "emotional clips asked for the category farthest from their own"),
    ("present_rule_hit_rate", "“Label among the present ones”", "the field's rule"),
    ("present_rule_false_accept", "… and other labels it calls present", "what that rule hides"),
)
NAMES = {key: title for key, title, _ in ROWS}
OVERVIEW = ("uar", "arousal_auc", "valence_auc", "intensity_auc", "false_accept_neutral", "false_accept_contrastive",
            "true_accept")
CATEGORY_FIGURES = {"auc": "AUC", "recall": "recall", "false_accept_neutral": "false accept, neutral",
                    "false_accept_others": "false accept, others"}


def page(report: Report) -> str:
    """The report as one HTML document."""
    judge, settings = report["judge"], report["settings"]
    about = (f"Estimator {judge['estimator']}, revision {judge['revision']}. Every clip was performed by a human. "
             f"Intervals are 95%, from {settings['draws']} draws of whole speakers (seed {settings['seed']}): "
             "they say how the judge would do on other people like these.")
    title = f"What the judge {judge['estimator']} hears"
    return document(title, "\n".join([f"<h1>{escape(title)}</h1>", f'<p class="soft">{escape(about)}</p>',
                                      _overview(report["corpora"]),
                                      *(_corpus(report, name) for name in report["corpora"])]))


def _overview(corpora: Report) -> str:
    rows = [[name, TITLES[regime], *(Markup(_figure(found[key])) for key in OVERVIEW)]
            for name, regimes in corpora.items() for regime, found in regimes.items()]
    return table(["corpus", "regime", *(NAMES[key] for key in OVERVIEW)], rows,
                 "All corpora, each with three regimes: what the judge was told of a voice before it judged.")


def _corpus(report: Report, name: str) -> str:
    regimes, source = report["corpora"][name], report["sources"][name]
    parts = [f"<h2>{escape(name)}</h2>", f'<p class="soft">{escape(_told_source(source))}</p>', _findings(regimes),
             _figures(regimes), _null(regimes), _categories(regimes), _present(regimes), _choice(regimes),
             _reliability(regimes), _field_rule(regimes), _not_judged(regimes)]
    return "\n".join(part for part in parts if part)


def _told_source(source: Report) -> str:
    title = f"{source['title']}. " if source["title"] else ""
    licence = f"Licence {source['licence']}. " if source["licence"] else "Licence not recorded. "
    stale = "The card beside the manifest describes another manifest. " if source["card_is_stale"] else ""
    return (f"{title}{source['clips']} clips ({' and '.join(source['kinds'])}) of {source['speakers']} speakers. "
            f"{licence}{stale}Manifest sha256 {source['manifest_sha256'][:16]}….")


def _findings(regimes: Report) -> str:
    lines = [f"<b>{TITLES[regime].capitalize()}:</b> {escape(line)}"
             for regime, found in regimes.items() for line in found["findings"]]
    return f'<div class="findings">Not to be overlooked{bullets(lines)}</div>' if lines else ""


def _figures(regimes: Report) -> str:
    head = ["figure", *(Markup(f"{TITLES[regime]}<br><span class='soft'>{found['clips']} clips, {found['speakers']} "
                               f"speakers, {found['uar_classes']} classes</span>") for regime, found in regimes.items())]
    rows = [[Markup(f"{escape(title)}<br><span class='soft'>{escape(what)}</span>"),
             *(Markup(_figure(found[key], whole=True)) for found in regimes.values())] for key, title, what in ROWS]
    return table(head, rows)


def _null(regimes: Report) -> str:
    lines = [f"{TITLES[regime].capitalize()}: {null['observed']:.1%} of clips confirmed for what they perform; "
             f"{null['mean']:.1%} ({null['low']:.1%} to {null['high']:.1%}) when the requests are dealt out at random "
             f"among the same clips; p = {null['p']:.3f}."
             for regime, found in regimes.items() if (null := found["null"])]
    return section("The null", "A judge that says yes to everything confirms as much either way.", bullets(lines))


# Sections with pictures

def _categories(regimes: Report) -> str:
    told = {regime: found for regime, found in regimes.items() if found["categories"]}
    what = "0.5 is chance. A category earns its evidence only where the whole interval lies above 0.6."
    tables = "".join(_category_table(regime, found) for regime, found in told.items())
    return section("Each category against the rest", what,
                   gallery(pictures.categories(told)) + details("The same as a table", tables) if told else "")


def _category_table(regime: str, found: Report) -> str:
    rows = [[row["name"], str(row["clips"]), row["evidence"] or "–",
             "–" if row["threshold"] is None else f"{row['threshold']:.2f}",
             *(Markup(_figure(row[key])) for key in CATEGORY_FIGURES)] for row in found["categories"]]
    return table(["category", "clips", "evidence", "threshold", *CATEGORY_FIGURES.values()], rows,
                 TITLES[regime].capitalize())


def _present(regimes: Report) -> str:
    return section("Called present", "To the right: the clips that perform it. To the left: those that do not.",
                   gallery(pictures.presence(regimes)))


def _choice(regimes: Report) -> str:
    return section("Forced choice", "Rows: what was performed, with the number of clips. Columns: what the judge "
                   "answered, in per cent of the row.", gallery(pictures.confusions(regimes)))


def _reliability(regimes: Report) -> str:
    return section("Reliability", "What a score is worth: of the clips that got it, how many perform what was asked. "
                   "Larger points rest on more answers.", gallery(pictures.reliability(regimes)))


def _field_rule(regimes: Report) -> str:
    used = next((COLUMNS.index(rule["map"]) for found in regimes.values() if (rule := found["present_rule"])
                 and rule["labels"]), None)
    if used is None:
        return ""
    what = ("A softmax over the fine categories; a label counts as present if one of its own has more than 1.5 times "
            f"the uniform share (EmoNet-Voice, map for {COLUMNS[used]}). Published for Empathic-Insight-Voice Large on "
            f"{COLUMNS[used]}: {PUBLISHED[used]['overall']:.1%} hits, without the share of other labels it calls "
            "present. The published points compare only where the corpus is the same.")
    return section("The field's rule: label among the present ones", what, gallery(pictures.field_rule(regimes)))


def _not_judged(regimes: Report) -> str:
    rows = [[TITLES[regime], one["path"], one["why"]]
            for regime, found in regimes.items() for one in found["not_judged"]["first"]]
    total = sum(found["not_judged"]["count"] for found in regimes.values())
    return details(f"{total} times a clip could not be judged; the first of them",
                   table(["regime", "clip", "why"], rows)) if rows else ""


# Pieces

def _figure(figure: Report, *, whole: bool = False) -> Markup:
    """Value, interval and, if `whole`, what they rest on or why a part is missing."""
    why = escape(figure.get("why", ""))
    reason = f'<span class="why">{why}</span>' if whole else ""
    if figure["value"] is None:
        return Markup(reason or f'<span title="{why}">–</span>')
    if figure["low"] is None:
        return Markup(f'<span title="{why}">{figure["value"]:.3f}</span><br>{reason}')
    count = f" (n = {figure['n']})" if whole else ""
    return Markup(f"{figure['value']:.3f}<br><small>{figure['low']:.2f} to {figure['high']:.2f}{count}</small>")
