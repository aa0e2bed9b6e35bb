-- Ten thousand plans with two versions each; four of five assessed, for two kinds of callers.
INSERT INTO plan (id, municipality, county, designation, name, type, stage, state, municipality_case, revision,
                  created_by, created_at, changed_at, answer_by)
SELECT gen_random_uuid(), m, left(m, 2), 'P' || n, 'Plan ' || n % 1000, 'detaljplan',
       (ARRAY['påbörjad', 'samråd', 'granskning', 'laga kraft'])[1 + n % 4],
       CASE WHEN n % 50 = 0 THEN 'withdrawn' ELSE 'active' END,
       'MSN ' || n, 1, 'test', timestamptz '2026-01-01' + n * interval '1 minute',
       timestamptz '2026-01-01' + (n * 7919 % 10000) / 3 * interval '1 minute',
       CASE WHEN n % 3 = 0 THEN date '2026-01-01' + n % 365 END
FROM (SELECT n, lpad((101 + n % 290)::text, 4, '0') AS m FROM generate_series(1, 10000) n) AS numbered;

INSERT INTO plan_version (plan_id, number, is_current, created_by, area_name, source_crs, repairs, geometry_hash,
                          area_m2, source_name, source_hash, source, geom)
SELECT id, v, v = 2, 'test', name, 'EPSG:3006', '[]', md5(id::text), 10000, 'f', 'h', '',
       ST_MakeEnvelope(x, y, x + 100, y + 100, 3006)
FROM plan, generate_series(1, 2) v,
     LATERAL (SELECT 600000 + substr(designation, 2)::int % 100 * 200 AS x,
                     6500000 + substr(designation, 2)::int / 100 * 200 AS y) AS corner;

INSERT INTO assessment (id, plan_id, plan_version_id, hidden, layer_set, created_at, created_by, software,
                        method_version, catalogue_version, layer_versions, has_failed, severity, touched, unknown,
                        finding_count, unanswered_count, document)
SELECT md5(plan.id::text || cardinality(h.hidden)), plan.id, v.id, h.hidden, 'detaljplan', now(), 'test', '', '1', '',
       '{}', false,
       CASE WHEN substr(designation, 2)::int % 500 = 1 THEN 'prohibition' WHEN v.id % 2 = 0 THEN 'permit' END,
       ARRAY[1 + substr(designation, 2)::int % 16], '{}', 3, 1, decode(repeat('00', 20000), 'hex')
FROM plan JOIN plan_version v ON v.plan_id = plan.id AND v.is_current,
     (VALUES ('{}'::varchar[]), ('{skyddade_arter}')) AS h (hidden)
WHERE substr(designation, 2)::int % 5 > 0;

INSERT INTO latest_assessment (plan_id, hidden, plan_version_id, assessment_key, severity, touched)
SELECT plan_id, hidden, plan_version_id, key, severity, touched FROM assessment;
