-- Area of each combination of classes of a layer's active version: cells of the union, so that overlaps count once.
-- :layer   id of the layer
-- :cover   flag of pieces that are cells of the union
-- Index: piece_version.
SELECT p.classes, sum(p.size) AS area_m2
FROM piece AS p
JOIN layer_version AS v ON v.id = p.version_id AND v.state = 'active'
WHERE v.layer = :layer
  AND p.flags & :cover <> 0
  AND ST_Dimension(p.geom) = 2
GROUP BY p.classes
