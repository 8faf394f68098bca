-- Output schemas: what answers have to look like (data-plane.md §15).

-- For the models that fit `model_pattern` where there is one, and the calls of `route_id` where there is one; at least
-- one of the two. A route may stand in a file, so nothing is referenced. Without a tenant a schema holds for everybody.
CREATE TABLE dvara_main.output_schemas (
    id text PRIMARY KEY,
    tenant_id text REFERENCES dvara_main.tenants (id) ON DELETE CASCADE,
    model_pattern text,
    route_id text,
    schema jsonb NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    updated_at timestamptz(6) NOT NULL DEFAULT now(),
    CONSTRAINT output_schemas_have_a_scope CHECK (model_pattern IS NOT NULL OR route_id IS NOT NULL)
);
CREATE INDEX output_schemas_tenant ON dvara_main.output_schemas (tenant_id);

INSERT INTO dvara_main.config_versions (area, version) VALUES ('output_schemas', 0);
