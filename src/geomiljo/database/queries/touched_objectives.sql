-- Plans that are counted and what their latest assessments touch, as tables to select from:
--   latest   one row a plan
--   touched  one row a finding and objective
--   worst    one row a plan and objective that it touches
-- :county, :municipality, :stages, :hidden  null: every one
WITH latest AS MATERIALIZED (
    SELECT p.id, p.municipality, l.key, l.unknown
    FROM plan AS p
    LEFT JOIN LATERAL (
        SELECT a.key, a.unknown
        FROM latest_assessment AS latest
        JOIN assessment AS a ON a.key = latest.assessment_key
        WHERE latest.plan_id = p.id AND latest.hidden @> CAST(:hidden AS varchar[])
        ORDER BY latest.plan_version_id DESC, cardinality(latest.hidden), latest.at DESC
        LIMIT 1
    ) AS l ON true
    WHERE p.state = 'active' AND p.stage = ANY(CAST(:stages AS varchar[]))
        AND (CAST(:county AS varchar) IS NULL OR p.county = :county)
        AND (CAST(:municipality AS varchar) IS NULL OR p.municipality = :municipality)
),
touched AS MATERIALIZED (
    SELECT latest.id, latest.municipality, objective, f.geom,
        array_position(ARRAY['prohibition', 'permit', 'consider', 'opportunity'], f.severity::text) AS rank
    FROM latest
    JOIN finding AS f ON f.assessment_key = latest.key AND NOT f.background AND NOT f.conditional
    CROSS JOIN unnest(f.objectives) AS objective
),
worst AS (
    SELECT municipality, objective, id, min(rank) AS rank FROM touched GROUP BY municipality, objective, id
)
