"""Render the report on a judge as one HTML page that needs nothing else; `page.html` is its template."""

from collections.abc import Mapping
from typing import Any

from voiceact.judge.evaluation import pictures
from voiceact.judge.evaluation.present import COLUMNS, PUBLISHED
from voiceact.judge.evaluation.regimes import TITLES
from voiceact.report.templates import render_page

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
    (
        "false_accept_neutral",
        "Called present: neutral clips",
        "asked for each category of the corpus; at most 5% is asked of a judge",
    ),
    (
        "false_accept_contrastive",
        "Called present: other categories",
        "emotional clips asked for each other category; at most 15% is asked of a judge",
    ),
    (
        "false_accept_farthest",
        "Called present: farthest category",
        "emotional clips asked for the category farthest from their own",
    ),
    ("present_rule_hit_rate", "“Label among the present ones”", "the field's rule"),
    ("present_rule_false_accept", "… and other labels it calls present", "what that rule hides"),
)
NAMES = {key: title for key, title, _ in ROWS}
OVERVIEW = (
    "uar",
    "arousal_auc",
    "valence_auc",
    "intensity_auc",
    "false_accept_neutral",
    "false_accept_contrastive",
    "true_accept",
)
CATEGORY_FIGURES = {
    "auc": "AUC",
    "recall": "recall",
    "false_accept_neutral": "false accept, neutral",
    "false_accept_others": "false accept, others",
}

OF_OTHERS = {"present_rule_balanced_accuracy": "present rule", "spearman": "rank correlation"}
QUESTION_FIGURES = {
    "people_balanced_accuracy": "people",
    "preselection_balanced_accuracy": "preselection",
    "balanced_accuracy": "judge",
    **{key: f"judge, {what}" for key, what in OF_OTHERS.items()},
}


def page(report: Report) -> str:
    """Render the report, as `report.json` holds it, as one HTML document."""
    judge = report["judge"]
    return render_page(
        __package__,
        "page.html",
        title=f"What the judge {judge['estimator']} hears",
        judge=judge,
        performers=describe_performers(report),
        settings=report["settings"],
        corpora=[corpus_section(report, name) for name in report["corpora"]],
        titles=TITLES,
        rows=ROWS,
        names=NAMES,
        overview=OVERVIEW,
        category_figures=CATEGORY_FIGURES,
    )


def describe_performers(report: Report) -> str:
    """Say who performed the clips, as the manifests have it: no figure shows whether a voice is a person's."""
    kinds = sorted({kind for source in report["sources"].values() for kind in source.get("kinds", ())})
    return (
        f"The clips are, as their manifests say: {', '.join(kinds) or 'of no stated kind'}; that people performed them was "
        "not checked."
    )


def corpus_section(report: Report, name: str) -> dict[str, Any]:
    """Prepare what the page shows of one corpus: its source, findings, baselines and pictures."""
    regimes, source = report["corpora"][name], report["sources"][name]
    title = f"{source['title']}. " if source["title"] else ""
    licence = f"Licence {source['licence']}. " if source["licence"] else "Licence not recorded. "
    stale = "The card beside the manifest describes another manifest. " if source["card_is_stale"] else ""
    judged = {regime: result for regime, result in regimes.items() if result["categories"]}
    return {
        "name": name,
        "source": (
            f"{title}{source['clips']} clips ({' and '.join(source['kinds'])}) of {source['speakers']} speakers. "
            f"{licence}{stale}Manifest sha256 {source['manifest_sha256'][:16]}…."
        ),
        "regimes": regimes,
        "judged": judged,
        "findings": [(regime, line) for regime, result in regimes.items() for line in result["findings"]],
        "nulls": [
            f"{TITLES[regime].capitalize()}: {null['observed']:.1%} of clips confirmed for what they perform; "
            f"{null['mean']:.1%} ({null['low']:.1%} to {null['high']:.1%}) when the requests are dealt out at random "
            f"among the same clips; p = {null['p']:.3f}."
            for regime, result in regimes.items()
            if (null := result["null"])
        ],
        "pictures": {
            "categories": list(pictures.categories(judged)) if judged else [],
            "presence": list(pictures.presence(regimes)),
            "confusions": list(pictures.confusions(regimes)),
            "reliability": [*pictures.reliability(regimes), *pictures.ratios(regimes)],
            "field_rule": list(pictures.field_rule(regimes)),
        },
        "field_rule": describe_field_rule(regimes),
        "questions": question_tables(report, name),
        "not_judged": [
            (TITLES[regime], clip["path"], clip["why"])
            for regime, result in regimes.items()
            for clip in result["not_judged"]["first"]
        ],
        "not_judged_count": sum(result["not_judged"]["count"] for result in regimes.values()),
    }


def question_tables(report: Report, name: str) -> list[dict[str, Any]]:
    """Prepare the tables of what people were asked about a corpus, one for each regime; empty where nobody was asked."""
    beside = {other: figures["questions"] for other, figures in report["beside"].get(name, {}).items() if figures["questions"]}
    tables = []
    for regime, result in report["corpora"][name].items():
        if not result["questions"]:
            continue
        columns = [*QUESTION_FIGURES.values(), *(f"{other}, {what}" for other in beside for what in OF_OTHERS.values())]
        others = [list_groups(questions) for questions in beside.values()]
        rows = [
            {
                "group": group,
                "asked": figures["questions"],
                "heard": figures["heard_by_people"],
                "figures": [figures[key] for key in QUESTION_FIGURES]
                + [other[group][key] if group in other else None for other in others for key in OF_OTHERS],
            }
            for group, figures in list_groups(result["questions"]).items()
        ]
        tables.append({"title": TITLES.get(regime, regime), "columns": columns, "rows": rows})
    return tables


def list_groups(questions: Mapping[str, Any]) -> dict[str, Any]:
    """Name the groups of questions: all, those on which people agree, then tasks and categories."""
    return {"all": questions["all"], "unanimous": questions["unanimous"], **questions["tasks"], **questions["categories"]}


def describe_field_rule(regimes: Report) -> str:
    """Describe the rule "label among the present ones" and what was published for it; empty where it was not applied."""
    used = next(
        (COLUMNS.index(rule["map"]) for result in regimes.values() if (rule := result["present_rule"]) and rule["labels"]),
        None,
    )
    if used is None:
        return ""
    return (
        "A softmax over the fine categories; a label counts as present if one of its own has more than 1.5 times "
        f"the uniform share (EmoNet-Voice, map for {COLUMNS[used]}). Published for Empathic-Insight-Voice Large on "
        f"{COLUMNS[used]}: {PUBLISHED[used]['overall']:.1%} hits, without the share of other labels it calls "
        "present. The published points compare only where the corpus is the same."
    )
