-- Whole objects of a layer version.
-- :version  id of the layer version
-- :numbers  numbers of the objects
-- Index: primary key of the version's partition.
SELECT number, ST_AsBinary(geom) AS geom
FROM feature
WHERE version_id = :version
  AND number = ANY(:numbers)
