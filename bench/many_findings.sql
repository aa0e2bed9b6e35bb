-- Of the plans of many_plans.sql: three findings to each assessment, their way through consultation, and statements.
INSERT INTO plan_event (plan_id, revision, by_id, by_name, kind, metadata, at)
SELECT id, 1, 'test', 'test', 'created', jsonb_build_object('stage', 'samråd'), created_at FROM plan
WHERE stage IN ('samråd', 'granskning', 'laga kraft');

INSERT INTO plan_event (plan_id, revision, by_id, by_name, kind, metadata, at)
SELECT id, 2, 'test', 'test', 'new_version', jsonb_build_object('stage', stage), created_at + interval '1 day' FROM plan
WHERE stage IN ('granskning', 'laga kraft');

INSERT INTO assessment (id, plan_id, plan_version_id, hidden, layer_set, created_at, created_by, software,
                        method_version, catalogue_version, layer_versions, has_failed, severity, touched, unknown,
                        finding_count, unanswered_count, document)
SELECT md5('first' || plan.id), plan.id, v.id, '{}', 'detaljplan', created_at, 'test', '', '1', '', '{}', false,
       'permit', ARRAY[1], '{}', 3, 1, ''
FROM plan JOIN LATERAL (SELECT id FROM plan_version WHERE plan_id = plan.id AND number = 1) AS v ON true
WHERE stage = 'granskning';

INSERT INTO finding (assessment_key, id, rule, layer, severity, ground, objectives, background, conditional, digest,
                     area_m2, geom)
SELECT a.key, 'f' || n, 'rule.' || (n + a.key % 2), 'layer', (ARRAY['permit', 'consider', 'opportunity'])[n],
       (ARRAY['shore', NULL, NULL])[n], ARRAY[n], false, false, md5((n * (a.plan_version_id % 3))::text), 100,
       ST_MakeEnvelope(600000, 6500000, 600010, 6500010, 3006)
FROM assessment AS a, generate_series(1, 3) AS n;

INSERT INTO review_statement (plan_id, assessment_key, assessment, plan_version_id, finding, layer, rule, conditional,
                              stance, by_id, by_name, by_role)
SELECT a.plan_id, a.key, a.id, a.plan_version_id, f.id, f.layer, f.rule, false, 'agree', 'test', 'test',
       CASE WHEN a.key % 5 = 0 THEN 'planner' ELSE 'reviewer' END
FROM assessment AS a JOIN finding AS f ON f.assessment_key = a.key
WHERE a.key % 4 = 0;
