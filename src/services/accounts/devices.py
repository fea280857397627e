"""Names for devices, from the ``User-Agent`` header: enough to know one's own, too little to track by."""

from __future__ import annotations

MAX_HEADER = 512

_BROWSERS = (
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """``Chrome on Windows``; for what is no browser its product name, for nothing ``Unknown device``.

    The first sign that matches counts, as browsers claim to be their ancestors too.
    """
    header = user_agent[:MAX_HEADER]
    browser = _first(_BROWSERS, header)
    if browser is None:
        product = header.partition("/")[0].strip()[:40]
        return product if product.isprintable() and product else "Unknown device"
    system = _first(_SYSTEMS, header)
    return f"{browser} on {system}" if system else browser


def _first(signs: tuple[tuple[str, str], ...], header: str) -> str | None:
    return next((name for sign, name in signs if sign in header), None)
