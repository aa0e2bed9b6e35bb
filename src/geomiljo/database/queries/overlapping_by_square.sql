-- Polygons that overlap others, once for each square of a grid that their boxes meet, square by square.
-- %(step_m)s  side of the squares
SELECT "column", line, classes, ST_AsBinary(geom) AS geom
FROM
    overlapping_piece,
    generate_series(
        CAST(floor(ST_XMin(Box2D(geom)) / %(step_m)s) AS integer), CAST(floor(ST_XMax(Box2D(geom)) / %(step_m)s) AS integer)
    ) AS "column",
    generate_series(
        CAST(floor(ST_YMin(Box2D(geom)) / %(step_m)s) AS integer), CAST(floor(ST_YMax(Box2D(geom)) / %(step_m)s) AS integer)
    ) AS line
WHERE dimension = 2
ORDER BY "column", line, serial
