-- Lines that overlap others, group by group.
SELECT line_group, 1 AS one, classes, ST_AsBinary(geom) AS geom
FROM overlapping_piece INNER JOIN line_group USING (serial)
ORDER BY line_group, serial
