-- Ground of plans by how many interests cover it: each spot in exactly one row.
-- :county, :municipality, :plans, :stages, :hidden  null: every one
-- :by_object  whether each object counts, or each layer once
-- :grid_m     coordinates are snapped to this, so that no sliver of rounding is left
WITH latest AS MATERIALIZED (
    SELECT l.key
    FROM plan AS p
    CROSS JOIN LATERAL (
        SELECT latest.assessment_key AS key
        FROM latest_assessment AS latest
        WHERE latest.plan_id = p.id AND latest.hidden @> CAST(:hidden AS varchar[])
        ORDER BY latest.plan_version_id DESC, cardinality(latest.hidden), latest.at DESC
        LIMIT 1
    ) AS l
    WHERE p.state = 'active' AND p.stage = ANY(CAST(:stages AS varchar[]))
        AND (CAST(:county AS varchar) IS NULL OR p.county = :county)
        AND (CAST(:municipality AS varchar) IS NULL OR p.municipality = :municipality)
        AND (CAST(:plans AS uuid[]) IS NULL OR p.id = ANY(:plans))
),
pieces AS MATERIALIZED (
    SELECT f.layer, CASE WHEN :by_object THEN coalesce(c.object_id, c.class) END AS object, c.geom
    FROM latest
    JOIN finding AS f ON f.assessment_key = latest.key AND NOT f.background AND NOT f.conditional
    JOIN conflict_piece AS c ON c.assessment_key = f.assessment_key AND c.finding = f.id
    WHERE ST_Dimension(c.geom) = 2
    LIMIT :most + 1
),
interests AS MATERIALIZED (
    SELECT layer, object, (ST_Dump(ST_Union(geom, :grid_m))).geom AS geom FROM pieces GROUP BY layer, object
),
clustered AS MATERIALIZED (
    SELECT layer, object, geom, ST_ClusterDBSCAN(geom, 0, 1) OVER () AS cluster
    FROM interests
    WHERE (SELECT count(*) FROM pieces) <= :most AND ST_Dimension(geom) = 2
),
faces AS MATERIALIZED (
    SELECT cluster, (ST_Dump(ST_Polygonize(lines))).geom AS geom
    FROM (
        SELECT cluster, ST_UnaryUnion(ST_Collect(ST_Boundary(geom)), :grid_m) AS lines FROM clustered GROUP BY cluster
    ) AS noded
    GROUP BY cluster
),
counted AS MATERIALIZED (
    SELECT faces.geom, (
        SELECT count(DISTINCT (layer, object))
        FROM clustered
        WHERE clustered.cluster = faces.cluster AND clustered.geom && spot AND ST_Intersects(clustered.geom, spot)
    ) AS interests
    FROM faces CROSS JOIN LATERAL ST_PointOnSurface(faces.geom) AS spot
)
SELECT interests, sum(ST_Area(geom)) AS area_m2, ST_AsBinary(ST_Union(geom, :grid_m)) AS shape,
    (SELECT count(*) FROM pieces) AS pieces
FROM counted
WHERE interests > 0
GROUP BY interests
UNION ALL
SELECT 0, 0, NULL, (SELECT count(*) FROM pieces) WHERE (SELECT count(*) FROM pieces) > :most
ORDER BY interests
