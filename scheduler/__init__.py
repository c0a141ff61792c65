"""Drives a home battery through a time-of-use tariff, and keeps a record of every act."""

__version__ = "0.1.0"
