"""Builds the demo municipality: an invented landscape, map layers cut from it, and three plans in it."""
