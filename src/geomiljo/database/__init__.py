"""The database room: a PostGIS to talk to, its tables, its migrations and its spatial queries."""
