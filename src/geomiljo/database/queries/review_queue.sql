-- Plans that a county board answers, each with the assessment that counts for the caller, as tables to select from:
--   cases    one row a plan
--   judged   what its latest assessment found, and what of it no county board has said anything of
--   since    what differs from the assessment of the geometry that went out for consultation; no row before review
--   stale    plans whose assessment no longer answers
-- :county, :hidden, :stages, :only  null county: every one; null only: every plan
-- :old_footings, :old_hidden  assessments that something else has replaced everywhere
-- :near_footings, :near_hidden, :near_layers, :near_versions, :near_reaches_m
--                             assessments of which a layer has changed somewhere
WITH cases AS MATERIALIZED (
    SELECT p.id, p.name, p.designation, p.municipality, p.county, p.stage, p.answer_by, p.changed_at, p.municipality_case, p.county_case,
        coalesce(p.answer_by, date '9999-12-31') AS due, v.id AS version_id, v.area_m2,
        l.key, l.assessment, l.assessed_at, l.plan_version_id, l.severity, l.touched, l.unknown, l.unanswered_count,
        l.footing, l.hidden, l.has_failed,
        coalesce(array_position(ARRAY['prohibition', 'permit', 'consider', 'opportunity'], l.severity::text), 5) AS rank
    FROM plan AS p
    JOIN plan_version AS v ON v.plan_id = p.id AND v.is_current
    LEFT JOIN LATERAL (
        SELECT a.key, a.id AS assessment, a.created_at AS assessed_at, a.plan_version_id, a.severity, a.touched,
            a.unknown, a.unanswered_count, a.footing, a.hidden, a.has_failed
        FROM latest_assessment AS latest
        JOIN assessment AS a ON a.key = latest.assessment_key
        WHERE latest.plan_id = p.id AND latest.hidden @> CAST(:hidden AS varchar[])
        ORDER BY latest.plan_version_id DESC, cardinality(latest.hidden), latest.at DESC
        LIMIT 1
    ) AS l ON true
    WHERE p.state = 'active' AND p.stage = ANY(CAST(:stages AS varchar[]))
        AND (CAST(:county AS varchar) IS NULL OR p.county = :county)
        AND (CAST(:only AS uuid[]) IS NULL OR p.id = ANY(:only))
),
said AS (
    SELECT s.plan_id, f.rule, f.conditional, f.digest
    FROM review_statement AS s
    JOIN finding AS f ON f.assessment_key = s.assessment_key AND f.id = s.finding
    WHERE s.object_id IS NULL AND s.by_role IN ('reviewer', 'admin') AND s.plan_id IN (SELECT id FROM cases)
),
judged AS (
    SELECT cases.id,
        count(*) FILTER (WHERE f.severity = 'prohibition') AS prohibition,
        count(*) FILTER (WHERE f.severity = 'permit') AS permit,
        count(*) FILTER (WHERE f.severity = 'consider') AS consider,
        count(*) FILTER (WHERE f.severity = 'opportunity') AS opportunity,
        array_agg(DISTINCT f.ground) FILTER (WHERE f.ground IS NOT NULL) AS grounds,
        count(*) FILTER (WHERE (cases.id, f.rule, f.conditional, f.digest) NOT IN (
            SELECT plan_id, rule, conditional, digest FROM said
        )) AS unreviewed
    FROM cases
    JOIN finding AS f ON f.assessment_key = cases.key
    GROUP BY cases.id
),
consulted AS (
    SELECT cases.id, cases.key, before.key AS before_key
    FROM cases
    CROSS JOIN LATERAL (
        SELECT max(revision) AS revision FROM plan_event WHERE plan_id = cases.id AND metadata ->> 'stage' = 'samråd'
    ) AS last
    CROSS JOIN LATERAL (
        SELECT coalesce(max(revision), 0) + 1 AS revision FROM plan_event
        WHERE plan_id = cases.id AND revision < last.revision AND metadata ->> 'stage' <> 'samråd'
    ) AS first
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE kind IN ('created', 'new_version') AND revision <= first.revision) AS version,
            min(at) FILTER (WHERE revision > last.revision) AS left_at
        FROM plan_event WHERE plan_id = cases.id AND last.revision IS NOT NULL
    ) AS consultation
    CROSS JOIN LATERAL (
        SELECT a.key
        FROM assessment AS a
        JOIN plan_version AS v ON v.id = a.plan_version_id
        WHERE a.plan_id = cases.id AND v.number = consultation.version AND a.hidden @> CAST(:hidden AS varchar[])
        ORDER BY a.hidden = cases.hidden DESC, a.created_at < consultation.left_at DESC,
            CASE WHEN a.created_at < consultation.left_at THEN -a.key ELSE a.key END
        LIMIT 1
    ) AS before
    WHERE cases.stage <> 'samråd' AND cases.key IS NOT NULL
),
differences AS (
    SELECT consulted.id, bool_or(f.assessment_key = consulted.key) AS is_here,
        bool_or(f.assessment_key = consulted.before_key) AS was_there, count(DISTINCT f.digest) AS digests
    FROM consulted
    LEFT JOIN finding AS f ON f.assessment_key IN (consulted.key, consulted.before_key)
    GROUP BY consulted.id, f.rule, f.conditional
),
since AS (
    SELECT id, count(*) FILTER (WHERE is_here AND NOT was_there) AS new,
        count(*) FILTER (WHERE was_there AND NOT is_here) AS gone,
        count(*) FILTER (WHERE is_here AND was_there AND digests > 1) AS changed
    FROM differences
    GROUP BY id
),
near AS (
    SELECT n.*, (
        SELECT max(s.id) FROM layer_swap AS s WHERE s.layer = n.layer AND s.from_version = n.version
    ) AS first_swap
    FROM unnest(
        CAST(:near_footings AS varchar[]), CAST(:near_hidden AS varchar[]), CAST(:near_layers AS varchar[]),
        CAST(:near_versions AS varchar[]), CAST(:near_reaches_m AS float8[])
    ) AS n (footing, hidden, layer, version, reach_m)
),
stale AS (
    SELECT cases.id
    FROM cases
    WHERE cases.version_id <> cases.plan_version_id OR cases.has_failed
        OR (cases.footing, array_to_string(cases.hidden, ',')) IN (
            SELECT * FROM unnest(CAST(:old_footings AS varchar[]), CAST(:old_hidden AS varchar[]))
        )
        OR EXISTS (
            SELECT FROM near
            WHERE (near.footing, near.hidden) = (cases.footing, array_to_string(cases.hidden, ',')) AND (
                near.first_swap IS NULL OR EXISTS (
                    SELECT FROM layer_swap AS s
                    WHERE s.layer = near.layer AND s.id >= near.first_swap AND (
                        s.is_everywhere OR EXISTS (
                            SELECT FROM swap_ground AS g, plan_version AS v
                            WHERE g.swap_id = s.id AND v.id = cases.plan_version_id
                                AND ST_DWithin(g.geom, v.geom, near.reach_m)
                        )
                    )
                )
            )
        )
)
