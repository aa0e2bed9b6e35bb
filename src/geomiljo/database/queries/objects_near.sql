-- Whole objects of a layer version whose box meets a box, in the order of the version.
-- :version        id of the layer version
-- :xmin … :ymax   metres in EPSG:3006
-- Index: feature_geom of the version's partition (GiST).
SELECT id, name, class_bit, size, error_m, ST_AsBinary(geom) AS geom
FROM feature
WHERE version_id = :version
  AND geom && ST_MakeEnvelope(:xmin, :ymin, :xmax, :ymax, 3006)
ORDER BY number
