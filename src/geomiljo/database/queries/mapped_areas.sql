-- The counties or municipalities of a loaded layer: a shape to draw, and the share that a layer version has mapped.
-- Null share: it is not known what the version maps.
WITH area AS (
    SELECT split_part(feature.id, '~', 1) AS id, min(feature.name) AS name, ST_Union(feature.geom) AS geom
    FROM feature
    WHERE feature.version_id = :areas
    GROUP BY 1
),
whole AS (
    SELECT ST_Extent(geom) AS box FROM area
),
mapped AS (
    SELECT coverage AS geom FROM layer_version WHERE id = :version
)
SELECT
    area.id,
    coalesce(area.name, area.id) AS name,
    CASE
        WHEN mapped.geom IS NULL THEN NULL
        WHEN NOT ST_Intersects(area.geom, mapped.geom) THEN 0
        WHEN ST_CoveredBy(area.geom, mapped.geom) THEN 1
        ELSE ST_Area(ST_Intersection(area.geom, mapped.geom)) / ST_Area(area.geom)
    END AS share,
    ST_AsSVG(
        ST_SimplifyPreserveTopology(area.geom, (ST_YMax(whole.box) - ST_YMin(whole.box)) / 500), 1, 0
    ) AS path,
    ST_XMin(whole.box) AS west,
    ST_YMin(whole.box) AS south,
    ST_XMax(whole.box) AS east,
    ST_YMax(whole.box) AS north
FROM area
CROSS JOIN whole
CROSS JOIN mapped
ORDER BY area.id
