"""The model card of pretrained weights, made from what was measured and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.files import write_atomically
from harness.pretraining.recipe import Recipe
from harness.report.plots.data import Curve, Curves
from harness.report.plots.draw import svg
from harness.report.tables import table

POINTS = 400  # of a curve, at most


def facts(
    name: str,
    recipe: Recipe,
    audit: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    state: Mapping[str, Any],
    model: Mapping[str, Any],
    environment: Mapping[str, Any],
) -> dict[str, Any]:
    """Everything that the card says, as values."""
    speed = round(state["tokens"] / state["seconds"])
    passes = state["characters"] / audit["characters"]
    return {
        "name": name,
        "recipe": asdict(recipe),
        "model": dict(model),
        "corpus": dict(audit),
        "training": {**state, "passes": round(passes, 2), "tokens_per_second": speed},
        "evaluation": dict(evaluation),
        "environment": dict(environment),
    }


def write(made: Mapping[str, Any], log: Path, folder: Path) -> None:
    """``README.md`` for people, ``card.json`` for programs, ``loss.svg`` for both, into the folder of the weights."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    write_atomically(folder / "card.json", json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    write_atomically(folder / "loss.svg", svg(losses(lines)))
    write_atomically(folder / "README.md", text(made))


def losses(lines: list[dict[str, float]]) -> Curves:
    """Both losses over the characters seen; every point is the mean of neighbouring lines of the log."""
    size = max(1, -(-len(lines) // POINTS))
    groups = [lines[start : start + size] for start in range(0, len(lines), size)]
    seen = tuple(group[-1]["characters"] / 1e6 for group in groups)
    made = (
        Curve(title, seen, tuple(sum(line[key] for line in group) / len(group) for group in groups))
        for key, title in (("masked_loss", "masked tokens"), ("next_loss", "next sentence"))
    )
    return Curves("Loss in pretraining", "million characters seen", "loss, nats", tuple(made))


def text(made: Mapping[str, Any]) -> str:
    """The card as markdown."""
    recipe, model, corpus = made["recipe"], made["model"], made["corpus"]
    training, found, where = made["training"], made["evaluation"], made["environment"]
    device = where["gpus"][0]["name"] if where["gpus"] else f"{where['cpu']}, {where['cores']} cores"
    return f"""# {made["name"]}

A BERT of {model["parameters"] / 1e6:.1f} million parameters ({recipe["layers"]} layers, width {recipe["width"]}, {recipe["heads"]} heads,
{model["words"]:,} entries, {recipe["tokens"]} positions, {model["bytes"] / 2**20:.1f} MiB in float16), pretrained from nothing on openly licensed Chinese by
`harness pretrain`: masked-language-model and next-sentence prediction as in Devlin et al. 2019 (arXiv 1810.04805).
Both heads are in the file.

**What it is for.** A first run without a connection, tests, and the question how far an idea carries in a small model.
It is no rival of BERT-base, which has twenty times its parameters and has seen far more text.

## Held-out documents

{corpus["held_out_documents"]:,} documents ({100 * recipe["held_out"]:.0f} % by a hash of their ids) were never trained on:

{table(scores(found))}

The bigram baseline is told the left neighbour even where the model sees a mask. Random pairs join two documents, mostly of two
sources, so that a next-sentence answer can lean on the subject alone.

## Training

{training["characters"] / 1e6:.1f} million characters seen ({training["tokens"] / 1e6:.1f} million tokens, {training["passes"]} passes) in {training["step"]:,} steps of {recipe["batch_size"]} sequences;
{training["seconds"] / 60:.0f} minutes at {training["tokens_per_second"]:,} tokens a second on {device}.
AdamW, peak rate {recipe["learning_rate"]:g}, warm-up over {100 * recipe["warmup"]:.0f} % of the steps, then a cosine; 15 % of the tokens predicted (80 % masked,
10 % random, 10 % left), drawn anew every time; no dropout; seed {recipe["seed"]}.

![loss](loss.svg)

## Text

{corpus["characters"] / 1e6:.1f} million characters in {corpus["documents"]:,} documents. Sources without an open licence were left out, and no source gives more than
{recipe["source_limit"] / 1e6:.0f} million. White space is not counted.

{table(sources(corpus))}

Much of it is documentation of software and law, little is news, medicine or talk; all of it is lower-cased. The weights
inherit the views and gaps of these texts. Attribution and share-alike terms of the sources apply to the texts, which are
not part of this package.

## No text that ranks was seen

Every dev and test text of every task at hand ({sum(corpus["searched"].values()):,} texts of 8 or more characters) was searched for in the corpus,
whole and in windows of 32 characters; {sum(corpus["sentences_removed"].values()):,} sentences that touched one were taken out before training, and a second
audit of what was trained on found {corpus["sentences_left"]:,}. `harness pretrain --audit` with a new `--output` repeats it.

{table(searched(corpus))}
{books(corpus)}{absent(corpus)}"""


def scores(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """The table of held-out results."""
    masked, pairs = f"{found['masked_tokens']:,}", f"{found['pairs']:,}"
    return [
        _score(
            "next sentence",
            found["next_sentence_accuracy"],
            f"{100 * found['next_sentence_chance']:.0f} by chance",
            pairs,
        ),
        _score(
            "masked tokens",
            found["masked_accuracy"],
            f"{100 * found['masked_accuracy_unigram']:.1f} unigram, {100 * found['masked_accuracy_bigram']:.1f} bigram",
            masked,
        ),
    ]


def _score(what: str, value: float, beside: str, number: str) -> dict[str, str]:
    return {"what": what, "accuracy %": f"{100 * value:.1f}", "beside": beside, "answers": number}


def sources(corpus: Mapping[str, Any]) -> list[dict[str, str]]:
    """The table of sources, largest first."""
    rows = sorted(corpus["sources"].items(), key=lambda item: -item[1]["characters"])
    return [
        {
            "source": name,
            "licence": row["licence"],
            "documents": f"{row['documents']:,}",
            "characters": f"{row['characters']:,}",
            "share": f"{100 * row['share']:.1f} %",
        }
        for name, row in rows
    ]


def searched(corpus: Mapping[str, Any]) -> list[dict[str, str]]:
    """The table of what was searched for and what it cost."""
    return [
        {
            "texts of": owner,
            "searched": f"{number:,}",
            "sentences taken out": f"{corpus['sentences_removed'].get(owner, 0):,}",
        }
        for owner, number in corpus["searched"].items()
    ]


def books(corpus: Mapping[str, Any]) -> str:
    """Which books were left out whole, because language models are ranked on them."""
    names = corpus.get("books_left_out")  # cards of before have none
    return f"\nLeft out whole, because language models are ranked on them: {', '.join(names)}.\n" if names else ""


def absent(corpus: Mapping[str, Any]) -> str:
    """Which tasks could not be searched."""
    names = corpus["not_at_hand"]
    return f"\nNot at hand, and so not searched for: {', '.join(names)}.\n" if names else ""
