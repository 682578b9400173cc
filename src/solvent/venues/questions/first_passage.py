"""First passage of a Brownian motion: past one level, or out of an interval. Floating point.

Sources: reflection principle and the images of a Brownian motion between two barriers, any text on
first passage (Borodin and Salminen, Handbook of Brownian Motion, 2nd edition, part II).
"""

from __future__ import annotations

import math

# The series of sines is quicker than the series of images where the deviation is wide against the
# distance of the barriers. At the switch the first term left out is below 1e-15 in both.
WIDE = 0.6
IMAGES = 4
SINES = 12


def normal(x: float) -> float:
    """Standard normal distribution function, accurate in the lower tail.

    >>> normal(0.0), round(normal(-8.0) / 6.22096e-16, 4)
    (0.5, 1.0)
    """
    return 0.5 * math.erfc(-x / math.sqrt(2))


def passage(b: float, v: float, m: float) -> float:
    """P(max of a Brownian motion with deviation v and drift m over the time >= b), b >= 0."""
    if b <= 0:
        return 1.0
    if v == 0:
        return 1.0 if m >= b else 0.0
    return min(1.0, normal((m - b) / v) + scaled_tail(2 * m * b / (v * v), (m + b) / v))


def scaled_tail(exponent: float, x: float) -> float:
    """exp(exponent) N(-x), also where the first is beyond a float and the second below one."""
    if x < 20:
        return math.exp(exponent) * normal(-x)
    # Mills' ratio to 1/x^4: relative error below 15/x^6 < 3e-7, of a term below e-200 or so.
    ratio = (1 - 1 / x**2 + 3 / x**4) / (x * math.sqrt(2 * math.pi))
    return math.exp(exponent - x * x / 2) * ratio


def stays_images(low: float, high: float, v: float, m: float) -> float:
    """Probability of staying within (low, high): images of the start in both barriers."""
    width = high - low
    total = 0.0
    for k in range(-IMAGES, IMAGES + 1):
        for image, sign in ((2 * k * width, 1), (2 * high - 2 * k * width, -1)):
            tilt = m * image / (v * v)
            near, far = (low - image - m) / v, (high - image - m) / v
            if near < 0:  # the smaller tail of the two holds the digits
                near, far = -far, -near
            total += sign * (scaled_tail(tilt, near) - scaled_tail(tilt, far))
    return total


def stays_sines(low: float, high: float, v: float, m: float) -> float:
    """The same by the eigenfunctions of the interval: quick where the deviation is wide."""
    width = high - low
    tilt = m / (v * v)
    lower, upper = (math.exp(tilt * end - m * tilt / 2) for end in (low, high))
    total = 0.0
    for n in range(1, SINES):
        wave = n * math.pi / width
        decay = math.exp(-wave * wave * v * v / 2)
        ends = lower - (-1) ** n * upper
        total += decay * math.sin(-wave * low) * wave * ends / (tilt * tilt + wave * wave)
    return 2 / width * total
