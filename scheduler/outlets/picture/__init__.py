"""A day as a picture: what was wanted against what was proven. Pure: data in, SVG or HTML out."""

from scheduler.outlets.picture.day import Band, DayPicture, Mark, Span, day
from scheduler.outlets.picture.frame import narrow
from scheduler.outlets.picture.stretches import DayStretch, stretches
from scheduler.outlets.picture.svg import draw

__all__ = ["Band", "DayPicture", "DayStretch", "Mark", "Span", "day", "draw", "narrow", "stretches"]
