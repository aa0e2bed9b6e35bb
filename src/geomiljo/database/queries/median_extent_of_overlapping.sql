-- Median of the longer sides (m) of the polygons that overlap others.
SELECT percentile_cont(0.5) WITHIN GROUP (
    ORDER BY greatest(ST_XMax(Box2D(geom)) - ST_XMin(Box2D(geom)), ST_YMax(Box2D(geom)) - ST_YMin(Box2D(geom)))
)
FROM overlapping_piece
WHERE dimension = 2
