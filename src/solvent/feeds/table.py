"""Rows of a recorded file as text columns, CSV or Parquet, before anything is believed.

CSV needs the core install only. Parquet needs the extra `data` (pyarrow). A Parquet double becomes
its shortest decimal text, which is the number that was stored; it is parsed from there, so that
no price ever passes through binary arithmetic.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solvent.feeds.fault import FeedFault

BYTES_MAX = 1 << 30
"""Largest file that is read, 1 GiB: a stated limit instead of an exhausted memory."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """Columns of text with the file's row number of each entry."""

    file: str
    rows: list[int]
    columns: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.rows)


def check_file(path: str | Path) -> Path:
    """The path as a `Path`; raises `FeedFault` where there is no file."""
    file = Path(path)
    if not file.is_file():
        raise FeedFault(path, limit="no such file", advice="check the path")
    return file


def read_table(path: str | Path, *, where: dict[str, str] | None = None) -> TextTable:
    """The file's rows as text; `where` keeps the rows whose columns equal the given values.

    Raises `FeedFault` for a file that is missing, empty, truncated, not text, or of another format.
    """
    file = check_file(path)
    size = file.stat().st_size
    if size == 0:
        raise FeedFault(path, limit="the file is empty", advice="download it again")
    if size > BYTES_MAX:
        raise FeedFault(
            path, value=f"{size} bytes", limit=f"at most {BYTES_MAX}", advice="cut it into parts"
        )
    if file.suffix.lower() in (".parquet", ".pq"):
        return _parquet(file, where or {})
    if file.suffix.lower() == ".csv":
        return _csv(file, where or {})
    raise FeedFault(
        path,
        value=file.suffix or "(no suffix)",
        limit="the format is told by the suffix, .csv or .parquet",
        advice="rename or convert the file",
    )


def _csv(file: Path, where: dict[str, str]) -> TextTable:
    lines = _text(file)
    if not lines.endswith("\n"):
        raise FeedFault(
            file,
            row=lines.count("\n") + 1,
            value=lines.rsplit("\n", 1)[-1],
            limit="the last line has no end, so the file may be cut off",
            advice="download it again, or end the line if it is complete",
        )
    reader = csv.reader(io.StringIO(lines), strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        _check_header(file, header)
        rows: list[int] = []
        columns: dict[str, list[str]] = {name: [] for name in header}
        wanted = [(header.index(name), value) for name, value in where.items() if name in header]
        for record in reader:
            if len(record) != len(header):
                raise FeedFault(
                    file,
                    row=reader.line_num,
                    value=",".join(record),
                    limit=f"{len(record)} fields where the header has {len(header)}",
                    advice="the row is cut off or damaged: download the file again",
                )
            if any(record[place].strip() != value for place, value in wanted):
                continue
            rows.append(reader.line_num)
            for name, field in zip(header, record, strict=True):
                columns[name].append(field.strip())
    except csv.Error as error:
        raise FeedFault(
            file,
            row=reader.line_num,
            limit=f"not a row of comma-separated values ({error})",
            advice="download the file again",
        ) from None
    return TextTable(str(file), rows, columns)


def _check_header(file: Path, header: list[str]) -> None:
    for name in header:
        if header.count(name) > 1:
            raise FeedFault(
                file, row=1, column=name, limit="the column stands twice", advice="remove one"
            )


def _text(file: Path) -> str:
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")  # with or without a byte order mark
    except UnicodeDecodeError as error:
        raise FeedFault(
            file,
            row=raw.count(b"\n", 0, error.start) + 1,
            value=raw[error.start : error.end].hex(" "),
            limit="these bytes are not UTF-8 text",
            advice="save the file as UTF-8, or unpack it if it is compressed",
        ) from None
    if "\0" in text:
        raise FeedFault(
            file,
            row=text.count("\n", 0, text.index("\0")) + 1,
            value="NUL",
            limit="a zero byte is not text",
            advice="the file is damaged or not a CSV: download it again",
        )
    return text.replace("\r\n", "\n")


def _parquet(file: Path, where: dict[str, str]) -> TextTable:
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError:
        raise FeedFault(
            file,
            limit="reading Parquet needs pyarrow, which is not installed",
            advice="install the extra (pip install 'solvent[data]') or give a CSV file",
        ) from None
    try:
        table = pyarrow.parquet.read_table(file)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowException, OSError, EOFError) as error:
        raise FeedFault(
            file,
            limit=f"not a readable Parquet file ({str(error).splitlines()[0][:120]})",
            advice="it is cut off or damaged: download it again",
        ) from None
    keep = None
    for name, value in where.items():
        if name in table.column_names:
            equal = pyarrow.compute.equal(table[name], value)
            keep = equal if keep is None else pyarrow.compute.and_(keep, equal)
    numbers = list(range(1, table.num_rows + 1))
    if keep is not None:
        numbers = [n for n, kept in zip(numbers, keep.to_pylist(), strict=True) if kept]
        table = table.filter(keep)
    columns = {
        name: [_plain(value) for value in table[name].to_pylist()] for name in table.column_names
    }
    return TextTable(str(file), numbers, columns)


def _plain(value: Any) -> str:
    """A stored value as text: shortest decimal of a double, ISO 8601 of a time, "" for absent."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)
