-- Forgets the ground of a layer's swaps before the last one that lie before every version that the latest assessment of
-- an active plan stands on. Older assessments are then told that such a swap concerns all ground.
-- :layer
WITH versions AS (
    SELECT DISTINCT a.layer_versions ->> :layer AS version
    FROM latest_assessment AS l
    JOIN assessment AS a ON a.key = l.assessment_key
    JOIN plan AS p ON p.id = l.plan_id
    WHERE p.state = 'active'
), asked AS (
    SELECT (SELECT max(s.id) FROM layer_swap AS s WHERE s.layer = :layer AND s.from_version = v.version) AS first_swap
    FROM versions AS v
), needed AS (
    SELECT least(min(first_swap), (SELECT max(id) FROM layer_swap WHERE layer = :layer)) AS first_swap FROM asked
), forgotten AS (
    UPDATE layer_swap AS s SET is_everywhere = TRUE
    FROM needed
    WHERE s.layer = :layer AND s.id < needed.first_swap AND NOT s.is_everywhere
    RETURNING s.id
)
DELETE FROM swap_ground USING forgotten WHERE swap_ground.swap_id = forgotten.id
