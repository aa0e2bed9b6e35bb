UNION ALL
SELECT version_id, NULL, class_bit, 'ring', 2, ST_Area(ST_Union(ring_part)), NULL
FROM clips WHERE dimension = 2
GROUP BY version_id, class_bit
