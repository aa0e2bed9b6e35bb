"""What GIS tools read: kinds of attributes, an index over them, and the pieces of conflicts."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OF_ASSESSMENT = "EXISTS (SELECT FROM assessment WHERE assessment.key = assessment_key)"


def upgrade() -> None:
    op.execute("ALTER TABLE layer_version ADD COLUMN fields jsonb")
    # kinds of versions that are loaded already, from what JSON tells; several kinds are read as text
    op.execute("""
        UPDATE layer_version SET fields = coalesce((
            SELECT jsonb_agg(jsonb_build_object('name', name, 'kind', kind) ORDER BY name)
            FROM (
                SELECT key AS name,
                    CASE WHEN count(DISTINCT jsonb_typeof(value)) > 1 THEN 'mixed'
                         WHEN max(jsonb_typeof(value)) IN ('number', 'boolean') THEN max(jsonb_typeof(value))
                         WHEN max(jsonb_typeof(value)) = 'string' THEN 'string'
                         ELSE 'mixed' END AS kind
                FROM feature, jsonb_each(attributes)
                WHERE version_id = layer_version.id AND jsonb_typeof(value) <> 'null'
                GROUP BY key
            ) members
        ), '[]')
    """)
    op.execute("ALTER TABLE layer_version ALTER COLUMN fields SET NOT NULL")
    op.execute("CREATE INDEX feature_attributes ON feature USING gin (attributes jsonb_path_ops)")
    op.execute("""
        CREATE TABLE conflict_piece (
            assessment_key integer NOT NULL,
            finding varchar NOT NULL,
            number integer NOT NULL,
            class varchar NOT NULL,
            object_id varchar,
            object_name varchar,
            area_m2 double precision NOT NULL,
            length_m double precision NOT NULL,
            geom geometry(Geometry, 3006) NOT NULL,
            PRIMARY KEY (assessment_key, finding, number),
            FOREIGN KEY (assessment_key, finding) REFERENCES finding (assessment_key, id)
        )
    """)
    op.execute("CREATE INDEX conflict_piece_geom ON conflict_piece USING gist (geom)")
    # assessments that are kept already: their ground class by class
    op.execute("""
        INSERT INTO conflict_piece (assessment_key, finding, number, class, area_m2, length_m, geom)
        SELECT assessment_key, finding, row_number() OVER (PARTITION BY assessment_key, finding ORDER BY class),
            class, area_m2, CASE WHEN ST_Dimension(geom) = 1 THEN ST_Length(geom) ELSE 0 END, geom
        FROM finding_class WHERE geom IS NOT NULL
    """)
    op.execute("CREATE TRIGGER never_changed BEFORE UPDATE ON conflict_piece FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER never_deleted BEFORE DELETE ON conflict_piece FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("ALTER TABLE conflict_piece ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY conflict_piece_seen ON conflict_piece FOR SELECT USING ({OF_ASSESSMENT})")
    op.execute(f"CREATE POLICY conflict_piece_added ON conflict_piece FOR INSERT WITH CHECK ({OF_ASSESSMENT})")


def downgrade() -> None:
    op.execute("DROP TABLE conflict_piece")
    op.execute("DROP INDEX feature_attributes")
    op.execute("ALTER TABLE layer_version DROP COLUMN fields")
