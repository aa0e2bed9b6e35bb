-- Objects that differ between two versions of a layer, by id: a hash of each object's content is compared.
-- :was, :now  ids of the layer versions
WITH was AS MATERIALIZED (
    SELECT id, number, name,
        md5(ST_AsBinary(geom)) AS shape,
        md5(attributes::text) AS data,
        (name, class_bit, error_m) AS told
    FROM feature WHERE version_id = :was
), now AS MATERIALIZED (
    SELECT id, number, name,
        md5(ST_AsBinary(geom)) AS shape,
        md5(attributes::text) AS data,
        (name, class_bit, error_m) AS told
    FROM feature WHERE version_id = :now
)
SELECT
    id,
    coalesce(now.name, was.name) AS name,
    CASE WHEN was.number IS NULL THEN 'new' WHEN now.number IS NULL THEN 'gone' ELSE 'changed' END AS change,
    was.shape IS DISTINCT FROM now.shape AS has_geometry_changed,
    was.data IS DISTINCT FROM now.data OR was.told IS DISTINCT FROM now.told AS have_attributes_changed
FROM was FULL JOIN now USING (id)
WHERE was.number IS NULL OR now.number IS NULL
   OR was.shape <> now.shape OR was.data <> now.data OR was.told IS DISTINCT FROM now.told
ORDER BY change DESC, id
