"""What a data set is good for and what not: said the same in its card and in its metadata."""

from voiceact.dataset.findings.cautions import cautions
from voiceact.dataset.findings.facts import trained_on
from voiceact.dataset.findings.findings import Findings
from voiceact.dataset.findings.formatting import joined
from voiceact.store.columns import EVIDENCE_ORDER

SHIPPED_JUDGE = "human"

USES = [
    "Training and testing of speech emotion recognition, beside human speech and never in place of it.",
    "Training of expressive text to speech, and preference pairs of accepted and rejected takes.",
    "Listening tests, and the study of what a judge hears.",
]
MISUSES = [
    "To claim that a person feels what a model trained on it says. It holds what a synthesizer was asked to act and what "
    "one estimator heard of it; it is no ground truth of what people feel.",
    "To decide about people: at work, in schools, in courts, in medicine.",
    "To pass the clips off as recordings of people, or the personas as somebody.",
]
BIASES = [
    "The categories and their words are one taxonomy's, EmoNet's; how a feeling is acted follows acoustic findings on a few, "
    "mostly European languages.",
    "A judge prefers what resembles its training. What it includes leans towards what its own corpora call that emotion.",
    "The personas were written to be different; their shares of gender, age and temperament are those of the recipe and not "
    "of any population.",
]
_SHIPPED = [
    "The judge learned speech from ten German actors in one studio, and wordless bursts from people who recorded themselves. "
    "How it judges other languages, children's and old voices, and spontaneous speech has not been measured.",
    "What actors do to be understood is not what people do when they feel. The judge knows the first.",
    "Arousal is its strongest reading, valence a weak one: happiness taken for anger is its typical error.",
    "Its scale of intensity is a convention: the order can be checked, the numbers cannot.",
]
_EVIDENCE = {
    "category": "Told by the judge from all others in the speech of people it had not heard",
    "burst": "Told from others in wordless bursts alone; that a sentence sounds so has not been shown",
    "dimension": "Resting on arousal or valence alone; the judge cannot tell them from their neighbours",
}


def meaning(findings: Findings) -> str:
    """What the verdicts mean, and what they do not."""
    return ("“Verified” means that no check failed and that the judge, which can tell this category in the speech of unseen "
            "people, calls it present. It does not mean that a person heard it, nor that anybody felt it. “Consistent” means "
            "the same on weaker evidence (bursts, or arousal and valence alone); “undecided” that the judge cannot tell the "
            f"category. Included are takes whose evidence is {_or_stronger(findings.least_evidence)}.")


def _or_stronger(least: str) -> str:
    return f"“{least}”" if least == EVIDENCE_ORDER[0] else f"“{least}” or stronger"


def limits(findings: Findings) -> list[str]:
    """What not to expect, a sentence or two each; figures are the run's own."""
    found = cautions(findings)
    for level in _EVIDENCE:
        names = [one.name for one in findings.categories if one.evidence == level]
        if names:
            found.append(f"{_EVIDENCE[level]}: {joined(names)}.")
    trained = trained_on(findings)
    if trained:
        found.append(f"The judge was trained on {'; '.join(trained)}.")
    if findings.file.judge.get("name") == SHIPPED_JUDGE:
        found += _SHIPPED
    return [*found, "No person has listened to the clips for these figures."]
