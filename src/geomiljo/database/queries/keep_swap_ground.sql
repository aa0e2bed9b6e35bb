-- Writes the ground on which a swap of versions can have changed an answer, in pieces.
-- An answer depends on an object's shape, class, name and position error; other attributes change no answer.
-- :swap       id of the swap
-- :was, :now  ids of the layer versions
INSERT INTO swap_ground (swap_id, geom)
WITH was AS MATERIALIZED (
    SELECT id, number, md5(ST_AsBinary(geom)) AS shape, (name, class_bit, error_m) AS told
    FROM feature WHERE version_id = :was
), now AS MATERIALIZED (
    SELECT id, number, md5(ST_AsBinary(geom)) AS shape, (name, class_bit, error_m) AS told
    FROM feature WHERE version_id = :now
), changed AS MATERIALIZED (
    SELECT was.number AS was, now.number AS now
    FROM was FULL JOIN now USING (id)
    WHERE was.number IS NULL OR now.number IS NULL
       OR was.shape <> now.shape OR was.told IS DISTINCT FROM now.told
), ground AS (
    SELECT geom FROM feature JOIN changed ON number = was WHERE version_id = :was
    UNION ALL
    SELECT geom FROM feature JOIN changed ON number = now WHERE version_id = :now
    UNION ALL
    SELECT ST_SymDifference(a.coverage, b.coverage)
    FROM layer_version AS a, layer_version AS b
    WHERE a.id = :was AND b.id = :now AND ST_AsBinary(a.coverage) <> ST_AsBinary(b.coverage)
)
SELECT :swap, piece FROM ground, ST_Subdivide(geom, 128) AS piece
WHERE NOT ST_IsEmpty(geom)
