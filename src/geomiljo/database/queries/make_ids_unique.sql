-- Numbers objects of a version that share an id, in their order, and returns the new id with a hash of each object.
-- :partition  table of the version's objects, before it has indexes
WITH shared AS (
    SELECT number, row_number() OVER (PARTITION BY id ORDER BY number) AS position
    FROM :partition
)
UPDATE :partition AS f SET id = f.id || '~' || s.position
FROM shared AS s
WHERE s.position > 1 AND f.number = s.number
RETURNING f.id || md5(ST_AsBinary(f.geom)) || md5(CAST(f.attributes AS text))
