-- The share of one county that each of some layer versions has mapped.
-- Null: it is not known what the version maps, or there is no such county in the loaded layer of counties.
WITH county AS (
    SELECT ST_Union(feature.geom) AS geom
    FROM feature
    WHERE feature.version_id = :areas AND lpad(split_part(feature.id, '~', 1), 2, '0') = :county
)
SELECT
    layer_version.layer,
    CASE
        WHEN NOT ST_Intersects(county.geom, layer_version.coverage) THEN 0
        WHEN ST_CoveredBy(county.geom, layer_version.coverage) THEN 1
        ELSE ST_Area(ST_Intersection(county.geom, layer_version.coverage)) / ST_Area(county.geom)
    END AS share
FROM layer_version
CROSS JOIN county
WHERE layer_version.id = ANY(:versions)
