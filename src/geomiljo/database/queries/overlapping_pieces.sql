-- Makes the tables in which pieces that overlap others wait while a version is cut, and the groups of the lines.
CREATE TEMPORARY TABLE overlapping_piece (
    serial integer, dimension smallint, classes integer, geom geometry (GEOMETRY, 3006)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE line_group (serial integer, line_group integer) ON COMMIT DROP
