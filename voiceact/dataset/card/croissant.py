"""Describe an export in Croissant: what its files are, what its columns mean, and how the clips were made.

Croissant 1.0 with the Responsible-AI vocabulary 1.0 (docs.mlcommons.org/croissant). The namespaces are the `http:` ones
and the class names those of the 1.0 context, for the released `mlcroissant` takes no others; records can be read from
Parquet, with the audio, and from the table of an audiofolder; of a WebDataset the files alone are described.
"""

import json
from datetime import date
from typing import Any

from voiceact.dataset.export.exported import ExportFolder
from voiceact.dataset.findings.findings import Findings
from voiceact.dataset.findings.texts import BIASES, USES, describe_voices, limits, training_corpora, verdict_meaning
from voiceact.dataset.licensing.licences import clip_licences
from voiceact.errors import count_noun
from voiceact.store.columns import COLUMNS, STORE_COLUMNS

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
MOST_FILES = 1000
"""files that are listed one by one with their SHA-256; beyond, the export's own list stands for them"""

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

TYPES = {
    "string": "sc:Text",
    "list<string>": "sc:Text",
    "int32": "sc:Integer",
    "int64": "sc:Integer",
    "float32": "sc:Float",
    "float64": "sc:Float",
    "bool": "sc:Boolean",
}
FORMATS = {"parquet": "application/x-parquet", "audiofolder": "application/jsonlines", "webdataset": "application/x-tar"}
CLIPS, FILES = "clips", "files"
KEPT = tuple(name for name in COLUMNS if name not in STORE_COLUMNS)


def croissant(
    findings: Findings, exported: ExportFolder, *, author: str | None = None, url: str | None = None, citation: str = ""
) -> dict[str, Any]:
    """Describe an export as JSON-LD.

    Args:
        findings: the figures of the run
        exported: the export
        author: who publishes it
        url: where it will be
        citation: BibTeX
    """
    file = findings.file
    metadata: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": file.name,
        "description": str(file.recipe.get("description") or file.name),
        "license": licence_urls(findings),
        "version": "1.0.0",
        "datePublished": published(findings).isoformat(),
        "inLanguage": sorted(findings.coverage.by(lambda place: place.language)),
        "keywords": ["emotional speech", "synthetic speech", "EmoNet", "voiceact"],
        "isLiveDataset": False,
    }
    metadata |= {"citeAs": citation} if citation else {}
    metadata |= {"creator": {"@type": "sc:Organization", "name": author}} if author else {}
    metadata |= {"url": url} if url else {}
    return metadata | _responsible(findings) | {"distribution": _distribution(exported)} | _records(exported)


def licence_urls(findings: Findings) -> list[str]:
    """List the pages of the licences that hold for the clips; names where there is no page."""
    names = clip_licences(findings.licences) or ["CC0-1.0"]
    return [f"https://spdx.org/licenses/{name}.html" if " " not in name else name for name in names]


def published(findings: Findings) -> date:
    """Return the day on which the run ended, or began if it has not ended."""
    days = [session.ended or session.started for session in findings.file.sessions]
    return date.fromisoformat(max(days)[:10]) if days else date(1970, 1, 1)


# --- Files


def _distribution(exported: ExportFolder) -> list[dict[str, Any]]:
    """Describe the files one by one, unless they are too many, and the set from which the records are read."""
    names = [name for names in exported.files.values() for name in names]
    files = [
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "contentSize": f"{(exported.folder / name).stat().st_size} B",
            "encodingFormat": FORMATS[exported.form],
            "sha256": exported.checksum(name),
        }
        for name in (names if len(names) <= MOST_FILES else ())
    ]
    pattern = {"parquet": "data/*.parquet", "audiofolder": "*/metadata.jsonl", "webdataset": "*.tar"}[exported.form]
    file_set = {
        "@type": "cr:FileSet",
        "@id": FILES,
        "name": FILES,
        "includes": pattern,
        "encodingFormat": FORMATS[exported.form],
    }
    return [*files, file_set]


# --- Columns


def _records(exported: ExportFolder) -> dict[str, Any]:
    """Describe the rows, where a reader can find them."""
    # Of tars there are none: the released reader unpacks an archive once for each relative name, so that of two sets
    # with a train-000000.tar each it would take the first one's clips for both.
    if exported.form == "webdataset":
        return {}
    there = set(COLUMNS)
    if exported.form == "audiofolder":
        # An audiofolder leaves out the columns without any value.
        first = next(name for names in exported.files.values() for name in names)
        with (exported.folder / first).open("rb") as file:
            there = set(json.loads(file.readline()))
    fields = []
    for name in (name for name in KEPT if name in there):
        column = COLUMNS[name]
        field = _field(name, column.meaning, TYPES[column.type], {"extract": {"column": name}})
        fields.append(field | ({"repeated": True} if column.type.startswith("list") else {}))
    if exported.form == "parquet":
        source = {"extract": {"column": "audio"}, "transform": {"jsonPath": "bytes"}}
        fields.append(_field("audio", "bytes of the audio file", "sc:AudioObject", source))
    return {
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": CLIPS,
                "name": CLIPS,
                "description": "one row a clip",
                "key": {"@id": f"{CLIPS}/id"},
                "field": fields,
            }
        ]
    }


def _field(name: str, meaning: str, kind: str, source: dict[str, Any]) -> dict[str, Any]:
    """Describe a column."""
    return {
        "@type": "cr:Field",
        "@id": f"{CLIPS}/{name}",
        "name": name,
        "description": meaning,
        "dataType": kind,
        "source": {"fileSet": {"@id": FILES}, **source},
    }


# --- Responsible AI


def _responsible(findings: Findings) -> dict[str, Any]:
    """Describe the data set in the Responsible-AI vocabulary."""
    engine, judge = findings.file.engine, findings.file.judge
    judge_name = f"{judge.get('name')}, revision {judge.get('revision')}"
    checks = ", ".join(findings.file.recipe.get("verify", {}).get("checks", ()))
    return {
        "rai:dataCollection": f"Synthesised by the engine {engine.get('name')} {engine.get('version')} from a recipe: every "
        "category, intensity and persona that it names, take after take. Nothing was recorded.",
        "rai:dataCollectionType": ["Synthetic"],
        "rai:dataPreprocessingProtocol": [
            f"Each take went through the checks {checks}; all takes are counted, and those "
            "that failed are kept apart with their reasons."
        ],
        "rai:dataAnnotationProtocol": "Categories and intensities are those asked of the engine. Scores, verdicts and "
        f"evidence come from the judge {judge_name}, without human raters. {verdict_meaning(findings)}",
        "rai:machineAnnotationTools": [f"voiceact {findings.file.voiceact}, judge {judge_name}"],
        "rai:annotationsPerItem": "one judgement by one estimator",
        "rai:annotatorDemographics": [
            "none; the judge was trained on " + "; ".join(training_corpora(findings)) if training_corpora(findings) else "none"
        ],
        "rai:dataBiases": BIASES,
        "rai:dataLimitations": limits(findings),
        "rai:dataUseCases": USES,
        "rai:dataSocialImpact": "Meant to make the study of emotional speech possible without recording people. It may be "
        "misused to make machines that feign or guess feelings; see the data card.",
        "rai:personalSensitiveInformation": [
            f"None: {describe_voices(findings)} {count_noun(len(findings.personas), 'persona')} with gender and age, all "
            "made up."
        ],
        "rai:dataReleaseMaintenancePlan": "The recipe and its plan make the same clips again; a changed recipe is another "
        "data set.",
    }
