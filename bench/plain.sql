-- The measurements of the kernel for one area, in plain SQL over whole objects.
-- %(plan)s  the area; %(far)s, %(close)s  versions of layers that look around, and of those that do not
-- The two places for the ring are filled in by `_plain_sql` in contenders.py.
WITH around AS (
    SELECT version_id, number, class_bit, geom, %(far_m)s::float8 AS reach_m
    FROM feature
    WHERE version_id = ANY(%(far)s) AND geom && ST_Expand(%(plan)s::geometry, %(far_m)s)
    UNION ALL
    SELECT version_id, number, class_bit, geom, %(close_m)s::float8
    FROM feature
    WHERE version_id = ANY(%(close)s) AND geom && ST_Expand(%(plan)s::geometry, %(close_m)s)
), near AS MATERIALIZED (
    SELECT *, ST_Dimension(geom) AS dimension, ST_Intersects(%(plan)s::geometry, geom) AS meets
    FROM around
), clips AS MATERIALIZED (
    SELECT version_id, number, class_bit, dimension, reach_m,
           CASE WHEN meets THEN 0 ELSE ST_Distance(geom, %(plan)s::geometry) END AS distance_m,
           CASE WHEN meets AND dimension > 0 THEN ST_Intersection(geom, %(plan)s::geometry) END AS part,
           dimension = 0 AND meets AS is_point_inside,
           RING_CUT AS ring_part
    FROM near
)
SELECT version_id, number, class_bit, 'object', dimension,
       CASE dimension WHEN 2 THEN ST_Area(part) WHEN 1 THEN ST_Length(part) ELSE is_point_inside::int END, distance_m
FROM clips WHERE distance_m <= reach_m
UNION ALL
SELECT version_id, NULL, class_bit, 'class', 2, ST_Area(ST_Union(part)), NULL
FROM clips WHERE dimension = 2 AND part IS NOT NULL
GROUP BY version_id, class_bit
RING_ROWS
