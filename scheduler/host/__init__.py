"""Wires the rooms to timers, signals and systemd; decides nothing about the battery."""
