-- Prompt templates: texts that calls name and fill in (control-plane.md §13). A status has a CHECK for the reason that
-- those of policies have one.

-- Without a tenant a template is everybody's. `version` grows with every change of name or texts, never with a change
-- of status.
CREATE TABLE dvara_main.prompt_templates (
    id text PRIMARY KEY,
    tenant_id text REFERENCES dvara_main.tenants (id) ON DELETE CASCADE,
    name text NOT NULL,
    system_prompt text,
    user_prompt text NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    updated_at timestamptz(6) NOT NULL DEFAULT now(),
    CONSTRAINT prompt_templates_status_is_known CHECK (status IN ('DRAFT', 'ACTIVE', 'ARCHIVED'))
);
CREATE INDEX prompt_templates_tenant ON dvara_main.prompt_templates (tenant_id);

-- The last ten versions of every template, the one in use included.
CREATE TABLE dvara_main.prompt_template_versions (
    template_id text NOT NULL REFERENCES dvara_main.prompt_templates (id) ON DELETE CASCADE,
    version integer NOT NULL,
    name text NOT NULL,
    system_prompt text,
    user_prompt text NOT NULL,
    created_at timestamptz(6) NOT NULL DEFAULT now(),
    PRIMARY KEY (template_id, version)
);

INSERT INTO dvara_main.config_versions (area, version) VALUES ('prompt_templates', 0);
