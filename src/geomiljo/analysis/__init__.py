"""Measuring and judging: arrays in, frozen values out. No database, no files, no web."""
