"""Recorded bars: what is read is exact, and every kind of bad input names its place."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from solvent.feeds import SHIPPED, FeedFault, read_bars, shipped_bars, shipped_path

HEADER = "open_time_ms,open,high,low,close,volume"
GOOD = [
    "1760129400000,116830.30,116830.30,116304.00,116372.00,1480.616",
    "1760129460000,116372.00,116531.50,116204.50,116330.40,838.364",
    "1760129520000,116330.40,116390.00,115668.00,115708.10,1504.683",
    "1760129580000,115708.60,115827.50,115007.00,115059.90,4643.973",
]


def written(folder: Path, rows: list[str], header: str = HEADER, end: str = "\n") -> Path:
    path = folder / "bars.csv"
    path.write_text("\n".join([header, *rows]) + end, encoding="utf-8")
    return path


def read(path: Path, **options: Any) -> Any:
    return read_bars(path, symbol="BTCUSDT", tick="0.1", lot="0.001", **options)


def test_prices_are_whole_ticks_and_volumes_whole_lots(tmp_path: Path) -> None:
    bars = read(written(tmp_path, GOOD))

    assert bars.open.tolist() == [1168303, 1163720, 1163304, 1157086]
    assert bars.volume.tolist() == [1480616, 838364, 1504683, 4643973]
    assert bars.times_ns[0] == 1760129400000 * 10**6
    assert bars.bar_ns == 60 * 10**9
    assert bars.taker_buy is None
    assert bars.net_taker().tolist() == [0.0] * 4


def test_shipped_minutes_add_up_to_the_hourly_bar_of_another_source() -> None:
    bars = shipped_bars("BTCUSDT")

    hour = bars.between(1760130000 * 10**9, 1760133600 * 10**9)

    # shared reference: hour 21:00, 131,850.219 BTC
    assert int(hour.volume.sum()) == 131_850_219
    assert len(bars) == 70
    assert int(bars.low.min()) == 1_015_165


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_shipped_files_are_sound(name: str) -> None:
    bars = shipped_bars(name)

    assert len(bars) in (70, 42, 720)
    assert (bars.low <= bars.high).all()


def change(row: int, old: str, new: str) -> Callable[[list[str]], list[str]]:
    def changed(rows: list[str]) -> list[str]:
        assert old in rows[row]
        return [line.replace(old, new, 1) if at == row else line for at, line in enumerate(rows)]

    return changed


BAD_ROWS = {
    "not a number": (change(1, "116204.50", "nan"), 3, "low", "nan", "not a number"),
    "empty": (change(1, "116204.50", ""), 3, "low", "", "not a number"),
    "infinite": (change(2, "1504.683", "inf"), 4, "volume", "inf", "not a number"),
    "text": (change(2, "115708.10", "12,5".replace(",", "x")), 4, "close", "12x5", "decimal"),
    "zero price": (change(0, "116304.00", "0"), 2, "low", "0", "greater than 0"),
    "negative price": (change(0, "116304.00", "-116304.00"), 2, "low", "-116304.00", "greater"),
    "negative volume": (change(3, "4643.973", "-1"), 5, "volume", "-1", "negative"),
    "part of a tick": (
        change(1, "116330.40", "116330.45"),
        3,
        "close",
        "116330.45",
        "ticks of 0.1",
    ),
    "high below low": (
        change(1, "116531.50", "116100.00"),
        3,
        "high",
        "116100.00",
        "below the low",
    ),
    "close above high": (change(1, "116330.40", "116600.00"), 3, "close", "116600.00", "above"),
    "open below low": (
        change(2, "116330.40", "115000.00"),
        4,
        "open",
        "115000.00",
        "below the low",
    ),
    "time goes back": (
        change(2, "1760129520000", "1760129400000"),
        4,
        "open_time_ms",
        None,
        "back",
    ),
    "duplicate": (lambda rows: [*rows[:2], *rows[1:]], 4, "open_time_ms", None, "duplicate"),
    "gap": (lambda rows: [*rows[:2], rows[3]], 4, "open_time_ms", "1760129580000", "gap"),
    "seconds": (change(0, "1760129400000", "1760129400"), 2, "open_time_ms", None, "2009"),
    "time in words": (change(0, "1760129400000", "noon"), 2, "open_time_ms", "noon", "not a time"),
    "wrong scale, row": (
        lambda rows: [*rows[:2], "1760129520000,11633.0,11639.0,11566.8,11570.8,1504.683", rows[3]],
        4,
        "open",
        "11633.0",
        "10^-1",
    ),
    "wrong scale, field": (change(2, "116390.00", "11639000"), 4, "high", "11639000", "10^2"),
    "too large": (change(0, "116830.30", "1e20"), 2, "open", "1e20", "more than"),
    "short row": (change(3, ",4643.973", ""), 5, None, None, "5 fields where the header has 6"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows_name_their_place(tmp_path: Path, name: str) -> None:
    spoil, row, column, value, said = BAD_ROWS[name]
    path = written(tmp_path, spoil(list(GOOD)))

    with pytest.raises(FeedFault) as caught:
        read(path)

    fault = caught.value
    assert (fault.row, fault.column) == (row, column)
    assert value is None or fault.value == value
    assert said in fault.limit
    assert fault.advice
    assert str(path) in str(fault)
    assert f"row {row}" in str(fault)
    assert "\n" not in str(fault)


def test_columns_are_known_and_complete(tmp_path: Path) -> None:
    with pytest.raises(FeedFault, match="column is missing") as caught:
        read(written(tmp_path, ["1,2"], header="open_time_ms,open"))
    assert caught.value.column == "high"

    with pytest.raises(FeedFault, match="column is unknown") as caught:
        read(written(tmp_path, [row + ",1" for row in GOOD], header=HEADER + ",vwap"))
    assert caught.value.column == "vwap"

    with pytest.raises(FeedFault, match="stands twice"):
        read(written(tmp_path, [row + ",1" for row in GOOD], header=HEADER + ",open"))


def test_a_truncated_file(tmp_path: Path) -> None:
    with pytest.raises(FeedFault, match="cut off"):
        read(written(tmp_path, GOOD, end=""))
    with pytest.raises(FeedFault, match="no rows below the header"):
        read(written(tmp_path, []))
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(FeedFault, match="is empty"):
        read(empty)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(f"{HEADER}\n{GOOD[0]}\n".encode() + b"\xff\xfe1,2\n")
    with pytest.raises(FeedFault, match="not UTF-8") as caught:
        read(path)
    assert caught.value.row == 3

    path.write_bytes(f"{HEADER}\n{GOOD[0]}\n".encode() + b"\0\0\n")
    with pytest.raises(FeedFault, match="zero byte"):
        read(path)

    path.write_text(f'{HEADER}\n"{GOOD[0]}\n', encoding="utf-8")
    with pytest.raises(FeedFault, match=r"comma-separated|fields"):
        read(path)


def test_files_that_are_not_there_or_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(FeedFault, match="no such file"):
        read(tmp_path / "absent.csv")
    other = tmp_path / "bars.xlsx"
    other.write_bytes(b"x")
    with pytest.raises(FeedFault, match="suffix"):
        read(other)


def test_one_row_needs_a_length(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD[:1])
    with pytest.raises(FeedFault, match="how long a bar is"):
        read(path)
    assert read(path, bar_seconds=60).bar_ns == 60 * 10**9


def test_more_taker_buys_than_volume(tmp_path: Path) -> None:
    rows = [row + ",1" for row in GOOD]
    rows[2] = GOOD[2] + ",2000"
    with pytest.raises(FeedFault, match="whole volume") as caught:
        read(written(tmp_path, rows, header=HEADER + ",taker_buy_volume"))
    assert caught.value.row == 4


def test_crlf_byte_order_mark_and_microseconds_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    rows = [row.replace(",", "000,", 1) for row in GOOD]
    path.write_bytes(b"\xef\xbb\xbf" + ("\r\n".join([HEADER, *rows]) + "\r\n").encode())

    assert read(path).times_ns.tolist() == read(written(tmp_path, GOOD)).times_ns.tolist()


def test_candles_of_many_markets_need_a_choice(tmp_path: Path) -> None:
    header = "timestamp,venue,coin,o,h,l,c,v"
    rows = [
        f"2025-10-10T{hour:02}:00:00Z,{venue},{coin},10,12,9,11,5"
        for venue, coin in (("a", "X"), ("b", "X"), ("a", "Y"))
        for hour in (1, 2, 3)
    ]
    path = written(tmp_path, rows, header=header)

    with pytest.raises(FeedFault, match="say which venue"):
        read(path)
    with pytest.raises(FeedFault, match="say which coin"):
        read(path, venue="a")
    with pytest.raises(FeedFault, match="no rows with venue a and coin Z"):
        read(path, venue="a", coin="Z")
    assert len(read(path, venue="b", coin="X")) == 3
    zoneless = written(tmp_path, ["2025-10-10T01:00:00,a,X,10,12,9,11,5"], header=header)
    with pytest.raises(FeedFault, match="zone"):
        read(zoneless)


def test_parquet_gives_what_csv_gives(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    path = tmp_path / "candles.parquet"
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(shipped_path("BTC-1h")), path)

    found = read(path, venue="binance", coin="BTC")

    expected = shipped_bars("BTC-1h")
    for name in ("times_ns", "open", "high", "low", "close", "volume"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "candles.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(FeedFault, match="readable Parquet"):
        read(path)


def test_parquet_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "candles.parquet"
    path.write_bytes(b"PAR1")
    really_import = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return really_import(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(FeedFault, match=r"solvent\[data\]"):
        read(path)
