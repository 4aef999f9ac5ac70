"""Predictions as one small Parquet file, which ``pandas.read_parquet`` and ``datasets`` read as well.

Rows are sorted by seed and id, ids in their natural order (``test-2`` before ``test-10``), and delta-coded; numbers are
stored by ``harness.records.layout``, those of few decimals as whole multiples of the unit that the column's name ends
with: ``prediction.confidence_1e-4`` holds 3156 for 0.3156. How JSON comes back from the columns stands in the file's
metadata under ``harness``.

The digest of predictions is that of their canonical JSON lines in this order: another version of the packer may write
other bytes, and the digest stays.

Parquet: Apache Parquet, https://parquet.apache.org/docs/file-format/; encodings DELTA_BYTE_ARRAY and BYTE_STREAM_SPLIT.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import DataError
from harness.files import require_regular, write_atomically
from harness.records import layout

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "samples.parquet"
COMPRESSION = {"compression": "zstd", "compression_level": 19}
KEY = b"harness"
"""Under which a file's metadata hold the layout."""
Row = dict[str, Any]


def natural(name: str) -> list[Any]:
    """A key that sorts numbers inside names as numbers.

    >>> sorted(["test-10", "test-9"], key=natural)
    ['test-9', 'test-10']
    """
    parts: list[Any] = re.split("([0-9]+)", name)
    parts[1::2] = [(len(digits.lstrip("0")), digits.lstrip("0")) for digits in parts[1::2]]
    return parts


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Rows by seed and id.

    >>> [row["id"] for row in ordered([{"id": "b", "seed": 0}, {"id": "a", "seed": 1}, {"id": "a", "seed": 0}])]
    ['a', 'b', 'a']
    """
    rows = list(rows)
    keys = {name: natural(name) for name in {row["id"] for row in rows}}
    return sorted(rows, key=lambda row: (row["seed"], keys[row["id"]], row["id"]))


def digest(rows: Sequence[Row]) -> str:
    """SHA-256 of the canonical JSON lines of rows in this order."""
    return hashlib.sha256("".join(f"{layout.dumps(row)}\n" for row in rows).encode(errors="surrogatepass")).hexdigest()


def write(path: Path, rows: Iterable[Row]) -> dict[str, Any]:
    """Write predictions whole or not at all, and say what a record keeps of them: path, sha256, rows, columns.

    What is written is read again before it takes its place. Raises ``DataError`` should it not be the same, for a row
    without seed or id, and ``EnvironmentFailure`` for a full disk.
    """
    try:
        rows = ordered(rows)
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path.parent}: a prediction has no seed or id that can be sorted ({error}). Run again with --fresh."
        ) from error
    held = digest(rows)
    table, form = _table(rows)
    content = _bytes(table, form)
    if digest(_rows(io.BytesIO(content))) != held:
        raise DataError(f"{path} would not hold what was predicted. The journal is kept; please report this.")
    write_atomically(path, content)
    columns = {field.name: str(field.type) for field in table.schema}
    return {"path": path.name, "sha256": held, "rows": len(rows), "columns": columns}


def read(path: Path) -> list[Row]:
    """The predictions of a file, by seed and id.

    Raises ``DataError`` naming the file where it is damaged or was not written here.
    """
    import pyarrow as pa

    try:
        require_regular(path)
        return _rows(path)
    except (
        OSError,
        pa.ArrowException,
        ArithmeticError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
    ) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"the predictions in {path} are damaged ({type(error).__name__}: {reason}). "
            "Restore the file, or run again with --fresh."
        ) from error


def numbers(path: Path) -> dict[str, Any]:
    """The plain numbers at the top of every answer by name, as float arrays (rows,), without reading the rest.

    Raises whatever a damaged file raises; see ``read``.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        form = json.loads(file.metadata.metadata[KEY])["layout"]
        fields = ((form or {}).get("fields") or {}).get("prediction", {}).get("fields") or {}
        wanted = {name: inner for name, inner in fields.items() if inner["type"] in layout.NUMBERS}
        titles = {name: f"prediction.{name}{layout.suffix(inner)}" for name, inner in wanted.items()}
        table = file.read(columns=[*titles.values()], use_threads=False)
    held = {name: table.column(title).combine_chunks() for name, title in titles.items()}
    return layout.numbers(wanted, held)


def _table(rows: Sequence[Row]) -> tuple[pa.Table, dict[str, Any]]:
    """The columns of rows, seed and id first, and how rows come back from them."""
    import pyarrow as pa

    if not rows:
        return pa.table({"seed": pa.array([], pa.int32()), "id": pa.array([], pa.string())}), {"layout": None}
    form, array = layout.store(rows)
    apart = form["type"] != "object"
    if apart:  # rows of several shapes
        form, array = layout.store([{"id": row["id"], "seed": row["seed"], "row": row} for row in rows])
    made: dict[str, pa.Array] = {}
    for (name, inner), child in zip(form["fields"].items(), array.flatten(), strict=True):
        made |= layout.columns(name, inner, child)
    return pa.table({name: made[name] for name in ("seed", "id")} | made), {"layout": form, "apart": apart}


def _rows(source: Path | io.BytesIO) -> list[Row]:
    """The rows of a file."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(source, page_checksum_verification=True) as file:
        said = json.loads(file.metadata.metadata[KEY])
        table = file.read(use_threads=False)
    form = said["layout"]
    if form is None:
        return []
    held = {name: table.column(name).combine_chunks() for name in table.column_names}
    rows = layout.joined(form, [layout.restore(name, inner, held) for name, inner in form["fields"].items()])
    return [row["row"] for row in rows] if said["apart"] else rows


def _bytes(table: pa.Table, said: Mapping[str, Any]) -> bytes:
    """A table as Parquet.

    The Arrow schema, which would take a thousand bytes, is left out: the types are Parquet's own.
    """
    import pyarrow.parquet as pq

    leaves = [leaf for field in table.schema for leaf in _leaves(field.name, field.type)]
    numbers = {path: "BYTE_STREAM_SPLIT" for path, kind in leaves if kind not in ("string", "bool")}
    texts = [path for path, kind in leaves if kind == "string" and path != "id"]
    options = {"use_dictionary": texts, "column_encoding": numbers | {"id": "DELTA_BYTE_ARRAY"}}
    stream = io.BytesIO()
    with pq.ParquetWriter(
        stream,
        table.schema,
        **COMPRESSION,
        **options,
        write_statistics=False,
        store_schema=False,
        write_page_checksum=True,
    ) as writer:
        writer.add_key_value_metadata({KEY: json.dumps(said, separators=(",", ":"))})
        writer.write_table(table, row_group_size=max(1, len(table)))
    return stream.getvalue()


def _leaves(path: str, kind: pa.DataType) -> Iterator[tuple[str, str]]:
    """The columns of numbers and texts that Parquet makes of a column, with their types."""
    import pyarrow.types as types

    if types.is_list(kind):
        yield from _leaves(f"{path}.list.element", kind.value_type)
    elif types.is_struct(kind):
        for field in kind:
            yield from _leaves(f"{path}.{field.name}", field.type)
    else:
        yield path, str(kind)
