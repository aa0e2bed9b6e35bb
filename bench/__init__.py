"""Benchmarks: geomiljo's kernel over PostGIS against plain PostGIS and against shapely over whole features in memory.

`python -m bench` makes a synthetic country, loads it through the real loading path into a private PostGIS, checks that
all contenders give the same answers, times them in turn, and prints how many times faster the kernel is.
"""
