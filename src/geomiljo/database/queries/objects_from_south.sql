-- Objects of a layer version in the order of their southern ends. Shapes are sorted as they lie on disk: large ones as pointers.
-- %(version)s  id of the layer version
-- :objects  table with its objects
SELECT number, south_m, id, name, class_bit, size, error_m, ST_AsBinary(geom) AS geom
FROM (
    SELECT number, ST_YMin(Box2D(geom)) AS south_m, id, name, class_bit, size, error_m, geom
    FROM :objects
    WHERE version_id = %(version)s
    ORDER BY south_m, number
) AS sorted
ORDER BY south_m, number
