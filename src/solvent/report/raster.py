"""A small picture inside the page: RGBA cells as a PNG in a data address (PNG, ISO 15948)."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

from solvent.report.markup import Markup, node


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A PNG file of `pixels` (rows, columns, 4), eight bits a channel, first row on top."""
    rows, columns, channels = pixels.shape
    if channels != 4:
        raise ValueError(f"pixels must be RGBA, got {channels} channels")
    lines = np.zeros((rows, 1 + 4 * columns), dtype=np.uint8)  # filter 0 before each row
    lines[:, 1:] = pixels.reshape(rows, 4 * columns)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", columns, rows, 8, 6, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)),
            chunk(b"IEND", b""),
        )
    )


def image(pixels: npt.NDArray[np.uint8], x: float, y: float, width: float, height: float) -> Markup:
    """The picture stretched over a rectangle of a drawing, cells kept sharp."""
    data = base64.b64encode(png(pixels)).decode("ascii")
    return node(
        "image",
        x=x,
        y=y,
        width=width,
        height=height,
        preserveAspectRatio="none",
        class_="cells",
        href=f"data:image/png;base64,{data}",
    )
