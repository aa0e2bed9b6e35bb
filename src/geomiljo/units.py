"""Numbers as people read them, in Swedish or English.

Areas are square metres below one hectare and hectares from there, with one decimal; a length is metres below one
kilometre and kilometres from there. Nothing is rounded away to zero: a share under 0.1 % reads "<0,1 %".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.numbers import NumberPattern, format_decimal, parse_pattern

if TYPE_CHECKING:
    from geomiljo.texts import Language

SQUARE_METRES_PER_HECTARE = 10_000.0
_NBSP = "\u00a0"


def _decimal(value: float, decimals: int, language: str) -> str:
    return _by_pattern(value, "#,##0." + "0" * decimals if decimals else "#,##0", language)


def _by_pattern(value: float, pattern: str, language: str) -> str:
    return str(format_decimal(value, format=_pattern(pattern), locale=_locale(language)))


@cache
def _pattern(text: str) -> NumberPattern:
    return parse_pattern(text)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


def format_area(area_m2: float, language: str = "sv") -> str:
    r"""Return an area as text.

    Examples
    --------
    >>> format_area(48_600.0)
    '4,9\xa0ha'
    >>> format_area(850.4), format_area(0.031), format_area(0.0)
    ('850\xa0m²', '0,031\xa0m²', '0\xa0m²')
    """
    if area_m2 >= SQUARE_METRES_PER_HECTARE:
        return _decimal(area_m2 / SQUARE_METRES_PER_HECTARE, 1, language) + _NBSP + "ha"
    return _small(area_m2, language) + _NBSP + "m²"


def format_length(length_m: float, language: str = "sv") -> str:
    r"""Return a length or a distance as text.

    Examples
    --------
    >>> format_length(35.2), format_length(1_234.0), format_length(0.4)
    ('35\xa0m', '1,2\xa0km', '0,4\xa0m')
    """
    if length_m >= 1_000.0:
        return _decimal(length_m / 1_000.0, 1, language) + _NBSP + "km"
    return _small(length_m, language) + _NBSP + "m"


def format_share(share: float, language: str = "sv") -> str:
    r"""Return a share (0 to 1) as per cent with one decimal.

    Neither end is reached by rounding: nearly nothing is not nothing, nearly all is not all.

    Examples
    --------
    >>> format_share(0.097), format_share(0.0004), format_share(0.99996), format_share(1.0), format_share(0.0)
    ('9,7\xa0%', '<0,1\xa0%', '>99,9\xa0%', '100\xa0%', '0\xa0%')
    """
    if share in (0.0, 1.0):
        return f"{share * 100:.0f}{_NBSP}%"
    if share < 0.0005:
        return "<" + _decimal(0.1, 1, language) + _NBSP + "%"
    if share > 0.9995:
        return ">" + _decimal(99.9, 1, language) + _NBSP + "%"
    return _decimal(share * 100, 1, language) + _NBSP + "%"


def format_value(value: float, unit: str, language: str = "sv") -> str:
    r"""Return a value of a raster with its unit.

    Examples
    --------
    >>> format_value(34.26, "%"), format_value(0.42, "ppm", "en"), format_value(35.04, "°C", "en")
    ('34,3\xa0%', '0.42\xa0ppm', '35.0\xa0°C')
    """
    digits = 1 if abs(value) >= 1 else 2
    return f"{_decimal(value, digits, language)}{_NBSP}{unit}"


def format_decimals(value: float, decimals: int, language: str = "sv") -> str:
    r"""Return a number with a number of decimals; -1 rounds to tens.

    Examples
    --------
    >>> format_decimals(1234.56, 1), format_decimals(1234.56, 0, "en"), format_decimals(1234.56, -1, "en")
    ('1\xa0234,6', '1,235', '1,230')
    """
    return _decimal(round(value, decimals), max(0, decimals), language)


def format_count(count: int, language: str = "sv") -> str:
    r"""Return a whole number with the thousands set apart.

    Examples
    --------
    >>> format_count(12345)
    '12\xa0345'
    """
    return _decimal(count, 0, language)


class Count(int):
    """A whole number of a message, shown with its thousands set apart."""

    def in_language(self, language: Language) -> str:
        r"""Return the number as text.

        Examples
        --------
        >>> Count(12345).in_language("sv"), Count(12345).in_language("en")
        ('12\xa0345', '12,345')
        """
        return format_count(self, language)


def _small(value: float, language: str) -> str:
    """Whole numbers from ten, one decimal from one, two significant digits below, so that little is never nothing."""
    if value == 0 or value >= 10:
        return _decimal(value, 0, language)
    if value >= 1:
        return _by_pattern(value, "#,##0.#", language)
    return _by_pattern(float(f"{value:.2g}"), "0.##########", language)
