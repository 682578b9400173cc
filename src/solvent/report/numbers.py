"""Numbers, prices and times as a person reads them: one way for the page and the terminal."""

from __future__ import annotations

import math
from datetime import UTC, datetime

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

SECOND = 10**9
MINUTE = 60 * SECOND


def grouped(value: int, scale: int, places: int) -> str:
    """`value / scale` with `places` decimals and thousands apart, rounded half up in size, exact.

    >>> grouped(1_234_567_500_000, 10**6, 0), grouped(-1, 10**6, 2)
    ('1,234,568', '0.00')
    """
    unit = 10**places
    units = (2 * abs(value) * unit + scale) // (2 * scale)
    whole, part = divmod(units, unit)
    text = f"{whole:,}" + (f".{part:0{places}d}" if places else "")
    return MINUS + text if value < 0 and units else text


def money(value: int, scale: int, unit: str = "") -> str:
    """Money at a precision fit for reading: whole units from 1,000 on, else up to six decimals.

    >>> money(412_345_678_901_234, 10**6, "USDT")
    '412,345,679\\xa0USDT'
    """
    size = abs(value)
    if size >= 1000 * scale or value == 0 or scale == 1:
        text = grouped(value, scale, 0)
    elif size >= scale:
        text = grouped(value, scale, 2)
    else:
        text = grouped(value, scale, min(6, len(str(scale)) - 1))
    return with_unit(text, unit)


def with_unit(text: str, unit: str) -> str:
    """Number and unit, not to be parted by a line break."""
    return f"{text}{NBSP}{unit}" if unit else text


def compact(value: float, digits: int = 3, bare: bool = False) -> str:
    """Significant digits and k, M, bn, tn; trailing zeros go from small numbers, and all if `bare`.

    >>> compact(1_234_567.0), compact(0.0), compact(-999.96), compact(12.0)
    ('1.23M', '0', '−1.00k', '12')
    """
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    size = float(f"{abs(value):.{digits - 1}e}")
    suffix = ""
    for limit, name in ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if size >= limit:
            size, suffix = size / limit, name
            break
    if size < 1e-6:
        text = f"{size:.{digits - 1}e}"
    else:
        before = max(1, math.floor(math.log10(size)) + 1) if size >= 1 else 0
        after = digits - before if size >= 1 else digits - 1 - math.floor(math.log10(size))
        text = f"{size:.{max(0, after)}f}"
        if "." in text and (bare or not suffix):
            text = text.rstrip("0").rstrip(".")
    return (MINUS if value < 0 else "") + text + suffix


def tick(value: float) -> str:
    """A value on an axis.

    >>> tick(2_500_000.0), tick(20.0)
    ('2.5M', '20')
    """
    return compact(value, 4, bare=True)


def percent(share: float) -> str:
    """A share of one in per cent; small ones keep two significant digits.

    >>> percent(0.4567), percent(0.00123), percent(0.99999), percent(1.0)
    ('46\\xa0%', '0.12\\xa0%', '>99.9\\xa0%', '100\\xa0%')
    """
    if not math.isfinite(share):
        return "–"
    size = abs(share) * 100
    if size in {0.0, 100.0}:
        text = f"{size:.0f}"
    elif 99.95 <= size < 100:
        text = ">99.9"
    elif size >= 10 and not 99 < size < 100:
        text = f"{size:.0f}"
    elif size >= 1:
        text = f"{size:.1f}"
    elif size < 0.01:
        text = "<0.01"
    else:
        text = f"{size:.2g}"
    return (MINUS if share < 0 else "") + text + f"{NBSP}%"


def price(value: float, step: float | None = None) -> str:
    """A price with thousands apart; decimals from the distance of two ticks, else from its size.

    >>> price(101_234.5), price(8.4333), price(20.0, 2.5)
    ('101,234', '8.433', '20.0')
    """
    if not math.isfinite(value):
        return "–"
    if step is None:
        places = 0 if abs(value) >= 10_000 else 1 if abs(value) >= 1000 else 3
        if abs(value) < 0.1:
            places = 6
    else:
        places = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
        if step > 0 and abs(step * 10**places - round(step * 10**places)) > 1e-6:
            places += 1
    text = f"{abs(value):,.{places}f}"
    return MINUS + text if value < 0 and float(text.replace(",", "")) else text


def clock(time_ns: int, seconds: bool = False) -> str:
    """Time of day, UTC.

    >>> clock(1_760_130_000 * 10**9)
    '21:00'
    """
    moment = datetime.fromtimestamp(int(time_ns) // SECOND, tz=UTC)
    return moment.strftime("%H:%M:%S" if seconds else "%H:%M")


def day(time_ns: int) -> str:
    """The date, UTC.

    >>> day(1_760_130_000 * 10**9)
    '10 October 2025'
    """
    moment = datetime.fromtimestamp(int(time_ns) // SECOND, tz=UTC)
    return f"{moment.day} {moment.strftime('%B %Y')}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "account"), plural(1200, "account")
    ('1 account', '1,200 accounts')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
