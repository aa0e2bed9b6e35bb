"""geomiljo: where physical planning meets the Swedish environmental quality objectives.

The rooms, from the ground up: `errors`, `settings`, `texts`, `units`, `resources`, `crs`, `geometry`,
`database`, `catalogue`, `analysis`, `plans`, `layers`, `maps`, `reports`, `assessments`, `pages`, and the three
doors `cli`, `api` and `notebook`. A room imports only from rooms below it.
"""

__version__ = "0.1.0"
