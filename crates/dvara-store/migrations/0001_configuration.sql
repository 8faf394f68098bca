-- Configuration: who is served (tenants, keys), by whom (routes, credentials), and since when (config_versions).
--
-- Words such as a status or a strategy have no CHECK: while old and new pods overlap, a newer one may write a word that
-- an older one does not know; the older one skips that row and reports it.

-- The oldest binary that this schema still serves. A migration that takes something away raises it; an older binary
-- then refuses to start. A newer schema alone is no reason to refuse.
CREATE TABLE dvara_main.schema_floor (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    oldest_binary text NOT NULL
);
INSERT INTO dvara_main.schema_floor (oldest_binary) VALUES ('1.0.0');

-- One row per area of configuration; its number grows in the transaction that changes the area. Data planes poll it.
CREATE TABLE dvara_main.config_versions (
    area text PRIMARY KEY,
    version bigint NOT NULL,
    changed_at timestamptz(6) NOT NULL DEFAULT now()
);
INSERT INTO dvara_main.config_versions (area, version)
VALUES ('tenants', 0), ('api_keys', 0), ('routes', 0), ('provider_credentials', 0);

CREATE TABLE dvara_main.tenants (
    id text PRIMARY KEY,
    name text NOT NULL,
    status text NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    updated_at timestamptz(6) NOT NULL DEFAULT now()
);

-- `hash` is the lower-case hex SHA-256 of a key; the key itself is never stored.
CREATE TABLE dvara_main.api_keys (
    id text PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES dvara_main.tenants (id),
    name text NOT NULL,
    prefix text NOT NULL,
    hash text NOT NULL,
    scopes jsonb NOT NULL DEFAULT '[]',
    status text NOT NULL,
    expires_at timestamptz(6),
    revoked_at timestamptz(6),
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    updated_at timestamptz(6) NOT NULL DEFAULT now(),
    CONSTRAINT api_keys_hash_is_unique UNIQUE (hash)
);
-- A revoked key gives its name free, so that a key can be replaced under the same name.
CREATE UNIQUE INDEX api_keys_name_is_unique ON dvara_main.api_keys (tenant_id, name) WHERE status = 'ACTIVE';

-- `definition` is read strictly: a field that a binary does not know makes the route broken there, never ignored.
CREATE TABLE dvara_main.routes (
    id text PRIMARY KEY,
    version integer NOT NULL,
    position integer NOT NULL,
    model_pattern text NOT NULL,
    strategy text NOT NULL,
    definition jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    updated_at timestamptz(6) NOT NULL DEFAULT now()
);

-- Every version of every route, also of deleted ones; a route made again goes on counting.
CREATE TABLE dvara_main.route_versions (
    route_id text NOT NULL,
    version integer NOT NULL,
    position integer NOT NULL,
    model_pattern text NOT NULL,
    strategy text NOT NULL,
    definition jsonb NOT NULL,
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    PRIMARY KEY (route_id, version)
);

-- ENCRYPTED rows carry the sealed secret, REFERENCE rows a pointer into a vault. Without a tenant a row is the
-- platform's default. GRACE rows serve until `grace_until` where the slot has no ACTIVE row.
CREATE TABLE dvara_main.provider_credentials (
    id text PRIMARY KEY,
    tenant_id text REFERENCES dvara_main.tenants (id),
    provider text NOT NULL,
    mode text NOT NULL,
    sealed text,
    secret_reference text,
    fingerprint text,
    status text NOT NULL,
    grace_until timestamptz(6),
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    updated_at timestamptz(6) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX provider_credentials_one_active
    ON dvara_main.provider_credentials (coalesce(tenant_id, ''), provider) WHERE status = 'ACTIVE';
