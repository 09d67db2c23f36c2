"""Datum: points of the map services' datums brought to WGS-84.

Belongs here: the published approximations of GCJ-02 (offset 300 to 600 m) and BD-09, inverted. Does not: which feed sends which
(the binding's `datum`), bounds. Source: the constants of the public `eviltransform` (BSD), which every open implementation
shares; the inversion is by fixed-point iteration and good to a centimetre. Outside China GCJ-02 is WGS-84.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Points = tuple[NDArray[np.float64], NDArray[np.float64]]

#: Krasovsky 1940, on which the offset is defined.
SEMI_MAJOR, ECCENTRICITY_SQUARED = 6_378_245.0, 0.006_693_421_622_965_943
CHINA = ((72.004, 137.8347), (0.8293, 55.8271))
BD_ANGLE = np.pi * 3000.0 / 180.0
ROUNDS = 8


def _offset(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Points:
    """How far GCJ-02 shifts a WGS-84 point, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    both = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + both
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + both
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    angle = np.radians(lat)
    magic = 1 - ECCENTRICITY_SQUARED * np.sin(angle) ** 2
    d_lat = d_lat * 180.0 / (SEMI_MAJOR * (1 - ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic)) * np.pi)
    d_lon = d_lon * 180.0 / (SEMI_MAJOR / np.sqrt(magic) * np.cos(angle) * np.pi)
    (west, east), (south, north) = CHINA
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.where(inside, d_lon, 0.0), np.where(inside, d_lat, 0.0)


def gcj02_from_wgs84(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Points:
    """The forward way (tests, and the inversion)."""
    d_lon, d_lat = _offset(lon, lat)
    return lon + d_lon, lat + d_lat


def wgs84_from_gcj02(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Points:
    """Degrees in, degrees out; NaN stays NaN."""
    found_lon, found_lat = lon, lat
    for _ in range(ROUNDS):
        d_lon, d_lat = _offset(found_lon, found_lat)
        found_lon, found_lat = lon - d_lon, lat - d_lat
    return found_lon, found_lat


def wgs84_from_bd09(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Points:
    """BD-09 is GCJ-02 turned and shifted once more."""
    x, y = lon - 0.0065, lat - 0.006
    length = np.hypot(x, y) - 0.00002 * np.sin(y * BD_ANGLE)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * BD_ANGLE)
    return wgs84_from_gcj02(length * np.cos(angle), length * np.sin(angle))


TO_WGS84: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], Points]] = {
    "gcj02": wgs84_from_gcj02,
    "bd09": wgs84_from_bd09,
}
