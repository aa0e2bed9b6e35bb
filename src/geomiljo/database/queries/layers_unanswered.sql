-- For each layer, how many of some assessments it did not answer.
-- :keys   keys of assessments
SELECT layer ->> 'id' AS layer, count(*) AS assessments
FROM assessment
CROSS JOIN LATERAL jsonb_array_elements(convert_from(document, 'UTF8')::jsonb -> 'layers') AS layer
WHERE key = ANY(:keys)
  AND NOT (layer ->> 'answered')::boolean
GROUP BY 1
