"""Routes of the pages: they ask the rooms below and answer with what `geomiljo.pages` makes of it."""
