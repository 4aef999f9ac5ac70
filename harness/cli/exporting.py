"""The flags of ``harness export``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.cli.flags import output_folder, verb


def export(verbs: Any) -> None:
    """``harness export``."""
    exporting = verb(verbs, "export", "write records in the forms of others: Every Eval Ever's JSON, or CSV")
    exporting.add_argument("runs", nargs="+", metavar="RUN", help="a run's folder or id")
    exporting.add_argument(
        "--to",
        choices=("every-eval-ever", "csv"),
        required=True,
        help="a JSON file a record, schema 0.3.0; or one table, a row a metric and seed",
    )
    exporting.add_argument(
        "--output", type=Path, metavar="PATH", help="the folder, or the file of a table (default: stdout)"
    )
    exporting.add_argument(
        "--items", action="store_true", help="every-eval-ever: also a file of answers and scores item by item, no texts"
    )
    exporting.add_argument(
        "--organisation",
        default="not stated",
        metavar="NAME",
        help="every-eval-ever: who ran the evaluations, which records do not say",
    )
    output_folder(exporting)
