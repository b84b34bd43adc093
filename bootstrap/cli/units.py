"""Bytes and seconds as people read them."""

from __future__ import annotations


def bytes_text(size: float) -> str:
    """Return ``size`` bytes as ``"1.4 GB"`` (powers of 1000, as disks are sold)."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def seconds_text(seconds: float) -> str:
    """Return ``"42 s"``, ``"3 min 07 s"`` or ``"2 h 05 min"``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
