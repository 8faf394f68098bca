-- Policies: which calls a tenant may make (control-plane.md §9).
--
-- A status has a CHECK, unlike other words: a row with a status that nobody knows would bind nobody, and nobody would
-- have decided that. A release that adds a status replaces the CHECK before any binary writes the new word.

-- Without a tenant a policy is global and binds every tenant. `version` grows with every change of name, description
-- or text, never with a change of status.
CREATE TABLE dvara_main.policies (
    id text PRIMARY KEY,
    tenant_id text REFERENCES dvara_main.tenants (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text,
    dsl text NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    updated_at timestamptz(6) NOT NULL DEFAULT now(),
    CONSTRAINT policies_status_is_known CHECK (status IN ('DRAFT', 'SHADOW', 'ACTIVE', 'ARCHIVED'))
);
CREATE INDEX policies_tenant ON dvara_main.policies (tenant_id);

-- The last ten versions of every policy, the one in force included; `status` is the policy's when the version was
-- written.
CREATE TABLE dvara_main.policy_versions (
    policy_id text NOT NULL REFERENCES dvara_main.policies (id) ON DELETE CASCADE,
    version integer NOT NULL,
    name text NOT NULL,
    description text,
    dsl text NOT NULL,
    status text NOT NULL,
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    PRIMARY KEY (policy_id, version),
    CONSTRAINT policy_versions_status_is_known CHECK (status IN ('DRAFT', 'SHADOW', 'ACTIVE', 'ARCHIVED'))
);

INSERT INTO dvara_main.config_versions (area, version) VALUES ('policies', 0);
