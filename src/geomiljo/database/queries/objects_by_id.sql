-- Whole objects of a layer version.
-- :version  id of the layer version
-- :ids      ids of the objects
-- Index: feature_id of the version's partition.
SELECT id, ST_AsBinary(geom) AS geom
FROM feature
WHERE version_id = :version
  AND id = ANY(:ids)
