-- Whole objects of a layer version, in the order of the version.
-- :version  id of the layer version
SELECT id, name, class_bit, size, error_m, ST_AsBinary(geom) AS geom
FROM feature
WHERE version_id = :version
ORDER BY number
