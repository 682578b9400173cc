"""The one error of a feed: something in a file is broken, and where.

    Exception
     +- ValueError
         +- FeedFault      file, row, column, value, limit, what to do

It is raised before anything is replayed, so that nothing half-read reaches an account.
"""

from __future__ import annotations

from pathlib import Path

_SHOWN_MAX = 60  # characters of a bad value that a message repeats


class FeedFault(ValueError):
    """A recorded file that cannot be used; `str()` is one sentence for the person who gave it.

    file: its name as given. row: line of the file, 1 = first (None: the whole file). column: its
    name. value: what stands there. limit: what was expected. advice: what to do.
    """

    def __init__(
        self,
        file: str | Path,
        *,
        limit: str,
        advice: str,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
    ) -> None:
        self.file = str(file)
        self.row = row
        self.column = column
        self.value = None if value is None else str(value)
        self.limit = limit
        self.advice = advice
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", {self.column}"
        shown = ""
        if self.value is not None:
            text = self.value if len(self.value) <= _SHOWN_MAX else self.value[:_SHOWN_MAX] + "..."
            shown = f" {text!r}:" if text.strip() != text or not text else f" {text}:"
        return f"{place}:{shown} {self.limit}; {self.advice}"
