-- Objects of active layer versions at a place, nearest first within a layer; at most :most of each.
-- :versions, :reaches_m  ids of layer versions, and how far from the place each is looked at
-- :x, :y                 metres in EPSG:3006; :widest_m is the largest reach
-- Indexes: piece_geom (GiST), then the objects by version and number.
WITH place AS (SELECT ST_SetSRID(ST_MakePoint(:x, :y), 3006) AS geom),
met AS (
    SELECT piece.version_id, piece.feature, min(ST_Distance(piece.geom, place.geom)) AS distance_m
    FROM place
    JOIN piece ON piece.geom && ST_Expand(place.geom, :widest_m)
    JOIN unnest(CAST(:versions AS integer[]), CAST(:reaches_m AS double precision[])) AS asked (version_id, reach_m)
        ON asked.version_id = piece.version_id
    WHERE piece.feature >= 0 AND ST_DWithin(piece.geom, place.geom, asked.reach_m)
    GROUP BY piece.version_id, piece.feature
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY version_id ORDER BY distance_m, feature) AS rank FROM met
)
SELECT ranked.version_id, ranked.distance_m, feature.id, feature.name, feature.class_bit, feature.attributes,
    feature.error_m
FROM ranked
JOIN feature ON feature.version_id = ranked.version_id AND feature.number = ranked.feature
WHERE ranked.rank <= :most
ORDER BY ranked.version_id, ranked.rank
