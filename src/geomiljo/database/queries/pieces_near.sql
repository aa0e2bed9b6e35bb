-- Pieces of some layer versions whose box comes within reach of an area.
-- One part of a UNION ALL, for the layers that look equally far; {bucket} numbers the part.
-- %(versions_{bucket})s  ids of layer versions
-- %(xmin_{bucket})s …    box of the area enlarged by the reach, metres in EPSG:3006
-- Index: piece_geom (GiST).
SELECT version_id, feature, flags, classes, size, geom, object_id, object_name, object_size, object_error_m
FROM piece
WHERE geom && ST_MakeEnvelope(%(xmin_{bucket})s, %(ymin_{bucket})s, %(xmax_{bucket})s, %(ymax_{bucket})s, 3006)
  AND version_id = ANY(%(versions_{bucket})s)
