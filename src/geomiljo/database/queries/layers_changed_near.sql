-- Of layers whose version is another than it was, those that can answer otherwise at a plan version: something has
-- changed within the layer's reach in the swaps since that version was last active, or nobody knows what has.
-- :plan_version  id
-- :layers, :versions, :reaches_m  for each layer the version that it had and how far it is looked around the plan
WITH asked AS (
    SELECT a.*, (
        SELECT max(id) FROM layer_swap AS s WHERE s.layer = a.layer AND s.from_version = a.version
    ) AS first_swap
    FROM unnest(CAST(:layers AS varchar[]), CAST(:versions AS varchar[]), CAST(:reaches_m AS float8[]))
        AS a (layer, version, reach_m)
)
SELECT layer FROM asked
WHERE first_swap IS NULL OR EXISTS (
    SELECT FROM layer_swap AS s
    WHERE s.layer = asked.layer AND s.id >= asked.first_swap AND (
        s.is_everywhere OR EXISTS (
            SELECT FROM swap_ground AS g, plan_version AS p
            WHERE g.swap_id = s.id AND p.id = :plan_version AND ST_DWithin(g.geom, p.geom, asked.reach_m)
        )
    )
)
