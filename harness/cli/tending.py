"""The flags of the commands about stored records: score, pool, records, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.cli.flags import output_folder, positive, verb

RUNGS = ("form", "integrity", "recomputation", "identities", "across", "truth", "rerun")


def rescoring(verbs: Any) -> None:
    """``harness score`` and ``pool``."""
    score = verb(
        verbs, "score", "recompute the scores of a run from its stored predictions and compare with its record"
    )
    score.add_argument("run", metavar="RUN", help="a run's folder or id")
    score.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    output_folder(score)

    pool = verb(
        verbs, "pool", "combine runs that differ only in their seeds, such as one per cluster node, into one record"
    )
    pool.add_argument("runs", nargs="+", metavar="RUN", help="a run's folder or id, each with seeds of its own")
    pool.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    output_folder(pool)


def records(verbs: Any) -> None:
    """``harness records``."""
    records = verb(
        verbs, "records", "tend stored records: pack old predictions, make items, name the commits of sources"
    )
    acts = records.add_subparsers(dest="act", metavar="pack|items|commits", required=True)
    packing = verb(acts, "pack", "turn predictions of older records into Parquet, proving each against its record")
    packing.add_argument("runs", nargs="*", metavar="RUN", help="a run's folder or id; default: every record")
    packing.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    output_folder(packing)
    counting = verb(
        acts, "items", "make the items of older records of their predictions, proving every number; needs the data"
    )
    counting.add_argument(
        "runs", nargs="*", metavar="RUN|FOLDER", help="a run's folder or id, or a folder of runs; default: every record"
    )
    counting.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    counting.add_argument(
        "--renew", action="store_true", help="only make the intervals in items.json again, of the items; needs no data"
    )
    output_folder(counting)
    named = verb(acts, "commits", "find which commits the sources of records are, in the history of this working copy")
    output_folder(named)


def verify(verbs: Any) -> None:
    """``harness verify``."""
    verifying = verb(
        verbs,
        "verify",
        "check that records hold together: form, digests, numbers, copies; with --to truth also gold, --to rerun models",
    )
    verifying.epilog = (
        "exit codes: 4 where a digest differs, else 1 where a rung fails, else 3 where the rung named by --to has a "
        "check that cannot be made here, else 0. Without --to every rung up to across is tried, which needs neither data "
        "nor weights, and checks that cannot be made are listed and leave the exit code as it is."
    )
    verifying.add_argument(
        "records", nargs="*", metavar="RECORD|FOLDER", help="a run's folder or id, or a folder of runs"
    )
    verifying.add_argument(
        "--table",
        type=Path,
        metavar="FILE",
        help="in place of records: a published table (.csv, .tsv, .md, .json), held against identities between its numbers",
    )
    verifying.add_argument("--to", choices=RUNGS, metavar="RUNG", help=f"the last rung: {', '.join(RUNGS)}")
    verifying.add_argument(
        "--data", default="auto", metavar="PATH", help="for --to truth and rerun: where the data are, as for `run`"
    )
    verifying.add_argument(
        "--weights", type=Path, metavar="DIR", help="for --to rerun: the folder that `run --keep-weights` filled"
    )
    verifying.add_argument(
        "--items", type=positive, metavar="K", help="for --to rerun: so many items of each seed are asked again (32)"
    )
    output_folder(verifying)
