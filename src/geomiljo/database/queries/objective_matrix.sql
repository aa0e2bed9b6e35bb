-- Plans by municipality and objective: how badly each is touched by its latest assessment, or whether it cannot tell.
-- Follows on touched_objectives.sql.
-- :with_area  whether to unite the ground
, touched_plans AS (
    SELECT municipality, objective,
        count(*) FILTER (WHERE rank = 1) AS prohibition, count(*) FILTER (WHERE rank = 2) AS permit,
        count(*) FILTER (WHERE rank = 3) AS consider, count(*) FILTER (WHERE rank = 4) AS opportunity
    FROM worst
    GROUP BY municipality, objective
),
united AS (
    SELECT municipality, objective,
        coalesce(ST_Area(ST_Union(geom) FILTER (WHERE rank = 1)), 0) AS to_prohibition_m2,
        coalesce(ST_Area(ST_Union(geom) FILTER (WHERE rank <= 2)), 0) AS to_permit_m2,
        coalesce(ST_Area(ST_Union(geom) FILTER (WHERE rank <= 3)), 0) AS to_consider_m2,
        coalesce(ST_Area(ST_Union(geom)), 0) AS to_opportunity_m2
    FROM touched
    WHERE :with_area
    GROUP BY municipality, objective
),
unclear AS (
    SELECT municipality, objective, count(*) AS unknown
    FROM latest CROSS JOIN unnest(unknown) AS objective
    GROUP BY municipality, objective
),
every AS (
    SELECT municipality, objective, count(*) AS plans, count(key) AS assessed
    FROM latest CROSS JOIN generate_series(1, 16) AS objective
    GROUP BY municipality, objective
)
SELECT municipality, objective, plans, assessed, coalesce(unknown, 0) AS unknown,
    coalesce(prohibition, 0) AS prohibition, coalesce(permit, 0) AS permit, coalesce(consider, 0) AS consider,
    coalesce(opportunity, 0) AS opportunity, to_prohibition_m2, to_permit_m2, to_consider_m2, to_opportunity_m2
FROM every
LEFT JOIN touched_plans USING (municipality, objective)
LEFT JOIN united USING (municipality, objective)
LEFT JOIN unclear USING (municipality, objective)
ORDER BY municipality, objective
